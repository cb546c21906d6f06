/**
 * What the key distribution centre (KDC), or the server inside SPNEGO, said no with. RFC 4120 5.9.1 and 7.5.9.
 * KRB-ERROR 25 and its like are steps of an ordinary logon; what a later ticket overcame is none either.
 */
import type { Attempt } from '../attempt/attempt.ts'
import type { Event, FactOf } from '../flow/event.ts'
import { isOfCredSsp } from './logon.ts'
import { rememberLast } from './remember.ts'

/** What it is about, which decides whose finding it is. */
export type KerberosMatter = 'logon' | 'service' | 'clock'

export interface KerberosRefusal {
  readonly event: Event<FactOf<'kerberos-error'>>
  readonly matter: KerberosMatter
  /** The name that the client asked for; '' when neither error nor request tells. */
  readonly user: string
  readonly service: string
  /**
   * 'certain': said inside the logon to the server itself. 'same' and 'other': by the name that the connection gives.
   * 'unknown': one of them names nobody.
   */
  readonly belongs: 'certain' | 'same' | 'other' | 'unknown'
}

/** Normal: pre-authentication asked for, too big for UDP, another realm, more data. */
const STEPS: ReadonlySet<number> = new Set([0, 25, 52, 68, 91])
const SERVICE: ReadonlySet<number> = new Set([2, 7, 8, 19, 22, 26, 27])
const CLOCK: ReadonlySet<number> = new Set([11, 33, 37])
/** About tickets for services, or of clients that ask for more than the KDC gives: programs beside do that all day. */
const ASIDE: ReadonlySet<number> = new Set([3, 10, 13, 15, 17, 20, 28, 32, 34, 40, 42, 61])

export const kerberosRefusalsOf: (attempt: Attempt) => readonly KerberosRefusal[] = rememberLast(look)

const NONE: readonly KerberosRefusal[] = []

function look(attempt: Attempt): readonly KerberosRefusal[] {
  const errors = attempt.all('kerberos-error')
  if (errors.length === 0) return NONE
  const requests = attempt.all('kerberos-request')
  const replies = attempt.all('kerberos-reply')
  const found: KerberosRefusal[] = []
  for (const event of errors.sort((a, b) => a.packet - b.packet)) {
    const matter = matterOf(event.fact.code)
    if (matter === null) continue
    const asked = requests.findLast(
      ({ conversation, packet }) => conversation === event.conversation && packet <= event.packet,
    )
    const user = event.fact.client || (asked?.fact.client ?? '')
    const service = event.fact.service || (asked?.fact.service ?? '')
    // A computer logs on for itself, with a name that ends in $: that says nothing of the user, but of its clock.
    if (
      (user.endsWith('$') && matter !== 'clock') ||
      !isOfDesktop(service) ||
      isOvercome(replies, event, user, service)
    )
      continue
    found.push({ event, matter, user, service, belongs: belongs(attempt, event, user) })
  }
  return found
}

function matterOf(code: number): KerberosMatter | null {
  if (STEPS.has(code) || ASIDE.has(code)) return null
  if (CLOCK.has(code)) return 'clock'
  return SERVICE.has(code) ? 'service' : 'logon'
}

/** The logon itself, or a ticket for a desktop or a gateway: other programs ask for tickets of their own. */
function isOfDesktop(service: string): boolean {
  return service === '' || /^(krbtgt|kadmin|termsrv|host|http)\//i.test(service)
}

/** A ticket followed, for the same user where both are named, for the same service where both are. */
function isOvercome(
  replies: readonly Event<FactOf<'kerberos-reply'>>[],
  error: Event,
  user: string,
  service: string,
): boolean {
  return replies.some(
    ({ packet, fact }) =>
      packet > error.packet &&
      (user === '' || fact.client === '' || isSameUser(fact.client, user)) &&
      (service === '' || fact.service === '' || fact.service.toLowerCase() === service.toLowerCase()),
  )
}

function belongs(attempt: Attempt, { path }: Event, user: string): KerberosRefusal['belongs'] {
  if (isOfCredSsp(path)) return 'certain'
  const names = namesOf(attempt)
  if (user === '' || names.length === 0) return 'unknown'
  const fits = names.some(({ name, cut }) => (cut ? bare(user).startsWith(bare(name)) : isSameUser(name, user)))
  if (!fits) return 'other'
  return names.some(({ name, cut }) => cut && bare(name).length < LEAST_CUT) ? 'unknown' : 'same'
}

interface UserName {
  readonly name: string
  /** mstsc cuts the name in its cookie to nine characters. */
  readonly cut: boolean
}

function namesOf(attempt: Attempt): readonly UserName[] {
  const names: UserName[] = []
  for (const { fact } of attempt.all('ntlm-authenticate'))
    if (fact.user !== '') names.push({ name: fact.user, cut: false })
  for (const { fact } of attempt.all('client-info')) if (fact.user !== '') names.push({ name: fact.user, cut: false })
  for (const { fact } of attempt.all('negotiation-request')) {
    if (fact.cookie !== '') names.push({ name: fact.cookie, cut: fact.cookie.length >= COOKIE_LENGTH })
  }
  return names
}

const COOKIE_LENGTH = 9
/** Fewer characters than that fit half of all names. */
const LEAST_CUT = 3

/** `LAB\alice`, `alice@lab.test` and `alice` are one user. */
function isSameUser(one: string, other: string): boolean {
  return bare(one) === bare(other)
}

function bare(name: string): string {
  const user = name.slice(name.lastIndexOf('\\') + 1)
  const at = user.indexOf('@')
  return (at > 0 ? user.slice(0, at) : user).toLowerCase()
}
