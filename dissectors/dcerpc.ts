/**
 * DCE/RPC on a connection: which interfaces are bound, how it is authenticated, the calls of the RD Gateway interface and
 * their results. Their data carries the RDP session; it is handed up where it is not encrypted.
 *
 * DCE 1.1 RPC (C706) 12.6; MS-RPCE 2.2.2; MS-TSGU 2.2.9 (messages), 3.2.6 and 3.2.7 (TsProxyRpcInterface).
 */
import { gatewayResults } from '../src/codes/rdg-hresults.ts'
import { TS_PROXY_INTERFACE, tsProxyCalls } from '../src/codes/ts-proxy.ts'
import { guid } from '../src/wire/bytes.ts'
import {
  BROKEN,
  LIKELY,
  type Likeness,
  MAYBE,
  NEED_MORE,
  NO,
  NOT_MINE,
  type Out,
  stream,
} from '../src/wire/dissector.ts'
import { type Field, field } from '../src/wire/field.ts'
import { MAX_RPC_CALL_FACTS, MAX_RPC_CALLS, MAX_RPC_CONTEXTS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { hidden } from './ber.ts'
import {
  type DceRpcHeader,
  fragmentLength,
  HAS_OBJECT,
  HEADER_BYTES,
  LAST_FRAGMENT,
  looksLikeHeader,
  PDU_ALTER,
  PDU_ALTER_RESPONSE,
  PDU_AUTH3,
  PDU_BIND,
  PDU_BIND_ACK,
  PDU_BIND_NAK,
  PDU_FAULT,
  PDU_REQUEST,
  PDU_RESPONSE,
  PDU_RTS,
  readHeader,
  verifierLength,
} from './dcerpc-header.ts'
import { type AuthenticationFact, isSecurityToken, readSecurityToken } from './spnego.ts'

/** The client binds, or alters the context. */
export interface DceRpcBind {
  readonly kind: 'dcerpc-bind'
  /** UUIDs of the interfaces. */
  readonly interfaces: readonly string[]
  /** 10 NTLM, 9 Negotiate, 16 Kerberos; 0 without. */
  readonly authType: number
  /** 1 none ... 5 integrity, 6 privacy; 0 without. */
  readonly authLevel: number
  readonly complete: boolean
}
export interface DceRpcBindAnswer {
  readonly kind: 'dcerpc-bind-ack' | 'dcerpc-bind-nak'
  /** Result of each context (0 accepted), or the reason of the refusal. */
  readonly results: readonly number[]
  readonly complete: boolean
}
/** A call of the gateway interface, or what came back. */
export interface TsProxyCall {
  readonly kind: 'ts-proxy-call' | 'ts-proxy-result'
  readonly call: number
  /** HRESULT at the end of an answer; -1 in a call, and where it is encrypted. */
  readonly result: number
  readonly complete: boolean
}
export interface DceRpcFault {
  readonly kind: 'dcerpc-fault'
  readonly status: number
  readonly complete: boolean
}
export type DceRpcFact = DceRpcBind | DceRpcBindAnswer | TsProxyCall | DceRpcFault | AuthenticationFact

export interface DceRpcState {
  /** Contexts bound to the gateway interface. */
  gateway: number[]
  /** Calls that wait for their answer. */
  calls: { id: number; call: number }[]
  facts: number
  opened: boolean
}

const SECURITY = new Map([
  [0, 'None'],
  [9, 'SPNEGO'],
  [10, 'NTLMSSP'],
  [14, 'SCHANNEL SSP'],
  [16, 'Kerberos SSP'],
])
const LEVELS = new Map([
  [1, 'None'],
  [2, 'Connect'],
  [3, 'Call'],
  [4, 'Packet'],
  [5, 'Packet integrity'],
  [6, 'Packet privacy'],
])
const bound = {
  maxTransmit: field('dcerpc.cn_max_xmit', 'Max Xmit Frag'),
  maxReceive: field('dcerpc.cn_max_recv', 'Max Recv Frag'),
  group: field('dcerpc.cn_assoc_group', 'Assoc Group', 'hex'),
  count: field('dcerpc.cn_num_ctx_items', 'Num Ctx Items'),
  reserved: field('dcerpc.reserved', 'Reserved', 'bytes'),
  item: field('dcerpc.cn_ctx_item', 'Ctx Item', 'group'),
  context: field('dcerpc.cn_ctx_id', 'Context ID'),
  transfers: field('dcerpc.cn_num_trans_items', 'Num Trans Items'),
  interface: field('dcerpc.cn_bind_to_uuid', 'Interface UUID', 'guid'),
  version: field('dcerpc.cn_bind_if_ver', 'Interface Ver'),
  minor: field('dcerpc.cn_bind_if_ver_minor', 'Interface Ver Minor'),
  transfer: field('dcerpc.cn_bind_trans_id', 'ID', 'guid'),
  transferVersion: field('dcerpc.cn_bind_trans_ver', 'ver'),
}
const acknowledged = {
  addressLength: field('dcerpc.cn_sec_addr_len', 'Scndry Addr len'),
  address: field('dcerpc.cn_sec_addr', 'Scndry Addr', 'text'),
  end: field('dcerpc.cn_sec_addr_end', 'Zero', 'bytes'),
  count: field('dcerpc.cn_num_results', 'Num results'),
  result: field('dcerpc.cn_ack_result', 'Ack result'),
  reason: field('dcerpc.cn_ack_reason', 'Ack reason'),
  transfer: field('dcerpc.cn_ack_trans_id', 'Transfer Syntax', 'guid'),
  version: field('dcerpc.cn_ack_trans_ver', 'Syntax ver'),
  refused: field('dcerpc.cn_reject_reason', 'Reject reason'),
  protocols: field('dcerpc.cn_num_protocols', 'Number of protocols'),
  major: field('dcerpc.cn_protocol_ver_major', 'Protocol major version'),
  minor: field('dcerpc.cn_protocol_ver_minor', 'Protocol minor version'),
}
const called = {
  hint: field('dcerpc.cn_alloc_hint', 'Alloc hint'),
  context: field('dcerpc.cn_ctx_id', 'Context ID'),
  operation: field('dcerpc.opnum', 'Opnum'),
  object: field('dcerpc.obj_id', 'Object', 'guid'),
  cancels: field('dcerpc.cn_cancel_count', 'Cancel count'),
  faultFlags: field('dcerpc.cn_fault_flags', 'Fault flags', 'hex'),
  status: field('dcerpc.cn_status', 'Status', 'hex'),
  stub: field('dcerpc.stub_data', 'Stub data', 'bytes'),
  sealed: field('dcerpc.encrypted_stub_data', 'Encrypted stub data', 'bytes'),
  faultStub: field('dcerpc.fault_stub_data', 'Fault stub data', 'bytes'),
  name: field('tsproxy.opnum', 'Gateway call', 'dec', tsProxyCalls),
  result: field('tsproxy.result', 'Result', 'hex', gatewayResults.symbols),
  handle: field('tsproxy.channel_context', 'Channel context', 'bytes'),
  total: field('tsproxy.total_bytes', 'Total bytes'),
  buffers: field('tsproxy.buffers', 'Buffers'),
  bufferLength: field('tsproxy.buffer.length', 'Buffer length'),
  data: field('tsproxy.data', 'Data', 'group'),
}
const auth = {
  info: field('dcerpc.auth_info', 'Auth Info', 'group'),
  padding: field('dcerpc.auth_padding', 'Auth Padding', 'bytes'),
  type: field('dcerpc.auth_type', 'Auth type', 'dec', SECURITY),
  level: field('dcerpc.auth_level', 'Auth level', 'dec', LEVELS),
  padLength: field('dcerpc.auth_pad_len', 'Auth pad len'),
  reserved: field('dcerpc.auth_rsrvd', 'Auth Rsrvd'),
  context: field('dcerpc.auth_ctx_id', 'Auth Context ID'),
  token: field('dcerpc.auth_credentials', 'Auth Credentials (hidden)', 'group'),
}
const rest = field('dcerpc.rest', 'Rest', 'bytes')

const TRAILER_BYTES = 8
const UUID_BYTES = 16
const HANDLE_BYTES = 20
const PRIVACY = 6
const NTLM = 10
const SETUP_RECEIVE_PIPE = 8
const SEND_TO_SERVER = 9
const MOST_BUFFERS = 3

export const dcerpc = stream<DceRpcState, DceRpcFact>({
  name: 'dcerpc',
  title: 'Distributed Computing Environment / Remote Procedure Call',
  spec: ['C706 12.6', 'MS-RPCE 2.2.2', 'MS-TSGU 3.2.6'],

  begin: () => ({ gateway: [], calls: [], facts: 0, opened: false }),

  probe(bytes, start, end): Likeness {
    if (!looksLikeHeader(bytes, start, end) || (end - start > 2 && bytes[start + 2] === PDU_RTS)) return NO
    if (end - start < HEADER_BYTES) return MAYBE
    return fragmentLength(bytes, start) >= HEADER_BYTES ? LIKELY : NO
  },

  frame(bytes, start, end) {
    if (!looksLikeHeader(bytes, start, end)) return NOT_MINE
    if (end - start < HEADER_BYTES) return NEED_MORE
    const length = fragmentLength(bytes, start)
    return length < HEADER_BYTES ? BROKEN : length
  },

  read(pdu, state, _direction, out) {
    const header = readHeader(pdu)
    const order = header.littleEndian ? LITTLE : BIG
    const { type } = header
    if (type === PDU_BIND || type === PDU_ALTER) bind(pdu, header, order, state, out)
    else if (type === PDU_BIND_ACK || type === PDU_ALTER_RESPONSE) bindAck(pdu, header, order, out)
    else if (type === PDU_BIND_NAK) bindNak(pdu, order, out)
    else if (type === PDU_REQUEST) request(pdu, header, order, state, out)
    else if (type === PDU_RESPONSE) response(pdu, header, order, state, out)
    else if (type === PDU_FAULT) fault(pdu, header, order, state, out)
    else if (type === PDU_AUTH3) {
      pdu.mark(bound.reserved, 4)
      trailer(pdu, header, order, out)
    }
    const left = Math.max(pdu.left, header.fragmentLength - pdu.offset)
    if (left > 0) pdu.mark(rest, left)
  },
})

interface Order {
  u16(pdu: Pdu, f: Field): number
  u32(pdu: Pdu, f: Field): number
}
const LITTLE: Order = { u16: (pdu, f) => pdu.u16le(f), u32: (pdu, f) => pdu.u32le(f) }
const BIG: Order = { u16: (pdu, f) => pdu.u16be(f), u32: (pdu, f) => pdu.u32be(f) }

function bind(pdu: Pdu, header: DceRpcHeader, order: Order, state: DceRpcState, out: Out<DceRpcFact>): void {
  order.u16(pdu, bound.maxTransmit)
  order.u16(pdu, bound.maxReceive)
  order.u32(pdu, bound.group)
  const count = pdu.u8(bound.count)
  pdu.mark(bound.reserved, 3)
  const interfaces: string[] = []
  const gateway: number[] = []
  for (let n = 0; n < Math.min(count, MAX_RPC_CONTEXTS) && pdu.ok; n++) {
    pdu.group(bound.item)
    const context = order.u16(pdu, bound.context)
    const transfers = pdu.u8(bound.transfers)
    pdu.mark(bound.reserved, 1)
    const at = pdu.mark(bound.interface, UUID_BYTES)
    order.u16(pdu, bound.version)
    order.u16(pdu, bound.minor)
    for (let t = 0; t < Math.min(transfers, MAX_RPC_CONTEXTS) && pdu.ok; t++) {
      pdu.mark(bound.transfer, UUID_BYTES)
      order.u32(pdu, bound.transferVersion)
    }
    pdu.end()
    if (at < 0) break
    const uuid = guid(pdu.bytes, at)
    interfaces.push(uuid)
    if (uuid === TS_PROXY_INTERFACE) gateway.push(context)
  }
  const { type, level } = trailer(pdu, header, order, out)
  out.fact({ kind: 'dcerpc-bind', interfaces, authType: type, authLevel: level, complete: pdu.ok })
  if (!pdu.ok) return
  for (const context of gateway) {
    if (!state.gateway.includes(context) && state.gateway.length < MAX_RPC_CONTEXTS) state.gateway.push(context)
  }
}

function bindAck(pdu: Pdu, header: DceRpcHeader, order: Order, out: Out<DceRpcFact>): void {
  order.u16(pdu, bound.maxTransmit)
  order.u16(pdu, bound.maxReceive)
  order.u32(pdu, bound.group)
  const length = order.u16(pdu, acknowledged.addressLength)
  // The zero at its end counts.
  const text = length > 0 && pdu.peek(length - 1) === 0 ? length - 1 : length
  if (text > 0) pdu.text(acknowledged.address, text)
  if (text < length) pdu.mark(acknowledged.end, 1)
  const padding = (4 - (pdu.offset & 3)) & 3
  if (padding > 0) pdu.mark(bound.reserved, padding)
  const count = pdu.u8(acknowledged.count)
  pdu.mark(bound.reserved, 3)
  const results: number[] = []
  for (let n = 0; n < Math.min(count, MAX_RPC_CONTEXTS) && pdu.ok; n++) {
    pdu.group(bound.item)
    const result = order.u16(pdu, acknowledged.result)
    order.u16(pdu, acknowledged.reason)
    pdu.mark(acknowledged.transfer, UUID_BYTES)
    order.u32(pdu, acknowledged.version)
    pdu.end()
    if (pdu.ok) results.push(result)
  }
  trailer(pdu, header, order, out)
  out.fact({ kind: 'dcerpc-bind-ack', results, complete: pdu.ok })
}

function bindNak(pdu: Pdu, order: Order, out: Out<DceRpcFact>): void {
  const reason = order.u16(pdu, acknowledged.refused)
  const results = pdu.ok ? [reason] : []
  const versions = pdu.left > 0 ? pdu.u8(acknowledged.protocols) : 0
  for (let n = 0; n < versions && pdu.ok; n++) {
    pdu.u8(acknowledged.major)
    pdu.u8(acknowledged.minor)
  }
  out.fact({ kind: 'dcerpc-bind-nak', results, complete: pdu.ok })
}

function request(pdu: Pdu, header: DceRpcHeader, order: Order, state: DceRpcState, out: Out<DceRpcFact>): void {
  order.u32(pdu, called.hint)
  const context = order.u16(pdu, called.context)
  const call = order.u16(pdu, called.operation)
  if ((header.flags & HAS_OBJECT) !== 0) pdu.mark(called.object, UUID_BYTES)
  const ours = state.gateway.includes(context)
  if (ours) pdu.derived(called.name, call)
  const stub = stubLength(pdu, header)
  let carried: readonly Stretch[] = []
  if (ours && call === SEND_TO_SERVER && !isSealed(pdu, header)) carried = sendToServer(pdu, stub)
  else if (stub > 0) pdu.mark(isSealed(pdu, header) ? called.sealed : called.stub, stub)
  trailer(pdu, header, order)
  if (!ours) return
  if (call !== SEND_TO_SERVER) say({ kind: 'ts-proxy-call', call, result: -1, complete: pdu.ok }, state, out)
  if (!pdu.ok) return
  handUp(pdu, carried, state, out)
  state.calls.push({ id: header.callId, call })
  if (state.calls.length > MAX_RPC_CALLS) state.calls.shift()
}

function response(pdu: Pdu, header: DceRpcHeader, order: Order, state: DceRpcState, out: Out<DceRpcFact>): void {
  order.u32(pdu, called.hint)
  order.u16(pdu, called.context)
  pdu.u8(called.cancels)
  pdu.mark(bound.reserved, 1)
  const asked = state.calls.find(({ id }) => id === header.callId)
  const sealed = isSealed(pdu, header)
  const stub = stubLength(pdu, header)
  const last = (header.flags & LAST_FRAGMENT) !== 0
  const piped = asked?.call === SETUP_RECEIVE_PIPE
  let result = -1
  let carried: readonly Stretch[] = []
  if (asked !== undefined) pdu.derived(called.name, asked.call)
  if (asked === undefined || sealed) {
    if (stub > 0) pdu.mark(sealed ? called.sealed : called.stub, stub)
  } else if (piped && !last) carried = [receive(pdu, stub)]
  else {
    // The result is what an answer ends with.
    if (stub > 4) pdu.mark(called.stub, stub - 4)
    if (stub >= 4) result = pdu.u32le(called.result)
  }
  trailer(pdu, header, order)
  if (asked === undefined) return
  if (asked.call !== SEND_TO_SERVER && (!piped || last)) {
    say({ kind: 'ts-proxy-result', call: asked.call, result: pdu.ok ? result : -1, complete: pdu.ok }, state, out)
  }
  if (pdu.ok) handUp(pdu, carried, state, out)
  if (pdu.ok && last) state.calls = state.calls.filter(one => one !== asked)
}

function fault(pdu: Pdu, header: DceRpcHeader, order: Order, state: DceRpcState, out: Out<DceRpcFact>): void {
  order.u32(pdu, called.hint)
  order.u16(pdu, called.context)
  pdu.u8(called.cancels)
  pdu.u8(called.faultFlags)
  const status = order.u32(pdu, called.status)
  pdu.mark(bound.reserved, 4)
  const stub = stubLength(pdu, header)
  if (stub > 0) pdu.mark(called.faultStub, stub)
  trailer(pdu, header, order)
  out.fact({ kind: 'dcerpc-fault', status, complete: pdu.ok })
  if (pdu.ok) state.calls = state.calls.filter(({ id }) => id !== header.callId)
}

/** Calls are few; somebody may send many. */
function say(fact: TsProxyCall, state: DceRpcState, out: Out<DceRpcFact>): void {
  if (state.facts >= MAX_RPC_CALL_FACTS) return
  if (fact.complete) state.facts++
  out.fact(fact)
}

/** MS-TSGU 2.2.9.3: in network byte order, up to three buffers behind their lengths. */
function sendToServer(pdu: Pdu, length: number): Stretch[] {
  pdu.sized(called.data, length, called.hint)
  pdu.mark(called.handle, HANDLE_BYTES)
  pdu.u32be(called.total)
  const count = Math.min(pdu.u32be(called.buffers), MOST_BUFFERS)
  const lengths: number[] = []
  for (let n = 0; n < count && pdu.ok; n++) lengths.push(pdu.u32be(called.bufferLength))
  const stretches = lengths.map(size => receive(pdu, size))
  pdu.end()
  return stretches
}

/** Bytes of the RDP session in this PDU: where they start, and how many. */
type Stretch = readonly [offset: number, length: number]

function receive(pdu: Pdu, length: number): Stretch {
  const from = pdu.offset
  pdu.mark(called.data, length)
  return [from, length]
}

function handUp(pdu: Pdu, stretches: readonly Stretch[], state: DceRpcState, out: Out<DceRpcFact>): void {
  for (const [from, length] of stretches) {
    if (length === 0) continue
    if (!state.opened) {
      state.opened = true
      out.open(0, { protocol: '' })
    }
    const at = pdu.start + from
    out.payload(0, pdu.bytes, at, at + length, at, at + length)
  }
}

/** Bytes before the padding and the verifier at the end. */
function stubLength(pdu: Pdu, { authLength, fragmentLength: length }: DceRpcHeader): number {
  const body = Math.max(pdu.left, length - pdu.offset)
  if (authLength === 0) return body
  const behind = authLength + TRAILER_BYTES
  const padding = trailerByte(pdu, authLength, length, 2)
  return Math.max(0, body - behind - Math.max(0, padding))
}

function isSealed(pdu: Pdu, { authLength, fragmentLength: length }: DceRpcHeader): boolean {
  return authLength > 0 && trailerByte(pdu, authLength, length, 1) === PRIVACY
}

/** A byte of the trailer, which stands before the verifier; -1 when it is not there. */
function trailerByte(pdu: Pdu, authLength: number, length: number, at: number): number {
  const ahead = length - authLength - TRAILER_BYTES - pdu.offset + at
  return ahead < 0 ? -1 : pdu.peek(ahead)
}

/**
 * Padding, trailer and verifier, when there is one.
 * @param out while a context is bound, the verifier is a token that says something; later it is a signature
 */
function trailer(
  pdu: Pdu,
  header: DceRpcHeader,
  order: Order,
  out: Out<DceRpcFact> | null = null,
): { type: number; level: number } {
  const { authLength, fragmentLength: length } = header
  if (authLength === 0) return { type: 0, level: 0 }
  const padding = length - authLength - TRAILER_BYTES - pdu.offset
  if (padding > 0) pdu.mark(auth.padding, padding)
  pdu.group(auth.info)
  const type = pdu.u8(auth.type)
  const level = pdu.u8(auth.level)
  pdu.u8(auth.padLength)
  pdu.u8(auth.reserved)
  order.u32(pdu, auth.context)
  if (out === null || !isSecurityToken(pdu.bytes, pdu.pos, pdu.limit)) hidden(pdu, auth.token, authLength)
  else {
    pdu.bounded(authLength, verifierLength)
    readSecurityToken(pdu, out, type !== NTLM)
    pdu.end()
  }
  pdu.end()
  return { type, level }
}
