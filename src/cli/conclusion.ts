/** What is done with each analysis, wherever it comes from: it is told, reported, and counted for the exit status. */
import type { CaptureAnalysis } from '../analysis.ts'
import { type FailOn, isFailure } from '../report/threshold.ts'
import type { Streams } from './output.ts'
import type { Reports } from './reports.ts'
import { EXIT_CLEAN, EXIT_FINDINGS, EXIT_UNREADABLE } from './status.ts'

/** @returns the exit status; the reports are ended. */
export async function conclude(
  analyses: AsyncIterable<CaptureAnalysis>,
  reports: Reports,
  failOn: FailOn,
  streams: Streams,
): Promise<number> {
  let status = EXIT_CLEAN
  let index = 0
  for await (const analysis of analyses) {
    complainOf(analysis, streams)
    await reports.capture(analysis, index++)
    status = Math.max(status, statusOf(analysis, failOn))
    if (reports.closed) break
  }
  await reports.end()
  return status
}

/** What can not be read is told on standard error and in the report; the other captures are still read. */
function complainOf({ path, format, error }: CaptureAnalysis, streams: Streams): void {
  if (error === null) return
  // What could not be opened is named in its message.
  const where = format === '' ? '' : `${path}: `
  streams.complain(`${where}${error.message}; ${error.remedy}`)
}

/** Unreadable input weighs more than findings. */
function statusOf({ error, diagnosis }: CaptureAnalysis, failOn: FailOn): number {
  if (error !== null) return EXIT_UNREADABLE
  return diagnosis.some(entry => isFailure(entry, failOn)) ? EXIT_FINDINGS : EXIT_CLEAN
}
