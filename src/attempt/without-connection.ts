/**
 * Attempts that never became a connection: the name could not be resolved, or nobody answered for the address on the local
 * network. No SYN exists then, and all the same the user clicked. To keep the background noise of a network out, they
 * count where the client did nothing else, or where the name is one that people give to desktops and gateways.
 */
import type { NeighbourNote } from '../flow/conversation.ts'
import { type Assembled, assembleWithoutConnection } from './assemble.ts'
import type { Closing, Lookup } from './attempt.ts'
import type { Clients } from './clients.ts'
import { hasFailed, type Lookups } from './lookups.ts'

/** A name, and the same with two search suffixes: more names than these are background noise. */
const MAX_NAMES = 3
const MAX_CLIENTS_IN_VAIN = 4
/** The first label begins with what such hosts are called: rdp, rds01, rdgw, rd-gateway, tsgw, remote, terminal2, vdi. */
const DESKTOP_NAME =
  /^(?:rd|rdp|rds|rdg|rdgw|rdsh|rdcb|rdweb|rdsgw|ts|tsgw|remote[a-z]*|terminal[a-z]*|vdi|avd|wvd)\d*(?:[.-]|$)/
/** Operating systems ask three times and more before they give up. */
const UNANSWERED_REQUESTS = 3
/** Hosts that one client looks for in vain: more are a scan. */
const MAX_UNANSWERED = 2
/** Suffixes are tried, and resolvers changed, within seconds. */
const SAME_CLICK_NS = 3e9
const NOBODY = '0.0.0.0'
/** A question to everybody, which nobody has to answer. */
const BROADCAST = '255.255.255.255'

export function withoutConnection(
  lookups: Lookups,
  neighbours: readonly NeighbourNote[],
  clients: Clients,
  others: readonly Assembled[],
  judgedBefore: boolean,
  captureEndNs: number,
): Assembled[] {
  const found: Assembled[] = []
  for (const client of lookups.clients()) {
    const failed = plausible(lookups.ofClient(client), clients.connectedNowhere(client)).filter(
      lookup => !others.some(one => wentOn(one, client, lookup)),
    )
    const told = others.some(one => one.lookups.some(lookup => failed.includes(lookup)))
    if (failed.length > 0 && !told) found.push(fromLookups(client, failed, neighbours, captureEndNs))
    // So many clients without an answer are a broken resolver, or a capture made at one.
    if (found.length > MAX_CLIENTS_IN_VAIN) return []
  }
  // A quiet host is looked for all day by others: only a capture that shows nothing else is about it.
  if (others.length > 0 || judgedBefore || found.length > 0) return found
  const unanswered = neighbours.filter(note => isSearch(note) && clients.connectedNowhere(note.asker))
  for (const asker of new Set(unanswered.map(note => note.asker))) {
    const mine = unanswered.filter(note => note.asker === asker)
    if (mine.length <= MAX_UNANSWERED) for (const note of mine) found.push(fromNeighbour(note, lookups))
  }
  return found
}

/** The client connected so soon behind it that nobody can have typed another name: the address came from elsewhere. */
function wentOn({ explained }: Assembled, client: string, lookup: Lookup): boolean {
  if (explained === null || explained.client.address !== client) return false
  const waitedNs = explained.firstNs - Math.max(lookup.answerNs, lookup.lastQueryNs)
  return waitedNs >= 0 && waitedNs <= SAME_CLICK_NS
}

/** The lookups of names that never led to an address. */
function plausible(asked: readonly Lookup[], idle: boolean): readonly Lookup[] {
  const failed = asked.filter(
    lookup => isProven(lookup) && !asked.some(other => isSame(other, lookup) && !hasFailed(other)),
  )
  if (failed.length === 0) return failed
  if (idle && failed.length === asked.length && new Set(asked.map(lookup => lookup.name)).size <= MAX_NAMES)
    return asked
  return failed.filter(lookup => DESKTOP_NAME.test(lookup.name)).slice(0, MAX_NAMES)
}

/** Refused in so many words, or asked again and still not answered. */
function isProven(lookup: Lookup): boolean {
  return hasFailed(lookup) && lookup.resolver !== BROADCAST && (lookup.answerPacket > 0 || lookup.queries > 1)
}

/** The same name, perhaps with a search suffix. */
function isSame(other: Lookup, lookup: Lookup): boolean {
  return other.name === lookup.name || firstLabel(other.name) === firstLabel(lookup.name)
}

function firstLabel(name: string): string {
  const dot = name.indexOf('.')
  return dot === -1 ? name : name.slice(0, dot)
}

function fromLookups(
  client: string,
  failed: readonly Lookup[],
  neighbours: readonly NeighbourNote[],
  captureEndNs: number,
): Assembled {
  const last = failed.at(-1) as Lookup
  const unanswered = last.answerPacket === 0
  const closing: Closing = {
    side: 'nobody',
    how: unanswered ? 'silence' : 'end-of-capture',
    packet: unanswered ? last.lastQueryPacket : last.answerPacket,
    timeNs: unanswered ? captureEndNs : last.answerNs,
  }
  return assembleWithoutConnection({
    client,
    target: '',
    name: (failed[0] as Lookup).name,
    lookups: failed,
    neighbours: neighbours.filter(note => note.asker === client && isSearch(note)).slice(0, MAX_UNANSWERED),
    closing,
  })
}

function fromNeighbour(note: NeighbourNote, lookups: Lookups): Assembled {
  const asked = lookups.ofClient(note.asker).filter(lookup => lookup.addresses.includes(note.address))
  return assembleWithoutConnection({
    client: note.asker,
    target: note.address,
    name: asked[0]?.name ?? '',
    lookups: asked,
    neighbours: [note],
    closing: { side: 'nobody', how: 'silence', packet: note.lastPacket, timeNs: note.lastNs },
  })
}

/** Somebody looks for a host that does not answer; probes for one's own address are not meant. */
function isSearch(note: NeighbourNote): boolean {
  return (
    note.answers.length === 0 &&
    note.requests >= UNANSWERED_REQUESTS &&
    note.asker !== note.address &&
    note.asker !== NOBODY &&
    note.asker !== '::'
  )
}
