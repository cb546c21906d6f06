/** What a SOCKS proxy said no with. RFC 1928 sections 3 and 6, RFC 1929; SOCKS 4 has codes of its own. */
import type { Attempt } from '../attempt/attempt.ts'
import type { Event, FactOf } from '../flow/event.ts'

type Reply = FactOf<'socks-reply'>

export interface SocksRefusal {
  /** Null when the proxy said no before it was asked for a target. */
  readonly request: Event<FactOf<'socks-request'>> | null
  readonly reply: Event<Reply>
  /** What it means, as it goes on after `the proxy`. */
  readonly meaning: string
}

const MEANINGS: ReadonlyMap<number, string> = new Map([
  [1, 'failed'],
  [2, 'forbids this target by its rules'],
  [3, 'has no route to the network of the target'],
  [4, 'can not reach the target'],
  [5, 'was refused by the target'],
  [6, 'lost the way to the target (time to live expired)'],
  [7, 'does not do CONNECT'],
  [8, 'does not know this type of address'],
])
const MEANINGS_OF_4: ReadonlyMap<number, string> = new Map([
  [91, 'rejected the request, or failed'],
  [92, 'could not ask the identd of the client'],
  [93, 'heard another user from the identd of the client'],
])

export function socksRefusalOf(attempt: Attempt): SocksRefusal | null {
  const request = attempt.find('socks-request') ?? null
  for (const kind of ['socks-reply', 'socks-logon', 'socks-method'] as const) {
    const reply = attempt.findLast(kind, fact => !fact.granted)
    if (reply !== undefined) return { request, reply, meaning: meaningOf(reply.fact) }
  }
  return null
}

function meaningOf({ kind, version, code }: Reply): string {
  if (kind === 'socks-method') return 'accepts none of the ways to authenticate that the client offered'
  if (kind === 'socks-logon') return 'does not accept the user name and password'
  const known = (version === 4 ? MEANINGS_OF_4 : MEANINGS).get(code)
  return `${known ?? 'says no'} (reply ${code})`
}
