/** Where the bytes of a capture come from: a file, or a stream such as standard input. */
import { type FileHandle, open, stat } from 'node:fs/promises'
import { SourceError, unreadable } from './error.ts'

/** Bytes in order; some can be read from any place. */
export interface ByteSource {
  /** Puts up to `room` bytes at `at` and answers how many; 0 = the end. Rejects with a {@link SourceError}. */
  read(into: Uint8Array, at: number, room: number): Promise<number>
  /** The next read starts at this offset. Absent where that can not be done. */
  readonly seek?: (offset: number) => void
  close(): Promise<void>
  /** Bytes taken from the file itself so far (compressed, where it is): progress. */
  readonly consumed: number
}

/** A file that can be read from any place. */
export class FileSource implements ByteSource {
  readonly size: number
  readonly seek: (offset: number) => void
  private readonly handle: FileHandle
  private readonly path: string
  private position = 0
  private most = 0

  constructor(handle: FileHandle, path: string, size: number) {
    this.handle = handle
    this.path = path
    this.size = size
    this.seek = offset => {
      this.position = offset
    }
  }

  get consumed(): number {
    return this.most
  }

  async read(into: Uint8Array, at: number, room: number): Promise<number> {
    try {
      const { bytesRead } = await this.handle.read(into, at, room, this.position)
      this.position += bytesRead
      if (this.position > this.most) this.most = this.position
      return bytesRead
    } catch (error) {
      const { code, message, remedy } = unreadable(this.path, error)
      throw new SourceError(code, message, remedy)
    }
  }

  close(): Promise<void> {
    return this.handle.close()
  }
}

/** Chunks as they come: standard input, a pipe, a test. */
export class StreamSource implements ByteSource {
  consumed = 0
  private readonly chunks: AsyncIterator<Uint8Array>
  private readonly stream: { destroy?(): void }
  private readonly path: string
  private chunk: Uint8Array = new Uint8Array(0)
  private from = 0

  constructor(chunks: AsyncIterable<Uint8Array>, path: string) {
    this.chunks = chunks[Symbol.asyncIterator]()
    this.stream = chunks as { destroy?(): void }
    this.path = path
  }

  async read(into: Uint8Array, at: number, room: number): Promise<number> {
    while (this.from === this.chunk.length) {
      try {
        const step = await this.chunks.next()
        if (step.done === true) return 0
        this.chunk = step.value
        this.from = 0
      } catch (error) {
        if (error instanceof SourceError) throw error
        const { code, message, remedy } = unreadable(this.path, error)
        throw new SourceError(code, message, remedy)
      }
    }
    const taken = Math.min(room, this.chunk.length - this.from)
    into.set(this.chunk.subarray(this.from, this.from + taken), at)
    this.from += taken
    this.consumed += taken
    return taken
  }

  async close(): Promise<void> {
    // Where a read waits for more, the iterator would wait with it.
    if (this.stream.destroy !== undefined) this.stream.destroy()
    else await this.chunks.return?.()
  }
}

/** Gives back bytes that were looked at, then the rest. */
export class PrefixedSource implements ByteSource {
  private readonly prefix: Uint8Array
  private readonly rest: ByteSource
  private from = 0

  constructor(prefix: Uint8Array, rest: ByteSource) {
    this.prefix = prefix
    this.rest = rest
  }

  get consumed(): number {
    return this.rest.consumed
  }

  async read(into: Uint8Array, at: number, room: number): Promise<number> {
    const left = this.prefix.length - this.from
    if (left === 0) return this.rest.read(into, at, room)
    const taken = Math.min(room, left)
    into.set(this.prefix.subarray(this.from, this.from + taken), at)
    this.from += taken
    return taken
  }

  close(): Promise<void> {
    return this.rest.close()
  }
}

/** Opens what is a file, and nothing else. @throws CaptureError */
export async function openFile(path: string): Promise<ByteSource> {
  try {
    // A named pipe must not even be opened: whoever writes to it would notice.
    const stats = await stat(path)
    if (!stats.isFile())
      throw Object.assign(new Error('is no file'), { code: stats.isDirectory() ? 'EISDIR' : 'EINVAL' })
    return new FileSource(await open(path, 'r'), path, stats.size)
  } catch (error) {
    throw unreadable(path, error)
  }
}
