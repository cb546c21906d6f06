/**
 * SARIF 2.1.0 (OASIS), within the limits of GitHub code scanning: one run; a result for what a rule claims of attempts
 * between the same ends, the location being the capture. What was ruled out or not visible is no result.
 *
 * Results come first and the rest of the run behind them, because only then is known which rules they name and what was left
 * out.
 */
import type { AttemptAnalysis, CaptureAnalysis, ReadError, VerdictAnalysis } from '../analysis.ts'
import type { Rule } from '../rules/rule.ts'
import { VERSION } from '../version.ts'
import { captureUri } from './capture-uri.ts'
import { clean, cleanJson } from './clean.ts'
import { type Finding, findingsOf, furthestMilestone, packetsOf } from './finding.ts'
import type { ReportSettings, ReportWriter } from './format.ts'
import { cut, SARIF_LEVELS, sarifRule } from './sarif-rules.ts'
import { isClaim } from './threshold.ts'
import { chainTexts, endpoint, sentence } from './words.ts'

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

  *capture(analysis: CaptureAnalysis): Generator<string> {
    const { path, error, attempts, attemptCounts } = analysis
    const uri = captureUri(path, this.#folder)
    if (error !== null) this.#couldNotRead(uri, path, error)
    if (attemptCounts.established + attemptCounts.failed + attemptCounts.unfinished > attempts.length) this.#shortened++
    for (const alike of merged(findingsOf(analysis)).values()) {
      const text = cleanJson(JSON.stringify(this.#result(alike, uri)))
      const bytes = this.#encoder.encode(text).length
      if (this.#results >= MOST_RESULTS || this.#bytes + bytes > MOST_BYTES) {
        this.#left++
        continue
      }
      this.#bytes += bytes
      yield `${this.#results === 0 ? '' : ','}\n${text}`
      this.#results++
    }
  }

  /** Of the run, behind its results. */
  members(): string {
    const rules = [...this.#used.keys()].flatMap(id => this.#rules.get(id) ?? []).map(sarifRule)
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
    const region = { startLine: 1, byteOffset: 0, byteLength: 0 }
    return {
      ruleId: verdict.rule,
      ruleIndex: this.#indexOf(verdict.rule),
      level: isClaim(verdict) ? SARIF_LEVELS[verdict.severity] : 'note',
      message: { text: cut(clean(message(attempt, verdict)), LONGEST_MESSAGE) },
      locations: [{ physicalLocation: { artifactLocation: { uri }, region } }],
      partialFingerprints: { 'attempt/v1': key, primaryLocationLineHash: `${hash(key)}:1` },
      occurrenceCount: attempts.length,
      properties: properties(attempt, verdict, attempts),
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
    const key = fingerprint(finding)
    const whole = `${finding.verdict.verdict} ${finding.verdict.severity} ${key}`
    const alike = byKey.get(whole)
    if (alike === undefined) byKey.set(whole, { finding, key, attempts: [finding.attempt.id] })
    else alike.attempts.push(finding.attempt.id)
  }
  return byKey
}

/**
 * What stays the same when the fault is recorded once more, or the packets are numbered anew: the rule, both ends without
 * the port that the client happened to take, and the last step that was reached.
 */
function fingerprint({ attempt, verdict }: Finding): string {
  const { client, server, serverName } = attempt
  const parts = [
    verdict.rule,
    client.address,
    endpoint(server.address, server.port),
    serverName,
    furthestMilestone(attempt) ?? '',
  ]
  return parts.map(part => clean(part).replace(/[%|]/g, sign => (sign === '%' ? '%25' : '%7C'))).join('|')
}

function message(attempt: AttemptAnalysis, verdict: VerdictAnalysis): string {
  const { client, server } = attempt
  const ends = `${client.address} to ${endpoint(server.address, server.port)}`
  const packets = packetsOf(verdict)
  const shown = packets.length === 0 ? '' : `, packet ${packets.slice(0, LISTED).join(', ')}`
  return `${sentence(verdict.says)} (${verdict.verdict}; ${ends}${shown})`
}

function properties(attempt: AttemptAnalysis, verdict: VerdictAnalysis, attempts: readonly number[]): object {
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
