/** JSON lines: each line is a whole `rdpscope/report@1` of one capture, so that lines can be read, split and joined alone. */
import type { AssessedCapture } from '../policy/assessment.ts'
import { cleanJson } from './clean.ts'
import type { ReportSettings, ReportWriter, Shard } from './format.ts'
import { attemptObject, captureMembers, entryObject, reportMembers } from './json.ts'
import type { ReportedCode } from './reported-code.ts'

export function jsonLinesWriter({ code, shard }: Pick<ReportSettings, 'code' | 'shard'>): ReportWriter {
  return { head: () => '', capture: analysis => line(analysis, code, shard), tail: () => '' }
}

function* line(analysis: AssessedCapture, code: ReportedCode | null, shard: Shard | null): Generator<string> {
  const { start, attempts, diagnosis } = analysis
  const head = compact(reportMembers(shard))
  yield `${head.slice(0, -1)},"captures":[${compact(captureMembers(analysis, code)).slice(0, -1)},"attempts":[`
  for (const [at, attempt] of attempts.entries()) {
    yield `${at === 0 ? '' : ','}${compact(attemptObject(attempt, start))}`
  }
  yield `],"diagnosis":${compact(diagnosis.map(entryObject))}}]}\n`
}

function compact(value: object): string {
  return cleanJson(JSON.stringify(value))
}
