/**
 * The logon by CredSSP in the connection to explain, where TLS was decrypted. MS-CSSP 2.2.1 and 3.1.5, MS-RDPBCGR 2.2.10.2.
 * One look for all rules about it, so that exactly one of them explains a refusal.
 */
import type { Attempt } from '../attempt/attempt.ts'
import type { Place } from '../attempt/place.ts'
import type { Event, FactOf } from '../flow/event.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { rememberLast } from './remember.ts'

export interface Logon {
  /** A message of CredSSP, or the result behind it, could be read. */
  readonly isRead: boolean
  /** Versions of CredSSP; 0 where the side said nothing that can be read. */
  readonly clientVersion: number
  readonly serverVersion: number
  /** The first and the last TSRequest a side. */
  readonly firstFromServer: Event<FactOf<'credssp'>> | null
  readonly lastFromClient: Event<FactOf<'credssp'>> | null
  readonly lastFromServer: Event<FactOf<'credssp'>> | null
  readonly challenge: Event<FactOf<'ntlm-challenge'>> | null
  readonly authenticate: Event<FactOf<'ntlm-authenticate'>> | null
  /** The client spoke NTLM, in any of its messages. */
  readonly usesNtlm: boolean
  /** The client sent a Kerberos ticket for the server. */
  readonly ticket: Event<FactOf<'kerberos-request'>> | null
  /** The server's TSRequest with an error code. */
  readonly error: Event<FactOf<'credssp'>> | null
  /** SPNEGO: the server rejects, without a code. */
  readonly reject: Event<FactOf<'spnego'>> | null
  /** The server let the user through CredSSP. */
  readonly accepted: Place | null
  /** Early user authorization, which follows CredSSP. */
  readonly authorization: Event<FactOf<'early-user-authorization'>> | null
}

const SPNEGO_REJECT = 2
const AP_REQUEST = 14

type Draft = { -readonly [K in keyof Logon]: Logon[K] }

export const logonOf: (attempt: Attempt) => Logon = rememberLast(look)

function look(attempt: Attempt): Logon {
  const draft: Draft = {
    isRead: false,
    clientVersion: 0,
    serverVersion: 0,
    firstFromServer: null,
    lastFromClient: null,
    lastFromServer: null,
    challenge: null,
    authenticate: null,
    usesNtlm: false,
    ticket: null,
    error: null,
    reject: null,
    accepted: null,
    authorization: null,
  }
  for (const event of attempt.explained?.events ?? []) if (isOfCredSsp(event.path)) note(draft, event)
  return draft
}

/** NTLM and Kerberos travel in other protocols, too: to a gateway, to a proxy. */
export function isOfCredSsp(path: string): boolean {
  return path.endsWith('/credssp')
}

function note(draft: Draft, event: Event): void {
  const { fact, direction } = event
  const fromServer = direction === SERVER
  draft.isRead = true
  switch (fact.kind) {
    case 'credssp':
      noteRequest(draft, event as Event<typeof fact>)
      break
    case 'early-user-authorization':
      draft.authorization ??= event as Event<typeof fact>
      break
    case 'ntlm-negotiate':
      draft.usesNtlm = true
      break
    case 'ntlm-challenge':
      if (fromServer) draft.challenge ??= event as Event<typeof fact>
      break
    case 'ntlm-authenticate':
      draft.usesNtlm = true
      if (!fromServer) draft.authenticate ??= event as Event<typeof fact>
      break
    case 'kerberos-request':
      if (!fromServer && fact.messageType === AP_REQUEST) draft.ticket ??= event as Event<typeof fact>
      break
    case 'spnego':
      if (fromServer && fact.state === SPNEGO_REJECT) draft.reject ??= event as Event<typeof fact>
      break
    default:
  }
}

function noteRequest(draft: Draft, event: Event<FactOf<'credssp'>>): void {
  const { version, errorCode, publicKeyBytes, hasAuthInfo } = event.fact
  if (event.direction === CLIENT) {
    if (version > 0) draft.clientVersion = version
    draft.lastFromClient = event
    if (hasAuthInfo) draft.accepted ??= event
    return
  }
  if (version > 0) draft.serverVersion = version
  draft.firstFromServer ??= event
  draft.lastFromServer = event
  if (errorCode !== 0) draft.error ??= event
  else if (publicKeyBytes > 0) draft.accepted ??= event
}

/** `alice of LAB`; '' where nobody is named. */
export function userOf({ authenticate }: Logon): string {
  if (authenticate === null || authenticate.fact.user === '') return ''
  const { user, domain } = authenticate.fact
  return domain === '' ? user : `${domain}\\${user}`
}

/** The session went on behind the logon: MCS answered, as read or as sizes tell. */
export function isPastLogon(attempt: Attempt): boolean {
  return attempt.reached('mcs') || attempt.find('mcs-connect-response') !== undefined
}
