/** JSON lines: each line is a whole `rdpscope/report@1` of one capture, so that lines can be read, split and joined alone. */
import type { AssessedCapture } from '../policy/assessment.ts'
import { REPORT_SCHEMA } from '../policy/baseline.ts'
import { VERSION } from '../version.ts'
import { cleanJson } from './clean.ts'
import type { ReportSettings, ReportWriter } from './format.ts'
import { attemptObject, captureMembers, entryObject } from './json.ts'
import type { ReportedCode } from './reported-code.ts'

export function jsonLinesWriter({ code }: Pick<ReportSettings, 'code'>): ReportWriter {
  return { head: () => '', capture: analysis => line(analysis, code), tail: () => '' }
}

function* line(analysis: AssessedCapture, code: ReportedCode | null): Generator<string> {
  const { start, attempts, diagnosis } = analysis
  const head = compact({ schema: REPORT_SCHEMA, tool: { name: 'rdpscope', version: VERSION } })
  yield `${head.slice(0, -1)},"captures":[${compact(captureMembers(analysis, code)).slice(0, -1)},"attempts":[`
  for (const [at, attempt] of attempts.entries()) {
    yield `${at === 0 ? '' : ','}${compact(attemptObject(attempt, start))}`
  }
  yield `],"diagnosis":${compact(diagnosis.map(entryObject))}}]}\n`
}

function compact(value: object): string {
  return cleanJson(JSON.stringify(value))
}
