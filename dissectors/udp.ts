/**
 * UDP: ports, length, checksum.
 *
 * RFC 768, RFC 2675 section 4 (a length of 0).
 */
import { alias, field } from '../src/wire/field.ts'
import { STOP_CUT, STOP_DONE, STOP_MALFORMED } from '../src/wire/following.ts'
import { header, type Trail } from '../src/wire/header.ts'
import type { Pdu } from '../src/wire/pdu.ts'

const HEADER_BYTES = 8
const sourcePort = alias('udp.port', field('udp.srcport', 'Source port'))
const destinationPort = alias('udp.port', field('udp.dstport', 'Destination port'))
const length = field('udp.length', 'Length')
const checksum = field('udp.checksum', 'Checksum', 'hex')
const stream = field('udp.stream', 'Stream index')
const payload = field('udp.payload', 'Payload', 'bytes')

export const udp = header({
  name: 'udp',
  title: 'User Datagram Protocol',
  spec: ['RFC 768'],

  read(pdu, trail) {
    readUdp(pdu, trail, -1)
  },
})

/** @param conversation its number; -1 when not known. */
export function readUdp(pdu: Pdu, trail: Trail, conversation: number): void {
  const start = pdu.pos
  trail.next = STOP_CUT
  if (pdu.left < HEADER_BYTES) return
  trail.sourcePort = pdu.u16be(sourcePort)
  trail.destinationPort = pdu.u16be(destinationPort)
  const said = pdu.u16be(length)
  pdu.u16be(checksum)
  if (conversation >= 0) pdu.derived(stream, conversation)
  // 0 stands for a jumbogram or for segmentation offload; one that is longer than its IP packet lies.
  if (said < HEADER_BYTES && said !== 0) {
    trail.next = STOP_MALFORMED
    return
  }
  if (said !== 0 && start + said < trail.wireEnd) {
    trail.wireEnd = start + said
    trail.end = Math.min(trail.end, trail.wireEnd)
  }
  if (trail.end > pdu.pos) pdu.overlay(payload, trail.end - pdu.pos, '')
  trail.next = STOP_DONE
}
