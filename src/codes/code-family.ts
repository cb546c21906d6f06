/**
 * What kind of end a code of the client tells: at which step of a connection it can arise. Told by the rules that decide the
 * code, so that there is one table of both.
 */
import { clientDisconnectReasons } from './client-disconnect-reasons.ts'
import { decidedBy } from './decided-by.ts'
import { freerdpErrors } from './freerdp.ts'
import { gatewayClientReasons } from './gateway-client.ts'
import type { CodeTable } from './table.ts'

export type CodeFamily =
  | 'lookup'
  | 'connect'
  | 'cut'
  | 'negotiation'
  | 'nla-required'
  | 'tls'
  | 'certificate'
  | 'logon'
  | 'licence'
  | 'gateway'
  | 'orderly'
  | 'unknown'

/** By the first of the rules that decide a code. */
const FAMILIES: ReadonlyMap<string, CodeFamily> = new Map([
  ['dns-lookup-failed', 'lookup'],
  ['tcp-connect-unanswered', 'connect'],
  ['x224-no-confirm', 'cut'],
  ['security-negotiation-failed', 'negotiation'],
  ['nla-required', 'nla-required'],
  ['tls-handshake-refused', 'tls'],
  ['tls-certificate-expired', 'certificate'],
  ['nla-logon-failed', 'logon'],
  ['clock-skew', 'logon'],
  ['license-refused', 'licence'],
  ['gateway-http-error', 'gateway'],
])
/** "Not an error": an application, the user or an administrator ended the session. */
const LAST_ORDERLY_REASON = 3

/** Tables of what a client shows, each with numbers of its own. */
export const clientTables: readonly CodeTable[] = [clientDisconnectReasons, gatewayClientReasons, freerdpErrors]

/** The table that knows this number of a client; null when none does. */
export function clientTableOf(value: number): CodeTable | null {
  return clientTables.find(table => table.byValue.has(value)) ?? null
}

export function familyOfCode(value: number): CodeFamily {
  const table = clientTableOf(value)
  if (table === null) return 'unknown'
  if (table === clientDisconnectReasons && value > 0 && value <= LAST_ORDERLY_REASON) return 'orderly'
  return FAMILIES.get(decidedBy(table.id, value)[0] ?? '') ?? 'unknown'
}

/**
 * The number that was typed: decimal, also negative, hexadecimal, or a symbol of one of these tables.
 * @returns null when it is neither
 */
export function typedCode(text: string, tables: readonly CodeTable[]): number | null {
  const asked = text.trim()
  if (/^(0x[0-9a-f]{1,8}|-?[0-9]{1,10})$/i.test(asked)) {
    const value = Number(asked)
    return value > 0xffff_ffff || value < -0x8000_0000 ? null : value >>> 0
  }
  const wanted = asked.toLowerCase()
  for (const { codes } of tables) {
    const named = codes.find(({ symbol }) => symbol !== '' && symbol.toLowerCase() === wanted)
    if (named !== undefined) return named.value
  }
  return null
}
