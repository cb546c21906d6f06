/** Times as the lists show them. */
import type { CaptureStart } from '../analysis.ts'
import { spokenTime } from '../report/time.ts'
import type { TimeMode } from './view.ts'

const NS_PER_SECOND = 1e9
/** `2026-11-20 10:00:01.123456 UTC`: the time of the day in it. */
const DAY_START = 11
const DAY_END = 26

/** Above a column of times. */
export const TIME_HEADINGS: Readonly<Record<TimeMode, string>> = {
  'since-start': 'Time',
  'since-previous': 'Delta',
  'of-day': 'Time of day',
}

/** @param previousNs the time that `since-previous` counts from. */
export function timeText(timeNs: number, mode: TimeMode, start: CaptureStart, previousNs: number): string {
  if (mode === 'of-day') return spokenTime(start, timeNs).slice(DAY_START, DAY_END)
  return ((mode === 'since-start' ? timeNs : timeNs - previousNs) / NS_PER_SECOND).toFixed(6)
}
