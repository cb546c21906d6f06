/** What is done with each analysis, wherever it comes from: it is judged by the policy, told, reported, and counted for the exit status. */
import type { CaptureAnalysis } from '../analysis.ts'
import { assess } from '../policy/assess.ts'
import type { AssessedCapture } from '../policy/assessment.ts'
import type { Policy } from '../policy/policy.ts'
import type { Exhibits } from '../report/exhibits.ts'
import type { Streams } from './output.ts'
import type { Reports } from './reports.ts'
import { EXIT_CLEAN, EXIT_FINDINGS, EXIT_UNREADABLE } from './status.ts'

/**
 * @param exhibits of the analysis that came last, where they are gathered.
 * @returns the exit status; the reports are ended.
 */
export async function conclude(
  analyses: AsyncIterable<CaptureAnalysis>,
  reports: Reports,
  policy: Policy,
  streams: Streams,
  exhibits?: () => Exhibits,
): Promise<number> {
  let status = EXIT_CLEAN
  let index = 0
  for await (const analysis of analyses) {
    complainOf(analysis, streams)
    const assessed = assess(analysis, policy)
    complainOfFailed(assessed, streams)
    await reports.capture(assessed, index++, exhibits?.())
    status = Math.max(status, statusOf(assessed))
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

/** What the capture was to show and does not: whatever the format, it is why the status is 1. */
function complainOfFailed({ path, policy }: AssessedCapture, streams: Streams): void {
  for (const { met, says } of policy?.expectations ?? []) if (!met) streams.complain(`${path}: ${says}`)
}

/** Unreadable input weighs more than findings. */
function statusOf({ error, policy }: AssessedCapture): number {
  if (error !== null) return EXIT_UNREADABLE
  return policy?.fails ? EXIT_FINDINGS : EXIT_CLEAN
}
