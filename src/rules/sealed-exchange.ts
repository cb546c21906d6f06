/**
 * What the encrypted records behind a TLS handshake tell by size, direction and order of the logon and the opening of the
 * session (see attempt/sealed-session.ts). MS-CSSP 3.1.5, MS-NLMP 2.2.1, MS-RDPBCGR 1.3.1.1. Inference, never proof.
 */
import type { Attempt } from '../attempt/attempt.ts'
import type { Place } from '../attempt/place.ts'
import { overheadOf } from '../attempt/record-sizes.ts'
import { logonKindOf, readSealedSession, type SealedSession } from '../attempt/sealed-session.ts'
import { PROTOCOL_HYBRID, PROTOCOL_HYBRID_EX } from '../codes/negotiation.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { type Picture, pictureOf, type SealedRecord } from './picture.ts'
import { rememberLast } from './remember.ts'

export interface LogonEnd {
  /** The client's last logon message, and what the server answered: a small record, or an alert. */
  readonly authenticate: SealedRecord
  readonly answer: Place
  /**
   * 'error' = a record of the size of a CredSSP error; 'either' = padding leaves open whether it is that or a refused
   * authorization; 'alert' = the server left with an alert.
   */
  readonly how: 'error' | 'either' | 'alert'
}

/** The logon succeeded and the server then said no: a record of the size of an early authorization result, and the end. */
export interface DeniedLogon {
  readonly credentials: SealedRecord
  readonly answer: Place
}

/** How a session ended that was encrypted, opened and not yet active. */
export interface SealedEnd {
  /** The step at which it ended: between the logon and MCS, behind Client Info, or behind the licence. */
  readonly step: 'mcs' | 'client-info' | 'licence'
  /** What shows that the session came so far. */
  readonly reached: Place
  /** The server gave a reason of the size of a Set Error Info PDU; null when it did not. */
  readonly errorInfo: Place | null
}

/** The session as far as sizes tell; null when the attempt has no encrypted application data. */
export const sealedSessionOf: (attempt: Attempt) => SealedSession | null = rememberLast(read)

/** The logon that the server refused, as far as sizes tell; null where the picture is not clear. */
export const refusedLogonOf: (attempt: Attempt) => LogonEnd | null = rememberLast(look)

/** The user that the server knew and did not let in, as far as sizes tell; null where the picture is not clear. */
export function deniedLogonOf(attempt: Attempt): DeniedLogon | null {
  const refusal = mayBeRefused(attempt) ? sealedSessionOf(attempt)?.logonRefusal : null
  if (refusal == null || refusal.how !== 'denied') return null
  return { credentials: recordOf(refusal.asked), answer: refusal.answer }
}

/** Where an encrypted session ended that never became active, as far as sizes tell; null where they do not. */
export function sealedEndOf(attempt: Attempt): SealedEnd | null {
  const session = attempt.outcome === 'failed' ? sealedSessionOf(attempt) : null
  if (session === null || session.active !== null || session.mcs === null) return null
  const { mcs, clientInfo, licence, errorInfo } = session
  if (licence !== null) return { step: 'licence', reached: licence, errorInfo }
  if (clientInfo !== null) return { step: 'client-info', reached: clientInfo, errorInfo }
  return { step: 'mcs', reached: mcs, errorInfo }
}

export function usesNla({ confirm }: Picture): boolean {
  return confirm !== null && (confirm.fact.selected & (PROTOCOL_HYBRID | PROTOCOL_HYBRID_EX)) !== 0
}

/** An NTLM AUTHENTICATE message or a Kerberos ticket in a TSRequest, encrypted: never below this. */
const LEAST_AUTHENTICATE = 200
/** The refused message is the second or third one of the client; what comes later may be the session. */
const MOST_CLIENT_MESSAGES = 3

function read(attempt: Attempt): SealedSession | null {
  const { sealed, serverHello, confirm } = pictureOf(attempt)
  if (sealed.length === 0) return null
  const overhead = serverHello === null ? null : overheadOf(serverHello.fact.version, serverHello.fact.suite)
  const records = sealed.map(({ packet, timeNs, direction, length }) => ({
    packet,
    timeNs,
    direction,
    fact: { length },
  }))
  return readSealedSession(records, overhead, logonKindOf(confirm?.fact.selected ?? null))
}

function mayBeRefused(attempt: Attempt): boolean {
  const picture = pictureOf(attempt)
  return attempt.outcome !== 'established' && usesNla(picture) && picture.leaving !== null
}

function look(attempt: Attempt): LogonEnd | null {
  if (!mayBeRefused(attempt)) return null
  const refusal = sealedSessionOf(attempt)?.logonRefusal ?? null
  if (refusal === null) return byAlert(pictureOf(attempt))
  const { asked, answer, how } = refusal
  return how === 'denied' ? null : { authenticate: recordOf(asked), answer, how }
}

function recordOf({
  packet,
  timeNs,
  direction,
  fact,
}: NonNullable<SealedSession['logonRefusal']>['asked']): SealedRecord {
  return { packet, timeNs, direction, length: fact.length }
}

/** An alert of the server in answer to a message that can be the last one of a logon, and nothing in between. */
function byAlert({ leaving, sealed }: Picture): LogonEnd | null {
  // Without the session tickets that a TLS 1.3 server sends before anything else.
  const start = sealed.findIndex(record => record.direction === CLIENT)
  const rounds = start < 0 ? [] : sealed.slice(start)
  const sent = rounds.filter(record => record.direction === CLIENT)
  const authenticate = sent.at(-1)
  if (authenticate === undefined || sent.length < 2 || sent.length > MOST_CLIENT_MESSAGES) return null
  if (authenticate.length < LEAST_AUTHENTICATE || rounds.at(-1) !== authenticate) return null
  if (leaving === null || leaving.side !== SERVER || leaving.packet <= authenticate.packet) return null
  if (leaving.how === 'fin' || leaving.how === 'rst') return null
  return { authenticate, answer: leaving, how: 'alert' }
}
