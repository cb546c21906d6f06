/** Opens a capture: finds out by its content what it is, and unpacks it where it is compressed. */
import { latin1 } from '../wire/bytes.ts'
import { MAX_COMPRESSIONS } from '../wire/limits.ts'
import { Capture, type RecordReader } from './cursor.ts'
import { CaptureError } from './error.ts'
import { CaptureInfo } from './info.ts'
import { compressionOf, MAGIC_BYTES, unreadableFormat } from './magic.ts'
import { isNetmon, openNetmon } from './netmon.ts'
import { openPath } from './open-path.ts'
import { isPcap, openPcap } from './pcap.ts'
import { isPcapng, openPcapng } from './pcapng.ts'
import { type ByteSource, PrefixedSource, StreamSource } from './source.ts'

export interface OpenOptions {
  /** The file is still being written, or others of its ring are: more is waited for at its end, until it is closed. */
  readonly follow?: boolean
}

/**
 * Opens a file; '-' is standard input.
 * @throws CaptureError when there is no capture in it that can be read.
 */
export async function openCapture(path: string, options: OpenOptions = {}): Promise<Capture> {
  if (path === '-') return openStream(process.stdin, '-')
  const { source, size } = await openPath(path, options)
  return openSource(source, path, size)
}

/**
 * Opens a capture that comes in chunks. @param name for messages.
 * @throws CaptureError when there is no capture in it that can be read.
 */
export async function openStream(chunks: AsyncIterable<Uint8Array>, name: string): Promise<Capture> {
  return openSource(new StreamSource(chunks, name), name, null)
}

async function openSource(source: ByteSource, path: string, size: number | null): Promise<Capture> {
  const capture = new Capture(source, new CaptureInfo(path, size))
  try {
    capture.begin(await readerFor(capture))
    return capture
  } catch (error) {
    await capture.close()
    throw error
  }
}

async function readerFor(capture: Capture): Promise<RecordReader> {
  const { info } = capture
  for (;;) {
    // 4 bytes tell what can be read; a live stream may not have more for a while.
    await capture.gather(4)
    if (capture.limit >= 4) {
      const view = capture.view
      if (isPcapng(view, 0)) return openPcapng(capture)
      if (isPcap(view, 0)) return openPcap(capture)
      if (isNetmon(view, 0)) return openNetmon(capture)
    }
    const compression = compressionOf(headOf(capture))
    if (compression === null || info.compression.length >= MAX_COMPRESSIONS) break
    info.compression.push(compression)
    await unpack(capture, compression)
  }
  await capture.gather(MAGIC_BYTES)
  if (capture.error !== null) {
    const { code, message, remedy } = capture.error
    throw new CaptureError(code, `${info.path}: ${message}`, remedy)
  }
  throw unreadableFormat(info.path, headOf(capture))
}

async function unpack(capture: Capture, compression: 'gzip' | 'zstd'): Promise<void> {
  let inner: ByteSource | null = null
  capture.restart((rest, seen) => {
    inner = new PrefixedSource(seen, rest)
    return inner
  })
  if (inner !== null) {
    // Most captures are not compressed: loaded when one is.
    const { decompressed } = await import('./compression.ts')
    const plain = await decompressed(compression, inner)
    capture.restart(() => plain)
  }
}

function headOf(capture: Capture): string {
  return latin1(capture.bytes, 0, Math.min(capture.limit, MAGIC_BYTES))
}
