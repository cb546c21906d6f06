/** The header that all connection-oriented DCE/RPC PDUs begin with. DCE 1.1 RPC (C706) 12.6.3; MS-RPCE 2.2.2. */
import { field, flag } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'

export interface DceRpcHeader {
  readonly type: number
  readonly flags: number
  readonly fragmentLength: number
  readonly authLength: number
  readonly callId: number
  readonly littleEndian: boolean
}

export const PDU_REQUEST = 0
export const PDU_RESPONSE = 2
export const PDU_FAULT = 3
export const PDU_BIND = 11
export const PDU_BIND_ACK = 12
export const PDU_BIND_NAK = 13
export const PDU_ALTER = 14
export const PDU_ALTER_RESPONSE = 15
export const PDU_AUTH3 = 16
export const PDU_RTS = 20
export const HEADER_BYTES = 16
export const LAST_FRAGMENT = 0x02
export const HAS_OBJECT = 0x80

const TYPES = new Map([
  [PDU_REQUEST, 'Request'],
  [PDU_RESPONSE, 'Response'],
  [PDU_FAULT, 'Fault'],
  [PDU_BIND, 'Bind'],
  [PDU_BIND_ACK, 'Bind_ack'],
  [PDU_BIND_NAK, 'Bind_nak'],
  [PDU_ALTER, 'Alter_context'],
  [PDU_ALTER_RESPONSE, 'Alter_context_resp'],
  [PDU_AUTH3, 'AUTH3'],
  [17, 'Shutdown'],
  [18, 'Co_cancel'],
  [19, 'Orphaned'],
  [PDU_RTS, 'RTS'],
])
const f = {
  version: field('dcerpc.ver', 'Version'),
  minor: field('dcerpc.ver_minor', 'Version (minor)'),
  type: field('dcerpc.pkt_type', 'Packet type', 'dec', TYPES),
  flags: field('dcerpc.cn_flags', 'Packet Flags', 'hex'),
  first: flag('dcerpc.cn_flags.first_frag', 'First Frag', 0x01),
  last: flag('dcerpc.cn_flags.last_frag', 'Last Frag', 0x02),
  cancel: flag('dcerpc.cn_flags.cancel_pending', 'Cancel Pending', 0x04),
  reserved: flag('dcerpc.cn_flags.reserved', 'Reserved', 0x08),
  multiplex: flag('dcerpc.cn_flags.mpx', 'Multiplex', 0x10),
  notExecuted: flag('dcerpc.cn_flags.dne', 'Did Not Execute', 0x20),
  maybe: flag('dcerpc.cn_flags.maybe', 'Maybe', 0x40),
  object: flag('dcerpc.cn_flags.object', 'Object', 0x80),
  representation: field('dcerpc.drep', 'Data Representation', 'bytes'),
  byteOrder: field('dcerpc.drep.byteorder', 'Byte order'),
  character: field('dcerpc.drep.character', 'Character'),
  float: field('dcerpc.drep.fp', 'Floating-point'),
  length: field('dcerpc.cn_frag_len', 'Frag Length'),
  authLength: field('dcerpc.cn_auth_len', 'Auth Length'),
  callId: field('dcerpc.cn_call_id', 'Call ID'),
}
/** What gives the verifier its length. */
export const verifierLength = f.authLength

/** Does a header begin here, as far as the bytes go? */
export function looksLikeHeader(bytes: Uint8Array, start: number, end: number): boolean {
  const at = (n: number, ok: (byte: number) => boolean) => start + n >= end || ok(bytes[start + n] as number)
  return (
    at(0, byte => byte === 5) &&
    at(1, byte => byte <= 1) &&
    at(2, byte => TYPES.has(byte)) &&
    at(4, byte => byte === 0x10 || byte === 0) &&
    at(5, byte => byte <= 3) &&
    at(6, byte => byte === 0) &&
    at(7, byte => byte === 0)
  )
}

/** Bytes of the PDU whose header is there. */
export function fragmentLength(bytes: Uint8Array, start: number): number {
  const low = bytes[start + 8] as number
  const high = bytes[start + 9] as number
  return isLittleEndian(bytes[start + 4] as number) ? low | (high << 8) : high | (low << 8)
}

export function readHeader(pdu: Pdu): DceRpcHeader {
  pdu.u8(f.version)
  pdu.u8(f.minor)
  const type = pdu.u8(f.type)
  const flags = pdu.u8(f.flags)
  const { first, last, cancel, reserved, multiplex, notExecuted, maybe, object } = f
  pdu.bits(first, last, cancel, reserved, multiplex, notExecuted, maybe, object)
  const order = Math.max(0, pdu.peek())
  const float = Math.max(0, pdu.peek(1))
  pdu.mark(f.representation, 4)
  pdu.derived(f.byteOrder, order >> 4)
  pdu.derived(f.character, order & 15)
  pdu.derived(f.float, float)
  const littleEndian = isLittleEndian(order)
  const length = littleEndian ? pdu.u16le(f.length) : pdu.u16be(f.length)
  const authLength = littleEndian ? pdu.u16le(f.authLength) : pdu.u16be(f.authLength)
  const callId = littleEndian ? pdu.u32le(f.callId) : pdu.u32be(f.callId)
  return { type, flags, fragmentLength: length, authLength, callId, littleEndian }
}

function isLittleEndian(representation: number): boolean {
  return (representation & 0xf0) !== 0
}
