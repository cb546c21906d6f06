/**
 * What the records and the handshake messages of one TLS connection know together. Plain data: the keys themselves live in
 * src/flow/tls.
 */
import { TLS_1_3 } from '../src/codes/tls-names.ts'
import type { Next } from '../src/wire/dissector.ts'

/** What decryption needs to know of a connection. */
export interface SealState {
  /** Of the hellos, as hexadecimal digits; '' before them. */
  clientRandom: string
  serverRandom: string
  /** Version and suite that the server chose; 0 before its hello. */
  version: number
  suite: number
  /** Somebody holds keys for this connection. */
  keys: boolean
  /** A direction: how often its keys have changed, and records since then. */
  epoch: [number, number]
  sequence: [number, number]
  /** Of the server's hello, as hexadecimal digits. */
  sessionId: string
  /** The end of the session ticket that the client offers, or that the server issued later: enough to know it by. */
  ticket: string
  /** What the server's hello agreed to: RFC 7366, RFC 7627. */
  encryptThenMac: boolean
  extendedMasterSecret: boolean
  /** Records carry epoch and sequence number themselves, behind a header of 13 bytes. */
  readonly dtls: boolean
}

/** At the start of a connection. */
export function sealState(dtls: boolean): SealState {
  return {
    clientRandom: '',
    serverRandom: '',
    version: 0,
    suite: 0,
    keys: false,
    epoch: [0, 0],
    sequence: [0, 0],
    sessionId: '',
    ticket: '',
    encryptThenMac: false,
    extendedMasterSecret: false,
    dtls,
  }
}

export interface TlsState extends SealState {
  /** The client sends data before the server answers (RFC 8446 2.3), and somebody holds keys for it. */
  early: boolean
  /** Whether there are keys was asked, although no hello was seen. */
  asked: boolean
  /** The direction is encrypted from here on. */
  sealed: [boolean, boolean]
  /** Plain handshake records, a direction. */
  handshakes: [number, number]
  /** What speaks inside, when that is known. */
  inside: Next | null
  opened: boolean
  /** Records are framed whole even where nobody has keys. */
  watched: boolean
}

/** At the start of a connection. Written out: spreading {@link sealState} into it takes 20 us. */
export function tlsState(inside: Next | null, watched = false): TlsState {
  return {
    clientRandom: '',
    serverRandom: '',
    version: 0,
    suite: 0,
    keys: false,
    epoch: [0, 0],
    sequence: [0, 0],
    sessionId: '',
    ticket: '',
    encryptThenMac: false,
    extendedMasterSecret: false,
    dtls: false,
    sealed: [false, false],
    early: false,
    asked: false,
    handshakes: [0, 0],
    inside,
    opened: false,
    watched,
  }
}

/** Both directions are encrypted, and nobody has the keys: only record headers are left to read. */
export function isSealedForGood(state: TlsState): boolean {
  return !state.keys && state.sealed[0] && state.sealed[1]
}

export function isTls13(version: number): boolean {
  return version === TLS_1_3 || isDraftTls13(version)
}

/** RFC 8446 before it was one: 0x7f (or 0xfb, in the clients of Facebook) and the number of the draft. */
function isDraftTls13(version: number): boolean {
  return version >> 8 === 0x7f || version >> 8 === 0xfb
}

/** DTLS counts its versions downwards from 0xfeff; before it was one, OpenSSL and Cisco wrote 0x0100. */
export function isDtls(version: number): boolean {
  return version >> 8 === 0xfe || version === DTLS_BEFORE_RFC
}

export const DTLS_BEFORE_RFC = 0x0100
