/**
 * Why the server refused the logon by CredSSP, as far as its error code and what the client had sent tell: one look, so that
 * exactly one rule has the finding. MS-CSSP 2.2.1 (errorCode, version), 3.1.5; wire examples of Windows servers that take no NTLM.
 */
import type { Attempt } from '../attempt/attempt.ts'
import type { Place } from '../attempt/place.ts'
import type { Event, FactOf } from '../flow/event.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { type Logon, logonOf } from './logon.ts'
import { pictureOf } from './picture.ts'
import { rememberLast } from './remember.ts'

export type CredSspRefusal =
  /** Versions that do not go together: the server says so, or the client left at the version that it saw. */
  | { readonly kind: 'version'; readonly error: Event<FactOf<'credssp'>> | null; readonly left: Place | null }
  /** `sure`: the code means nothing else here. */
  | { readonly kind: 'ntlm'; readonly error: Event<FactOf<'credssp'>>; readonly sure: boolean }
  | { readonly kind: 'clock'; readonly error: Event<FactOf<'credssp'>> }
  | { readonly kind: 'logon'; readonly error: Event<FactOf<'credssp'>> }
  /** The client had proved who it is, and the server ended the connection instead of an answer. */
  | { readonly kind: 'silence'; readonly proof: Event; readonly left: Place }

const SEC_E_UNSUPPORTED_FUNCTION = 0x80090302
const SEC_E_TIME_SKEW = 0x80090324
const STATUS_TIME_DIFFERENCE_AT_DC = 0xc0000133
const STATUS_NOT_SUPPORTED = 0xc00000bb
const STATUS_NTLM_BLOCKED = 0xc0000418
/** Before it, CredSSP did not bind the public key to a nonce: what the remediation of the encryption oracle refuses. */
const FIRST_SAFE_VERSION = 5

export const credSspRefusalOf: (attempt: Attempt) => CredSspRefusal | null = rememberLast(look)

function look(attempt: Attempt): CredSspRefusal | null {
  if (attempt.outcome === 'established') return null
  const logon = logonOf(attempt)
  return logon.error === null ? (leftAtVersion(attempt, logon) ?? cutShort(attempt, logon)) : byCode(logon, logon.error)
}

function byCode(logon: Logon, error: Event<FactOf<'credssp'>>): CredSspRefusal {
  switch (error.fact.errorCode) {
    case STATUS_NTLM_BLOCKED:
      return { kind: 'ntlm', error, sure: true }
    case SEC_E_UNSUPPORTED_FUNCTION:
    case STATUS_NOT_SUPPORTED:
      if (isVersionGap(logon)) return { kind: 'version', error, left: null }
      if (logon.ticket !== null) return { kind: 'logon', error }
      return { kind: 'ntlm', error, sure: logon.authenticate !== null && logon.clientVersion === logon.serverVersion }
    case SEC_E_TIME_SKEW:
    case STATUS_TIME_DIFFERENCE_AT_DC:
      return { kind: 'clock', error }
    default:
      return { kind: 'logon', error }
  }
}

/** One side is from before the remediation and the other one is not. */
function isVersionGap({ clientVersion, serverVersion }: Logon): boolean {
  const least = Math.min(clientVersion, serverVersion)
  return clientVersion !== serverVersion && least > 0 && least < FIRST_SAFE_VERSION
}

/** The client saw the old version in the server's first message, and left without another one. */
function leftAtVersion(attempt: Attempt, logon: Logon): CredSspRefusal | null {
  const { firstFromServer, lastFromClient, serverVersion, clientVersion } = logon
  if (firstFromServer === null || serverVersion >= FIRST_SAFE_VERSION || clientVersion < FIRST_SAFE_VERSION) return null
  if (lastFromClient === null || lastFromClient.packet > firstFromServer.packet || serverVersion === 0) return null
  const { leaving, unseen } = pictureOf(attempt)
  if (leaving === null || leaving.side !== CLIENT || leaving.packet < firstFromServer.packet || unseen[CLIENT])
    return null
  return { kind: 'version', error: null, left: leaving }
}

function cutShort(attempt: Attempt, { authenticate, ticket, lastFromServer, accepted }: Logon): CredSspRefusal | null {
  const proof = authenticate ?? ticket
  const { leaving, unseen } = pictureOf(attempt)
  if (proof === null || leaving === null || accepted !== null || unseen[SERVER]) return null
  if (leaving.side !== SERVER || leaving.packet < proof.packet) return null
  return lastFromServer !== null && lastFromServer.packet > proof.packet
    ? null
    : { kind: 'silence', proof, left: leaving }
}
