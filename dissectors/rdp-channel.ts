/**
 * Static virtual channels: what clipboard, sound, drives and their like send, in chunks. Of most only the header of each
 * chunk is read; on `drdynvc` the opening and closing of dynamic channels.
 *
 * MS-RDPBCGR 2.2.6.1 (virtual channel PDU), 3.1.5.2 (chunks).
 */
import { NO, stream, wholeMessage } from '../src/wire/dissector.ts'
import { bits, field } from '../src/wire/field.ts'
import { type DynamicChannelFact, type DynamicChannels, dynamicChannelPdu, newDynamicChannels } from './drdynvc.ts'
import { COMPRESSION_TYPES } from './rdp-compression.ts'
import { peekFlags, securityHeader } from './rdp-security.ts'
import { channelName, newSession, type RdpSession } from './rdp-session.ts'

export interface RdpChannelState {
  readonly session: RdpSession
  /** Among the static virtual channels. */
  readonly index: number
  readonly dynamic: DynamicChannels
}

const channel = {
  data: field('rdp.sendData', 'SendData', 'group'),
  header: field('rdp.channelPDUHeader', 'channelPDUHeader', 'bytes'),
  name: field('rdp.channelName', 'Channel', 'text'),
  length: field('rdp.length', 'length'),
  flags: field('rdp.channelFlags', 'channelFlags', 'hex'),
  content: field('rdp.virtualChannelData', 'virtualChannelData', 'bytes'),
}
const FLAGS = [
  bits('rdp.channelFlag.first', 'channelFlagFirst', 0x00000001, 'hex'),
  bits('rdp.channelFlag.last', 'channelFlagLast', 0x00000002, 'hex'),
  bits('rdp.channelFlag.showProtocol', 'channelFlagShowProtocol', 0x00000010, 'hex'),
  bits('rdp.channelFlag.suspend', 'channelFlagSuspend', 0x00000020, 'hex'),
  bits('rdp.channelFlag.resume', 'channelFlagResume', 0x00000040, 'hex'),
  bits('rdp.channelPacket.compressed', 'channelPacketCompressed', 0x00200000, 'hex'),
  bits('rdp.channelPacket.atFront', 'channelPacketAtFront', 0x00400000, 'hex'),
  bits('rdp.channelPacket.flushed', 'channelPacketFlushed', 0x00800000, 'hex'),
  bits('rdp.channelPacket.compressionType', 'channelPacketCompressionType', 0x000f0000, 'hex', COMPRESSION_TYPES),
]

const CHANNEL_FLAG_FIRST = 0x1
const CHANNEL_PACKET_COMPRESSED = 0x200000
const SEC_ENCRYPT = 0x0008

export const rdpChannel = stream<RdpChannelState, DynamicChannelFact>({
  name: 'rdp-channel',
  filterName: 'rdp',
  title: 'Remote Desktop Protocol, virtual channel',
  spec: ['MS-RDPBCGR 2.2.6.1', 'MS-RDPEDYC 2.2'],

  begin: next => {
    const { session, index } = isPlace(next?.hint) ? next.hint : { session: newSession(next), index: 0 }
    return { session, index, dynamic: newDynamicChannels() }
  },
  probe: () => NO,
  frame: wholeMessage,

  read(pdu, state, direction, out) {
    const { session } = state
    pdu.group(channel.data)
    if (session.encryption > 0) {
      const isEncrypted = (peekFlags(pdu) & SEC_ENCRYPT) !== 0
      if (!securityHeader(pdu, session) && isEncrypted) {
        pdu.end()
        return
      }
    }
    const name = channelName(session, state.index)
    pdu.group(channel.header)
    pdu.u32le(channel.length)
    const flags = pdu.u32le(channel.flags)
    pdu.bits(...FLAGS)
    pdu.end()
    if (name !== '') pdu.derived(channel.name, name)
    const isReadable = (flags & CHANNEL_FLAG_FIRST) !== 0 && (flags & CHANNEL_PACKET_COMPRESSED) === 0
    if (isReadable && name.toLowerCase() === 'drdynvc' && pdu.left > 0) {
      dynamicChannelPdu(pdu, state.dynamic, session, direction, out)
    } else if (pdu.left > 0) pdu.mark(channel.content, pdu.left)
    pdu.end()
  },
})

interface Place {
  readonly session: RdpSession
  readonly index: number
}

function isPlace(hint: unknown): hint is Place {
  return typeof hint === 'object' && hint !== null && 'session' in hint && 'index' in hint
}
