/**
 * SARIF 2.1.0 (OASIS), within the limits of GitHub code scanning: one run; a result for what a rule claims of attempts
 * between the same ends, the location being the capture. What was ruled out or not visible is no result.
 *
 * Results come first and the rest of the run behind them, because only then is known which rules they name and what was left
 * out.
 */
import type { AttemptAnalysis, ReadError } from '../analysis.ts'
import type { AssessedCapture, AssessedVerdict, Expectation } from '../policy/assessment.ts'
import { fingerprint } from '../policy/fingerprint.ts'
import { isClaim } from '../policy/threshold.ts'
import type { Rule } from '../rules/rule.ts'
import { VERSION } from '../version.ts'
import { captureUri } from './capture-uri.ts'
import { clean, cleanJson } from './clean.ts'
import { type Finding, findingsOf, packetsOf } from './finding.ts'
import type { ReportSettings, ReportWriter } from './format.ts'
import { excuseText } from './policy-words.ts'
import { cut, NOT_AS_EXPECTED, SARIF_LEVELS, sarifRule } from './sarif-rules.ts'
import { attemptTotal, chainTexts, endpoint, sentence } from './words.ts'

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json'

/** GitHub refuses a run with more. */
const MOST_RESULTS = 25_000
/** GitHub refuses files of more than 10 MB as gzip packs them. Random names and all, it makes less than 10 MB of this. */
const MOST_BYTES = 25_000_000
/** Captures that are named because they could not be read; of the others the number is told. */
const MOST_UNREADABLE = 500
const LONGEST_MESSAGE = 2_000
/** Of one result. */
const LISTED = 50

export function sarifWriter(settings: Pick<ReportSettings, 'folder' | 'rules'>): ReportWriter {
  const run = new SarifRun(settings.folder, settings.rules)
  return {
    head: () => `{\n"$schema": ${JSON.stringify(SCHEMA)},\n"version": "2.1.0",\n"runs": [{\n"results": [`,
    capture: analysis => run.capture(analysis),
    tail: () => `\n],\n${run.members()}\n}]\n}\n`,
  }
}

class SarifRun {
  /** Of the rules that results name, in the order of their first results. */
  readonly #used = new Map<string, number>()
  readonly #rules: ReadonlyMap<string, Rule>
  readonly #folder: string
  readonly #notices: object[] = []
  readonly #encoder = new TextEncoder()
  #results = 0
  #bytes = 0
  #left = 0
  #unreadable = 0
  #shortened = 0

  constructor(folder: string, rules: readonly Rule[]) {
    this.#folder = folder
    this.#rules = new Map(rules.map(rule => [rule.id, rule]))
  }

  *capture(analysis: AssessedCapture): Generator<string> {
    const { path, error, attempts, attemptCounts, policy } = analysis
    const uri = captureUri(path, this.#folder)
    if (error !== null) this.#couldNotRead(uri, path, error)
    if (attemptTotal(attemptCounts) > attempts.length) this.#shortened++
    for (const one of policy?.expectations ?? []) if (!one.met) yield* this.#written(this.#notAsExpected(one, uri))
    for (const alike of merged(findingsOf(analysis)).values()) yield* this.#written(this.#result(alike, uri))
  }

  *#written(result: object): Generator<string> {
    const text = json(result)
    const bytes = this.#encoder.encode(text).length
    if (this.#results >= MOST_RESULTS || this.#bytes + bytes > MOST_BYTES) {
      this.#left++
      return
    }
    this.#bytes += bytes
    yield `${this.#results === 0 ? '' : ','}\n${text}`
    this.#results++
  }

  /** Of the run, behind its results. */
  members(): string {
    const rules = [...this.#used.keys()].map(id => sarifRule(this.#rules.get(id) ?? id))
    const driver = { name: 'rdpscope', semanticVersion: VERSION, rules }
    const invocation = {
      executionSuccessful: this.#unreadable === 0,
      toolExecutionNotifications: [...this.#notices, ...this.#omissions()],
    }
    return [
      `"tool": ${json({ driver })}`,
      `"invocations": ${json([invocation])}`,
      `"columnKind": "utf16CodeUnits"`,
    ].join(',\n')
  }

  #result({ finding: { attempt, verdict }, attempts, key }: Alike, uri: string): object {
    return {
      ruleId: verdict.rule,
      ruleIndex: this.#indexOf(verdict.rule),
      level: isClaim(verdict) ? SARIF_LEVELS[verdict.severity] : 'note',
      message: { text: cut(clean(message(attempt, verdict)), LONGEST_MESSAGE) },
      locations: [location(uri)],
      partialFingerprints: fingerprints(key),
      occurrenceCount: attempts.length,
      ...(verdict.baselineState === undefined ? {} : { baselineState: verdict.baselineState }),
      ...suppressions(verdict),
      properties: properties(attempt, verdict, attempts),
    }
  }

  #notAsExpected({ rule, says }: Expectation, uri: string): object {
    return {
      ruleId: NOT_AS_EXPECTED,
      ruleIndex: this.#indexOf(NOT_AS_EXPECTED),
      level: 'error',
      message: { text: cut(clean(sentence(says)), LONGEST_MESSAGE) },
      locations: [location(uri)],
      partialFingerprints: fingerprints(`${NOT_AS_EXPECTED}|${rule}|${uri}`),
      properties: { expected: rule },
    }
  }

  #indexOf(id: string): number {
    const known = this.#used.get(id)
    if (known !== undefined) return known
    this.#used.set(id, this.#used.size)
    return this.#used.size - 1
  }

  #couldNotRead(uri: string, path: string, { code, message: what, remedy }: ReadError): void {
    this.#unreadable++
    if (this.#unreadable > MOST_UNREADABLE) return
    this.#notices.push({
      level: 'error',
      descriptor: { id: code },
      message: { text: cut(clean(`${path}: ${what}; ${remedy}`), LONGEST_MESSAGE) },
      locations: [{ physicalLocation: { artifactLocation: { uri } } }],
    })
  }

  #omissions(): object[] {
    const told: (readonly [string, string])[] = []
    const unnamed = this.#unreadable - MOST_UNREADABLE
    if (unnamed > 0) told.push(['unreadable-not-named', `${unnamed} more captures could not be read`])
    if (this.#left > 0) {
      told.push([
        'results-left-out',
        `${this.#left} results are left out: code scanning takes ${MOST_RESULTS} in a run and 10 MB; scan fewer captures at once`,
      ])
    }
    if (this.#shortened > 0) {
      told.push([
        'attempts-not-listed',
        `${this.#shortened} captures hold more attempts than are listed; results are about those that are`,
      ])
    }
    return told.map(([id, text]) => ({ level: 'warning', descriptor: { id }, message: { text } }))
  }
}

/** What one result stands for. */
interface Alike {
  /** The first of them. */
  readonly finding: Finding
  readonly key: string
  readonly attempts: number[]
}

/** By what they claim and of whom: who tries fifty times is told once. */
function merged(findings: readonly Finding[]): Map<string, Alike> {
  const byKey = new Map<string, Alike>()
  for (const finding of findings) {
    const { attempt, verdict } = finding
    const key = clean(fingerprint(verdict.rule, attempt))
    const whole = JSON.stringify([verdict.verdict, verdict.severity, verdict.excuse, verdict.baselineState, key])
    const alike = byKey.get(whole)
    if (alike === undefined) byKey.set(whole, { finding, key, attempts: [attempt.id] })
    else alike.attempts.push(attempt.id)
  }
  return byKey
}

function location(uri: string): object {
  return { physicalLocation: { artifactLocation: { uri }, region: { startLine: 1, byteOffset: 0, byteLength: 0 } } }
}

function fingerprints(key: string): object {
  return { 'attempt/v1': key, primaryLocationLineHash: `${hash(key)}:1` }
}

/** What the baseline holds says so itself (baselineState). */
function suppressions({ excuse }: AssessedVerdict): object {
  if (excuse === undefined || excuse.kind === 'known') return {}
  return { suppressions: [{ kind: 'external', status: 'accepted', justification: clean(excuseText(excuse)) }] }
}

function message(attempt: AttemptAnalysis, verdict: AssessedVerdict): string {
  const { client, server } = attempt
  const ends = `${client.address} to ${endpoint(server.address, server.port)}`
  const packets = packetsOf(verdict)
  const shown = packets.length === 0 ? '' : `, packet ${packets.slice(0, LISTED).join(', ')}`
  return `${sentence(verdict.says)} (${verdict.verdict}; ${ends}${shown})`
}

function properties(attempt: AttemptAnalysis, verdict: AssessedVerdict, attempts: readonly number[]): object {
  const { client, server, serverName, transport, outcome } = attempt
  return {
    verdict: verdict.verdict,
    packets: packetsOf(verdict).slice(0, LISTED),
    filter: verdict.filter,
    attempts: attempts.slice(0, LISTED),
    client: client.address,
    server: endpoint(server.address, server.port),
    serverName: serverName === '' ? null : serverName,
    transport,
    outcome,
    chain: chainTexts(attempt.chain, { unicode: true }).join(' '),
    remedy: verdict.remedy,
    toSettle: verdict.toSettle === '' ? null : verdict.toSettle,
  }
}

function json(value: unknown): string {
  return cleanJson(JSON.stringify(value))
}

const FNV_OFFSET = 0xcbf29ce484222325n
const FNV_PRIME = 0x100000001b3n

/** FNV-1a of 64 bits: for readers that want a short name of the fingerprint. It hides nothing and proves nothing. */
function hash(text: string): string {
  let value = FNV_OFFSET
  for (let at = 0; at < text.length; at++) {
    value = BigInt.asUintN(64, (value ^ BigInt(text.charCodeAt(at))) * FNV_PRIME)
  }
  return value.toString(16).padStart(16, '0')
}
