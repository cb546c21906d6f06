/**
 * QUIC by its long headers alone, which are in clear: whoever sees UDP on port 443 wants to know that it is this, and in
 * which version. What is sealed stays sealed.
 *
 * RFC 8999 section 5.1 (what all versions have), RFC 9000 section 17.2 (version 1), RFC 9369 (version 2).
 */
import { datagram, LIKELY, NO } from '../src/wire/dissector.ts'
import { bits, type Field, field } from '../src/wire/field.ts'
import { MAX_QUIC_PACKETS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'

export interface QuicPacket {
  readonly kind: 'quic'
  /** 1, 0x6b3343cf (version 2) ...; 0 = the server names the versions that it speaks. */
  readonly version: number
  readonly complete: boolean
}
export type QuicFact = QuicPacket

const VERSION_1 = 0x00000001
const VERSION_2 = 0x6b3343cf
const NEGOTIATION = 0
const VERSIONS = new Map([
  [NEGOTIATION, 'Version Negotiation'],
  [VERSION_1, '1'],
  [VERSION_2, '2'],
])
const PACKET_TYPES = new Map([
  [0, 'Initial'],
  [1, '0-RTT'],
  [2, 'Handshake'],
  [3, 'Retry'],
])
const quicFields = {
  one: field('quic.packet', 'QUIC Packet', 'group'),
  first: field('quic.first_byte', 'First byte', 'hex'),
  form: bits('quic.header_form', 'Header Form', 0x80),
  fixed: bits('quic.fixed_bit', 'Fixed Bit', 0x40, 'flag'),
  type: bits('quic.long.packet_type', 'Packet Type', 0x30, 'dec', PACKET_TYPES),
  typeV2: bits('quic.long.packet_type_v2', 'Packet Type', 0x30, 'dec'),
  version: field('quic.version', 'Version', 'hex', VERSIONS),
  destinationLength: field('quic.dcil', 'Destination Connection ID Length'),
  destination: field('quic.dcid', 'Destination Connection ID', 'bytes'),
  sourceLength: field('quic.scil', 'Source Connection ID Length'),
  source: field('quic.scid', 'Source Connection ID', 'bytes'),
  tokenLength: field('quic.token_length', 'Token Length'),
  token: field('quic.token', 'Token', 'bytes'),
  length: field('quic.length', 'Length'),
  sealed: field('quic.sealed', 'Encrypted payload', 'bytes'),
  supported: field('quic.supported_version', 'Supported Version', 'hex', VERSIONS),
}

const LONG = 0x80
const INITIAL = 0
const RETRY = 3
/** Flags, version, and two connection ids of at most 20 bytes with their lengths. */
const SHORTEST = 7
const LONGEST_ID = 20
/** Version negotiation is all zeros there: too little to know it by on any port. */
const HTTPS = 443

export const quic = datagram<QuicFact>({
  name: 'quic',
  title: 'QUIC IETF',
  spec: ['RFC 8999 5.1', 'RFC 9000 17.2'],

  probe(bytes, start, end, port) {
    if (end - start < SHORTEST || (bytes[start] as number) < LONG) return NO
    let version = 0
    for (let n = 1; n < 5; n++) version = version * 256 + (bytes[start + n] as number)
    if (!isVersion(version) && !(version === NEGOTIATION && port === HTTPS)) return NO
    const destination = bytes[start + 5] as number
    if (destination > LONGEST_ID || start + 6 + destination >= end) return NO
    return (bytes[start + 6 + destination] as number) <= LONGEST_ID && (version !== NEGOTIATION || destination > 0)
      ? LIKELY
      : NO
  },

  read(pdu, _direction, out) {
    let version = -1
    for (let n = 0; n < MAX_QUIC_PACKETS && pdu.left > 0 && pdu.peek() >= LONG; n++) {
      pdu.group(quicFields.one)
      const one = readLong(pdu)
      pdu.end()
      if (version < 0) version = one
    }
    if (pdu.left > 0) pdu.mark(quicFields.sealed, pdu.left)
    if (version >= 0) out.fact({ kind: 'quic', version, complete: pdu.ok })
  },
})

/** RFC 9000 and its drafts, RFC 9369. */
function isVersion(version: number): boolean {
  return version === VERSION_1 || version === VERSION_2 || version >>> 8 === 0xff0000
}

/** The version; -1 when it is not there. */
function readLong(pdu: Pdu): number {
  const first = pdu.u8(quicFields.first)
  const version =
    pdu.left < 4 ? -1 : ((pdu.peek() << 24) | (pdu.peek(1) << 16) | (pdu.peek(2) << 8) | pdu.peek(3)) >>> 0
  if (version === NEGOTIATION) pdu.bits(quicFields.form)
  else pdu.bits(quicFields.form, quicFields.fixed, version === VERSION_2 ? quicFields.typeV2 : quicFields.type)
  pdu.u32be(quicFields.version)
  connectionId(pdu, quicFields.destinationLength, quicFields.destination)
  connectionId(pdu, quicFields.sourceLength, quicFields.source)
  if (!pdu.ok) return version
  if (version === NEGOTIATION) {
    while (pdu.left > 3) pdu.u32be(quicFields.supported)
    return version
  }
  // Version 2 numbers its types one further (RFC 9369 3.2).
  const type = (((first >> 4) & 3) + (version === VERSION_2 ? 3 : 0)) & 3
  if (type === RETRY) {
    pdu.mark(quicFields.sealed, pdu.left)
    return version
  }
  if (type === INITIAL) {
    const length = variable(pdu, quicFields.tokenLength)
    if (length > 0) pdu.mark(quicFields.token, length)
  }
  pdu.mark(quicFields.sealed, variable(pdu, quicFields.length))
  return version
}

function connectionId(pdu: Pdu, lengthField: Field, f: Field): void {
  const length = pdu.u8(lengthField)
  if (length > 0) pdu.mark(f, length)
}

/** RFC 9000 16: the two upper bits say how many bytes there are. Longer than a datagram is as good as too long. */
function variable(pdu: Pdu, f: Field): number {
  const bytes = 1 << (Math.max(0, pdu.peek()) >> 6)
  let value = Math.max(0, pdu.peek()) & 0x3f
  for (let n = 1; n < bytes; n++) value = value * 256 + Math.max(0, pdu.peek(n))
  pdu.value(f, bytes, value)
  return value
}
