/** A message of DNS, whatever carries it: which name was asked for, and what the answer was. RFC 1035 section 4.1. */
import { dnsRcodes, recordTypes } from '../src/codes/dns.ts'
import type { DatagramOut } from '../src/wire/dissector.ts'
import { bits, field, flag } from '../src/wire/field.ts'
import { MAX_DNS_RECORDS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { readName } from './dns-name.ts'
import { type DnsRecord, questionClass, readClass, readRecord, unicastWanted } from './dns-record.ts'

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

/** Each has some bits of its own. */
export type DnsVariant = 'dns' | 'mdns' | 'llmnr'

const opcodes: ReadonlyMap<number, string> = new Map([
  [0, 'Standard query'],
  [1, 'Inverse query'],
  [2, 'Server status request'],
  [4, 'Zone change notification'],
  [5, 'Dynamic update'],
  [6, 'Stateful operations'],
])
const id = field('dns.id', 'Transaction ID', 'hex')
const flags = field('dns.flags', 'Flags', 'hex')
const response = flag('dns.flags.response', 'Response', 0x8000)
const opcode = bits('dns.flags.opcode', 'Opcode', 0x7800, 'dec', opcodes)
const authoritative = flag('dns.flags.authoritative', 'Authoritative', 0x0400)
const conflict = flag('dns.flags.conflict', 'Conflict', 0x0400)
const truncatedBit = flag('dns.flags.truncated', 'Truncated', 0x0200)
const recursionDesired = flag('dns.flags.recdesired', 'Recursion desired', 0x0100)
const tentative = flag('dns.flags.tentative', 'Tentative', 0x0100)
const recursionAvailable = flag('dns.flags.recavail', 'Recursion available', 0x0080)
const zero = flag('dns.flags.z', 'Z', 0x0040)
const authenticated = flag('dns.flags.authenticated', 'Answer authenticated', 0x0020)
const unchecked = flag('dns.flags.checkdisable', 'Non-authenticated data', 0x0010)
const replyCode = bits('dns.flags.rcode', 'Reply code', 0x000f, 'dec', dnsRcodes.symbols)
const queryBits = [response, opcode, truncatedBit, recursionDesired, zero, unchecked]
/** A query that asks for this bit in the answer (RFC 6840 5.7). */
const askingQueryBits = [response, opcode, truncatedBit, recursionDesired, zero, authenticated, unchecked]
const responseBits = [
  response,
  opcode,
  authoritative,
  truncatedBit,
  recursionDesired,
  recursionAvailable,
  zero,
  authenticated,
  unchecked,
  replyCode,
]
const linkLocalQueryBits = [response, opcode, conflict, truncatedBit, tentative]
const linkLocalResponseBits = [response, opcode, conflict, truncatedBit, tentative, replyCode]

const counts = {
  questions: field('dns.count.queries', 'Questions'),
  answers: field('dns.count.answers', 'Answer RRs'),
  authorities: field('dns.count.auth_rr', 'Authority RRs'),
  additionals: field('dns.count.add_rr', 'Additional RRs'),
}
const question = field('dns.qry', 'Query', 'group')
const questionName = field('dns.qry.name', 'Name', 'text')
const questionType = field('dns.qry.type', 'Type', 'dec', recordTypes)
const rest = field('dns.extraneous.data', 'Bytes behind the message', 'bytes')

const HEADER_BYTES = 12
/** A question has a root name, type and class; a record has time to live and length besides. */
const SHORTEST_QUESTION = 5
const SHORTEST_RECORD = 11
const LARGEST_OPCODE = 6

/** By its counts; what the snap length cut is shorter than they say: then they need only be of a sane size. */
export function looksLikeDns(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < HEADER_BYTES) return false
  const two = (at: number): number => ((bytes[start + at] as number) << 8) | (bytes[start + at + 1] as number)
  const least = two(4) * SHORTEST_QUESTION + (two(6) + two(8) + two(10)) * SHORTEST_RECORD
  return ((two(2) >> 11) & 0x0f) <= LARGEST_OPCODE && least <= 0xffff && two(4) <= MAX_DNS_RECORDS
}

export function readMessage(pdu: Pdu, variant: DnsVariant, out: DatagramOut<DnsMessage>): void {
  const number = pdu.u16be(id)
  const said = pdu.u16be(flags)
  const isResponse = (said & 0x8000) !== 0
  if (variant === 'llmnr') pdu.bits(...(isResponse ? linkLocalResponseBits : linkLocalQueryBits))
  else pdu.bits(...(isResponse ? responseBits : (said & 0x0020) !== 0 ? askingQueryBits : queryBits))
  const questions = pdu.u16be(counts.questions)
  const answerCount = pdu.u16be(counts.answers)
  const others = pdu.u16be(counts.authorities) + pdu.u16be(counts.additionals)
  if (!pdu.ok) return

  const isMulticast = variant === 'mdns'
  let name = ''
  let type = 0
  for (let n = 0; n < Math.min(questions, MAX_DNS_RECORDS) && pdu.ok; n++) {
    pdu.group(question)
    const asked = readName(pdu, questionName, true)
    const askedType = pdu.u16be(questionType)
    readClass(pdu, questionClass, isMulticast ? unicastWanted : null)
    pdu.end()
    if (n === 0) {
      name = asked
      type = askedType
    }
  }
  const answers: DnsRecord[] = []
  for (let n = 0; n < Math.min(answerCount, MAX_DNS_RECORDS) && pdu.ok; n++) {
    const answer = readRecord(pdu, isMulticast)
    if (pdu.ok) answers.push(answer)
  }
  const all = questions <= MAX_DNS_RECORDS && answerCount <= MAX_DNS_RECORDS
  if (all) for (let n = 0; n < Math.min(others, MAX_DNS_RECORDS) && pdu.ok; n++) readRecord(pdu, isMulticast)
  if (pdu.left > 0) pdu.mark(rest, pdu.left)
  out.fact({
    kind: isResponse ? 'dns-response' : 'dns-query',
    id: number,
    name,
    type,
    rcode: said & 0x0f,
    truncated: (said & 0x0200) !== 0,
    answers,
    complete: pdu.ok && all && answers.length === answerCount,
  })
}
