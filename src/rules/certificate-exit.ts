/**
 * A client that left right behind the server's certificate, before it sent any data: what it most often means, and
 * what is wrong with the certificate where it can be read. RFC 5246 section 7.4.2, RFC 5280 sections 4.1.2.5, 4.2.1.6,
 * RFC 6125 section 6.4.
 * FreeRDP sends no certificate alert: it ends the handshake and says close_notify. So the certificate is read, and the
 * alert only makes sure.
 */
import type { Certificate, CertificateSummary } from '../../dissectors/tls-facts.ts'
import type { Attempt } from '../attempt/attempt.ts'
import type { Event } from '../flow/event.ts'
import { CLIENT } from '../wire/dissector.ts'
import { helloRefusalOf } from './hello-refusal.ts'
import { type Leaving, pictureOf } from './picture.ts'
import { rememberLast } from './remember.ts'
import { foreignResetOf } from './resets.ts'
import { hindranceOf } from './stall.ts'

export type CertificateFault = 'not-yet-valid' | 'expired' | 'untrusted' | 'name-mismatch'

export interface CertificateExit {
  readonly leaving: Leaving
  /** The client named the certificate as its reason: alerts 42 to 46, 48 and 113. */
  readonly explicit: boolean
  /** Too fast for a person in front of a warning. */
  readonly quick: boolean
  /** Null where TLS 1.3 hides it. */
  readonly certificate: Event<Certificate> | null
  /** What is wrong with it, weightiest first; empty when nothing is to be seen. */
  readonly faults: readonly CertificateFault[]
}

/** A program that refuses does so at once; a person reads the warning first. */
const QUICK_NS = 1e9
const BAD_CERTIFICATE = 42
const CERTIFICATE_EXPIRED = 45
const CERTIFICATE_UNKNOWN = 46
const UNKNOWN_CA = 48
const BAD_CERTIFICATE_STATUS = 113
const TLS_1_3 = 0x0304

export const certificateExitOf: (attempt: Attempt) => CertificateExit | null = rememberLast(look)

function look(attempt: Attempt): CertificateExit | null {
  if (attempt.outcome === 'established') return null
  const picture = pictureOf(attempt)
  const { leaving, serverFlight, serverHello } = picture
  if (leaving === null || serverFlight === null || serverHello === null || leaving.side !== CLIENT) return null
  // Data of the client may be what the capture does not hold.
  if (picture.clientApplication !== null || picture.unseen[CLIENT] || leaving.packet < serverFlight.packet) return null
  // A resumed session of TLS 1.2 and before shows no certificate: the client did not judge one.
  if (picture.certificate === null && serverHello.fact.version !== TLS_1_3) return null
  const explicit = leaving.how === 'alert' && isAboutCertificate(leaving.code)
  if (leaving.how === 'alert' && !explicit) return null
  if (helloRefusalOf(attempt) !== null || foreignResetOf(attempt) !== null) return null
  if (hindranceOf(attempt).kind !== 'none') return null
  const reference = picture.serverFinished ?? serverFlight
  const quick = leaving.timeNs - reference.timeNs < QUICK_NS
  const { certificate } = picture
  const faults = certificate === null ? [] : faultsOf(attempt, certificate, leaving)
  return { leaving, explicit, quick, certificate, faults }
}

function isAboutCertificate(code: number): boolean {
  return (
    (code >= BAD_CERTIFICATE && code <= CERTIFICATE_UNKNOWN) || code === UNKNOWN_CA || code === BAD_CERTIFICATE_STATUS
  )
}

function faultsOf(attempt: Attempt, event: Event<Certificate>, leaving: Leaving): CertificateFault[] {
  const [leaf] = event.fact.chain
  if (leaf === undefined) return []
  const nowSeconds = secondsOf(attempt, event)
  const faults: CertificateFault[] = []
  if (leaf.notBefore > 0 && nowSeconds < leaf.notBefore) faults.push('not-yet-valid')
  if (leaf.notAfter > 0 && nowSeconds > leaf.notAfter) faults.push('expired')
  const unknownIssuer = leaving.how === 'alert' && leaving.code === UNKNOWN_CA
  if (leaf.selfIssued || unknownIssuer) faults.push('untrusted')
  const asked = askedName(attempt)
  if (asked !== '' && !matchesName(leaf, asked)) faults.push('name-mismatch')
  // The alert says which of them counted.
  if (unknownIssuer) toFront(faults, 'untrusted')
  if (leaving.how === 'alert' && leaving.code === CERTIFICATE_EXPIRED) toFront(faults, 'expired')
  return faults
}

function toFront(faults: CertificateFault[], fault: CertificateFault): void {
  const at = faults.indexOf(fault)
  if (at > 0) faults.unshift(...faults.splice(at, 1))
}

/** Seconds since 1970 of a packet by the recorder's clock. */
export function secondsOf(attempt: Attempt, place: { readonly timeNs: number }): number {
  return Math.floor(attempt.captureStartSeconds + place.timeNs / 1e9)
}

/**
 * The name that the client asked for: what it wrote into server_name, otherwise what it dialled; '' where that was the
 * gateway, whose name the certificate behind it does not bear.
 */
export function askedName(attempt: Attempt): string {
  const sni = pictureOf(attempt).clientHello?.fact.serverName ?? ''
  if (sni !== '') return sni
  return attempt.transport === 'direct' ? attempt.serverName : ''
}

/** Whether the certificate holds this name. The common name counts only where there are no alternative names. */
export function matchesName(certificate: CertificateSummary, asked: string): boolean {
  const names = certificate.names.length > 0 ? certificate.names : [certificate.commonName]
  const wanted = plain(asked)
  return names.some(name => matches(plain(name), wanted))
}

function matches(pattern: string, name: string): boolean {
  if (pattern === name) return true
  if (!pattern.startsWith('*.')) return false
  // The asterisk stands for one whole label, and never for a part of an address.
  const dot = name.indexOf('.')
  return dot > 0 && name.slice(dot) === pattern.slice(1) && !/^[\d.]+$/.test(name)
}

function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}
