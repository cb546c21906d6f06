/** What a SOCKS proxy said no with: to the methods offered, to the logon, or to the request. RFC 1928 3 and 6, RFC 1929, SOCKS 4. */
import type { Attempt } from '../attempt/attempt.ts'
import type { Event, FactOf } from '../flow/event.ts'
import type { Evidence } from './rule.ts'

type Answer = Event<FactOf<'socks-reply' | 'socks-method' | 'socks-logon'>>

/** Reply codes of version 5, then of version 4. */
const MEANINGS: ReadonlyMap<number, string> = new Map([
  [1, 'it failed'],
  [2, 'its rules forbid this target'],
  [3, 'it has no way to the network of the target'],
  [4, 'it can not reach the target'],
  [5, 'the target refused the connection'],
  [6, 'the way to the target is too long'],
  [7, 'it does not do this command'],
  [8, 'it does not take this kind of address'],
  [91, 'it rejects the request, or could not reach the target'],
  [92, 'it asks for the identd of the client, which does not answer'],
  [93, 'the identd of the client names another user'],
])

export interface SocksRefusal {
  readonly says: string
  readonly evidence: readonly Evidence[]
}

/** Null where no SOCKS proxy refused. */
export function socksRefusalOf(attempt: Attempt): SocksRefusal | null {
  const answer =
    attempt.find('socks-reply', ({ granted }) => !granted) ??
    attempt.find('socks-logon', ({ granted }) => !granted) ??
    attempt.find('socks-method', ({ granted }) => !granted)
  if (answer === undefined || !answer.fact.complete) return null
  const request = attempt.find('socks-request')
  const { says, word } = wordsOf(answer, request)
  const evidence: Evidence[] = [[answer, `The proxy answers ${word}.`]]
  if (request !== undefined && request.packet < answer.packet) {
    evidence.unshift([request, `The client asks the SOCKS proxy for ${target(request)}.`])
  }
  return { says, evidence }
}

function wordsOf(
  { fact }: Answer,
  request: Event<FactOf<'socks-request'>> | undefined,
): { says: string; word: string } {
  if (fact.kind === 'socks-method') {
    return {
      says: 'The SOCKS proxy takes none of the ways to authenticate that the client offers.',
      word: 'that no method suits it (0xff)',
    }
  }
  if (fact.kind === 'socks-logon') {
    return {
      says: 'The SOCKS proxy refused the user name or the password.',
      word: `the logon with status ${fact.code}`,
    }
  }
  const meaning = MEANINGS.get(fact.code) ?? ''
  const to = request === undefined ? '' : ` to ${target(request)}`
  return {
    says: `The SOCKS proxy refused the connection${to} with code ${fact.code}${meaning === '' ? '' : `: ${meaning}`}.`,
    word: `the request with code ${fact.code}`,
  }
}

function target({ fact }: Event<FactOf<'socks-request'>>): string {
  return `${fact.host}:${fact.port}`
}
