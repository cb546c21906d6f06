/**
 * An attempt as a chain of steps, for people who do not read packets: which were passed, and what failed in a few words.
 * The words are those of its first cause: a confirmed one before a likely one, cause before consequence.
 */
import type { AttemptAnalysis, ChainLink, VerdictAnalysis } from './analysis.ts'
import type { Attempt, Closing, Milestone, MilestoneId } from './attempt/attempt.ts'
import type { Conversation } from './flow/conversation.ts'
import { rules } from './rules/index.ts'

/** Steps that many connections do not have: unseen they are not worth a question mark. */
const OPTIONAL: ReadonlySet<MilestoneId> = new Set(['dns', 'proxy', 'udp'])
const GATEWAY_METHODS: ReadonlySet<string> = new Set(['RDG_OUT_DATA', 'RDG_IN_DATA', 'RPC_OUT_DATA', 'RPC_IN_DATA'])
const PROXY_METHODS: ReadonlySet<string> = new Set(['CONNECT'])
/** Rules about what a path or a server is like: none of it ends an attempt by itself. */
const CONDITIONS: ReadonlySet<string> = new Set([
  'packet-loss',
  'slow-path',
  'checksum-corruption',
  'gateway-websocket-refused',
  'rdp-brute-force',
])
/** A loop of refusals goes on and on: its beginning and its end are told. */
const MAX_STATUSES = 4

/** How far it came. */
export function chainOf(attempt: Attempt): ChainLink[] {
  return attempt.milestones
    .filter(({ id, state }) => state !== 'not-visible' || !OPTIONAL.has(id))
    .map(milestone => link(milestone, attempt))
}

/** The same, with what failed: when the verdicts are final. */
export function withEnd({ chain, outcome, verdicts, closing }: AttemptAnalysis): readonly ChainLink[] {
  if (outcome === 'established') return chain
  const cause = firstCause(verdicts)
  if (cause === null && outcome === 'unfinished') {
    // A hidden step says it already.
    return chain.at(-1)?.state === 'not-visible' ? chain : [...chain, end('not-visible', 'how it ended is not visible')]
  }
  const steps = cause === null ? [] : (rules.find(({ id }) => id === cause.rule)?.steps ?? [])
  return withFailure(chain, steps, cause === null ? closedBy(closing) : wordsOf(cause))
}

function link({ id, state, inferred }: Milestone, attempt: Attempt): ChainLink {
  return {
    step: id,
    state,
    inferred: inferred === true,
    statuses: statusesOf(id, state === 'reached', attempt),
    says: '',
  }
}

function end(state: ChainLink['state'], says: string): ChainLink {
  return { step: null, state, inferred: false, statuses: [], says }
}

/** Hangs the words on the step that the cause is about, else on the one that failed, else behind all. */
function withFailure(links: readonly ChainLink[], steps: readonly MilestoneId[], says: string): ChainLink[] {
  const failed = links.findLastIndex(({ step, state }) => state === 'failed' && step !== 'udp')
  const isAbout = ({ step }: ChainLink) => step !== null && steps.includes(step)
  const shown = links.findLastIndex(one => isAbout(one) && one.state !== 'not-visible')
  const about = shown >= 0 ? shown : links.findLastIndex(isAbout)
  const at = about >= 0 ? about : failed
  if (at < 0) return [...links, end('failed', says)]
  // What was passed behind it or beside it stays; where the attempt seemed to fail does not.
  const rest = links.slice(at + 1).filter(({ step, state }) => state === 'reached' || step === 'udp')
  return [...links.slice(0, at), { ...(links[at] as ChainLink), state: 'failed', inferred: false, says }, ...rest]
}

function firstCause(verdicts: readonly VerdictAnalysis[]): VerdictAnalysis | null {
  const claims = verdicts.filter(({ rule, severity }) => severity !== 'info' && !CONDITIONS.has(rule))
  const named = (word: string, severity: string) =>
    claims.find(one => one.verdict === word && one.severity === severity) ?? null
  return (
    named('confirmed', 'error') ??
    named('likely', 'error') ??
    named('confirmed', 'warning') ??
    named('likely', 'warning')
  )
}

function wordsOf({ verdict, short }: VerdictAnalysis): string {
  return verdict === 'likely' ? `${short} (likely)` : short
}

function closedBy({ side, how }: Closing): string {
  if (how === 'silence') return 'fell silent'
  if (side === 'nobody' || how === 'end-of-capture') return 'no end in this capture'
  if (how === 'icmp') return 'refused by the network'
  return `${how === 'rst' ? 'reset' : 'closed'} by the ${side}`
}

/** Of the requests to the gateway, or to the proxy on the way, the statuses in order: on the connection that was let in. */
function statusesOf(id: MilestoneId, granted: boolean, { conversations }: Attempt): readonly number[] {
  const methods = id === 'gateway-http' ? GATEWAY_METHODS : id === 'proxy' ? PROXY_METHODS : null
  if (methods === null) return []
  const answered = conversations.map(one => answersTo(methods, one)).filter(statuses => statuses.length > 0)
  const told = (granted && answered.find(statuses => (statuses.at(-1) as number) < 300)) || answered[0] || []
  return told.length > MAX_STATUSES ? [...told.slice(0, MAX_STATUSES - 1), told.at(-1) as number] : told
}

/** The same status again and again is told once. */
function answersTo(methods: ReadonlySet<string>, { events }: Conversation): number[] {
  const statuses: number[] = []
  const asked: boolean[] = []
  for (const { fact } of events) {
    if (fact.kind === 'http-request') asked.push(methods.has(fact.method))
    else if (fact.kind === 'http-response' && fact.status >= 101 && asked.shift() === true) {
      if (statuses.at(-1) !== fact.status) statuses.push(fact.status)
    }
  }
  return statuses
}
