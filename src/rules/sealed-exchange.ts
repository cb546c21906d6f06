/**
 * What the first encrypted records behind a TLS handshake tell by size, direction and order, where the server selected
 * CredSSP: the rounds of the logon. MS-CSSP 3.1.5, MS-NLMP 2.2.1. Inference, never proof.
 */
import type { Attempt } from '../attempt/attempt.ts'
import { sealOverhead } from '../attempt/sealed-session.ts'
import { PROTOCOL_HYBRID, PROTOCOL_HYBRID_EX } from '../codes/negotiation.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { type Picture, pictureOf, type SealedRecord } from './picture.ts'
import { rememberLast } from './remember.ts'

export interface LogonEnd {
  /** The client's last logon message, and what the server answered: a small record, or an alert. */
  readonly authenticate: SealedRecord
  readonly answer: { readonly packet: number; readonly timeNs: number }
  /** 'error' = a record of the size of a CredSSP error; 'alert' = the server left with an alert. */
  readonly how: 'error' | 'alert'
}

/** An NTLM AUTHENTICATE message in a TSRequest, with the hash of the public key: never below 200 bytes. */
const LEAST_AUTHENTICATE = 200
/** A TSRequest with an error code alone holds 15 bytes, 17 with two-byte lengths. */
const ERROR_LEAST = 13
const ERROR_MOST = 17
/** The logon takes two or three messages of the client; what comes later is the session. */
const MOST_CLIENT_MESSAGES = 3

/** The logon that the server refused, as far as sizes tell; null where the picture is not clear. */
export const refusedLogonOf: (attempt: Attempt) => LogonEnd | null = rememberLast(look)

export function usesNla({ confirm }: Picture): boolean {
  return confirm !== null && (confirm.fact.selected & (PROTOCOL_HYBRID | PROTOCOL_HYBRID_EX)) !== 0
}

function look(attempt: Attempt): LogonEnd | null {
  if (attempt.outcome === 'established') return null
  const picture = pictureOf(attempt)
  if (!usesNla(picture) || picture.leaving === null || picture.clientApplication === null) return null
  const rounds = logonRecords(picture)
  const sent = rounds.filter(record => record.direction === CLIENT)
  const authenticate = sent.at(-1)
  if (authenticate === undefined || sent.length < 2 || sent.length > MOST_CLIENT_MESSAGES) return null
  if (authenticate.length < LEAST_AUTHENTICATE) return null
  const answers = rounds.filter(record => record.direction === SERVER && record.packet > authenticate.packet)
  if (answers.length === 0) return byAlert(picture, authenticate)
  const [answer] = answers
  if (answers.length !== 1 || answer === undefined || !isError(picture, answer)) return null
  return { authenticate, answer, how: 'error' }
}

/** Without the session tickets that a TLS 1.3 server sends before anything else. */
function logonRecords({ sealed }: Picture): readonly SealedRecord[] {
  const start = sealed.findIndex(record => record.direction === CLIENT)
  return start < 0 ? [] : sealed.slice(start)
}

function byAlert({ leaving }: Picture, authenticate: SealedRecord): LogonEnd | null {
  if (leaving === null || leaving.side !== SERVER || leaving.packet <= authenticate.packet) return null
  if (leaving.how === 'fin' || leaving.how === 'rst') return null
  return { authenticate, answer: leaving, how: 'alert' }
}

function isError({ serverHello }: Picture, record: SealedRecord): boolean {
  const overhead = serverHello === null ? -1 : sealOverhead(serverHello.fact.version, serverHello.fact.suite)
  // Block ciphers pad: there sizes do not tell.
  if (overhead < 0) return false
  const plain = record.length - overhead
  return plain >= ERROR_LEAST && plain <= ERROR_MOST
}
