/**
 * Looks a code up in all tables. The same number means different things in different layers (7 is a refusal in one and
 * success in another), so every table that knows it answers, layer by layer.
 */
import { earlyAuthorizationResults, entraResults, rdstlsResults, statusInfo } from './authorization.ts'
import { clientDisconnectReasons } from './client-disconnect-reasons.ts'
import { decidedBy } from './decided-by.ts'
import { dnsRcodes } from './dns.ts'
import { errorInfo } from './errinfo.ts'
import { extendedDisconnectReasons } from './extended-disconnect-reasons.ts'
import { gatewayClientReasons } from './gateway-client.ts'
import { httpStatuses } from './http-status.ts'
import { kerberosErrors } from './kerberos.ts'
import { licenseErrors } from './license.ts'
import { mcsDisconnectReasons, mcsResults } from './mcs.ts'
import { negotiationFailures, securityProtocols } from './negotiation.ts'
import { ntStatuses } from './ntstatus.ts'
import { gatewayResults } from './rdg-hresults.ts'
import { sspiResults } from './sspi.ts'
import type { Code, CodeTable } from './table.ts'
import { tlsAlerts } from './tls-alerts.ts'

/** All tables, in the order in which they answer: what a dialog shows first, then from the outer layers to the inner. */
export const codeTables: readonly CodeTable[] = [
  clientDisconnectReasons,
  extendedDisconnectReasons,
  gatewayClientReasons,
  errorInfo,
  negotiationFailures,
  securityProtocols,
  tlsAlerts,
  httpStatuses,
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
]

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
  readonly entries: readonly Entry[]
}

/** A search for text finds at most so many. */
const MAX_TEXT_MATCHES = 40
const LEAST_TEXT_CHARACTERS = 3

/** @param asked a number (decimal, also negative, or hexadecimal), a symbol or part of one, or words of a meaning. */
export function explain(asked: string): Explanation {
  const text = asked.trim()
  const value = numberOf(text)
  if (value !== null) {
    const entries = entriesOf(value)
    if (entries.length > 0 || !/^[0-9]+$/.test(text)) return { asked, value, readAsHex: false, entries }
  }
  const hex = /^[0-9a-f]{3,8}$/i.test(text) ? Number.parseInt(text, 16) : null
  if (hex !== null) {
    const entries = entriesOf(hex)
    if (entries.length > 0) return { asked, value: hex, readAsHex: true, entries }
  }
  return { asked, value, readAsHex: false, entries: value === null ? entriesNamed(text) : [] }
}

/** As an unsigned number of 32 bits; null when it is none. */
function numberOf(text: string): number | null {
  if (!/^(0x[0-9a-f]{1,8}|-?[0-9]{1,10})$/i.test(text)) return null
  const value = Number(text)
  return value > 0xffff_ffff || value < -0x8000_0000 ? null : value >>> 0
}

function entriesOf(value: number): Entry[] {
  return codeTables.flatMap(table => {
    const code = table.byValue.get(value) ?? otherForm(table, value)
    return code === undefined ? [] : [entry(table, code)]
  })
}

/** The same result in another wrapping: HRESULT of a Windows error, HRESULT of an NTSTATUS. */
function otherForm(table: CodeTable, value: number): Code | undefined {
  if (table === gatewayResults) {
    const low = value & 0xffff
    if (value === low) return table.byValue.get((0x8007_0000 | low) >>> 0)
    return value >>> 16 === 0x8007 ? table.byValue.get(low) : undefined
  }
  const wrapped = table === ntStatuses && value >>> 28 === 0xd
  return wrapped ? table.byValue.get((value & ~0x1000_0000) >>> 0) : undefined
}

/** The exact symbol; else symbols that contain it; else meanings that contain it. */
function entriesNamed(text: string): Entry[] {
  const wanted = text.toLowerCase()
  if (wanted === '') return []
  const exact = search(code => code.symbol.toLowerCase() === wanted)
  if (exact.length > 0 || wanted.length < LEAST_TEXT_CHARACTERS) return exact
  const part = search(code => code.symbol.toLowerCase().includes(wanted))
  const meant = search(code => `${code.meaning} ${code.note}`.toLowerCase().includes(wanted))
  return [...part, ...meant.filter(entry => !part.some(other => other.code === entry.code))].slice(0, MAX_TEXT_MATCHES)
}

function search(fits: (code: Code) => boolean): Entry[] {
  return codeTables.flatMap(table => table.codes.filter(fits).map(code => entry(table, code)))
}

function entry(table: CodeTable, code: Code): Entry {
  return { table, code, rules: decidedBy(table.id, code.value) }
}
