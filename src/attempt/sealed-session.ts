/**
 * How far a session came behind TLS, told from the sizes of its records: inference, not reading. What it rests on:
 *
 * - CredSSP: a TSRequest with an error code alone has 15 bytes; all others are longer than 50. Behind the logon, where the
 *   server selected HYBRID_EX, it tells in 4 bytes whether the user may log on (MS-CSSP 2.2.1, MS-RDPBCGR 2.2.10.2).
 * - MCS Erect Domain and Attach User requests have no variable part: 12 and 8 bytes with TPKT and X.224, answered by 11; a
 *   channel join has 12, answered by 15 (MS-RDPBCGR 2.2.1.5 to 2.2.1.9). Before them come Connect Initial and Response.
 * - A refusal behind them is a Set Error Info PDU of 36 or 37 bytes, then a Disconnect Provider Ultimatum of 9.
 * - The finalization of a connection has no variable part either: the client sends Synchronize (36 or 37 bytes) and, each 4
 *   bytes longer, Control Cooperate, Control Request and Font List; the server answers with the same four sizes, the last
 *   of them the Font Map (MS-RDPBCGR 1.3.1.1 and 2.2.1.14 to 2.2.1.22). Its sender sends Confirm Active before, which is
 *   always some hundred bytes longer. A tunnel adds the same to each of them, so that their differences stay.
 *
 * Sizes are those of the plain text, which record-sizes.ts tells to the byte or within a block.
 */
import { PROTOCOL_HYBRID, PROTOCOL_HYBRID_EX } from '../codes/negotiation.ts'
import { CLIENT, type Direction, SERVER } from '../wire/dissector.ts'
import { MAX_FIRST_RECORDS } from '../wire/limits.ts'
import type { Place } from './place.ts'
import { holds, isExact, type Overhead, withoutSplits } from './record-sizes.ts'

/** A record of application data, as far as it is looked at here. */
export interface Sealed extends Place {
  readonly direction: Direction
  readonly fact: { readonly length: number }
}

/** How CredSSP ended, where it did not succeed. */
export interface LogonRefusal {
  /** The client's last message before. */
  readonly asked: Sealed
  readonly answer: Sealed
  /**
   * 'error': of the size of a TSRequest with an error code. 'denied': of the size of an early authorization result, behind
   * which the client left. 'either': padding leaves both possible.
   */
  readonly how: 'error' | 'denied' | 'either'
}

export interface SealedSession {
  /** What shows that CredSSP succeeded: the early authorization result, or the client's Connect Initial. */
  readonly logon: Place | null
  readonly logonRefusal: LogonRefusal | null
  /** The server's answer to the client's Connect Initial, behind which the client went on. */
  readonly mcs: Place | null
  /** The client's first message behind the channel joins: Client Info. */
  readonly clientInfo: Place | null
  /** The first message after MCS by which the server lets the client go on: licence, Demand Active. */
  readonly licence: Place | null
  /** A Set Error Info PDU and the farewell before the session was active: the server gives a reason, which can not be read. */
  readonly errorInfo: Place | null
  /** The Font Map: the session is active. */
  readonly active: Place | null
  /** The last record of the server has the size of a Disconnect Provider Ultimatum: an orderly end. */
  readonly farewell: Place | null
  /** Sizes tell plain lengths: with a farewell that was not seen, none was said. */
  readonly sized: boolean
  /** Sized, and no record is missing in between: what was not seen did not happen. */
  readonly exact: boolean
}

/** How the server selected CredSSP: not at all, or with (`early`) or without an authorization result behind it. */
export type LogonKind = 'none' | 'plain' | 'early' | 'unknown'

/** @param selected protocol of the negotiation; null when the capture does not hold it. */
export function logonKindOf(selected: number | null): LogonKind {
  if (selected === null) return 'unknown'
  if ((selected & PROTOCOL_HYBRID_EX) !== 0) return 'early'
  return (selected & PROTOCOL_HYBRID) !== 0 ? 'plain' : 'none'
}

/**
 * @param records application data of one TLS connection that carries RDP itself, in packet order; session tickets of
 *   TLS 1.3 before the client's first record are passed over.
 * @param overhead null where the suite is not known: then only the shape of the finalization is looked for.
 */
export function readSealedSession(
  records: readonly Sealed[],
  overhead: Overhead | null,
  logon: LogonKind = 'unknown',
): SealedSession {
  const exact = overhead !== null && isExact(overhead)
  const whole = exact && count(records, CLIENT) < MAX_FIRST_RECORDS && count(records, SERVER) < MAX_FIRST_RECORDS
  if (overhead === null) return { ...NOTHING, active: findFontMap(records, null) }
  const said = spoken(withoutSplits(records, overhead, lengthOf))
  const opening = findOpening(said, overhead)
  const active = findFontMap(said, overhead)
  const behind = opening === null ? null : readBehindJoins(said, overhead, opening.confirm)
  return {
    logon: logonOf(said, overhead, logon, opening),
    logonRefusal: opening === null && active === null ? findLogonRefusal(said, overhead, logon) : null,
    mcs: opening?.response ?? null,
    clientInfo: behind?.clientInfo ?? null,
    licence: behind?.licence ?? null,
    errorInfo: active === null ? (behind?.errorInfo ?? null) : null,
    active,
    farewell: findFarewell(said, overhead),
    sized: exact,
    exact: whole,
  }
}

/**
 * The same for a gateway's tunnel, where each RDP PDU is inside another TLS and a gateway packet: only differences of sizes
 * are left, and servers' answers arrive merged. Active = the client's finalization, and more from the server behind it
 * than a refusal would need.
 *
 * @param records application data of all connections of the tunnel, in packet order.
 */
export function readNestedSession<R extends Sealed>(records: readonly R[]): { readonly active: R | null } {
  for (let at = 0; at < records.length; at++) {
    const start = records[at] as R
    if (start.direction !== CLIENT || !followsConfirmActive(records, at)) continue
    const fontList = runEnd(records, at, FINALISATION_STEP)
    if (fontList === -1) continue
    let bytes = 0
    for (let behind = at + 1; behind < records.length; behind++) {
      const record = records[behind] as R
      if (record.direction !== SERVER || record.timeNs < start.timeNs) continue
      bytes += record.fact.length
      if (bytes >= NESTED_ANSWER_BYTES) return { active: record }
    }
  }
  return { active: null }
}

const TS_REQUEST_ERROR_BYTES = [13, 17] as const
const EARLY_RESULT_BYTES = 4
/** An NTLM AUTHENTICATE message or a Kerberos ticket in a TSRequest. */
const LEAST_AUTHENTICATE_BYTES = 200
/** A first TSRequest: NTLM NEGOTIATE has 50 bytes and more, all else of a logon too. */
const LEAST_LOGON_BYTES = 30
/** NTLM takes three messages of the client, Kerberos with a ticket of the server's own up to five. */
const MOST_LOGON_MESSAGES = 6
const LEAST_CONNECT_INITIAL_BYTES = 300
const LEAST_CONNECT_RESPONSE_BYTES = 60
const ERECT_DOMAIN_BYTES = 12
const ATTACH_USER_BYTES = 8
const ATTACH_CONFIRM_BYTES = 11
const JOIN_REQUEST_BYTES = 12
const JOIN_CONFIRM_BYTES = 15
/** Connect-time auto-detection: round trip requests, and start and stop of the bandwidth measure. */
const AUTO_DETECT_BYTES = [22, 28] as const
const LEAST_CLIENT_INFO_BYTES = 60
const SYNCHRONIZE_BYTES = [36, 37] as const
const ERROR_INFO_BYTES = SYNCHRONIZE_BYTES
const FINALISATION_STEP = 4
const CIPHER_BLOCK_BYTES = 16
const DISCONNECT_ULTIMATUM_BYTES = 9
/** Confirm Active carries the capability sets: 300 bytes and more where Synchronize has 37. */
const CONFIRM_ACTIVE_EXCESS_BYTES = 200
/** Connect Initial, Erect Domain, Attach User, Client Info; more with channels or NLA. */
const FEWEST_BEFORE_CONFIRM_ACTIVE = 4
/** The persistent key lists that may stand before Font List, and what a server may say between its answers. */
const FINALISATION_WINDOW = 8
/**
 * The four answers of the finalization inside inner TLS and tunnel are never below 4 x 58 bytes; Set Error Info and the
 * ultimatum of a refusal stay below 180.
 */
const NESTED_ANSWER_BYTES = 230
const NOTHING: SealedSession = {
  logon: null,
  logonRefusal: null,
  mcs: null,
  clientInfo: null,
  licence: null,
  errorInfo: null,
  active: null,
  farewell: null,
  sized: false,
  exact: false,
}

/** Where MCS opens: all as indices of the records. */
interface Opening {
  readonly initial: number
  readonly response: Sealed
  /** The answer to Attach User; where the server owes it, the client's Attach User. */
  readonly confirm: number
}

function lengthOf({ fact }: Sealed): number {
  return fact.length
}

function count(records: readonly Sealed[], direction: Direction): number {
  let found = 0
  for (const record of records) if (record.direction === direction) found++
  return found
}

/** Behind the session tickets that a server of TLS 1.3 sends before the client says anything. */
function spoken(records: readonly Sealed[]): readonly Sealed[] {
  const start = records.findIndex(record => record.direction === CLIENT)
  return start <= 0 ? records : records.slice(start)
}

/** The index of this side's next record behind `at`; -1 when there is none. */
function next(records: readonly Sealed[], at: number, direction: Direction): number {
  for (let behind = at + 1; behind < records.length; behind++) {
    if (records[behind]?.direction === direction) return behind
  }
  return -1
}

/** The index of this side's record before `at`; -1 when there is none. */
function previous(records: readonly Sealed[], at: number, direction: Direction): number {
  for (let before = at - 1; before >= 0; before--) if (records[before]?.direction === direction) return before
  return -1
}

/** The record at this index may hold so many bytes of plain text. */
function fits(records: readonly Sealed[], at: number, overhead: Overhead, from: number, to = from): boolean {
  const record = records[at]
  return record !== undefined && holds(overhead, record.fact.length, from, to)
}

/** The record holds so many bytes of plain text or more, for sure. */
function reaches(records: readonly Sealed[], at: number, { most }: Overhead, least: number): boolean {
  const record = records[at]
  return record !== undefined && record.fact.length - most >= least
}

/** Erect Domain, Attach User, behind a Connect Initial that was answered. */
function findOpening(records: readonly Sealed[], overhead: Overhead): Opening | null {
  for (let at = 0; at < records.length; at++) {
    if (records[at]?.direction !== CLIENT || !fits(records, at, overhead, ERECT_DOMAIN_BYTES)) continue
    const attach = next(records, at, CLIENT)
    if (!fits(records, attach, overhead, ATTACH_USER_BYTES)) continue
    const initial = previous(records, at, CLIENT)
    const response = records[next(records, initial, SERVER)]
    if (!reaches(records, initial, overhead, LEAST_CONNECT_INITIAL_BYTES) || response === undefined) continue
    if (response.fact.length - overhead.least < LEAST_CONNECT_RESPONSE_BYTES) continue
    const confirm = next(records, attach, SERVER)
    const confirmed = fits(records, confirm, overhead, ATTACH_CONFIRM_BYTES)
    return { initial, response, confirm: confirmed ? confirm : attach }
  }
  return null
}

function logonOf(
  records: readonly Sealed[],
  overhead: Overhead,
  kind: LogonKind,
  opening: Opening | null,
): Place | null {
  if (kind === 'none') return null
  // Without a negotiation in clear, what comes before Connect Initial shows that there was a logon.
  if (opening !== null) {
    if (kind === 'unknown' && opening.initial === 0) return null
    const before = previous(records, opening.initial + 1, SERVER)
    const early = before >= 0 && fits(records, before, overhead, EARLY_RESULT_BYTES)
    return (early ? records[before] : records[opening.initial]) ?? null
  }
  if (kind !== 'early') return null
  const result = findEarlyResult(records, overhead)
  return result >= 0 && next(records, result, CLIENT) >= 0 ? (records[result] as Sealed) : null
}

/** The index of the server's record of 4 bytes behind the client's credentials; -1. */
function findEarlyResult(records: readonly Sealed[], overhead: Overhead): number {
  let messages = 0
  for (let at = 0; at < records.length && messages <= MOST_LOGON_MESSAGES; at++) {
    if (records[at]?.direction === CLIENT) messages++
    else if (messages >= 2 && fits(records, at, overhead, EARLY_RESULT_BYTES)) {
      // Where padding hides the difference, an error code and the end look the same.
      return at
    }
  }
  return -1
}

/** The last word is the server's, and it is as short as a refusal. */
function findLogonRefusal(records: readonly Sealed[], overhead: Overhead, kind: LogonKind): LogonRefusal | null {
  if (kind === 'none' || kind === 'unknown') return null
  const at = records.length - 1
  const answer = records[at]
  const before = previous(records, at, CLIENT)
  const asked = records[before]
  if (answer?.direction !== SERVER || asked === undefined || count(records, CLIENT) > MOST_LOGON_MESSAGES) return null
  // One message of the server at a time: more are something else.
  if (before !== at - 1) return null
  const all = records.filter(record => record.direction === CLIENT)
  if (!all.every(({ fact }) => fact.length - overhead.least >= LEAST_LOGON_BYTES)) return null
  if (!all.some(({ fact }) => fact.length - overhead.most >= LEAST_AUTHENTICATE_BYTES)) return null
  const error = fits(records, at, overhead, ...TS_REQUEST_ERROR_BYTES)
  // The client has sent its credentials, which come behind two messages or more.
  const denied = kind === 'early' && all.length >= 3 && fits(records, at, overhead, EARLY_RESULT_BYTES)
  if (!error && !denied) return null
  return { asked, answer, how: error && denied ? 'either' : error ? 'error' : 'denied' }
}

/** Behind the answer to Attach User: channel joins, Client Info, and what the server says to that. */
function readBehindJoins(
  records: readonly Sealed[],
  overhead: Overhead,
  confirm: number,
): { clientInfo: Sealed | null; licence: Sealed | null; errorInfo: Sealed | null } {
  let clientInfo: Sealed | null = null
  let errorInfo: Sealed | null = null
  for (let at = confirm + 1; at < records.length; at++) {
    const record = records[at] as Sealed
    if (record.direction === CLIENT) {
      const join = fits(records, at, overhead, JOIN_REQUEST_BYTES)
      if (!join && reaches(records, at, overhead, LEAST_CLIENT_INFO_BYTES)) clientInfo ??= record
      continue
    }
    if (fits(records, at, overhead, JOIN_CONFIRM_BYTES) || fits(records, at, overhead, DISCONNECT_ULTIMATUM_BYTES)) {
      continue
    }
    if (fits(records, at, overhead, ...AUTO_DETECT_BYTES) && isExact(overhead)) continue
    if (fits(records, at, overhead, ...ERROR_INFO_BYTES) && isFarewellBehind(records, overhead, at)) {
      errorInfo = record
      continue
    }
    return { clientInfo, licence: record, errorInfo: errorInfo ?? laterErrorInfo(records, overhead, at) }
  }
  return { clientInfo, licence: null, errorInfo }
}

/** The server's last words are a Set Error Info PDU and an ultimatum. */
function laterErrorInfo(records: readonly Sealed[], overhead: Overhead, from: number): Sealed | null {
  for (let at = from + 1; at < records.length; at++) {
    if (records[at]?.direction !== SERVER || !fits(records, at, overhead, ...ERROR_INFO_BYTES)) continue
    if (isFarewellBehind(records, overhead, at)) return records[at] as Sealed
  }
  return null
}

/** An ultimatum follows that is the server's last word: alone, a record of this size may be a Synchronize. */
function isFarewellBehind(records: readonly Sealed[], overhead: Overhead, at: number): boolean {
  const behind = next(records, at, SERVER)
  return fits(records, behind, overhead, DISCONNECT_ULTIMATUM_BYTES) && next(records, behind, SERVER) < 0
}

function findFontMap(records: readonly Sealed[], overhead: Overhead | null): Sealed | null {
  const exact = overhead !== null && isExact(overhead)
  const steps = exact ? [FINALISATION_STEP] : [0, CIPHER_BLOCK_BYTES]
  const mayBegin = (at: number) => overhead === null || fits(records, at, overhead, ...SYNCHRONIZE_BYTES)
  for (let at = 0; at < records.length; at++) {
    if (records[at]?.direction !== CLIENT || !mayBegin(at)) continue
    if (!exact && !followsConfirmActive(records, at)) continue
    for (const step of steps) {
      if (runEnd(records, at, step) === -1) continue
      // The server answers Confirm Active, so that its first answer may cross the client's next words.
      for (
        let answer = next(records, previous(records, at, CLIENT), SERVER);
        answer !== -1;
        answer = next(records, answer, SERVER)
      ) {
        if (!mayBegin(answer)) continue
        const fontMap = runEnd(records, answer, step)
        if (fontMap !== -1) return records[fontMap] as Sealed
      }
    }
  }
  return null
}

/**
 * The client's record before is a Confirm Active: much longer, and not among the first ones, which are Connect Initial and
 * the rounds of NLA.
 */
function followsConfirmActive(records: readonly Sealed[], at: number): boolean {
  const { length } = (records[at] as Sealed).fact
  let confirm: number | null = null
  let earlier = 0
  for (let before = at - 1; before >= 0 && earlier < FEWEST_BEFORE_CONFIRM_ACTIVE; before--) {
    const record = records[before] as Sealed
    if (record.direction !== CLIENT) continue
    if (confirm !== null) earlier++
    else {
      if (record.fact.length < length + CONFIRM_ACTIVE_EXCESS_BYTES) return false
      confirm = before
    }
  }
  return earlier === FEWEST_BEFORE_CONFIRM_ACTIVE
}

/** The index of the third record that is `step` longer than the one at `start`, on the same side and soon behind it; -1. */
function runEnd(records: readonly Sealed[], start: number, step: number): number {
  const { direction, fact } = records[start] as Sealed
  let found = 0
  let at = start
  for (let looked = 0; looked < FINALISATION_WINDOW; looked++) {
    at = next(records, at, direction)
    if (at === -1) return -1
    if ((records[at] as Sealed).fact.length === fact.length + step && ++found === 3) return at
  }
  return -1
}

function findFarewell(records: readonly Sealed[], overhead: Overhead): Sealed | null {
  const last = previous(records, records.length, SERVER)
  return last >= 0 && isExact(overhead) && fits(records, last, overhead, DISCONNECT_ULTIMATUM_BYTES)
    ? (records[last] as Sealed)
    : null
}
