/**
 * RPC over HTTP v2, in the bodies of RPC_IN_DATA and RPC_OUT_DATA: the PDUs that set up and keep the two channels (RTS) are
 * read here, all others are DCE/RPC and go up. Both channels name the same virtual connection, by which they are paired;
 * channels that take the place of an older one name it too.
 *
 * MS-RPCH 2.2.3 (RTS PDUs), 2.2.4 (their sequences), 3.2.1.1 (recycling).
 */

import { rtsCommands } from '../src/codes/ts-proxy.ts'
import { hex } from '../src/wire/bytes.ts'
import {
  BROKEN,
  CLIENT,
  type Likeness,
  NEED_MORE,
  NO,
  NOT_MINE,
  type Out,
  SURE,
  stream,
} from '../src/wire/dissector.ts'
import { field, flag } from '../src/wire/field.ts'
import { MAX_RTS_COMMANDS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { fragmentLength, HEADER_BYTES, looksLikeHeader, PDU_RTS, readHeader } from './dcerpc-header.ts'

/** A PDU about the channels themselves. Pings and flow control are too frequent to be facts. */
export interface RtsPdu {
  readonly kind: 'rts'
  readonly flags: number
  /** Commands in order: MS-RPCH 2.2.3.5. */
  readonly commands: readonly number[]
  /** Of ConnectionTimeout; -1 without. */
  readonly connectionTimeoutMs: number
  readonly complete: boolean
}

export interface RpchState {
  opened: boolean
}

const FLAG_PING = 0x01
const rts = {
  root: field('dcerpc', 'Distributed Computing Environment / Remote Procedure Call (RTS)', 'group'),
  flags: field('dcerpc.cn_rts_flags', 'RTS Flags', 'hex'),
  ping: flag('dcerpc.cn_rts.flags.ping', 'Ping', 0x01),
  other: flag('dcerpc.cn_rts_flags.other_cmd', 'Other Cmd', 0x02),
  recycle: flag('dcerpc.cn_rts_flags.recycle_channel', 'Recycle Channel', 0x04),
  inChannel: flag('dcerpc.cn_rts_flags.in_channel', 'In Channel', 0x08),
  outChannel: flag('dcerpc.cn_rts_flags.out_channel', 'Out Channel', 0x10),
  eof: flag('dcerpc.cn_rts_flags.eof', 'EOF', 0x20),
  count: field('dcerpc.cn_rts_commands_nb', 'RTS Number of Commands'),
  command: field('dcerpc.cn_rts_command', 'RTS Command', 'hex', rtsCommands),
  window: field('dcerpc.cn_rts_command.receivewindowsize', 'Receive Window Size', 'hex'),
  received: field('dcerpc.cn_rts_command.fack.bytesreceived', 'Bytes Received', 'hex'),
  available: field('dcerpc.cn_rts_command.fack.availablewindow', 'Available Window', 'hex'),
  channel: field('dcerpc.cn_rts_command.fack.channelcookie', 'Channel Cookie', 'guid'),
  timeout: field('dcerpc.cn_rts_command.connectiontimeout', 'Connection Timeout'),
  cookie: field('dcerpc.cn_rts_command.cookie', 'Cookie', 'guid'),
  lifetime: field('dcerpc.cn_rts_command.channellifetime', 'Channel Lifetime'),
  keepalive: field('dcerpc.cn_rts_command.clientkeepalive', 'Client Keepalive', 'hex'),
  version: field('dcerpc.cn_rts_command.version', 'Version', 'hex'),
  paddingCount: field('dcerpc.cn_rts_command.padding.conformancecount', 'Conformance Count', 'hex'),
  padding: field('dcerpc.cn_rts_command.padding.padding', 'Padding', 'bytes'),
  addressType: field('dcerpc.cn_rts_command.addrtype', 'Address Type'),
  ipv4: field('dcerpc.cmd_client_ipv4', 'RTS Client address', 'ipv4'),
  ipv6: field('dcerpc.cmd_client_ipv6', 'RTS Client address', 'ipv6'),
  group: field('dcerpc.cn_rts_command.associationgroupid', 'Association Group ID', 'guid'),
  destination: field('dcerpc.cn_rts_command.forwarddestination', 'Forward Destination'),
  traffic: field('dcerpc.cn_rts_command.pingtrafficsentnotify', 'Ping Traffic Sent Notify', 'hex'),
}
const carried = field('rpch.pdu', 'Carried DCE/RPC PDU', 'group')
const rest = field('rpch.rest', 'Rest', 'bytes')

const COOKIE_BYTES = 16
const ADDRESS_PADDING_BYTES = 12

export const rpch = stream<RpchState, RtsPdu>({
  name: 'rpch',
  title: 'RPC over HTTP',
  spec: ['MS-RPCH 2.2.3'],

  begin: () => ({ opened: false }),

  /** Begun by the head of the HTTP request; behind a hole, an RTS PDU is a place to go on at. */
  probe(bytes, start, end): Likeness {
    const isRts = end - start >= HEADER_BYTES && bytes[start + 2] === PDU_RTS && looksLikeHeader(bytes, start, end)
    return isRts && bytes[start + 12] === 0 && bytes[start + 13] === 0 ? SURE : NO
  },

  frame(bytes, start, end) {
    if (!looksLikeHeader(bytes, start, end)) return NOT_MINE
    if (end - start < HEADER_BYTES) return NEED_MORE
    const length = fragmentLength(bytes, start)
    return length < HEADER_BYTES ? BROKEN : length
  },

  read(pdu, state, direction, out) {
    if (pdu.peek(2) !== PDU_RTS) {
      const length = Math.max(pdu.left, pdu.left >= HEADER_BYTES ? fragmentLength(pdu.bytes, pdu.pos) : HEADER_BYTES)
      const at = pdu.mark(carried, length)
      if (at < 0) return
      if (!state.opened) {
        state.opened = true
        out.open(0, { protocol: 'dcerpc' })
      }
      out.payload(0, pdu.bytes, at, at + length, at, at + length)
      return
    }
    pdu.group(rts.root)
    const cookie = rtsPdu(pdu, out)
    pdu.end()
    if (!pdu.ok || state.opened || direction !== CLIENT || cookie === '') return
    state.opened = true
    out.open(0, { protocol: 'dcerpc', junction: `rpc ${cookie}` })
  },
})

/** Answers its first cookie, which in what a client sends is that of the virtual connection; '' without. */
function rtsPdu(pdu: Pdu, out: Out<RtsPdu>): string {
  const { fragmentLength: length } = readHeader(pdu)
  const flags = pdu.u16le(rts.flags)
  const { ping, other, recycle, inChannel, outChannel, eof } = rts
  pdu.bits(ping, other, recycle, inChannel, outChannel, eof)
  const count = pdu.u16le(rts.count)
  const commands: number[] = []
  let cookie = ''
  let connectionTimeoutMs = -1
  for (let n = 0; n < Math.min(count, MAX_RTS_COMMANDS) && pdu.ok; n++) {
    const command = pdu.u32le(rts.command)
    if (!pdu.ok) break
    commands.push(command)
    const at = pdu.pos
    const value = parameters(pdu, command)
    if (!pdu.ok) break
    if (command === COOKIE && cookie === '') cookie = hex(pdu.bytes, at, at + COOKIE_BYTES)
    if (command === CONNECTION_TIMEOUT) connectionTimeoutMs = value
  }
  const left = Math.max(pdu.left, length - pdu.offset)
  if (left > 0) pdu.mark(rest, left)
  const isRoutine =
    (flags & FLAG_PING) !== 0 || (commands.length > 0 && commands.every(one => one === FLOW_CONTROL_ACK))
  if (!isRoutine) out.fact({ kind: 'rts', flags, commands, connectionTimeoutMs, complete: pdu.ok })
  return cookie
}

const FLOW_CONTROL_ACK = 1
const CONNECTION_TIMEOUT = 2
const COOKIE = 3
/** Commands that are one number. */
const NUMBERS = new Map([
  [0, rts.window],
  [CONNECTION_TIMEOUT, rts.timeout],
  [4, rts.lifetime],
  [5, rts.keepalive],
  [6, rts.version],
  [13, rts.destination],
  [14, rts.traffic],
])

/** What belongs to a command; of an unknown one nobody knows how much that is. */
function parameters(pdu: Pdu, command: number): number {
  const number = NUMBERS.get(command)
  if (number !== undefined) return pdu.u32le(number)
  if (command === FLOW_CONTROL_ACK) {
    pdu.u32le(rts.received)
    pdu.u32le(rts.available)
    pdu.mark(rts.channel, COOKIE_BYTES)
  } else if (command === COOKIE) pdu.mark(rts.cookie, COOKIE_BYTES)
  else if (command === 12) pdu.mark(rts.group, COOKIE_BYTES)
  else if (command === 8) {
    const count = pdu.u32le(rts.paddingCount)
    pdu.mark(rts.padding, count)
  } else if (command === 11) {
    if (pdu.u32le(rts.addressType) === 0) pdu.u32be(rts.ipv4)
    else pdu.mark(rts.ipv6, 16)
    pdu.mark(rts.padding, ADDRESS_PADDING_BYTES)
  } else if (!rtsCommands.has(command) && pdu.left > 0) pdu.mark(rest, pdu.left)
  return 0
}
