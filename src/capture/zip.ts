/** Zip archives (APPNOTE.TXT of PKWARE): any member can be read by itself. */
import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { MAX_ARCHIVE_MEMBERS } from '../wire/limits.ts'
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
import { CaptureError, SourceError } from './error.ts'
import { StreamSource } from './source.ts'

/** @throws CaptureError when it has no directory that can be read. */
export async function openZip(path: string): Promise<Archive> {
  try {
    return new ZipArchive(path, await openPromise(path, { autoClose: false }))
  } catch (error) {
    throw archiveError(path, error)
  }
}

class ZipArchive implements Archive {
  readonly inOrder = false
  readonly #path: string
  readonly #file: ZipFile
  /** By name, as far as the directory was read. */
  readonly #entries = new Map<string, Entry>()
  readonly #directory: AsyncIterator<Entry>
  #seen = 0
  #packedBytes = 0
  /** That ended the reading of the directory. */
  #error: CaptureError | null = null

  constructor(path: string, file: ZipFile) {
    this.#path = path
    this.#file = file
    this.#directory = file.eachEntry()[Symbol.asyncIterator]()
  }

  async *members(): AsyncGenerator<ArchiveMember> {
    for (const [name, entry] of this.#entries) yield this.#member(name, entry)
    for (let name = await this.#next(); name !== null; name = await this.#next()) {
      yield this.#member(name, this.#entries.get(name) as Entry)
    }
    if (this.#error !== null) throw this.#error
  }

  async open(name: string): Promise<MemberSource | null> {
    while (!this.#entries.has(name) && (await this.#next()) !== null);
    const entry = this.#entries.get(name)
    if (entry === undefined) {
      if (this.#error !== null) throw this.#error
      return null
    }
    const path = `${this.#path}/${name}`
    if (entry.isEncrypted())
      throw new CaptureError('unsupported-format', `${path}: is encrypted`, 'unpack the archive with its password')
    if (!entry.canDecodeFileData()) {
      const what = `compressed by method ${entry.compressionMethod}, which is not read`
      throw new CaptureError('unsupported-format', `${path}: ${what}`, 'unpack the archive')
    }
    if (isBomb(entry.compressedSize, entry.uncompressedSize)) throw archiveError(path, tooLarge())
    try {
      const stream = await this.#file.openReadStreamPromise(entry)
      return { source: new StreamSource(new CheckedMember(stream, entry), path), size: entry.uncompressedSize }
    } catch (error) {
      throw archiveError(path, error)
    }
  }

  async close(): Promise<void> {
    this.#file.close()
  }

  #member(name: string, entry: Entry): ArchiveMember {
    const begins = async (bytes: number): Promise<Uint8Array> => {
      try {
        const opened = await this.open(name)
        if (opened === null) return new Uint8Array(0)
        try {
          return await firstBytes(opened.source, bytes)
        } finally {
          await opened.source.close()
        }
      } catch {
        return new Uint8Array(0) // what can not even be opened was not meant
      }
    }
    return { name, bytes: entry.uncompressedSize, begins }
  }

  /** The name of the next file that the directory lists; null behind the last one. */
  async #next(): Promise<string | null> {
    while (this.#error === null) {
      try {
        const step = await this.#directory.next()
        if (step.done === true) return null
        const entry = step.value
        if (++this.#seen > MAX_ARCHIVE_MEMBERS) throw tooMany(this.#path, MAX_ARCHIVE_MEMBERS)
        this.#packedBytes += entry.compressedSize
        // Bombs of this kind name the same bytes again and again.
        if (this.#packedBytes > this.#file.fileSize) throw new Error('its members overlap')
        const name = entry.fileName
        if (name.endsWith('/') || this.#entries.has(name)) continue
        this.#entries.set(name, entry)
        return name
      } catch (error) {
        this.#error = archiveError(this.#path, error)
      }
    }
    return null
  }
}

/** The bytes of one member; at their end it is held against the checksum of the directory. */
class CheckedMember implements AsyncIterable<Uint8Array> {
  readonly #stream: Readable
  readonly #entry: Entry

  constructor(stream: Readable, entry: Entry) {
    this.#stream = stream
    this.#entry = entry
    // Whoever reads is told; where nobody does, it ends nothing.
    stream.on('error', () => {})
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    let sum = 0
    try {
      for await (const chunk of this.#stream as AsyncIterable<Buffer>) {
        sum = crc32(chunk, sum)
        // Of its own memory no more than it is: a Buffer does not leave this room.
        yield new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length)
      }
    } catch (error) {
      throw damaged(error instanceof Error ? error.message : String(error))
    }
    if (sum !== this.#entry.crc32) throw damaged('its checksum is wrong')
  }

  destroy(): void {
    this.#stream.destroy()
  }
}

function damaged(what: string): SourceError {
  return new SourceError('damaged', `the zip archive is damaged (${what})`, 'copy the archive again in binary mode')
}
