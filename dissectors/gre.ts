/**
 * Generic routing encapsulation, and the variant that PPTP uses.
 *
 * RFC 2784 section 2, RFC 2890 (key, sequence number), RFC 2637 section 4.1 (version 1).
 */
import { etherTypes } from '../src/codes/protocol-numbers.ts'
import { bits, field, flag } from '../src/wire/field.ts'
import { STOP_CUT, STOP_UNKNOWN } from '../src/wire/following.ts'
import { header } from '../src/wire/header.ts'

const CHECKSUM = 0x8000
const ROUTING = 0x4000
const KEY = 0x2000
const SEQUENCE = 0x1000
const ACKNOWLEDGEMENT = 0x0080
const VERSION = 0x0007

const flags = field('gre.flags_and_version', 'Flags and version', 'hex')
const parts0 = [
  flag('gre.flags.checksum', 'Checksum present', CHECKSUM),
  flag('gre.flags.routing', 'Routing present', ROUTING),
  flag('gre.flags.key', 'Key present', KEY),
  flag('gre.flags.sequence_number', 'Sequence number present', SEQUENCE),
  flag('gre.flags.strict_source_route', 'Strict source route', 0x0800),
  bits('gre.flags.recursion_control', 'Recursion control', 0x0700),
]
const reserved = bits('gre.flags.reserved', 'Reserved', 0x00f8)
const acknowledged = flag('gre.flags.ack', 'Acknowledgment present', ACKNOWLEDGEMENT)
const reserved1 = bits('gre.flags.reserved', 'Reserved', 0x0078)
const version = bits('gre.flags.version', 'Version', VERSION)
const protocol = field('gre.proto', 'Protocol type', 'hex', etherTypes)
const checksum = field('gre.checksum', 'Checksum', 'hex')
const offset = field('gre.offset', 'Offset')
const key = field('gre.key', 'Key', 'hex')
const payloadLength = field('gre.key.payload_length', 'Payload length')
const call = field('gre.key.call_id', 'Call ID')
const sequence = field('gre.sequence_number', 'Sequence number')
const acknowledgement = field('gre.ack_number', 'Acknowledgment number')

export const gre = header({
  name: 'gre',
  title: 'Generic Routing Encapsulation',
  spec: ['RFC 2784 2', 'RFC 2890 2', 'RFC 2637 4.1'],

  /** What is inside is not always what the type says: whoever walks the headers looks at it himself. */
  read(pdu, trail) {
    if (pdu.left < 4) {
      trail.next = STOP_CUT
      return
    }
    const which = pdu.u16be(flags)
    const isPptp = (which & VERSION) === 1
    pdu.bits(...parts0, ...(isPptp ? [acknowledged, reserved1] : [reserved]), version)
    trail.next = pdu.u16be(protocol)
    if ((which & (CHECKSUM | ROUTING)) !== 0) {
      pdu.u16be(checksum)
      pdu.u16be(offset)
    }
    if ((which & KEY) !== 0) {
      if (isPptp) {
        pdu.u16be(payloadLength)
        pdu.u16be(call)
      } else pdu.u32be(key)
    }
    if ((which & SEQUENCE) !== 0) pdu.u32be(sequence)
    if (isPptp && (which & ACKNOWLEDGEMENT) !== 0) pdu.u32be(acknowledgement)
    if (!pdu.ok) trail.next = STOP_CUT
    else if ((which & VERSION) > 1 || (which & ROUTING) !== 0) trail.next = STOP_UNKNOWN
  },
})
