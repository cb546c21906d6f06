/** Writing packets of a capture to a file of their own, with what the rules say of them as comments. */
import type { AttemptAnalysis } from '../analysis.ts'
import { PacketFile } from '../capture/packet-file.ts'
import { absoluteNs } from '../capture/pcapng-writer.ts'
import type { IndexedCapture } from '../inspect/indexed-capture.ts'
import type { Pause } from '../inspect/replay.ts'
import { VERSION } from '../version.ts'
import { commentsOf } from './comments.ts'

export interface SavingOptions {
  readonly withKeys: boolean
  /** A file that is there already is replaced; otherwise that is an error. */
  readonly replaces?: boolean
  /** Asked before each packet. */
  readonly pause?: Pause
  /** Told what is to be done when the capture is closed before all is written; answers what is to be called behind it. */
  readonly untilClosed?: (undo: () => void) => () => void
}

/**
 * A file is whole or is not there: what was written goes when something fails, and when the capture is closed meanwhile.
 * @param attempts whose findings become comments.
 * @param rows of the index, in order.
 * @returns how many packets were written.
 * @throws NodeJS.ErrnoException when the file can not be written.
 */
export async function savePackets(
  capture: IndexedCapture,
  attempts: readonly AttemptAnalysis[],
  rows: readonly number[],
  path: string,
  { withKeys, replaces = false, pause = () => null, untilClosed = () => () => {} }: SavingOptions,
): Promise<number> {
  const { start } = capture
  const { info } = capture.capture
  const comments = commentsOf(attempts)
  const comment = `${rows.length} packets of ${capture.path}`
  const file = new PacketFile(path, { application: `rdpscope ${VERSION}`, comment, info, withKeys, replaces })
  const isDone = untilClosed(() => file.discard())
  try {
    for (const row of rows) {
      const waits = pause()
      if (waits !== null) await waits
      const { bytes, number, linkType, interfaceId, originalLength, timeNs } = capture.recorded(row)
      file.write({
        interfaceId,
        linkType,
        originalLength,
        bytes,
        timeNs: absoluteNs(start.seconds, start.nanoseconds, timeNs),
        comments: numbered(comments.get(number) ?? [], number, file.packets + 1),
      })
    }
    file.close()
    return file.packets
  } catch (error) {
    file.discard()
    throw error
  } finally {
    isDone()
  }
}

/** What else is said of the packet says it by its number in the capture that it comes from. */
function numbered(comments: readonly string[], number: number, here: number): readonly string[] {
  return comments.length === 0 || number === here ? comments : [...comments, `packet ${number} of the original capture`]
}
