/** Dates and times as filters write them. */

export const FORMATS_OF_TIME = '"2026-11-21 00:18:20.824", with Z or UTC at its end, or "Nov 21, 2026 00:18:20"'

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/i
const WORDED = /^([a-z]{3})\s+(\d{1,2}),\s+(\d{4})(?:\s+(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(UTC)?$/i
const NS_PER_MS = 1_000_000n

/** Nanoseconds since 1970; null when it is no time. Without a zone it is local time. */
export function timeFrom(text: string): bigint | null {
  const trimmed = text.trim()
  const iso = ISO.exec(trimmed)
  if (iso !== null) {
    const [, year, month, day, ...rest] = iso
    return instant(Number(year), Number(month) - 1, Number(day), rest)
  }
  const worded = WORDED.exec(trimmed)
  if (worded === null) return null
  const [, month, day, year, ...rest] = worded
  return instant(Number(year), MONTHS.indexOf((month as string).toLowerCase()), Number(day), rest)
}

function instant(
  year: number,
  month: number,
  day: number,
  [hour = '0', minute = '0', second = '0', fraction = '', zone]: readonly (string | undefined)[],
): bigint | null {
  const clock = [Number(hour), Number(minute), Number(second)] as const
  if (month < 0 || month > 11 || day < 1 || day > 31 || clock[0] > 23 || clock[1] > 59 || clock[2] > 60) return null
  const ms = zone === undefined ? new Date(year, month, day, ...clock).getTime() : Date.UTC(year, month, day, ...clock)
  return BigInt(ms - offsetMs(zone)) * NS_PER_MS + BigInt(fraction.padEnd(9, '0'))
}

function offsetMs(zone: string | undefined): number {
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? '')
  if (match === null) return 0
  const minutes = Number(match[2]) * 60 + Number(match[3])
  return (match[1] === '-' ? -minutes : minutes) * 60_000
}
