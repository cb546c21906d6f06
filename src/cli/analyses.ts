/** Where the analyses of a scan come from: captures, read one after the other, in the order of the inputs. */
import type { CaptureAnalysis } from '../analysis.ts'
import { analyzeFile, CaptureError, type GivenKeys, unreadable } from '../analyze.ts'
import { Progress } from './progress.ts'

/** What the analysis of each capture is made with. */
export interface AnalysisSettings {
  readonly keys: GivenKeys
}

/** One at a time, so that memory does not grow with their number. What can not be read is an analysis that says so. */
export async function* analysesOf(
  inputs: Iterable<string>,
  settings: AnalysisSettings,
): AsyncGenerator<CaptureAnalysis> {
  for (const path of inputs) yield await analyzeOne(path, settings)
}

async function analyzeOne(path: string, { keys }: AnalysisSettings): Promise<CaptureAnalysis> {
  const progress = new Progress(path)
  try {
    return await analyzeFile(path, { keys, onProgress: (read, total) => progress.update(read, total) })
  } catch (error) {
    if (error instanceof CaptureError) {
      return unreadable(path, { code: error.code, message: error.message, remedy: error.remedy })
    }
    const what = error instanceof Error ? error.message : String(error)
    const remedy = 'please report it, with the capture if you may'
    return unreadable(path, { code: 'internal', message: `${path}: internal error: ${what}`, remedy })
  } finally {
    progress.end()
  }
}
