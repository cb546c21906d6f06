/** What the terminal UI saves: packets of the open capture, or its report. */
import { writeFileSync } from 'node:fs'
import type { CaptureAnalysis } from '../analysis.ts'
import { savePackets as save } from '../evidence/saving.ts'
import { jsonReport } from '../report/json.ts'
import { textReport } from '../report/text.ts'
import type { Document } from './document.ts'

export const SAVED = ['attempt', 'evidence', 'shown', 'marked', 'all', 'report-text', 'report-json'] as const
/** What is saved. */
export type Saved = (typeof SAVED)[number]

const REPORT_COLUMNS = 100

/**
 * A file is whole or is not there: what was written goes when something fails, and when the capture is closed meanwhile.
 * @param rows of the index, in order.
 * @returns how many packets were written.
 * @throws NodeJS.ErrnoException when the file can not be written; it must not be there before.
 */
export function savePackets(
  document: Document,
  rows: readonly number[],
  path: string,
  withKeys: boolean,
): Promise<number> {
  const options = { withKeys, pause: document.pauses(), untilClosed: (undo: () => void) => document.untilClosed(undo) }
  return save(document.indexed, document.attempts, rows, path, options)
}

/** @throws NodeJS.ErrnoException when the file can not be written; it must not be there before. */
export function saveReport(analysis: CaptureAnalysis, path: string, format: 'text' | 'json'): void {
  const text =
    format === 'json'
      ? jsonReport([analysis])
      : textReport(analysis, { width: REPORT_COLUMNS, unicode: true, verbose: true, paint: (_, piece) => piece })
  writeFileSync(path, text, { flag: 'wx' })
}
