/**
 * How far a session came behind TLS, told from the sizes of its records: inference, not reading. What it rests on:
 *
 * - MCS Erect Domain and Attach User requests have no variable part: 12 and 8 bytes with TPKT and X.224, answered by 11
 *   (MS-RDPBCGR 2.2.1.5 to 2.2.1.7).
 * - The finalization of a connection has none either: the client sends Synchronize (36 or 37 bytes) and, each 4 bytes
 *   longer, Control Cooperate, Control Request and Font List; the server answers with the same four sizes, the last of
 *   them the Font Map (MS-RDPBCGR 1.3.1.1 and 2.2.1.14 to 2.2.1.22). Its sender sends Confirm Active before, which is
 *   always some hundred bytes longer. A tunnel adds the same to each of them, so that their differences stay.
 * - AEAD suites add a constant to each record: 17 bytes in TLS 1.3, 24 with GCM or CCM and 16 with ChaCha20 in TLS 1.2.
 *   CBC suites pad to 16 bytes: there only the shape is left.
 */
import type { Event, FactOf } from '../flow/event.ts'
import { CLIENT, type Direction, SERVER } from '../wire/dissector.ts'
import { MAX_FIRST_RECORDS } from '../wire/limits.ts'

type Sealed = Event<FactOf<'record'>>

export interface SealedSession {
  /** The server's answer to Attach User. */
  readonly mcs: Event | null
  /** The first message after MCS by which the server lets the client go on: licence, Demand Active. */
  readonly licence: Event | null
  /** The Font Map: the session is active. */
  readonly active: Event | null
  /** The last record of the server has the size of a Disconnect Provider Ultimatum: an orderly end. */
  readonly farewell: Event | null
  /** Sizes tell plain lengths: with a farewell that was not seen, none was said. */
  readonly sized: boolean
  /** Sized, and no record is missing in between: what was not seen did not happen. */
  readonly exact: boolean
}

/** TLS 1.3, or one of its drafts: 0x7f and the number of the draft. */
export function isTls13(version: number): boolean {
  return version === TLS_1_3 || version >> 8 === 0x7f
}

/** What an AEAD adds to the plain text of a record, without the record header; -1 where it varies (CBC) or is unknown. */
export function sealOverhead(version: number, suite: number): number {
  if (isTls13(version)) return suite === 0x1305 ? 9 : 17
  if (version !== TLS_1_2) return -1
  if (suite >= 0xcca8 && suite <= 0xccae) return 16
  const gcm = (suite >= 0x009c && suite <= 0x00a7) || (suite >= 0xc02b && suite <= 0xc032)
  const ccm = suite >= 0xc09c && suite <= 0xc0af
  if (gcm) return 24
  // CCM_8 has a tag of 8 bytes: RFC 6655, RFC 7251.
  const shortTag = (suite >= 0xc0a0 && suite <= 0xc0a3) || suite === 0xc0a8 || suite === 0xc0a9 || suite >= 0xc0ae
  return ccm ? (shortTag ? 16 : 24) : -1
}

/** @param records application data of one TLS connection that carries RDP itself, in packet order. */
export function readSealedSession(records: readonly Sealed[], overhead: number): SealedSession {
  if (records.length < FEWEST_RECORDS) return { ...NOTHING, sized: overhead >= 0, exact: overhead >= 0 }
  const known = overhead >= 0
  const mcs = known ? findAttachConfirm(records, overhead) : null
  const active = findFontMap(records, overhead)
  const from = mcs ?? null
  return {
    mcs,
    licence: from === null ? null : findLicence(records, overhead, from),
    active,
    farewell: known ? findFarewell(records, overhead) : null,
    sized: known,
    exact: known && count(records, CLIENT) < MAX_FIRST_RECORDS && count(records, SERVER) < MAX_FIRST_RECORDS,
  }
}

/**
 * The same for a gateway's tunnel, where each RDP PDU is inside another TLS and a gateway packet: only differences of sizes
 * are left, and servers' answers arrive merged. Active = the client's finalization, and more from the server behind it
 * than a refusal would need.
 *
 * @param records application data of all connections of the tunnel, in packet order.
 */
export function readNestedSession(records: readonly Sealed[]): SealedSession {
  for (let at = 0; at < records.length; at++) {
    const start = records[at] as Sealed
    if (start.direction !== CLIENT || !followsConfirmActive(records, at)) continue
    const fontList = runEnd(records, at, FINALISATION_STEP)
    if (fontList === -1) continue
    let bytes = 0
    for (let behind = at + 1; behind < records.length; behind++) {
      const record = records[behind] as Sealed
      if (record.direction !== SERVER || record.timeNs < start.timeNs) continue
      bytes += record.fact.length
      if (bytes >= NESTED_ANSWER_BYTES) return { ...NOTHING, active: record }
    }
  }
  return NOTHING
}

const TLS_1_2 = 0x0303
const TLS_1_3 = 0x0304
const ERECT_DOMAIN_BYTES = 12
const ATTACH_USER_BYTES = 8
const ATTACH_CONFIRM_BYTES = 11
const JOIN_CONFIRM_BYTES = 15
const SYNCHRONIZE_BYTES = [36, 37]
const FINALISATION_STEP = 4
const CIPHER_BLOCK_BYTES = 16
const DISCONNECT_ULTIMATUM_BYTES = 9
/** Finalization alone has four records a side. */
const FEWEST_RECORDS = 8
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
const NOTHING: SealedSession = { mcs: null, licence: null, active: null, farewell: null, sized: false, exact: false }

function count(records: readonly Sealed[], direction: Direction): number {
  let found = 0
  for (const record of records) if (record.direction === direction) found++
  return found
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

function findAttachConfirm(records: readonly Sealed[], overhead: number): Sealed | null {
  for (let at = 0; at < records.length; at++) {
    const erect = records[at] as Sealed
    if (erect.direction !== CLIENT || erect.fact.length - overhead !== ERECT_DOMAIN_BYTES) continue
    const attach = records[next(records, at, CLIENT)]
    if (attach?.fact.length !== ATTACH_USER_BYTES + overhead) continue
    const confirm = records[next(records, at, SERVER)]
    if (confirm?.fact.length === ATTACH_CONFIRM_BYTES + overhead) return confirm
  }
  return null
}

/** Behind the channel joins the server first speaks to answer Client Info: with licensing, or with a refusal. */
function findLicence(records: readonly Sealed[], overhead: number, mcs: Sealed): Sealed | null {
  for (let at = records.indexOf(mcs) + 1; at < records.length; at++) {
    const record = records[at] as Sealed
    if (record.direction !== SERVER) continue
    const plain = record.fact.length - overhead
    if (plain !== JOIN_CONFIRM_BYTES && plain !== DISCONNECT_ULTIMATUM_BYTES) return record
  }
  return null
}

function findFontMap(records: readonly Sealed[], overhead: number): Sealed | null {
  const steps = overhead >= 0 ? [FINALISATION_STEP] : [0, CIPHER_BLOCK_BYTES]
  for (let at = 0; at < records.length; at++) {
    const start = records[at] as Sealed
    if (start.direction !== CLIENT) continue
    if (
      overhead >= 0 ? !SYNCHRONIZE_BYTES.includes(start.fact.length - overhead) : !followsConfirmActive(records, at)
    ) {
      continue
    }
    for (const step of steps) {
      if (runEnd(records, at, step) === -1) continue
      // The server answers Confirm Active, so that its first answer may cross the client's next words.
      for (
        let answer = next(records, previous(records, at, CLIENT), SERVER);
        answer !== -1;
        answer = next(records, answer, SERVER)
      ) {
        const length = (records[answer] as Sealed).fact.length
        if (overhead >= 0 && !SYNCHRONIZE_BYTES.includes(length - overhead)) continue
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

function findFarewell(records: readonly Sealed[], overhead: number): Sealed | null {
  for (let at = records.length - 1; at >= 0; at--) {
    const record = records[at] as Sealed
    if (record.direction === SERVER) return record.fact.length - overhead === DISCONNECT_ULTIMATUM_BYTES ? record : null
  }
  return null
}
