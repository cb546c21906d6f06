/**
 * DNS over TCP: each message with its length before it.
 *
 * RFC 1035 section 4.2.2, RFC 7766.
 */
import { LIKELY, NEED_MORE, NO, NOT_MINE, stream } from '../src/wire/dissector.ts'
import { field } from '../src/wire/field.ts'
import { type DnsMessage, looksLikeDns, readMessage } from './dns-message.ts'

const LENGTH_BYTES = 2
const HEADER_BYTES = 12
const length = field('dns.length', 'Length')
/** Opcode 0, no reserved bit, and a reply code only in a response: what nearly all messages are. */
const PLAIN_QUERY = 0xfe4f

export const dnsTcp = stream<Record<string, never>, DnsMessage>({
  name: 'dns-tcp',
  filterName: 'dns',
  title: 'Domain Name System over TCP',
  spec: ['RFC 1035 4.2.2', 'RFC 7766'],

  begin() {
    return {}
  },

  /** Nothing says so by itself: a plausible query of one question whose name fits is what it takes. */
  probe(bytes, start, end) {
    const message = start + LENGTH_BYTES
    if (end - message < HEADER_BYTES + 5) return NO
    const two = (at: number): number => ((bytes[message + at] as number) << 8) | (bytes[message + at + 1] as number)
    const said = ((bytes[start] as number) << 8) | (bytes[start + 1] as number)
    const flags = two(2)
    const isSane = (flags & 0x8000) !== 0 ? (flags & 0x7840) === 0 : (flags & PLAIN_QUERY) === 0
    if (!isSane || two(4) !== 1 || said < HEADER_BYTES + 5 || message + said < end) return NO
    if ((flags & 0x8000) === 0 && (two(6) !== 0 || two(8) !== 0 || two(10) > 1)) return NO
    return looksLikeDns(bytes, message, end) && isName(bytes, message + HEADER_BYTES, end) ? LIKELY : NO
  },

  frame(bytes, start, end) {
    if (end - start < LENGTH_BYTES) return NEED_MORE
    const said = ((bytes[start] as number) << 8) | (bytes[start + 1] as number)
    return said < HEADER_BYTES ? NOT_MINE : said + LENGTH_BYTES
  },

  read(pdu, _state, _direction, out) {
    pdu.u16be(length)
    // Names point to places in the message, which begins behind the length.
    pdu.start = pdu.pos
    readMessage(pdu, 'dns', out)
  },
})

/** Labels of printable characters up to the root, as far as it is there. */
function isName(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; ) {
    const size = bytes[at] as number
    if (size === 0) return true
    if (size > 63) return false
    const next = at + 1 + size
    for (at++; at < Math.min(next, end); at++) {
      const character = bytes[at] as number
      if (character < 0x21 || character > 0x7e) return false
    }
  }
  return false
}
