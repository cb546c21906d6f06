/**
 * CredSSP with NTLM as mstsc and Windows say it: TSRequests with the names, the clock and the target that a story wants.
 * The answers to the challenge prove nothing. MS-CSSP 2.2.1, MS-NLMP 2.2.1.
 */
import { bytes, concat } from '../../support/bytes.ts'
import { element, INTEGER, SEQUENCE } from '../../support/der.ts'
import { noise } from './tls.ts'
import { STORY_BEGINS_MS, type Wire } from './wire.ts'

const OCTET_STRING = 0x04
const NONCE_BYTES = 32
/** From 1601 to 1970. */
const FILETIME_EPOCH_MS = 11_644_473_600_000
const WINDOWS_11 = '0a 00 5d58 000000 0f'

export interface Logon {
  /** TSRequest.version of each side. */
  readonly clientVersion?: number
  readonly serverVersion?: number
  /** What the client dialled: a host of TERMSRV; of NTLM alone the whole name of the service. */
  readonly target?: string
  readonly user?: string
  /** The server's clock against that of the capture. */
  readonly serverClockAheadSeconds?: number
}

export interface SaidAtLogon {
  readonly negotiate: Uint8Array
  readonly challenge: Uint8Array
  readonly authenticate: Uint8Array
  readonly publicKey: Uint8Array
  readonly credentials: Uint8Array
}

/** The messages of NTLM alone, as HTTP carries them. */
export function ntlmOf(
  wire: Wire,
  { target = '', user = 'maria', serverClockAheadSeconds = 0 }: Logon,
): {
  readonly negotiate: Uint8Array
  readonly challenge: Uint8Array
  readonly authenticate: Uint8Array
} {
  const info = targetInfo(STORY_BEGINS_MS + wire.nowUs / 1000 + serverClockAheadSeconds * 1000)
  return {
    negotiate: NEGOTIATE,
    challenge: challenge(wire, info),
    authenticate: authenticate(wire, info, user, target),
  }
}

export function logonOf(wire: Wire, logon: Logon): SaidAtLogon {
  const { clientVersion = 6, serverVersion = 6, target = '' } = logon
  const ntlm = ntlmOf(wire, { ...logon, target: `TERMSRV/${target}` })
  const nonce: Part = [5, element(OCTET_STRING, noise(wire, NONCE_BYTES))]
  const withNonce = clientVersion >= 5 ? [nonce] : []
  const key: Part = [3, element(OCTET_STRING, signed(wire, clientVersion >= 5 ? 32 : 270))]
  return {
    negotiate: tsRequest(clientVersion, [1, negoTokens(ntlm.negotiate)]),
    challenge: tsRequest(serverVersion, [1, negoTokens(ntlm.challenge)]),
    authenticate: tsRequest(clientVersion, [1, negoTokens(ntlm.authenticate)], key, ...withNonce),
    publicKey: tsRequest(serverVersion, key),
    credentials: tsRequest(clientVersion, [2, element(OCTET_STRING, signed(wire, 61))], ...withNonce),
  }
}

/** The server's refusal: an NTSTATUS or a result of SSPI. */
export function logonError(code: number, version = 6): Uint8Array {
  return tsRequest(version, [4, element(INTEGER, Uint8Array.of(...u32be(code)))])
}

/** What NTLM seals: its signature in front (MS-NLMP 2.2.2.9.1). */
function signed(wire: Wire, length: number): Uint8Array {
  return concat(bytes('01000000'), noise(wire, 8), new Uint8Array(4), noise(wire, length))
}

type Part = readonly [tag: number, content: Uint8Array]

function tsRequest(version: number, ...parts: readonly Part[]): Uint8Array {
  const fields = [[0, element(INTEGER, Uint8Array.of(version))] as const, ...parts]
  return element(SEQUENCE, ...fields.map(([tag, content]) => element(0xa0 | tag, content)))
}

function negoTokens(token: Uint8Array): Uint8Array {
  return element(SEQUENCE, element(SEQUENCE, element(0xa0, element(OCTET_STRING, token))))
}

const FLAGS = 'b78288e2'
const NEGOTIATE = bytes(`"NTLMSSP" 00 01000000 b78208e2 ${'00'.repeat(16)} ${WINDOWS_11}`)

function challenge(wire: Wire, info: Uint8Array): Uint8Array {
  const name = wide('CORP')
  const head = concat(
    bytes(`"NTLMSSP" 00 02000000`),
    place(name.length, 56),
    bytes(FLAGS),
    noise(wire, 8),
    new Uint8Array(8),
  )
  return concat(head, place(info.length, 56 + name.length), bytes(WINDOWS_11), name, info)
}

function authenticate(wire: Wire, info: Uint8Array, user: string, target: string): Uint8Array {
  const spn = attribute(9, wide(target))
  const bindings = attribute(10, noise(wire, 16))
  const pairs = concat(info.subarray(0, -4), attribute(6, bytes('02000000')), bindings, spn, new Uint8Array(4))
  const response = concat(
    noise(wire, 16),
    bytes('0101000000000000'),
    noise(wire, 16),
    new Uint8Array(4),
    pairs,
    new Uint8Array(4),
  )
  const contents = [new Uint8Array(24), response, wide('CORP'), wide(user), wide('PC-0037'), noise(wire, 16)]
  let at = 88
  const places = contents.map(content => {
    at += content.length
    return place(content.length, at - content.length)
  })
  const head = concat(bytes(`"NTLMSSP" 00 03000000`), ...places, bytes(FLAGS), bytes(WINDOWS_11), noise(wire, 16))
  return concat(head, ...contents)
}

function targetInfo(timeMs: number): Uint8Array {
  const filetime = new Uint8Array(8)
  new DataView(filetime.buffer).setBigUint64(0, BigInt(Math.round(timeMs) + FILETIME_EPOCH_MS) * 10_000n, true)
  return concat(
    attribute(2, wide('CORP')),
    attribute(1, wide('RDSH01')),
    attribute(4, wide('corp.example')),
    attribute(3, wide('rdsh01.corp.example')),
    attribute(5, wide('corp.example')),
    attribute(7, filetime),
    new Uint8Array(4),
  )
}

function attribute(id: number, value: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(id, 0, value.length & 255, value.length >> 8), value)
}

/** Length, room and offset of a part. */
function place(length: number, offset: number): Uint8Array {
  return Uint8Array.of(length & 255, length >> 8, length & 255, length >> 8, offset & 255, offset >> 8, 0, 0)
}

/** UTF-16LE. */
export function wide(text: string): Uint8Array {
  return Uint8Array.from([...text].flatMap(letter => [letter.charCodeAt(0) & 255, letter.charCodeAt(0) >> 8]))
}

function u32be(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
}
