/**
 * JUnit XML, as Jenkins, GitLab and Azure DevOps read it: a capture is a suite, an attempt a test, and so is what a capture
 * must show. Findings that count fail it, a capture that can not be read is an error; an attempt whose findings are all
 * excused is skipped. It is valid against both schemas in use: that of Jenkins
 * (and Maven Surefire), and the stricter one of Ant, which wants every attribute and one failure a test.
 */
import type { AttemptAnalysis, DiagnosisEntry, VerdictAnalysis } from '../analysis.ts'
import type { AssessedAttempt, AssessedCapture } from '../policy/assessment.ts'
import { isClaim } from '../policy/threshold.ts'
import type { ReportWriter } from './format.ts'
import { relativeTime } from './layout.ts'
import { excuseText } from './policy-words.ts'
import { isoTime } from './time.ts'
import { attemptText, chainTexts, closingText, endpoint, sentence } from './words.ts'
import { xmlText } from './xml-text.ts'

export function junitWriter(): ReportWriter {
  return {
    head: () => '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n',
    capture: suite,
    tail: () => '</testsuites>\n',
  }
}

/** A test before it is written. */
interface Case {
  readonly name: string
  readonly seconds: number
  readonly failure: Failure | null
  /** Of 'failure', or of 'error' where nothing could be read. */
  readonly element: 'failure' | 'error'
  /** Why it does not fail, heavy as its findings may be. */
  readonly skipped?: string
}

interface Failure {
  readonly type: string
  readonly message: string
  readonly lines: readonly string[]
}

function* suite(analysis: AssessedCapture, index: number): Generator<string> {
  const { path, start, endNs, quality, format, packets, bytes } = analysis
  const cases = casesOf(analysis)
  const failed = (element: Case['element']) =>
    cases.filter(one => one.failure !== null && one.element === element).length
  const counts = `tests="${cases.length}" failures="${failed('failure')}" errors="${failed('error')}"`
  const skipped = cases.filter(one => one.skipped !== undefined).length
  // The clock of the capture; where it has none, the beginning of time: the attribute must be there.
  const time = ((start && isoTime(start, 0)) ?? '1970-01-01T00:00:00').slice(0, 19)
  const timing = `time="${seconds(endNs)}" timestamp="${time}" hostname="localhost"`
  yield `<testsuite id="${index}" package="rdpscope" name="${xmlText(path)}" ${counts} skipped="${skipped}" ${timing}>\n`
  yield `<properties>${Object.entries({ format, packets, bytes }).map(property).join('')}</properties>\n`
  for (const one of cases) yield testCase(one, path)
  const notes = quality.map(note => xmlText(sentence(note.says))).join('\n')
  yield `<system-out>${notes}</system-out>\n<system-err/>\n</testsuite>\n`
}

function property([name, value]: readonly [string, string | number]): string {
  return `<property name="${name}" value="${xmlText(String(value))}"/>`
}

function casesOf(analysis: AssessedCapture): Case[] {
  const { attempts, diagnosis, error, endNs, policy } = analysis
  const cases = attempts.map(attemptCase)
  const told = new Set(attempts.flatMap(({ verdicts }) => verdicts.filter(one => one.fails).map(({ rule }) => rule)))
  const untold = diagnosis.filter(entry => entry.fails && !told.has(entry.rule))
  if (untold.length > 0) cases.push(unlistedCase(untold))
  for (const { rule, met, says } of policy?.expectations ?? []) {
    const failure = met ? null : { type: rule, message: says, lines: [sentence(says)] }
    cases.push({ name: `as expected: ${rule}`, seconds: 0, failure, element: 'failure' })
  }
  if (error !== null) {
    const failure = { type: error.code, message: error.message, lines: [`${error.message}; ${error.remedy}`] }
    cases.push({ name: 'the capture can be read', seconds: 0, failure, element: 'error' })
  } else if (attempts.length === 0) {
    cases.push({ name: 'no connection in this capture', seconds: endNs, failure: null, element: 'failure' })
  }
  return cases
}

function attemptCase(attempt: AssessedAttempt): Case {
  const { id, client, server, startNs, endNs, verdicts } = attempt
  const counted = verdicts.filter(({ fails }) => fails)
  const excused = verdicts.flatMap(one =>
    isClaim(one) && one.excuse !== undefined ? [`${one.rule} is ${excuseText(one.excuse)}`] : [],
  )
  const [first] = counted
  const name = `attempt ${id}: ${endpoint(client.address, client.port)} to ${endpoint(server.address, server.port)}`
  const failure = first && {
    type: first.rule,
    message: `${first.verdict}: ${first.says}`,
    lines: [...course(attempt), ...counted.flatMap(proof), ...also(verdicts, counted)],
  }
  const skipped = first === undefined && excused.length > 0 ? { skipped: excused.join('; ') } : {}
  return { name, seconds: endNs - startNs, failure: failure ?? null, element: 'failure', ...skipped }
}

/** Of more attempts than are listed. */
function unlistedCase(entries: readonly DiagnosisEntry[]): Case {
  const [first] = entries
  const lines = entries.map(
    ({ rule, verdict, says, count }) => `${verdict} ${rule} (${count} attempts): ${sentence(says)}`,
  )
  const failure = { type: first?.rule ?? '', message: first?.says ?? '', lines }
  return { name: 'attempts that are not listed', seconds: 0, failure, element: 'failure' }
}

function course(attempt: AttemptAnalysis): string[] {
  return [
    chainTexts(attempt.chain, { unicode: true }).join(' '),
    attemptText(attempt),
    `closed by ${closingText(attempt)}`,
    '',
  ]
}

function proof({ rule, verdict, severity, says, evidence, filter, remedy, toSettle }: VerdictAnalysis): string[] {
  return [
    `${verdict} ${severity} ${rule}: ${sentence(says)}`,
    ...evidence.map(({ packet, timeNs, says: shown }) => `  packet ${packet}, ${relativeTime(timeNs)}: ${shown}`),
    ...(filter === '' ? [] : [`  Wireshark: ${filter}`]),
    ...(toSettle === '' ? [] : [`  To settle: ${toSettle}`]),
    ...remedy.map(line => `  Remedy: ${line}`),
    '',
  ]
}

/** What was found besides and does not count, in one line each. */
function also(verdicts: readonly VerdictAnalysis[], counted: readonly VerdictAnalysis[]): string[] {
  return verdicts
    .filter(verdict => isClaim(verdict) && !counted.includes(verdict))
    .map(({ rule, verdict, severity, says }) => `also ${verdict} ${severity} ${rule}: ${sentence(says)}`)
}

function testCase({ name, seconds: ns, failure, element, skipped }: Case, path: string): string {
  const head = `<testcase classname="${xmlText(path)}" name="${xmlText(name)}" time="${seconds(ns)}"`
  if (skipped !== undefined) return `${head}>\n<skipped>${xmlText(skipped)}</skipped>\n</testcase>\n`
  if (failure === null) return `${head}/>\n`
  const { type, message, lines } = failure
  const text = lines.map(xmlText).join('\n').trimEnd()
  return `${head}>\n<${element} type="${xmlText(type)}" message="${xmlText(message)}">${text}</${element}>\n</testcase>\n`
}

function seconds(ns: number): string {
  return Math.max(ns / 1e9, 0).toFixed(3)
}
