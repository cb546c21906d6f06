/**
 * Which hardware addresses claim an IP address on the local link, and whether two of them do at the same time: they answer
 * the same question, or one claims again soon after the other. One that takes over from another claims it once
 * (fail-over, a new network card). RFC 826, RFC 5227 section 2.4; RFC 4861 section 7.2.5.
 */
import { MAX_NEIGHBOUR_ANSWERS, MAX_NEIGHBOURS } from '../wire/limits.ts'
import { type Addresses, hardwareText } from './addresses.ts'
import type { AddressClaim, ContestedAddress } from './conversation.ts'

/** Why a hardware address is heard of: it answered somebody, announced itself, or answers beside others on purpose. */
export type ClaimKind = 'answer' | 'announcement' | 'shared'

interface Claim {
  /** 48 bits as one number. */
  readonly hardware: number
  claims: number
  announcements: number
  readonly firstPacket: number
  readonly firstNs: number
  lastPacket: number
  lastNs: number
  lastKind: ClaimKind
}

interface Owner {
  readonly family: number
  readonly address: number
  readonly claims: Claim[]
  /** The one that claimed last. */
  latest: Claim
  returns: number
  doubleAnswers: number
  packet: number
  timeNs: number
}

/** Answers to one question come together; whoever takes an address over claims it later, or unasked. */
const SAME_QUESTION_NS = 1e9
/** Fail-over goes back and forth in hours, a laptop between its networks in minutes. */
const RETURN_NS = 60e9

export class Owners {
  /** Claims that the full table had no room for. */
  dropped = 0
  private readonly addresses: Addresses
  private readonly limit: number
  private readonly owners = new Map<string, Owner>()

  constructor(addresses: Addresses, limit = MAX_NEIGHBOURS) {
    this.addresses = addresses
    this.limit = limit
  }

  /** @param hardware 48 bits as one number. */
  claim(family: number, address: number, hardware: number, kind: ClaimKind, packet: number, timeNs: number): void {
    const key = `${family} ${address}`
    const owner = this.owners.get(key)
    if (owner === undefined) {
      if (this.owners.size >= this.limit) {
        this.dropped++
        return
      }
      const first = newClaim(hardware, packet, timeNs)
      count(first, kind, packet, timeNs)
      this.owners.set(key, {
        family,
        address,
        claims: [first],
        latest: first,
        returns: 0,
        doubleAnswers: 0,
        packet: 0,
        timeNs: 0,
      })
      return
    }
    let claim = owner.claims.find(one => one.hardware === hardware)
    if (claim === undefined) {
      if (owner.claims.length >= MAX_NEIGHBOUR_ANSWERS) {
        this.dropped++
        return
      }
      claim = newClaim(hardware, packet, timeNs)
      owner.claims.push(claim)
    }
    this.contest(owner, claim, kind, packet, timeNs)
    count(claim, kind, packet, timeNs)
    owner.latest = claim
  }

  /** As text, those that claimed this address. */
  hardwareOf(family: number, address: number): string[] {
    const owner = this.owners.get(`${family} ${address}`)
    return owner === undefined ? [] : owner.claims.map(claim => textOf(claim.hardware))
  }

  /** Addresses that more than one claimed, in order of their first claim. */
  contested(): ContestedAddress[] {
    const addressesOf = new Map<number, number>()
    for (const { claims } of this.owners.values()) {
      for (const { hardware } of claims) addressesOf.set(hardware, (addressesOf.get(hardware) ?? 0) + 1)
    }
    const found: ContestedAddress[] = []
    for (const { family, address, claims, returns, doubleAnswers, packet, timeNs } of this.owners.values()) {
      if (claims.length < 2) continue
      found.push({
        address: this.addresses.text(family, address),
        claims: claims.map(claim => claimNote(claim, addressesOf.get(claim.hardware) ?? 1)),
        returns,
        doubleAnswers,
        packet,
        timeNs,
      })
    }
    return found
  }

  private contest(owner: Owner, claim: Claim, kind: ClaimKind, packet: number, timeNs: number): void {
    const { latest } = owner
    if (latest === claim || kind === 'shared' || latest.lastKind === 'shared') return
    const returns = claim.claims > 0 && timeNs - claim.lastNs <= RETURN_NS
    const answersToo =
      kind === 'answer' && latest.lastKind === 'answer' && Math.abs(timeNs - latest.lastNs) <= SAME_QUESTION_NS
    if (returns) owner.returns++
    if (answersToo) owner.doubleAnswers++
    if ((returns || answersToo) && owner.packet === 0) {
      owner.packet = packet
      owner.timeNs = timeNs
    }
  }
}

function newClaim(hardware: number, packet: number, timeNs: number): Claim {
  return {
    hardware,
    claims: 0,
    announcements: 0,
    firstPacket: packet,
    firstNs: timeNs,
    lastPacket: packet,
    lastNs: timeNs,
    lastKind: 'answer',
  }
}

function count(claim: Claim, kind: ClaimKind, packet: number, timeNs: number): void {
  claim.claims++
  if (kind === 'announcement') claim.announcements++
  claim.lastPacket = packet
  claim.lastNs = timeNs
  claim.lastKind = kind
}

function claimNote({ hardware, lastKind, ...rest }: Claim, addresses: number): AddressClaim {
  return { hardware: textOf(hardware), ...rest, addresses }
}

function textOf(hardware: number): string {
  return hardwareText(Math.floor(hardware / 2 ** 32), hardware % 2 ** 32)
}
