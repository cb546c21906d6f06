/**
 * Who asked for which address with ARP (RFC 826) or IPv6 neighbour discovery (RFC 4861), and which hardware addresses
 * answered or announced themselves (RFC 5227). Cold: such packets are few, and the table is bounded.
 */
import { MAX_CHAINED_PARTS, MAX_NEIGHBOURS } from '../wire/limits.ts'
import type { Addresses } from './addresses.ts'
import type { ContestedAddress, NeighbourNote } from './conversation.ts'
import { type Headers, KIND_ARP, KIND_OTHER } from './headers.ts'
import { i32be, u16be } from './integers.ts'
import { Owners } from './owners.ts'
import { type Position, STOP_CUT, STOP_DONE, STOP_UNKNOWN } from './position.ts'

const ARP_BYTES = 28
const ARP_REQUEST = 1
const ARP_REPLY = 2
const HARDWARE_ETHERNET = 1
export const NEIGHBOUR_SOLICITATION = 135
export const NEIGHBOUR_ADVERTISEMENT = 136
const ADVERTISEMENT_BYTES = 24
const OPTION_TARGET_LINK_ADDRESS = 2
/** Of an advertisement, RFC 4861 section 4.4. */
const SOLICITED = 0x40
const OVERRIDE = 0x20

interface Question {
  readonly family: number
  readonly address: number
  readonly asker: number
  requests: number
  readonly firstPacket: number
  lastPacket: number
  readonly firstNs: number
  lastNs: number
}

export class Neighbours {
  private questionsDropped = 0
  private readonly addresses: Addresses
  private readonly limit: number
  private readonly questions = new Map<string, Question>()
  private readonly owners: Owners

  constructor(addresses: Addresses, limit = MAX_NEIGHBOURS) {
    this.addresses = addresses
    this.limit = limit
    this.owners = new Owners(addresses, limit)
  }

  /** Questions and answers that the full tables had no room for. */
  get dropped(): number {
    return this.questionsDropped + this.owners.dropped
  }

  /** An ARP packet. @returns the kind. */
  arp(position: Position, headers: Headers, packet: number, timeNs: number): number {
    const { bytes, at } = position
    if (position.end - at < ARP_BYTES) {
      position.next = STOP_CUT
      return KIND_OTHER
    }
    position.next = STOP_UNKNOWN
    const isEthernetAndIpv4 =
      u16be(bytes, at) === HARDWARE_ETHERNET && u16be(bytes, at + 2) === 0x0800 && u16be(bytes, at + 4) === 0x0604
    if (!isEthernetAndIpv4) return KIND_OTHER
    const operation = u16be(bytes, at + 6)
    const sender = i32be(bytes, at + 14)
    const target = i32be(bytes, at + 24)
    headers.payload = at
    headers.payloadEnd = at + ARP_BYTES
    headers.payloadLength = ARP_BYTES
    position.next = STOP_DONE
    const isAnnouncement = sender === target
    if (operation === ARP_REPLY || (operation === ARP_REQUEST && isAnnouncement)) {
      const kind = isAnnouncement ? 'announcement' : 'answer'
      this.owners.claim(4, sender, hardwareAt(bytes, at + 8), kind, packet, timeNs)
    } else if (operation === ARP_REQUEST) {
      this.question(4, target, sender, packet, timeNs)
    }
    return KIND_ARP
  }

  /** A neighbour solicitation or advertisement; the position stands at its ICMPv6 header. */
  discovery(position: Position, headers: Headers, packet: number, timeNs: number): void {
    const { bytes, at, end } = position
    if (end - at < ADVERTISEMENT_BYTES) return
    const target = this.addresses.intern(bytes, at + 8)
    if (headers.icmpType === NEIGHBOUR_SOLICITATION) {
      this.question(6, target, headers.source, packet, timeNs)
      return
    }
    const { linkSourceHigh, linkSourceLow } = headers
    const own = linkSourceHigh < 0 ? -1 : linkSourceHigh * 2 ** 32 + (linkSourceLow >>> 0)
    const told = targetLinkAddress(bytes, at + ADVERTISEMENT_BYTES, end)
    const hardware = told < 0 ? own : told
    if (hardware < 0) return
    const flags = bytes[at + 4] as number
    // Whoever answers for another, or shares the address, does not ask to override (RFC 4861 section 7.2.4).
    const kind = (flags & OVERRIDE) === 0 ? 'shared' : (flags & SOLICITED) === 0 ? 'announcement' : 'answer'
    this.owners.claim(6, target, hardware, kind, packet, timeNs)
  }

  /** In order of the first question. */
  notes(): NeighbourNote[] {
    return [...this.questions.values()].map(question => ({
      address: this.addresses.text(question.family, question.address),
      asker: this.addresses.text(question.family, question.asker),
      requests: question.requests,
      firstPacket: question.firstPacket,
      lastPacket: question.lastPacket,
      firstNs: question.firstNs,
      lastNs: question.lastNs,
      answers: this.owners.hardwareOf(question.family, question.address),
    }))
  }

  /** Addresses that more than one hardware address claimed. */
  contested(): ContestedAddress[] {
    return this.owners.contested()
  }

  private question(family: number, address: number, asker: number, packet: number, timeNs: number): void {
    const key = `${family} ${address} ${asker}`
    const known = this.questions.get(key)
    if (known !== undefined) {
      known.requests++
      known.lastPacket = packet
      known.lastNs = timeNs
    } else if (this.questions.size >= this.limit) {
      this.questionsDropped++
    } else {
      this.questions.set(key, {
        family,
        address,
        asker,
        requests: 1,
        firstPacket: packet,
        lastPacket: packet,
        firstNs: timeNs,
        lastNs: timeNs,
      })
    }
  }
}

function hardwareAt(bytes: Uint8Array, at: number): number {
  return u16be(bytes, at) * 2 ** 32 + (i32be(bytes, at + 2) >>> 0)
}

/** RFC 4861 section 4.6.1; -1 when it is not there. Lengths count eight bytes. */
function targetLinkAddress(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  for (let count = 0; count < MAX_CHAINED_PARTS && end - at >= 8; count++) {
    if (bytes[at] === OPTION_TARGET_LINK_ADDRESS) return hardwareAt(bytes, at + 2)
    const length = (bytes[at + 1] as number) * 8
    if (length === 0) return -1
    at += length
  }
  return -1
}
