/** Absolute times in reports: ISO 8601 in UTC with nanoseconds, computed without a double that could not hold them. */
import type { CaptureStart } from '../analysis.ts'

const NS_PER_SECOND = 1_000_000_000
/** Years 0 to 9999: what the four-digit form can write. */
const FIRST_SECOND = -62_167_219_200
const LAST_SECOND = 253_402_300_799

/** `2026-11-20T10:00:01.123456789Z`; null where a damaged capture claims a time that no calendar has. */
export function isoTime(start: CaptureStart, sinceNs: number): string | null {
  const whole = Math.floor(sinceNs / NS_PER_SECOND)
  let seconds = start.seconds + whole
  let nanoseconds = start.nanoseconds + Math.round(sinceNs - whole * NS_PER_SECOND)
  const carry = Math.floor(nanoseconds / NS_PER_SECOND)
  seconds += carry
  nanoseconds -= carry * NS_PER_SECOND
  if (!(seconds >= FIRST_SECOND && seconds <= LAST_SECOND)) return null
  const date = new Date(seconds * 1000).toISOString().slice(0, 19)
  return `${date}.${String(nanoseconds).padStart(9, '0')}Z`
}

/** `2026-11-20 10:00:01.123456 UTC`, for people. */
export function spokenTime(start: CaptureStart, sinceNs: number): string {
  const iso = isoTime(start, sinceNs)
  return iso === null ? 'no valid time' : `${iso.slice(0, 10)} ${iso.slice(11, 26)} UTC`
}
