/** Where the analyses of a scan come from: captures read here or by workers, always in the order of the inputs. */
import type { CaptureAnalysis } from '../analysis.ts'
import { Analyst, type AnalystSettings } from './analyst.ts'
import type { CaptureInput } from './inputs.ts'
import { Progress, type ProgressWishes } from './progress.ts'
import type { ReadingProgress } from './workers.ts'

export interface AnalysesSettings extends AnalystSettings {
  /** How many captures are read at once; 1: in this process. */
  readonly jobs: number
  readonly progress: ProgressWishes
}

/** Whoever analyses sets of captures, one set after the other. */
export interface Source {
  analyses(inputs: readonly CaptureInput[], progress: ReadingProgress): AsyncIterable<CaptureAnalysis>
  close(): void
}

/** What can not be read is an analysis that says so. Memory grows neither with their number nor with their size. */
export async function* analysesOf(
  inputs: readonly CaptureInput[],
  settings: AnalysesSettings,
): AsyncGenerator<CaptureAnalysis> {
  const source = await sourceOf(settings, inputs.length)
  try {
    yield* analysesFrom(source, inputs, settings.progress)
  } finally {
    source.close()
  }
}

/** @param most captures that it will be asked for at once, at the most */
export async function sourceOf(settings: AnalysesSettings, most = Number.POSITIVE_INFINITY): Promise<Source> {
  const { keys, resume } = settings
  const jobs = Math.min(settings.jobs, most)
  if (jobs <= 1) return new OneByOne(new Analyst({ keys, resume }))
  const { Workers } = await import('./workers.ts')
  return new Workers({ keys, resume }, jobs)
}

export async function* analysesFrom(
  source: Source,
  inputs: readonly CaptureInput[],
  wishes: ProgressWishes,
): AsyncGenerator<CaptureAnalysis> {
  const progress = new Progress(inputs, wishes)
  try {
    for await (const analysis of source.analyses(inputs, progress)) {
      progress.hide(analysis.error !== null)
      yield analysis
      progress.show()
    }
  } finally {
    progress.end()
  }
}

class OneByOne implements Source {
  readonly #analyst: Analyst

  constructor(analyst: Analyst) {
    this.#analyst = analyst
  }

  async *analyses(inputs: readonly CaptureInput[], progress: ReadingProgress): AsyncGenerator<CaptureAnalysis> {
    for (const input of inputs) {
      const analysis = await this.#analyst.analyze(input, bytes => progress.reading(0, bytes))
      progress.done(0, input.bytes)
      yield analysis
    }
  }

  close(): void {}
}
