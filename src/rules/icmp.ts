/**
 * What ICMP and ICMPv6 say about a connection. RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7, RFC 4443.
 */
import type { Attempt } from '../attempt/attempt.ts'
import type { Conversation, IcmpNote } from '../flow/conversation.ts'
import type { Direction } from '../wire/dissector.ts'

export type IcmpMeaning = 'prohibited' | 'unreachable' | 'too-big' | 'reassembly' | 'other'

/**
 * The first such message about any TCP connection of the attempt, in packet order. What ICMP says of UDP beside it ("port
 * unreachable" where no RDP over UDP is offered) says nothing of the connection.
 */
export function firstIcmp(attempt: Attempt, meaning: IcmpMeaning): IcmpNote | null {
  let first: IcmpNote | null = null
  for (const conversation of attempt.conversations) {
    if (conversation.tcp === null) continue
    for (const note of conversation.icmp) {
      if (meaningOf(note) === meaning && (first === null || note.packet < first.packet)) first = note
    }
  }
  return first
}

export function countIcmp(attempt: Attempt, meaning: IcmpMeaning): number {
  let number = 0
  for (const conversation of attempt.conversations) {
    if (conversation.tcp === null) continue
    for (const note of conversation.icmp) if (meaningOf(note) === meaning) number++
  }
  return number
}

/** The packets of this side that were said to be too large for the way. */
export function tooBigNotes({ icmp }: Conversation, direction: Direction): readonly IcmpNote[] {
  return icmp.filter(note => note.direction === direction && meaningOf(note) === 'too-big')
}

function meaningOf(note: IcmpNote): IcmpMeaning {
  return note.family === 4 ? meaningOf4(note.type, note.code) : meaningOf6(note.type, note.code)
}

function meaningOf4(type: number, code: number): IcmpMeaning {
  if (type === 11) return code === 1 ? 'reassembly' : 'unreachable'
  if (type !== 3) return 'other'
  switch (code) {
    case 4:
      return 'too-big'
    // A TCP stack refuses with RST: "port unreachable" in answer to TCP is a packet filter's way to reject.
    case 3:
    case 9:
    case 10:
    case 13:
      return 'prohibited'
    case 0:
    case 1:
    case 5:
    case 6:
    case 7:
    case 8:
    case 11:
    case 12:
      return 'unreachable'
    default:
      return 'other'
  }
}

function meaningOf6(type: number, code: number): IcmpMeaning {
  if (type === 2) return 'too-big'
  if (type === 3) return code === 1 ? 'reassembly' : 'unreachable'
  if (type !== 1) return 'other'
  return code === 1 || code === 4 || code === 5 || code === 6 ? 'prohibited' : 'unreachable'
}
