/**
 * Which large PDUs of a running session nobody needs: what is drawn, and what channels carry. The few that tell how a
 * session ends, or what it is made of, are read whole. Decided on numbers alone, from the first bytes of the MCS PDU.
 *
 * MS-RDPBCGR 2.2.8.1.1.1.2 (pduType2), 3.1.5.2.1 (static virtual channels); MS-RDPEDYC 2.2.
 */
import { channelIndex, channelName, type RdpSession } from './rdp-session.ts'

/** So many bytes of the MCS PDU decide. */
export const BULK_LOOK_BYTES = 27

const SEND_DATA_REQUEST = 25
const SEND_DATA_INDICATION = 26
const SEC_ENCRYPT = 0x0008
const BASIC_SECURITY_HEADER_BYTES = 4
const CHANNEL_PDU_HEADER_BYTES = 8
const DATA_PDU = 7
/** Update, pointer, input, persistent bitmap cache: large, many, or both. */
const BULK_DATA = new Set([0x02, 0x1b, 0x1c, 0x2b])
/** drdynvc: first data and data, plain and compressed. */
const DYNAMIC_DATA = new Set([2, 3, 6, 7])

/** The MCS PDU that starts at `at`, of which {@link BULK_LOOK_BYTES} are there. */
export function isBulk(bytes: Uint8Array, at: number, session: RdpSession): boolean {
  const choice = (bytes[at] as number) >> 2
  if (choice !== SEND_DATA_REQUEST && choice !== SEND_DATA_INDICATION) return false
  const channel = ((bytes[at + 3] as number) << 8) | (bytes[at + 4] as number)
  let data = at + (((bytes[at + 6] as number) & 0x80) === 0 ? 7 : 8)
  if (session.encryption > 0) {
    if (((bytes[data] as number) & SEC_ENCRYPT) !== 0) return true
    data += BASIC_SECURITY_HEADER_BYTES
  }
  if (session.connecting || channel === session.messageChannel) return false
  if (channel === session.ioChannel) {
    return ((bytes[data + 2] as number) & 0x0f) === DATA_PDU && BULK_DATA.has(bytes[data + 14] as number)
  }
  const index = channelIndex(session, channel)
  if (channelName(session, index).toLowerCase() !== 'drdynvc') return true
  return DYNAMIC_DATA.has((bytes[data + CHANNEL_PDU_HEADER_BYTES] as number) >> 4)
}
