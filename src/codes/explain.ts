/**
 * Looks a code up in all tables. The same number means different things in different layers (7 is a refusal in one and
 * success in another), so every table that knows it answers, the likeliest first.
 */
import { type Allegation, allegations } from './allegations.ts'
import { earlyAuthorizationResults, entraResults, rdstlsResults, statusInfo } from './authorization.ts'
import { clientDisconnectReasons } from './client-disconnect-reasons.ts'
import { decidedBy } from './decided-by.ts'
import { dnsRcodes } from './dns.ts'
import { errorInfo } from './errinfo.ts'
import { extendedDisconnectReasons } from './extended-disconnect-reasons.ts'
import { FREERDP_ERRINFO_CLASS, freerdpErrors } from './freerdp.ts'
import { gatewayClientReasons } from './gateway-client.ts'
import { httpStatuses } from './http-status.ts'
import { kerberosErrors } from './kerberos.ts'
import { licenseErrors, licenseMessages, licenseTransitions } from './license.ts'
import { mcsDisconnectReasons, mcsDomainPdus, mcsResults } from './mcs.ts'
import { negotiationFailures, securityProtocols } from './negotiation.ts'
import { ntStatuses } from './ntstatus.ts'
import { sharePduTypes } from './pdu-types.ts'
import { gatewayResults } from './rdg-hresults.ts'
import {
  earlyCapabilityFlags,
  negotiationRequestFlags,
  negotiationResponseFlags,
  redirectionFlags,
  securityHeaderFlags,
} from './rdp-flags.ts'
import { sspiResults } from './sspi.ts'
import type { Code, CodeTable } from './table.ts'
import { tlsAlerts } from './tls-alerts.ts'
import { webSocketCloseCodes } from './websocket.ts'
import { windowsEvents } from './windows-events.ts'

/** Tables that answer to a number: what a dialog shows first, then from the outer layers to the inner, then logs. */
const numberTables: readonly CodeTable[] = [
  clientDisconnectReasons,
  extendedDisconnectReasons,
  gatewayClientReasons,
  errorInfo,
  negotiationFailures,
  securityProtocols,
  tlsAlerts,
  httpStatuses,
  webSocketCloseCodes,
  gatewayResults,
  ntStatuses,
  sspiResults,
  kerberosErrors,
  earlyAuthorizationResults,
  rdstlsResults,
  entraResults,
  licenseErrors,
  mcsDisconnectReasons,
  mcsResults,
  statusInfo,
  dnsRcodes,
  freerdpErrors,
  windowsEvents,
]

/** Tables that answer to names alone: their numbers are bits and types of one field each, and mean nothing outside it. */
const nameTables: readonly CodeTable[] = [
  redirectionFlags,
  negotiationRequestFlags,
  negotiationResponseFlags,
  earlyCapabilityFlags,
  securityHeaderFlags,
  sharePduTypes,
  licenseTransitions,
  licenseMessages,
  mcsDomainPdus,
]

export const codeTables: readonly CodeTable[] = [...numberTables, ...nameTables]

const DIALOG_TABLES: ReadonlySet<CodeTable> = new Set([clientDisconnectReasons, extendedDisconnectReasons, errorInfo])

/** Words before a number that say which table is meant: `alert 40`, `event 1057`. */
const TABLE_WORDS: ReadonlyMap<string, CodeTable> = new Map([
  ['code', clientDisconnectReasons],
  ['error', clientDisconnectReasons],
  ['reason', clientDisconnectReasons],
  ['extended', extendedDisconnectReasons],
  ['gateway', gatewayClientReasons],
  ['errinfo', errorInfo],
  ['failure', negotiationFailures],
  ['alert', tlsAlerts],
  ['http', httpStatuses],
  ['status', httpStatuses],
  ['websocket', webSocketCloseCodes],
  ['close', webSocketCloseCodes],
  ['ntstatus', ntStatuses],
  ['kerberos', kerberosErrors],
  ['krb', kerberosErrors],
  ['licence', licenseErrors],
  ['license', licenseErrors],
  ['mcs', mcsDisconnectReasons],
  ['rcode', dnsRcodes],
  ['event', windowsEvents],
])

/** One table's answer. */
export interface Entry {
  readonly table: CodeTable
  readonly code: Code
  /** Rules that decide it from a capture. */
  readonly rules: readonly string[]
}

export interface Explanation {
  readonly asked: string
  /** What was asked as an unsigned number; null when it was a name or text. */
  readonly value: number | null
  /** It was typed without 0x, and only its hexadecimal reading is known. */
  readonly readAsHex: boolean
  /** The one that was asked; null = all. */
  readonly table: CodeTable | null
  /** The likeliest reading first. */
  readonly entries: readonly Entry[]
  /** What is blamed in such words. */
  readonly allegations: readonly Allegation[]
}

/** A search for text finds at most so many. */
const MAX_TEXT_MATCHES = 40
const LEAST_TEXT_CHARACTERS = 3

/**
 * The arguments of a command as the questions that they hold: a word that names a table belongs to the number behind it,
 * and words that are no symbols belong together.
 */
export function questions(words: readonly string[]): string[] {
  const asked: string[] = []
  let text: string[] = []
  const textEnds = () => {
    if (text.length > 0) asked.push(text.join(' '))
    text = []
  }
  for (const [at, word] of words.entries()) {
    const previous = words[at - 1] ?? ''
    if (numberOf(word) !== null && TABLE_WORDS.has(previous.toLowerCase())) {
      text.pop()
      textEnds()
      asked.push(`${previous} ${word}`)
    } else if (numberOf(word) !== null || entriesOfNumber(word).length > 0 || isSymbol(word)) {
      textEnds()
      asked.push(word)
    } else text.push(word)
  }
  textEnds()
  return asked
}

/** @param asked a number (decimal, also negative, or hexadecimal), a table's word and a number, a symbol, or words. */
export function explain(asked: string): Explanation {
  const text = asked.trim()
  const [, word = '', number = ''] = /^([a-z]+) +(\S+)$/i.exec(text) ?? []
  const table = TABLE_WORDS.get(word.toLowerCase())
  const wanted = numberOf(number)
  if (table !== undefined && wanted !== null) return explainFrom(asked, table, wanted)
  const value = numberOf(text)
  const none: readonly Allegation[] = []
  if (value !== null) {
    const entries = entriesOf(value, text)
    if (entries.length > 0 || !/^[0-9]+$/.test(text))
      return { asked, value, readAsHex: false, table: null, entries, allegations: none }
  }
  const entries = entriesOfNumber(text)
  if (entries.length > 0)
    return { asked, value: Number.parseInt(text, 16), readAsHex: true, table: null, entries, allegations: none }
  if (value !== null) return { asked, value, readAsHex: false, table: null, entries: [], allegations: none }
  return {
    asked,
    value,
    readAsHex: false,
    table: null,
    entries: entriesNamed(text),
    allegations: allegationsSaying(text),
  }
}

/** The table that the values of a field are named by; null when it is none of these. */
export function tableOfNames(names: ReadonlyMap<number, string>): CodeTable | null {
  return codeTables.find(({ symbols }) => symbols === names) ?? null
}

/** What one table says of a number. @param asked how it was asked, for people. */
export function explainFrom(asked: string, table: CodeTable, value: number): Explanation {
  const code = table.byValue.get(value) ?? otherForm(table, value)
  const entries = code === undefined ? [] : [entry(table, code)]
  return { asked, value, readAsHex: false, table, entries, allegations: [] }
}

/** As an unsigned number of 32 bits; null when it is none. */
function numberOf(text: string): number | null {
  if (!/^(0x[0-9a-f]{1,8}|-?[0-9]{1,10})$/i.test(text)) return null
  const value = Number(text)
  return value > 0xffff_ffff || value < -0x8000_0000 ? null : value >>> 0
}

/** Hexadecimal without its 0x, as `C000006D` is copied from logs. */
function entriesOfNumber(text: string): Entry[] {
  return /^[0-9a-f]{3,8}$/i.test(text) ? entriesOf(Number.parseInt(text, 16), `0x${text}`) : []
}

function entriesOf(value: number, typed: string): Entry[] {
  const found = numberTables.flatMap(table => {
    const code = table.byValue.get(value) ?? otherForm(table, value)
    return code === undefined ? [] : [entry(table, code)]
  })
  const decimal = !/^0x/i.test(typed)
  return found.sort((a, b) => unlikeliness(a.table, decimal) - unlikeliness(b.table, decimal))
}

/**
 * Whoever types a decimal number that is an HTTP status means that; next comes what a dialog shows and the PDU behind it;
 * then tables that print their numbers in the form that was typed.
 */
function unlikeliness(table: CodeTable, decimal: boolean): number {
  if (table === windowsEvents) return 4
  if (table === httpStatuses) return decimal ? 0 : 3
  if (DIALOG_TABLES.has(table)) return 1
  return (table.hexDigits === 0) === decimal ? 2 : 3
}

/** The same result in another wrapping: HRESULT of a Windows error, HRESULT of an NTSTATUS, FreeRDP's class of ERRINFO. */
function otherForm(table: CodeTable, value: number): Code | undefined {
  const low = value & 0xffff
  if (table === gatewayResults) {
    if (value === low) return table.byValue.get((0x8007_0000 | low) >>> 0)
    return value >>> 16 === 0x8007 ? table.byValue.get(low) : undefined
  }
  if (table === rdstlsResults) return value >>> 16 === 0x8007 ? table.byValue.get(low) : undefined
  if (table === errorInfo) return value >>> 16 === FREERDP_ERRINFO_CLASS ? table.byValue.get(low) : undefined
  const wrapped = table === ntStatuses && value >>> 28 === 0xd
  return wrapped ? table.byValue.get((value & ~0x1000_0000) >>> 0) : undefined
}

function isSymbol(word: string): boolean {
  const wanted = word.toLowerCase()
  return codeTables.some(table => table.codes.some(({ symbol }) => symbol.toLowerCase() === wanted))
}

/** The exact symbol; else symbols that contain it; else meanings that contain all its words. */
function entriesNamed(text: string): Entry[] {
  const wanted = text.toLowerCase()
  if (wanted === '') return []
  const exact = search(code => code.symbol.toLowerCase() === wanted)
  if (exact.length > 0 || wanted.length < LEAST_TEXT_CHARACTERS) return exact
  const part = search(code => code.symbol.toLowerCase().includes(wanted))
  const meant = search(code => holdsWords(`${code.meaning} ${code.note}`, wanted))
  return [...part, ...meant.filter(entry => !part.some(other => other.code === entry.code))].slice(0, MAX_TEXT_MATCHES)
}

function allegationsSaying(text: string): readonly Allegation[] {
  if (text.length < LEAST_TEXT_CHARACTERS) return []
  return allegations.filter(({ claim, truth, settle }) => holdsWords(`${claim} ${truth} ${settle}`, text.toLowerCase()))
}

/** All of them, in any order, each from the start of a word. */
function holdsWords(text: string, wanted: string): boolean {
  const words = ` ${text.toLowerCase().replaceAll(/[^a-z0-9]+/g, ' ')} `
  return wanted.split(/[^a-z0-9]+/).every(word => words.includes(` ${word}`))
}

function search(fits: (code: Code) => boolean): Entry[] {
  return codeTables.flatMap(table => table.codes.filter(fits).map(code => entry(table, code)))
}

function entry(table: CodeTable, code: Code): Entry {
  return { table, code, rules: decidedBy(table.id, code.value) }
}
