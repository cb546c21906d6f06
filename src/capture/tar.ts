/**
 * Tar archives (POSIX.1-2024 pax, ustar, GNU), also compressed: they are read from the beginning on. The walk stays where it
 * is, so that members that are asked for in their order cost one pass.
 */
import { createTarDecoder, type ParsedTarEntry } from 'modern-tar'
import { latin1 } from '../wire/bytes.ts'
import { MAX_ARCHIVE_MEMBERS, MAX_COMPRESSED_PIECE_BYTES } from '../wire/limits.ts'
import {
  type Archive,
  type ArchiveMember,
  archiveError,
  firstBytes,
  isBomb,
  type MemberSource,
  tooLarge,
  tooMany,
} from './archive.ts'
import { REMEDY_TRUNCATED, SourceError } from './error.ts'
import { compressionOf, MAGIC_BYTES } from './magic.ts'
import { type ByteSource, openFile, PrefixedSource, StreamSource } from './source.ts'

export async function openTar(path: string): Promise<Archive> {
  return new TarArchive(path)
}

class TarArchive implements Archive {
  readonly inOrder = true
  readonly #path: string
  #walk: Walk | null = null

  constructor(path: string) {
    this.#path = path
  }

  async *members(): AsyncGenerator<ArchiveMember> {
    const walk = await Walk.begin(this.#path)
    try {
      for (let entry = await walk.next(); entry !== null; entry = await walk.next()) {
        const { name, size } = entry
        const begins = async (bytes: number) => firstBytes(new StreamSource(walk.chunks(entry), name), bytes)
        yield { name, bytes: size, begins }
      }
    } finally {
      await walk.close()
    }
  }

  async open(name: string): Promise<MemberSource | null> {
    if (this.#walk === null || this.#walk.passed.has(name)) {
      await this.#walk?.close()
      this.#walk = await Walk.begin(this.#path)
    }
    const walk = this.#walk
    for (;;) {
      const entry = await walk.next()
      if (entry === null) break
      if (entry.name !== name) continue
      return { source: new StreamSource(walk.contents(entry), `${this.#path}/${name}`), size: entry.size }
    }
    await this.close()
    return null
  }

  async close(): Promise<void> {
    await this.#walk?.close()
    this.#walk = null
  }
}

interface TarFile {
  readonly name: string
  readonly size: number
  readonly body: ReadableStreamDefaultReader<Uint8Array>
}

/** From the beginning to the end of one archive, once. */
class Walk {
  /** Names of the files that came. */
  readonly passed = new Set<string>()
  readonly #path: string
  readonly #bytes: ArchiveBytes
  readonly #entries: ReadableStreamDefaultReader<ParsedTarEntry>
  /** Of the file that came last. */
  #body: ReadableStreamDefaultReader<Uint8Array> | null = null
  #seen = 0

  private constructor(path: string, bytes: ArchiveBytes) {
    this.#path = path
    this.#bytes = bytes
    // The strict decoder throws away what it has read before damage; here that is told behind it.
    this.#entries = bytes.stream.pipeThrough(createTarDecoder({ strict: false })).getReader()
  }

  static async begin(path: string): Promise<Walk> {
    const file = await openFile(path)
    try {
      const head = await firstBytes(file, MAGIC_BYTES)
      const compression = compressionOf(latin1(head, 0, head.length))
      let source: ByteSource = new PrefixedSource(head, file)
      if (compression !== null) {
        const { decompressed } = await import('./compression.ts')
        source = await decompressed(compression, source)
      }
      return new Walk(path, new ArchiveBytes(source, compression !== null))
    } catch (error) {
      await file.close()
      throw archiveError(path, error)
    }
  }

  /** The next file; null behind the last one. What was not read of the one before is passed over. @throws CaptureError */
  async next(): Promise<TarFile | null> {
    try {
      for (;;) {
        // Read, not cancelled: the decoder is ahead, and where it has all of this file it would leave the next one without an end.
        while (this.#body !== null && !(await this.#body.read()).done);
        this.#body = null
        const { done, value } = await this.#entries.read()
        if (done) {
          if (this.#bytes.failure !== null) throw this.#bytes.failure
          return null
        }
        const { header } = value
        const body = value.body.getReader()
        this.#body = body
        if (++this.#seen > MAX_ARCHIVE_MEMBERS) throw tooMany(this.#path, MAX_ARCHIVE_MEMBERS)
        if (!Number.isSafeInteger(header.size) || header.size < 0) throw new Error('a header makes no sense')
        const name = header.name.replace(/^(\.\/+)+/, '')
        if ((header.type ?? 'file') !== 'file' || name === '' || this.passed.has(name)) continue
        this.passed.add(name)
        return { name, size: header.size, body }
      }
    } catch (error) {
      throw archiveError(this.#path, error)
    }
  }

  /** The bytes of a file, as many as there are; who stops early leaves the rest to {@link next}. */
  async *chunks({ body }: TarFile): AsyncGenerator<Uint8Array> {
    for (let step = await body.read(); !step.done; step = await body.read()) yield step.value
  }

  /** The bytes of a file; that some are missing at its end is told behind those that are there. */
  async *contents(file: TarFile): AsyncGenerator<Uint8Array> {
    let got = 0
    try {
      for await (const chunk of this.chunks(file)) {
        got += chunk.length
        yield chunk
      }
    } catch (error) {
      const { code, message, remedy } = archiveError(this.#path, error)
      throw new SourceError(code, message, remedy)
    }
    if (got < file.size)
      throw this.#bytes.failure ?? new SourceError('truncated', 'the archive is cut off', REMEDY_TRUNCATED)
  }

  async close(): Promise<void> {
    await this.#entries.cancel().catch(() => {})
    await this.#bytes.close()
  }
}

/** The unpacked bytes of an archive, up to where they can be had. */
class ArchiveBytes {
  readonly stream: ReadableStream<Uint8Array>
  /** What ended them. */
  failure: SourceError | null = null
  readonly #source: ByteSource

  constructor(source: ByteSource, isCompressed: boolean) {
    this.#source = source
    let unpacked = 0
    const read = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      const piece = new Uint8Array(MAX_COMPRESSED_PIECE_BYTES)
      const got = await source.read(piece, 0, piece.length)
      unpacked += got
      if (isCompressed && isBomb(source.consumed, unpacked)) throw tooLarge()
      if (got === 0) controller.close()
      else controller.enqueue(piece.subarray(0, got))
    }
    this.stream = new ReadableStream<Uint8Array>({
      pull: async controller => {
        try {
          await read(controller)
        } catch (error) {
          this.failure =
            error instanceof SourceError ? error : new SourceError('unreadable', String(error), 'check the disk')
          controller.close()
        }
      },
    })
  }

  close(): Promise<void> {
    return this.#source.close()
  }
}
