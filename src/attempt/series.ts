/**
 * Brief connections of one client to one port of a server, one after the other: whether they come by the clock, as those of
 * monitors do, and whether each offers something else, as those of scanners do that list what a server speaks.
 */
import type { Conversation } from '../flow/conversation.ts'
import { MAX_SERIES, MAX_SERIES_OFFERS, MAX_SERIES_STARTS } from '../wire/limits.ts'
import type { Brief } from './brief.ts'

interface Run {
  /** When they began, the latest MAX_SERIES_STARTS of them, as they were handed on. */
  readonly startsNs: number[]
  readonly offers: Set<string>
  /** Those that the server took: only somebody who wants no session leaves then. */
  taken: number
}

const NS_PER_SECOND = 1e9
/** So many at one interval are no person's. */
const REGULAR_STARTS = 4
/** An interval, and how far the others may differ from it. */
const LEAST_INTERVAL_SECONDS = 0.5
const TOLERANCE = 0.1
const LEAST_TOLERANCE_SECONDS = 0.1
/** Of the intervals: a check may be late, or be missed. */
const REGULAR_SHARE = 0.8
/** A client that falls back from one protocol to the next makes three or four, and goes on with what is taken. */
const LISTED_OFFERS = 4
const TAKEN_OFFERS = 2

export class Series {
  private readonly runs = new Map<string, Run>()
  /** Brief connections that found no room: nothing is concluded about them. */
  forgotten = 0

  note(conversation: Conversation, brief: Brief): void {
    if (brief === 'dead') return
    const key = keyOf(conversation)
    let run = this.runs.get(key)
    if (run === undefined) {
      if (this.runs.size >= MAX_SERIES) {
        this.forgotten++
        return
      }
      run = { startsNs: [], offers: new Set(), taken: 0 }
      this.runs.set(key, run)
    }
    run.startsNs.push(conversation.firstNs)
    if (run.startsNs.length > MAX_SERIES_STARTS) run.startsNs.shift()
    if (brief === 'bare') return
    const offer = offerOf(conversation)
    if (run.offers.size < MAX_SERIES_OFFERS) run.offers.add(offer.says)
    if (offer.taken) run.taken++
  }

  /** The client comes by the clock to this port. */
  isRegular(conversation: Conversation): boolean {
    const run = this.runs.get(keyOf(conversation))
    if (run === undefined || run.startsNs.length < REGULAR_STARTS) return false
    const starts = [...run.startsNs].sort((a, b) => a - b)
    const intervals = starts.slice(1).map((start, at) => (start - (starts[at] as number)) / NS_PER_SECOND)
    const median = [...intervals].sort((a, b) => a - b)[intervals.length >> 1] as number
    if (median < LEAST_INTERVAL_SECONDS) return false
    const tolerance = Math.max(LEAST_TOLERANCE_SECONDS, median * TOLERANCE)
    const regular = intervals.filter(interval => Math.abs(interval - median) <= tolerance).length
    return regular >= intervals.length * REGULAR_SHARE
  }

  /** The client lists what this port speaks: one offer after the other, and nothing done with those that are taken. */
  isListing(conversation: Conversation): boolean {
    const run = this.runs.get(keyOf(conversation))
    return run !== undefined && run.offers.size >= LISTED_OFFERS && run.taken >= TAKEN_OFFERS
  }
}

function keyOf({ client, server }: Conversation): string {
  return `${client.address} ${server.address} ${server.port}`
}

/** Values of a ClientHello's list of suites by which offers are told apart. */
const TOLD_SUITES = 16

function offerOf({ events }: Conversation): { says: string; taken: boolean } {
  let says = ''
  let taken = false
  for (const { fact } of events) {
    if (fact.kind === 'negotiation-request' && says === '') says = `${fact.protocols}`
    else if (fact.kind === 'client-hello') {
      says = `${fact.version} ${fact.versions.join()} ${fact.suites.slice(0, TOLD_SUITES).join()}`
      taken = false
    } else if (fact.kind === 'negotiation-response' || fact.kind === 'server-hello') taken = true
  }
  return { says, taken }
}
