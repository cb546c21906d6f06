/** The TCP checksum (RFC 1071, RFC 9293 section 3.1), for the few segments where it matters. */
import { type Headers, KIND_TCP } from './headers.ts'
import { u16be } from './integers.ts'
import { fold, pseudoHeaderSum, sum } from './internet-checksum.ts'
import { PROTOCOL_TCP } from './ip.ts'

/**
 * 'offloaded': it covers the pseudo header alone, as a sender leaves it to its network card. 'unverifiable': the capture
 * holds only a part of the segment.
 */
export type ChecksumState = 'good' | 'bad' | 'offloaded' | 'unverifiable'

/** @param headers of a TCP segment, as decoded last. */
export function tcpChecksumState(headers: Headers): ChecksumState {
  const { bytes, tcpStart, payload, payloadEnd, payloadLength, ipStart } = headers
  if (headers.kind !== KIND_TCP || payloadEnd - payload !== payloadLength) return 'unverifiable'
  const length = payloadEnd - tcpStart
  const addresses =
    headers.family === 6 ? sum(bytes, ipStart + 8, ipStart + 40) : sum(bytes, ipStart + 12, ipStart + 20)
  const pseudo = pseudoHeaderSum(addresses, PROTOCOL_TCP, length)
  if (fold(pseudo + sum(bytes, tcpStart, payloadEnd)) === 0xffff) return 'good'
  return u16be(bytes, tcpStart + 16) === fold(pseudo) ? 'offloaded' : 'bad'
}
