/** Domain names with their compression. RFC 1035 sections 3.1 and 4.1.4. */
import { utf8 } from '../src/wire/bytes.ts'
import { type Field, field } from '../src/wire/field.ts'
import { MAX_DNS_LABELS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'

/** How Wireshark writes the name of the root. */
const ROOT = '<Root>'
const nameLength = field('dns.qry.name.len', 'Name length')
const labelCount = field('dns.count.labels', 'Label count')

/**
 * A name may go on elsewhere: a pointer may lead only to what lies before it, else it would run in circles. The root is
 * '.'; dots and backslashes inside a label are escaped as in zone files. A damaged name yields what could be read of it.
 * @param isAsked the name of a question: its length and its labels are counted too
 */
export function readName(pdu: Pdu, f: Field, isAsked = false): string {
  const { bytes } = pdu
  const labels: string[] = []
  let at = pdu.pos
  let limit = pdu.limit
  /** Bytes of the name where it stands; known once the first pointer or the end is met. */
  let length = -1
  let ended = false
  for (let n = 0; n < MAX_DNS_LABELS && at < limit; n++) {
    const size = bytes[at] as number
    if (size === 0) {
      if (length < 0) length = at + 1 - pdu.pos
      ended = true
      break
    }
    if (size >= 0xc0) {
      if (at + 1 >= limit) break
      if (length < 0) length = at + 2 - pdu.pos
      // Reading goes on up to here at most: a pointer that leads elsewhere ends the name.
      limit = at
      at = pdu.start + (((size & 0x3f) << 8) | (bytes[at + 1] as number))
      continue
    }
    if (size > 63 || at + 1 + size > limit) break
    labels.push(utf8(bytes, at + 1, at + 1 + size).replace(/[.\\]/g, '\\$&'))
    at += 1 + size
  }
  const isRoot = labels.length === 0 && ended
  const name = isRoot && length === 1 ? '.' : labels.join('.')
  // A name that never ended asks for more than there is: that is its fault.
  pdu.value(f, ended ? length : pdu.left + 1, isRoot ? ROOT : labels.join('.'))
  if (isAsked && ended) {
    pdu.derived(nameLength, isRoot ? ROOT.length : labels.join('.').length)
    pdu.derived(labelCount, labels.length)
  }
  return name
}
