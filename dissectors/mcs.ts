/**
 * MCS: multiplexes the channels of an RDP connection. The client connects, is attached as a user, joins its channels one by
 * one (or skips that), and everything after it is data sent on a channel, handed up to whoever reads that channel. Its
 * PDUs are packed (PER), but for the two that connect.
 *
 * ITU-T T.125 part 7 and 11; MS-RDPBCGR 2.2.1.3 to 2.2.1.9, 2.2.2.3 (disconnect provider ultimatum).
 */
import { mcsDisconnectReasons, mcsResults } from '../src/codes/mcs.ts'
import { NO, type Out, stream, wholeMessage } from '../src/wire/dissector.ts'
import { field, flag } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { isMcsConnect, type McsConnectFact, mcsConnect } from './mcs-connect.ts'
import { perLength } from './per.ts'
import { channelIndex, type RdpSession, sessionOf } from './rdp-session.ts'

/** The server will not attach the client as a user, or not join it to a channel. */
export interface McsRefusal {
  readonly kind: 'mcs-refusal'
  readonly step: 'attach-user' | 'channel-join'
  readonly result: number
  /** The channel asked for; 0 where none was. */
  readonly channel: number
}
/** An MCS Disconnect Provider Ultimatum in clear: the orderly end of a session. T.125 reason. */
export interface DisconnectProvider {
  readonly kind: 'disconnect-provider-ultimatum'
  readonly reason: number
}
export type McsFact = McsConnectFact | McsRefusal | DisconnectProvider

const PDU_NAMES = new Map([
  [1, 'erectDomainRequest'],
  [8, 'disconnectProviderUltimatum'],
  [9, 'rejectMCSPDUUltimatum'],
  [10, 'attachUserRequest'],
  [11, 'attachUserConfirm'],
  [12, 'detachUserRequest'],
  [13, 'detachUserIndication'],
  [14, 'channelJoinRequest'],
  [15, 'channelJoinConfirm'],
  [16, 'channelLeaveRequest'],
  [25, 'sendDataRequest'],
  [26, 'sendDataIndication'],
])
const PRIORITIES = new Map([
  [0, 'top'],
  [1, 'high'],
  [2, 'medium'],
  [3, 'low'],
])
const t124 = {
  pdu: field('t124.DomainMCSPDU', 'DomainMCSPDU', 'dec', PDU_NAMES),
  erectDomain: field('t124.erectDomainRequest_element', 'erectDomainRequest', 'group'),
  ultimatum: field('t124.disconnectProviderUltimatum_element', 'disconnectProviderUltimatum', 'group'),
  attachRequest: field('t124.attachUserRequest_element', 'attachUserRequest', 'group'),
  attachConfirm: field('t124.attachUserConfirm_element', 'attachUserConfirm', 'group'),
  joinRequest: field('t124.channelJoinRequest_element', 'channelJoinRequest', 'group'),
  joinConfirm: field('t124.channelJoinConfirm_element', 'channelJoinConfirm', 'group'),
  sendRequest: field('t124.sendDataRequest_element', 'sendDataRequest', 'group'),
  sendIndication: field('t124.sendDataIndication_element', 'sendDataIndication', 'group'),
  height: field('t124.subHeight', 'subHeight'),
  interval: field('t124.subInterval', 'subInterval'),
  reason: field('t124.reason', 'reason', 'dec', mcsDisconnectReasons.symbols),
  result: field('t124.result', 'result', 'dec', mcsResults.symbols),
  initiator: field('t124.initiator', 'initiator'),
  requested: field('t124.requested', 'requested'),
  channel: field('t124.channelId', 'channelId'),
  priority: field('t124.dataPriority', 'dataPriority', 'dec', PRIORITIES),
  segmentation: field('t124.segmentation', 'segmentation', 'hex'),
  userData: field('t124.userData', 'userData', 'bytes'),
  rest: field('t124.unread', 'Unread bytes', 'bytes'),
}
const SEGMENTATION = [flag('t124.Segmentation.begin', 'begin', 0x80), flag('t124.Segmentation.end', 'end', 0x40)]

const ERECT_DOMAIN = 1
const ULTIMATUM = 8
const ATTACH_REQUEST = 10
const ATTACH_CONFIRM = 11
const JOIN_REQUEST = 14
const JOIN_CONFIRM = 15
const SEND_REQUEST = 25
const SEND_INDICATION = 26
/** Bit of the first byte of a confirm: what follows the user is there. */
const OPTION_PRESENT = 0x02

const IO_SLOT = 0
const MESSAGE_SLOT = 1
const FIRST_CHANNEL_SLOT = 2

export const mcs = stream<RdpSession, McsFact>({
  name: 'mcs',
  filterName: 't125',
  title: 'Multipoint Communication Service',
  spec: ['ITU-T T.125', 'MS-RDPBCGR 2.2.1.3', 'MS-RDPBCGR 2.2.2.3'],

  begin: sessionOf,
  probe: () => NO,
  frame: wholeMessage,

  read(pdu, session, _direction, out) {
    const first = pdu.peek()
    if (isMcsConnect(first)) {
      mcsConnect(pdu, session, out)
      return
    }
    // Six bits tell which PDU it is; two more may belong to what follows.
    const choice = first >> 2
    pdu.value(t124.pdu, 1, choice)
    switch (choice) {
      case ERECT_DOMAIN:
        pdu.group(t124.erectDomain)
        number(pdu, t124.height)
        number(pdu, t124.interval)
        break
      case ULTIMATUM:
        pdu.group(t124.ultimatum)
        ultimatum(pdu, first, out)
        break
      case ATTACH_REQUEST:
        pdu.group(t124.attachRequest)
        break
      case ATTACH_CONFIRM:
        pdu.group(t124.attachConfirm)
        attached(pdu, first, out)
        break
      case JOIN_REQUEST:
        pdu.group(t124.joinRequest)
        pdu.u16be(t124.initiator)
        pdu.u16be(t124.channel)
        break
      case JOIN_CONFIRM:
        pdu.group(t124.joinConfirm)
        joined(pdu, first, out)
        break
      case SEND_REQUEST:
      case SEND_INDICATION:
        pdu.group(choice === SEND_REQUEST ? t124.sendRequest : t124.sendIndication)
        sendData(pdu, session, out)
        break
      default:
        pdu.mark(t124.rest, pdu.left)
        return
    }
    pdu.end()
  },
})

/** An integer with a length of its own. */
function number(pdu: Pdu, f: typeof t124.height): void {
  const length = Math.max(0, pdu.peek())
  let value = 0
  for (let n = 1; n <= length && n < pdu.left && n <= 6; n++) value = value * 256 + pdu.peek(n)
  pdu.value(f, 1 + length, value)
}

/** Three bits of reason lie across two bytes. */
function ultimatum(pdu: Pdu, first: number, out: Out<McsFact>): void {
  const reason = ((first & 3) << 1) | (Math.max(0, pdu.peek()) >> 7)
  pdu.value(t124.reason, 1, reason)
  if (pdu.ok) out.fact({ kind: 'disconnect-provider-ultimatum', reason })
}

/** Four bits of result lie across two bytes. */
function result(pdu: Pdu, first: number): number {
  const value = ((first & 1) << 3) | (Math.max(0, pdu.peek()) >> 5)
  pdu.value(t124.result, 1, value)
  return value
}

function attached(pdu: Pdu, first: number, out: Out<McsFact>): void {
  const answer = result(pdu, first)
  if (pdu.ok && answer !== 0) out.fact({ kind: 'mcs-refusal', step: 'attach-user', result: answer, channel: 0 })
  if ((first & OPTION_PRESENT) !== 0) pdu.u16be(t124.initiator)
}

function joined(pdu: Pdu, first: number, out: Out<McsFact>): void {
  const answer = result(pdu, first)
  pdu.u16be(t124.initiator)
  const channel = pdu.u16be(t124.requested)
  if (pdu.ok && answer !== 0) out.fact({ kind: 'mcs-refusal', step: 'channel-join', result: answer, channel })
  if ((first & OPTION_PRESENT) !== 0) pdu.u16be(t124.channel)
}

function sendData(pdu: Pdu, session: RdpSession, out: Out<McsFact>): void {
  pdu.u16be(t124.initiator)
  const channel = pdu.u16be(t124.channel)
  const options = Math.max(0, pdu.peek())
  pdu.derived(t124.priority, options >> 6)
  // Two bits, which stand at the top of a byte of their own.
  pdu.value(t124.segmentation, 1, (options << 2) & 0xc0)
  pdu.bits(...SEGMENTATION)
  const length = perLength(pdu)
  const at = pdu.mark(t124.userData, length)
  if (at < 0 || !pdu.ok) return
  const slot = slotOf(session, channel)
  if (slot < 0) return
  const { watched } = session
  if (slot === IO_SLOT) out.open(slot, { protocol: 'rdp', hint: session, watched })
  else if (slot === MESSAGE_SLOT) out.open(slot, { protocol: 'rdp-message-channel', hint: session, watched })
  else out.open(slot, { protocol: 'rdp-channel', hint: { session, index: slot - FIRST_CHANNEL_SLOT }, watched })
  out.payload(slot, pdu.bytes, at, at + length, at, at + length)
}

/** Who listens on this channel; -1 when the capture does not tell. */
function slotOf(session: RdpSession, channel: number): number {
  if (channel === session.ioChannel) return IO_SLOT
  if (channel === session.messageChannel) return MESSAGE_SLOT
  const index = channelIndex(session, channel)
  return index < 0 ? -1 : FIRST_CHANNEL_SLOT + index
}
