/**
 * A TLS handshake that one side broke off over what the hellos offer: version, cipher suite, group, signature scheme; or
 * for a reason that it does not tell. RFC 8446 sections 4.1.1, 4.2.1 and 6.2, RFC 5246 section 7.2.2.
 * One look for all rules about it, so that exactly one of them explains the end.
 */
import type { Attempt } from '../attempt/attempt.ts'
import {
  CLOSE_NOTIFY,
  HANDSHAKE_FAILURE,
  ILLEGAL_PARAMETER,
  INSUFFICIENT_SECURITY,
  INTERNAL_ERROR,
  PROTOCOL_VERSION,
} from '../codes/tls-alerts.ts'
import { TLS_1_0, TLS_1_1, TLS_1_3 } from '../codes/tls-names.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { type Leaving, type Picture, pictureOf } from './picture.ts'
import { rememberLast } from './remember.ts'
import { foreignResetOf } from './resets.ts'
import { hindranceOf } from './stall.ts'

export interface HelloRefusal {
  readonly kind: 'version' | 'cipher' | 'other'
  readonly by: Leaving
  /** An alert says so, or a hello holds what the other one did not offer. */
  readonly certain: boolean
  /** Why it is of this kind, where it is not the alert itself. */
  readonly why: 'alert' | 'not-offered' | 'old-version' | 'history' | 'closed'
}

const INAPPROPRIATE_FALLBACK = 86

export const helloRefusalOf: (attempt: Attempt) => HelloRefusal | null = rememberLast(look)

function look(attempt: Attempt): HelloRefusal | null {
  const picture = pictureOf(attempt)
  const { clientHello, leaving } = picture
  if (attempt.outcome === 'established' || clientHello === null || leaving === null) return null
  if (leaving.packet < clientHello.packet || picture.clientApplication !== null) return null
  // Something else than TLS answered: not a refusal of TLS.
  if (picture.serverHello === null && answeredOtherwise(picture)) return null
  if (foreignResetOf(attempt) !== null || hindranceOf(attempt).kind !== 'none') return null
  return leaving.side === SERVER ? byServer(attempt, picture, leaving) : byClient(picture, leaving)
}

function answeredOtherwise({ connection, clientHello }: Picture): boolean {
  for (const event of connection?.events ?? []) {
    if (event.direction !== SERVER || event.packet < (clientHello?.packet ?? 0)) continue
    if (event.fact.kind === 'http-response' || event.fact.kind === 'unrecognised') return true
  }
  return false
}

function byServer(attempt: Attempt, picture: Picture, by: Leaving): HelloRefusal | null {
  // What lies between may be a hello, or the end of a handshake that went well.
  const isWhole = !picture.unseen[SERVER] && !picture.unseen[CLIENT]
  if (by.how === 'alert') {
    if (by.code === PROTOCOL_VERSION || by.code === INAPPROPRIATE_FALLBACK) return refusal('version', by, true, 'alert')
    if (picture.serverHello !== null) return isShaken(picture, by) ? null : refusal('other', by, true, 'alert')
    if (!isWhole) return null
    if (by.code === HANDSHAKE_FAILURE && highestOffered(picture) <= TLS_1_1) {
      return refusal('version', by, false, 'old-version')
    }
    if (by.code === HANDSHAKE_FAILURE || by.code === INSUFFICIENT_SECURITY) return refusal('cipher', by, true, 'alert')
    if (by.code === ILLEGAL_PARAMETER) return refusal('cipher', by, false, 'alert')
    return refusal('other', by, true, 'alert')
  }
  if (picture.serverHello !== null) {
    // Behind the client's last flight it is no refusal of the hello any more, nor where a sealed alert tells more.
    return isWhole && picture.serverFinished === null && by.how !== 'sealed-alert'
      ? refusal('other', by, false, 'closed')
      : null
  }
  // It did answer, in what the capture does not hold or what could not be read.
  if (!isWhole || (picture.tcp?.sides[SERVER].lastDataPacket ?? 0) > (picture.clientHello?.packet ?? 0)) return null
  const { versions, suites } = attempt.history
  const hello = picture.clientHello?.fact
  if (versions.length > 0 && versions.every(version => version > highestOffered(picture))) {
    return refusal('version', by, false, 'history')
  }
  if (suites.length > 0 && hello?.complete === true && !suites.some(suite => hello.suites.includes(suite))) {
    return refusal('cipher', by, false, 'history')
  }
  // A reset that is all that was heard of the server has nothing to be compared with; and a close may answer the client's.
  const alone = by.how === 'rst' && (picture.tcp?.sides[SERVER].packets ?? 0) <= 1
  return refusal('other', by, !alone && !picture.unseen[CLIENT], 'closed')
}

/** Both sides had finished the handshake: what the server refuses now is no hello. */
function isShaken({ clientFinished, serverFinished }: Picture, by: Leaving): boolean {
  return clientFinished !== null && serverFinished !== null && clientFinished.packet < by.packet
}

function byClient({ clientHello, serverHello }: Picture, by: Leaving): HelloRefusal | null {
  if (clientHello === null || serverHello === null) return null
  const offered = clientHello.fact
  const chosen = serverHello.fact
  if (by.how === 'alert' && by.code === PROTOCOL_VERSION) return refusal('version', by, true, 'alert')
  if (chosen.complete && offered.complete) {
    const versionOffered =
      offered.versions.length > 0 ? offered.versions.includes(chosen.version) : chosen.version <= offered.version
    if (!versionOffered) return refusal('version', by, true, 'not-offered')
    if (!offered.suites.includes(chosen.suite)) return refusal('cipher', by, true, 'not-offered')
  }
  if (by.how !== 'alert' || by.code === CLOSE_NOTIFY) return null
  const about = by.code === HANDSHAKE_FAILURE || by.code === ILLEGAL_PARAMETER || by.code === INSUFFICIENT_SECURITY
  // Policy may forbid what TLS 1.0 and 1.1 need (SHA-1 signatures) although the version was offered.
  if (isOld(chosen.version) && (about || by.code === INTERNAL_ERROR))
    return refusal('version', by, false, 'old-version')
  return about ? refusal('cipher', by, false, 'alert') : null
}

function refusal(kind: HelloRefusal['kind'], by: Leaving, certain: boolean, why: HelloRefusal['why']): HelloRefusal {
  return { kind, by, certain, why }
}

function isOld(version: number): boolean {
  return version === TLS_1_0 || version === TLS_1_1
}

/** The highest version that the client offers; TLS 1.3 and later stand in the extension alone. */
export function highestOffered({ clientHello }: Picture): number {
  if (clientHello === null) return TLS_1_3
  const { version, versions } = clientHello.fact
  let highest = versions.length > 0 ? 0 : version
  for (const one of versions) if (one > highest && one <= TLS_1_3) highest = one
  return highest === 0 ? version : highest
}
