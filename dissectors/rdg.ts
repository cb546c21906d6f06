/**
 * RD Gateway packets, as they travel in the bodies of RDG_IN_DATA and RDG_OUT_DATA and in binary WebSocket messages. The
 * RDP session lies inside the DATA packets. Cookies, tokens and health statements are shown by their length alone.
 *
 * MS-TSGU 2.2.10 (packets), 2.2.5.3 (constants), 3.3.5.1 (the random bytes before the first answer).
 */
import {
  CHANNEL_CREATE,
  CHANNEL_RESPONSE,
  CLOSE_CHANNEL,
  CLOSE_CHANNEL_RESPONSE,
  DATA,
  EXTENDED_AUTH,
  HANDSHAKE_REQUEST,
  HANDSHAKE_RESPONSE,
  KEEPALIVE,
  REAUTH_MESSAGE,
  rdgPacketTypes,
  SERVICE_MESSAGE,
  TUNNEL_AUTH,
  TUNNEL_AUTH_RESPONSE,
  TUNNEL_CREATE,
  TUNNEL_RESPONSE,
} from '../src/codes/rdg-names.ts'
import {
  BROKEN,
  LIKELY,
  type Likeness,
  MAYBE,
  NEED_MORE,
  NO,
  NOT_MINE,
  type Out,
  SERVER,
  stream,
} from '../src/wire/dissector.ts'
import type { Field } from '../src/wire/field.ts'
import { MAX_PDU_BYTES, MAX_RDG_NAMES, MAX_RDG_SEED_BYTES } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { capability, channel, handshake, head, redirection, result, tunnel } from './rdg-fields.ts'
import { type AuthenticationFact, readSecurityToken } from './spnego.ts'

/** One packet; DATA and KEEPALIVE are too frequent to be facts. What a packet of its type does not say is -1 or ''. */
export interface RdgPacket {
  readonly kind: 'rdg'
  readonly type: number
  /** Error or status code, as it stands: compare the lower 16 bits. */
  readonly code: number
  readonly capabilities: number
  readonly extendedAuthentication: number
  /** Of a tunnel: where the idle session ends; 0 = never. */
  readonly idleTimeoutMinutes: number
  readonly redirection: number
  /** Of the target, or where the UDP side channel listens. */
  readonly port: number
  readonly udpPort: number
  /** Client name, or target name. */
  readonly name: string
  /** Consent or service message, which the user is shown. */
  readonly text: string
  readonly complete: boolean
}
/** Random bytes before the first answer, which keep proxies from buffering. */
export interface RdgSeed {
  readonly kind: 'rdg-seed'
  readonly length: number
}
/** How many keep-alives a direction has sent, said when it ended. */
export interface RdgKeepalives {
  readonly kind: 'rdg-keepalives'
  readonly count: number
}
export type RdgFact = RdgPacket | RdgSeed | RdgKeepalives | AuthenticationFact

export interface RdgState {
  /** The random bytes are behind us, or do not come (WebSocket). */
  seeded: boolean
  opened: boolean
  keepalives: [number, number]
}

const HEADER_BYTES = 8
/** The header, and how much data follows. */
const DATA_HEADER_BYTES = 10
const HANDSHAKE_REQUEST_BYTES = 14
const HANDSHAKE_RESPONSE_BYTES = 18
const NONCE_BYTES = 16

export const rdg = stream<RdgState, RdgFact>({
  name: 'rdg',
  title: 'Remote Desktop Gateway',
  spec: ['MS-TSGU 2.2.10', 'MS-TSGU 3.3.5.1'],

  begin: next => ({ seeded: next?.hint === 'websocket', opened: false, keepalives: [0, 0] }),

  /** By the packets that have one length, and by data that begins like RDP or TLS. */
  probe(bytes, start, end): Likeness {
    const type = bytes[start] as number
    if (!rdgPacketTypes.has(type) || (end - start > 1 && bytes[start + 1] !== 0)) return NO
    if (end - start < HEADER_BYTES) return MAYBE
    if (bytes[start + 2] !== 0 || bytes[start + 3] !== 0) return NO
    const length = lengthAt(bytes, start)
    if (type === HANDSHAKE_REQUEST) return length === HANDSHAKE_REQUEST_BYTES ? LIKELY : NO
    if (type === HANDSHAKE_RESPONSE) return length === HANDSHAKE_RESPONSE_BYTES ? LIKELY : NO
    if (type === KEEPALIVE) return length === HEADER_BYTES ? LIKELY : NO
    if (type !== DATA) return length >= HEADER_BYTES && length < MAX_PDU_BYTES ? MAYBE : NO
    if (end - start < DATA_HEADER_BYTES + 2) return MAYBE
    const first = bytes[start + DATA_HEADER_BYTES] as number
    const second = bytes[start + DATA_HEADER_BYTES + 1]
    const known = (first === 3 && second === 0) || (first >= 20 && first <= 23 && second === 3)
    return known && length === DATA_HEADER_BYTES + dataLengthAt(bytes, start) ? LIKELY : NO
  },

  frame(bytes, start, end, _seen, state, direction) {
    if (direction === SERVER && !state.seeded) {
      const seed = seedLength(bytes, start, end)
      if (seed < 0) return end - start > MAX_RDG_SEED_BYTES ? NOT_MINE : NEED_MORE
      if (seed > 0) return seed
    }
    if (end - start < HEADER_BYTES) return NEED_MORE
    const length = lengthAt(bytes, start)
    if (length < HEADER_BYTES) return BROKEN
    if (bytes[start] !== DATA || bytes[start + 1] !== 0) return length
    if (length < DATA_HEADER_BYTES) return BROKEN
    if (end - start < DATA_HEADER_BYTES) return NEED_MORE
    // The data is given up as it comes; only where the two lengths differ it is gathered.
    return length === DATA_HEADER_BYTES + dataLengthAt(bytes, start) ? DATA_HEADER_BYTES : length
  },

  read(pdu, state, direction, out) {
    if (direction === SERVER && !state.seeded && pdu.left > 0 && !startsResponse(pdu.bytes, pdu.pos, pdu.limit)) {
      // How long it is only what follows it tells.
      if (!pdu.isCut) out.fact({ kind: 'rdg-seed', length: pdu.left })
      pdu.mark(head.seed, pdu.left)
      return
    }
    const type = pdu.u16le(head.type)
    pdu.u16le(head.reserved)
    const length = pdu.u32le(head.length)
    if (type === DATA) {
      data(pdu, length, state, out)
      return
    }
    if (type === KEEPALIVE) {
      if (pdu.ok) state.keepalives[direction]++
      rest(pdu, length)
      return
    }
    packet(pdu, type, length, out)
    if (pdu.ok && direction === SERVER) state.seeded = true
  },

  ended(state, direction, _how, _left, out) {
    const count = state.keepalives[direction]
    if (count > 0) out.fact({ kind: 'rdg-keepalives', count })
  },
})

/** Bytes before the first HANDSHAKE_RESPONSE; -1 when none begins here. */
function seedLength(bytes: Uint8Array, start: number, end: number): number {
  const last = Math.min(end - HEADER_BYTES, start + MAX_RDG_SEED_BYTES)
  for (let at = start; at <= last; at++) if (startsResponse(bytes, at, end)) return at - start
  return -1
}

/** As far as the bytes go. */
function startsResponse(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at] !== HANDSHAKE_RESPONSE) return false
  for (let n = 1; n < HEADER_BYTES && at + n < end; n++) {
    if (n === 4 ? (bytes[at + n] as number) < HEADER_BYTES : bytes[at + n] !== 0) return false
  }
  return true
}

function lengthAt(bytes: Uint8Array, start: number): number {
  return (
    (bytes[start + 4] as number) +
    ((bytes[start + 5] as number) << 8) +
    ((bytes[start + 6] as number) << 16) +
    (bytes[start + 7] as number) * 0x1000000
  )
}

function dataLengthAt(bytes: Uint8Array, start: number): number {
  return (bytes[start + 8] as number) | ((bytes[start + 9] as number) << 8)
}

/** The RDP session: its bytes are for the layer above. */
function data(pdu: Pdu, length: number, state: RdgState, out: Out<RdgFact>): void {
  const count = pdu.u16le(channel.dataLength)
  if (!pdu.ok) return
  if (!state.opened) {
    state.opened = true
    out.open(0, { protocol: '' })
  }
  if (length === DATA_HEADER_BYTES + count) {
    if (count > 0) out.body(count, 0)
    return
  }
  pdu.note('warning', 'data and packet length differ')
  const given = Math.min(count, pdu.left)
  const at = pdu.mark(channel.data, given)
  if (at >= 0 && given > 0) out.payload(0, pdu.bytes, at, at + given, at, at + given)
  if (count > given) pdu.mark(channel.data, count - given)
  rest(pdu, length)
}

/** What its reading collects; turned into the fact at the end. */
type Said = { -readonly [K in keyof Omit<RdgPacket, 'kind' | 'type' | 'complete'>]: RdgPacket[K] }

function packet(pdu: Pdu, type: number, length: number, out: Out<RdgFact>): void {
  const said: Said = {
    code: -1,
    capabilities: -1,
    extendedAuthentication: -1,
    idleTimeoutMinutes: -1,
    redirection: -1,
    port: -1,
    udpPort: -1,
    name: '',
    text: '',
  }
  READERS.get(type)?.(pdu, said, out)
  rest(pdu, length)
  out.fact({ kind: 'rdg', type, ...said, complete: pdu.ok })
}

/** What the known fields leave; a packet that is cut lacks it. */
function rest(pdu: Pdu, length: number): void {
  const left = Math.max(pdu.left, length - pdu.offset)
  if (left > 0) pdu.mark(head.rest, left)
}

const READERS = new Map<number, (pdu: Pdu, said: Said, out: Out<RdgFact>) => void>([
  [
    HANDSHAKE_REQUEST,
    (pdu, said) => {
      versions(pdu, handshake.client, said)
    },
  ],
  [
    HANDSHAKE_RESPONSE,
    (pdu, said) => {
      code(pdu, said)
      versions(pdu, handshake.server, said)
    },
  ],
  [
    EXTENDED_AUTH,
    (pdu, said, out) => {
      code(pdu, said)
      pdu.sized(tunnel.token, pdu.u16le(tunnel.blobLength), tunnel.blobLength)
      readSecurityToken(pdu, out)
      pdu.end()
    },
  ],
  [TUNNEL_CREATE, tunnelCreate],
  [TUNNEL_RESPONSE, tunnelResponse],
  [TUNNEL_AUTH, tunnelAuth],
  [TUNNEL_AUTH_RESPONSE, tunnelAuthResponse],
  [CHANNEL_CREATE, channelCreate],
  [CHANNEL_RESPONSE, channelResponse],
  [
    SERVICE_MESSAGE,
    (pdu, said) => {
      said.text = text(pdu, channel.message)
    },
  ],
  [
    REAUTH_MESSAGE,
    pdu => {
      pdu.u64le(tunnel.again)
    },
  ],
  [CLOSE_CHANNEL, code],
  [CLOSE_CHANNEL_RESPONSE, code],
])

function code(pdu: Pdu, said: Said): void {
  const value = pdu.u32le(result)
  if (pdu.ok) said.code = value
}

function versions(pdu: Pdu, version: Field, said: Said): void {
  pdu.u8(handshake.major)
  pdu.u8(handshake.minor)
  pdu.u16le(version)
  const extended = pdu.u16le(handshake.extended)
  pdu.bits(handshake.smartCard, handshake.paa, handshake.ntlm, handshake.bearer)
  if (pdu.ok) said.extendedAuthentication = extended
}

function capabilities(pdu: Pdu, said: Said): void {
  const value = pdu.u32le(capability.all)
  const { health, idle, consent, service, again, udp } = capability
  pdu.bits(health, idle, consent, service, again, udp)
  if (pdu.ok) said.capabilities = value
}

function tunnelCreate(pdu: Pdu, said: Said): void {
  capabilities(pdu, said)
  const present = pdu.u16le(tunnel.present)
  pdu.u16le(head.reserved)
  if ((present & 2) !== 0) pdu.u64le(tunnel.again)
  if ((present & 1) !== 0) blob(pdu, tunnel.cookie)
}

function tunnelResponse(pdu: Pdu, said: Said): void {
  pdu.u16le(handshake.server)
  code(pdu, said)
  const present = pdu.u16le(tunnel.present)
  pdu.u16le(head.reserved)
  if ((present & 1) !== 0) pdu.u32le(tunnel.id)
  if ((present & 2) !== 0) capabilities(pdu, said)
  if ((present & 4) !== 0) {
    pdu.mark(tunnel.nonce, NONCE_BYTES)
    text(pdu, tunnel.certificate)
  }
  if ((present & 0x10) !== 0) said.text = text(pdu, tunnel.consent)
}

function tunnelAuth(pdu: Pdu, said: Said): void {
  const present = pdu.u16le(tunnel.present)
  said.name = text(pdu, tunnel.clientName)
  if ((present & 1) !== 0) blob(pdu, tunnel.health)
}

function tunnelAuthResponse(pdu: Pdu, said: Said): void {
  code(pdu, said)
  const present = pdu.u16le(tunnel.present)
  pdu.u16le(head.reserved)
  if ((present & 1) !== 0) {
    const flags = pdu.u32le(redirection.all)
    const { enable, disable, drive, printer, port, clipboard, plug } = redirection
    pdu.bits(enable, disable, drive, printer, port, clipboard, plug)
    if (pdu.ok) said.redirection = flags
  }
  if ((present & 2) !== 0) {
    const minutes = pdu.u32le(tunnel.idle)
    if (pdu.ok) said.idleTimeoutMinutes = minutes
  }
  if ((present & 4) !== 0) blob(pdu, tunnel.health)
}

function channelCreate(pdu: Pdu, said: Said): void {
  const resources = pdu.u8(channel.resources)
  const alternates = pdu.u8(channel.alternates)
  const port = pdu.u16le(channel.port)
  pdu.u16le(channel.protocol)
  if (pdu.ok) said.port = port
  const count = Math.min(resources + alternates, MAX_RDG_NAMES)
  for (let n = 0; n < count && pdu.ok; n++) {
    const name = text(pdu, n < resources ? channel.name : channel.alternate)
    if (n === 0) said.name = name
  }
}

function channelResponse(pdu: Pdu, said: Said): void {
  code(pdu, said)
  const present = pdu.u16le(tunnel.present)
  pdu.u16le(head.reserved)
  if ((present & 1) !== 0) pdu.u32le(channel.id)
  if ((present & 4) !== 0) {
    const port = pdu.u16le(channel.udpPort)
    if (pdu.ok) said.udpPort = port
  }
  if ((present & 2) !== 0) blob(pdu, channel.cookie)
}

/** Bytes behind their length, of which nothing but the length is shown. */
function blob(pdu: Pdu, f: Field): void {
  const length = pdu.u16le(tunnel.blobLength)
  pdu.mark(f, length)
}

/** UTF-16 behind its length in bytes, with or without a final zero. */
function text(pdu: Pdu, f: Field): string {
  const length = pdu.u16le(tunnel.textLength)
  return pdu.utf16le(f, length).replace(/\0+$/, '')
}
