/** A capture read once: its analysis, and its packets to be looked at again. */
import { Analysis, type CaptureAnalysis, type GivenKeys, type KeySource } from '../analyze.ts'
import { openCapture } from '../capture/open.ts'
import { IndexedCapture } from '../inspect/indexed-capture.ts'
import { partnersOf } from './partners.ts'

export interface ReadCapture {
  /** With ladders. */
  readonly analysis: CaptureAnalysis
  /** To be closed by whoever asked for it. */
  readonly capture: IndexedCapture
}

export interface ReadOptions {
  /** Keys for TLS, besides those that the capture holds. */
  readonly keys: GivenKeys | null
  /** Called now and then; `totalBytes` is null for a stream. */
  readonly onProgress?: (readBytes: number, totalBytes: number | null) => void
}

/**
 * @param path of a capture file; `-` is standard input.
 * @throws CaptureError when it can not be opened. Damage further on is told in the analysis.
 */
export async function readCapture(path: string, { keys, onProgress }: ReadOptions): Promise<ReadCapture> {
  const opened = await openCapture(path)
  const capture = new IndexedCapture(path, opened, { keys })
  try {
    const source = capture.keys()
    const running = new Analysis(opened, path, source, { ladders: true })
    for (;;) {
      while (opened.next()) {
        running.packet()
        capture.add(running.stream)
      }
      if (!(await opened.fill())) break
      onProgress?.(opened.bytesRead, opened.info.fileBytes)
    }
    const first = running.finish()
    // Secrets stand behind the packets that they are for: now they are known.
    const analysis = source.late ? analyseRows(capture, null, capture.keys()) : first
    capture.partners = partnersOf(analysis.attempts)
    return { analysis, capture }
  } catch (error) {
    capture.close()
    throw error
  }
}

/**
 * What would be found if the capture held these packets alone.
 * @param rows of the index, in order; null = all of them.
 */
export function analyseRows(capture: IndexedCapture, rows: readonly number[] | null, keys: KeySource): CaptureAnalysis {
  const rereading = capture.rereading()
  const analysis = new Analysis(rereading, capture.path, keys, { ladders: true })
  const count = rows?.length ?? capture.index.count
  for (let nth = 0; nth < count; nth++) {
    rereading.show(capture.recorded(rows?.[nth] ?? nth))
    analysis.packet()
  }
  return analysis.finish()
}
