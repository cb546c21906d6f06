/** What an earlier run found, from its `rdpscope/report@1`. */
import type { VerdictWord } from '../rules/rule.ts'
import { fingerprint } from './fingerprint.ts'
import { isClaim } from './threshold.ts'

/** In the words of SARIF (section 3.27.24): `updated` was merely possible before. */
export type BaselineState = 'new' | 'unchanged' | 'updated'

export const REPORT_SCHEMA = 'rdpscope/report@1'

export class Baseline {
  /** By fingerprint; whether it was claimed, or merely possible. */
  readonly #claimed = new Map<string, boolean>()

  /** Findings that differ. */
  get size(): number {
    return this.#claimed.size
  }

  /**
   * Takes in what a report found. What was ignored then is not known: once the ignore has expired, it counts.
   * @param report a document of `rdpscope/report@1`, as it was parsed
   * @returns whether it is one
   */
  add(report: unknown): boolean {
    if (!isRecord(report) || report.schema !== REPORT_SCHEMA || !Array.isArray(report.captures)) return false
    return report.captures.every(capture => this.#addCapture(capture))
  }

  stateOf(key: string, verdict: VerdictWord): BaselineState {
    const claimed = this.#claimed.get(key)
    if (claimed === undefined) return 'new'
    return claimed || !isClaim({ verdict }) ? 'unchanged' : 'updated'
  }

  #addCapture(capture: unknown): boolean {
    return isRecord(capture) && Array.isArray(capture.attempts) && capture.attempts.every(one => this.#addAttempt(one))
  }

  #addAttempt(attempt: unknown): boolean {
    if (!isRecord(attempt)) return false
    const { client, server, milestones, verdicts } = attempt
    if (!isPeer(client) || !isPeer(server) || !areRecords(milestones) || !areRecords(verdicts)) return false
    const ends = {
      client,
      server,
      serverName: text(server.name),
      milestones: milestones.map(({ id, state }) => ({ id: text(id), state: text(state) })),
    }
    for (const { rule, verdict, excuse } of verdicts) {
      if (isRecord(excuse) && excuse.kind === 'ignored') continue
      if (verdict !== 'confirmed' && verdict !== 'likely' && verdict !== 'possible') continue
      const key = fingerprint(text(rule), ends)
      this.#claimed.set(key, isClaim({ verdict }) || this.#claimed.get(key) === true)
    }
    return true
  }
}

interface PlainRecord {
  readonly [name: string]: unknown
}

function isRecord(value: unknown): value is PlainRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function areRecords(value: unknown): value is readonly PlainRecord[] {
  return Array.isArray(value) && value.every(isRecord)
}

function isPeer(value: unknown): value is PlainRecord & { readonly address: string; readonly port: number } {
  return isRecord(value) && typeof value.address === 'string' && typeof value.port === 'number'
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
