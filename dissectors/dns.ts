/**
 * DNS over UDP: which name was asked for, and what the answer was. Multicast DNS and LLMNR have the same form.
 *
 * RFC 1035 section 4 (messages, names and their compression), RFC 3596 (AAAA), RFC 2782 (SRV), RFC 6762, RFC 4795.
 */
import { dnsRcodes, recordTypes } from '../src/codes/dns.ts'
import { latin1 } from '../src/wire/bytes.ts'
import { datagram, LIKELY, NO } from '../src/wire/dissector.ts'
import { type Field, field } from '../src/wire/field.ts'
import { MAX_DNS_LABELS, MAX_DNS_RECORDS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { ipv4Text, ipv6Text } from './ip-address.ts'

export interface DnsRecord {
  readonly name: string
  readonly type: number
  /** An address (A, AAAA), a name (CNAME, PTR, SRV target), otherwise ''. */
  readonly data: string
  readonly ttlSeconds: number
}
export interface DnsMessage {
  readonly kind: 'dns-query' | 'dns-response'
  readonly id: number
  /** Of the first question. */
  readonly name: string
  readonly type: number
  readonly rcode: number
  readonly truncated: boolean
  readonly answers: readonly DnsRecord[]
  readonly complete: boolean
}
export type DnsFact = DnsMessage

const A = 1
const CNAME = 5
const PTR = 12
const AAAA = 28
const SRV = 33
const header = {
  id: field('dns.id', 'Transaction ID', 'hex'),
  flags: field('dns.flags', 'Flags', 'hex'),
  response: field('dns.flags.response', 'Response'),
  opcode: field('dns.flags.opcode', 'Opcode'),
  truncated: field('dns.flags.truncated', 'Truncated'),
  rcode: field('dns.flags.rcode', 'Reply code', 'dec', dnsRcodes.symbols),
  questions: field('dns.count.queries', 'Questions'),
  answers: field('dns.count.answers', 'Answer RRs'),
  authorities: field('dns.count.auth_rr', 'Authority RRs'),
  additionals: field('dns.count.add_rr', 'Additional RRs'),
}
const question = {
  one: field('dns.qry', 'Query', 'group'),
  name: field('dns.qry.name', 'Name', 'text'),
  type: field('dns.qry.type', 'Type', 'dec', recordTypes),
  class: field('dns.qry.class', 'Class', 'hex'),
}
const record = {
  one: field('dns.resp', 'Resource record', 'group'),
  name: field('dns.resp.name', 'Name', 'text'),
  type: field('dns.resp.type', 'Type', 'dec', recordTypes),
  class: field('dns.resp.class', 'Class', 'hex'),
  ttl: field('dns.resp.ttl', 'Time to live'),
  length: field('dns.resp.len', 'Data length'),
  data: field('dns.resp.data', 'Data', 'group'),
  bytes: field('dns.data', 'Data', 'bytes'),
  a: field('dns.a', 'Address', 'text'),
  aaaa: field('dns.aaaa', 'AAAA Address', 'text'),
  cname: field('dns.cname', 'CNAME', 'text'),
  ptr: field('dns.ptr.domain_name', 'Domain Name', 'text'),
  priority: field('dns.srv.priority', 'Priority'),
  weight: field('dns.srv.weight', 'Weight'),
  port: field('dns.srv.port', 'Port'),
  target: field('dns.srv.target', 'Target', 'text'),
  rest: field('dns.extraneous.data', 'Bytes behind the message', 'bytes'),
}

const PORTS = [53, 5353, 5355]
const HEADER_BYTES = 12
/** A question has a root name, type and class; a record has time to live and length besides. */
const SHORTEST_QUESTION = 5
const SHORTEST_RECORD = 11
const LARGEST_OPCODE = 6

export const dns = datagram<DnsFact>({
  name: 'dns',
  title: 'Domain Name System',
  spec: ['RFC 1035 4', 'RFC 6762', 'RFC 4795'],

  probe(bytes, start, end, port) {
    if (!PORTS.includes(port) || end - start < HEADER_BYTES) return NO
    const two = (at: number): number => ((bytes[start + at] as number) << 8) | (bytes[start + at + 1] as number)
    const least = two(4) * SHORTEST_QUESTION + (two(6) + two(8) + two(10)) * SHORTEST_RECORD
    // A message cut by the snap length is shorter than its counts say: then they need only be of a sane size.
    const sane = ((two(2) >> 11) & 0x0f) <= LARGEST_OPCODE && least <= 0xffff && two(4) <= MAX_DNS_RECORDS
    return sane ? LIKELY : NO
  },

  read(pdu, _direction, out) {
    const id = pdu.u16be(header.id)
    const flags = pdu.u16be(header.flags)
    const isResponse = (flags & 0x8000) !== 0
    const truncated = (flags & 0x0200) !== 0
    const rcode = flags & 0x0f
    pdu.derived(header.response, isResponse ? 1 : 0)
    pdu.derived(header.opcode, (flags >> 11) & 0x0f)
    pdu.derived(header.truncated, truncated ? 1 : 0)
    pdu.derived(header.rcode, rcode)
    const questions = pdu.u16be(header.questions)
    const answerCount = pdu.u16be(header.answers)
    const others = pdu.u16be(header.authorities) + pdu.u16be(header.additionals)
    if (!pdu.ok) return

    let name = ''
    let type = 0
    for (let n = 0; n < Math.min(questions, MAX_DNS_RECORDS) && pdu.ok; n++) {
      pdu.group(question.one)
      const asked = readName(pdu, question.name)
      const askedType = pdu.u16be(question.type)
      pdu.u16be(question.class)
      pdu.end()
      if (n === 0) {
        name = asked
        type = askedType
      }
    }
    const answers: DnsRecord[] = []
    for (let n = 0; n < Math.min(answerCount, MAX_DNS_RECORDS) && pdu.ok; n++) {
      const answer = readRecord(pdu)
      if (pdu.ok) answers.push(answer)
    }
    const all = questions <= MAX_DNS_RECORDS && answerCount <= MAX_DNS_RECORDS
    if (all) for (let n = 0; n < Math.min(others, MAX_DNS_RECORDS) && pdu.ok; n++) readRecord(pdu)
    if (pdu.left > 0) pdu.mark(record.rest, pdu.left)
    out.fact({
      kind: isResponse ? 'dns-response' : 'dns-query',
      id,
      name,
      type,
      rcode,
      truncated,
      answers,
      complete: pdu.ok && all && answers.length === answerCount,
    })
  },
})

function readRecord(pdu: Pdu): DnsRecord {
  pdu.group(record.one)
  const name = readName(pdu, record.name)
  const type = pdu.u16be(record.type)
  pdu.u16be(record.class)
  const ttlSeconds = pdu.u32be(record.ttl)
  const length = pdu.u16be(record.length)
  pdu.sized(record.data, length, record.length)
  const data = readData(pdu, type)
  pdu.end()
  pdu.end()
  return { name, type, data, ttlSeconds }
}

function readData(pdu: Pdu, type: number): string {
  const { bytes, pos, left } = pdu
  if (type === A && left >= 4) {
    const address = ipv4Text(bytes, pos)
    pdu.value(record.a, 4, address)
    return address
  }
  if (type === AAAA && left >= 16) {
    const address = ipv6Text(bytes, pos)
    pdu.value(record.aaaa, 16, address)
    return address
  }
  if (type === CNAME) return readName(pdu, record.cname)
  if (type === PTR) return readName(pdu, record.ptr)
  if (type === SRV) {
    pdu.u16be(record.priority)
    pdu.u16be(record.weight)
    pdu.u16be(record.port)
    return readName(pdu, record.target)
  }
  if (left > 0) pdu.mark(record.bytes, left)
  return ''
}

/**
 * A name with its compression: a pointer may lead only to what lies before it, else it would run in circles. The root is
 * '.'; dots and backslashes inside a label are escaped as in zone files. A damaged name yields what could be read of it.
 */
function readName(pdu: Pdu, f: Field): string {
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
    labels.push(latin1(bytes, at + 1, at + 1 + size).replace(/[.\\]/g, '\\$&'))
    at += 1 + size
  }
  const name = labels.length === 0 && length === 1 ? '.' : labels.join('.')
  // A name that never ended asks for more than there is: that is its fault.
  pdu.value(f, ended ? length : pdu.left + 1, name)
  return name
}
