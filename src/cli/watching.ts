/** The analyses of a scan that goes on: of the captures given, then of those that appear in a folder, until it is interrupted. */
import type { CaptureAnalysis } from '../analysis.ts'
import { type AnalysesSettings, analysesFrom, sourceOf } from './analyses.ts'
import type { CaptureInput } from './inputs.ts'
import { endsItself } from './interrupt.ts'
import type { Streams } from './output.ts'
import { finishedCaptures, LOOK_EVERY_MS, type WatchSettings } from './watch.ts'

/** Interrupted, it ends behind the capture that it is at, so that all reports are whole. @throws UsageError as a scan does */
export async function* watching(
  inputs: readonly CaptureInput[],
  settings: AnalysesSettings,
  { folder, settledMs }: Pick<WatchSettings, 'folder' | 'settledMs'>,
  streams: Streams,
): AsyncGenerator<CaptureAnalysis> {
  const stop = new AbortController()
  endsItself(() => stop.abort())
  const source = await sourceOf(settings)
  const changed = (path: string) => streams.complain(`${path}: has changed since it was scanned; it is scanned again`)
  const found = finishedCaptures({ folder, settledMs, lookEveryMs: LOOK_EVERY_MS, signal: stop.signal, changed })
  if (streams.messagesShown) streams.complain(`${folder}: is watched; Ctrl-C ends it`)
  try {
    for await (const set of sets(inputs, found)) {
      for await (const analysis of analysesFrom(source, set, settings.progress)) {
        yield analysis
        if (stop.signal.aborted) return
      }
    }
  } finally {
    source.close()
  }
}

async function* sets(
  given: readonly CaptureInput[],
  found: AsyncIterable<CaptureInput[]>,
): AsyncGenerator<readonly CaptureInput[]> {
  if (given.length > 0) yield given
  yield* found
}
