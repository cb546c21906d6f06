/** One capture after the other to its analysis, wherever that is done: in the process of the command or in a worker. */
import type { CaptureAnalysis, ReadError } from '../analysis.ts'
import { analyzeFile, CaptureError, type GivenKeys, unreadable } from '../analyze.ts'
import type { CaptureInput } from './inputs.ts'
import { type KeyMaterial, keysOf } from './keys.ts'
import { ResultStore } from './result-store.ts'

/** What analyses are made with. Plain data: it is handed to workers. */
export interface AnalystSettings {
  readonly keys: KeyMaterial
  /** A folder in which finished analyses are kept, and looked for; null for none. */
  readonly resume: string | null
}

export type OnProgress = (readBytes: number) => void

export class Analyst {
  readonly #keys: GivenKeys
  readonly #store: ResultStore | null

  constructor({ keys, resume }: AnalystSettings) {
    this.#keys = keysOf(keys)
    this.#store = resume === null ? null : new ResultStore(resume, keys)
  }

  /** What can not be read is an analysis that says so. Never throws. */
  async analyze(input: CaptureInput, onProgress: OnProgress): Promise<CaptureAnalysis> {
    const { path, error } = input
    if (error !== null) return unreadable(path, error)
    try {
      const place = (await this.#store?.placeOf(input)) ?? null
      const known = place && (await place.found())
      if (known !== null) return { ...known, path }
      const analysis = await analyzeFile(path, { keys: this.#keys, onProgress })
      await place?.keep(analysis)
      return analysis
    } catch (failure) {
      if (failure instanceof CaptureError) {
        return unreadable(path, { code: failure.code, message: failure.message, remedy: failure.remedy })
      }
      return unreadable(path, internalError(path, failure instanceof Error ? failure.message : String(failure)))
    }
  }
}

/** What should not have happened, as what is wrong with a capture: the others are still read. */
export function internalError(path: string, what: string): ReadError {
  const remedy = 'please report it, with the capture if you may'
  return { code: 'internal', message: `${path}: internal error: ${what}`, remedy }
}
