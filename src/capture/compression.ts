/** Compressed captures, decompressed as they are read: gzip (RFC 1952) and zstd (RFC 8878). */
import { constants, createGunzip } from 'node:zlib'
import {
  MAX_COMPRESSED_PIECE_BYTES,
  MAX_REMEMBERED_BYTES,
  MAX_SLOW_ZSTD_WINDOW_BYTES,
  MAX_ZSTD_WINDOW_BYTES,
} from '../wire/limits.ts'
import { REMEDY_DAMAGED, REMEDY_TRUNCATED, SourceError } from './error.ts'
import type { Compression } from './info.ts'
import type { ByteSource } from './source.ts'
import { ZstdFrames } from './zstd-frames.ts'

/** Turns compressed bytes into plain ones. Both calls reject on damage, after what came out before was handed over. */
interface Decoder {
  /** Answers how many bytes it took, at least one: it stops where much came out. */
  push(piece: Uint8Array): Promise<number>
  end(): Promise<void>
  close(): void
}
type Output = (chunk: Uint8Array) => void
type MakeDecoder = (output: Output) => Decoder

/** The bytes that a compressed source holds. */
export async function decompressed(compression: Compression, source: ByteSource): Promise<ByteSource> {
  return new DecompressedSource(compression, source, compression === 'gzip' ? gunzip : await zstd())
}

/** Steps in which damage is looked for first. */
const CLOSING_IN_BYTES = 256

class DecompressedSource implements ByteSource {
  private readonly compression: Compression
  private readonly inner: ByteSource
  private readonly make: MakeDecoder
  private decoder: Decoder
  private readonly piece = new Uint8Array(MAX_COMPRESSED_PIECE_BYTES)
  /** Read, and not taken by the decoder yet. */
  private pending: Uint8Array = new Uint8Array(0)
  private chunks: Uint8Array[] = []
  private from = 0
  private produced = 0
  /** All compressed bytes so far, while they are few. */
  private remembered: Uint8Array[] | null = []
  private rememberedBytes = 0
  private ended = false
  private failure: SourceError | null = null

  constructor(compression: Compression, inner: ByteSource, make: MakeDecoder) {
    this.compression = compression
    this.inner = inner
    this.make = make
    this.decoder = make(chunk => this.take(chunk))
  }

  get consumed(): number {
    return this.inner.consumed
  }

  async read(into: Uint8Array, at: number, room: number): Promise<number> {
    while (this.chunks.length === 0) {
      if (this.failure !== null) throw this.failure
      if (this.ended) return 0
      await this.pump()
    }
    let filled = 0
    let whole = 0
    while (filled < room && whole < this.chunks.length) {
      const chunk = this.chunks[whole] as Uint8Array
      const taken = Math.min(room - filled, chunk.length - this.from)
      into.set(chunk.subarray(this.from, this.from + taken), at + filled)
      filled += taken
      this.from += taken
      if (this.from === chunk.length) {
        this.from = 0
        whole++
      }
    }
    this.chunks.splice(0, whole)
    return filled
  }

  close(): Promise<void> {
    this.decoder.close()
    return this.inner.close()
  }

  private take(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.produced += chunk.length
    this.chunks.push(chunk)
  }

  private async pump(): Promise<void> {
    let piece: Uint8Array | null = null
    try {
      if (this.pending.length === 0) {
        const got = await this.inner.read(this.piece, 0, this.piece.length)
        if (got === 0) {
          this.ended = true
          await this.decoder.end()
          return
        }
        this.pending = this.piece.slice(0, got)
      }
      piece = this.pending
      const taken = await this.decoder.push(piece)
      this.pending = piece.subarray(taken)
      this.remember(piece.subarray(0, taken))
    } catch (error) {
      if (error instanceof SourceError) {
        this.failure = error
        return
      }
      if (piece !== null) await this.closeIn(piece)
      this.failure = this.ended
        ? new SourceError('truncated', `the ${this.compression} stream is cut off`, REMEDY_TRUNCATED)
        : new SourceError(
            'damaged',
            `the ${this.compression} stream is damaged (${error instanceof Error ? error.message : String(error)})`,
            REMEDY_DAMAGED,
          )
    }
  }

  private remember(piece: Uint8Array): void {
    this.rememberedBytes += piece.length
    if (this.rememberedBytes > MAX_REMEMBERED_BYTES) this.remembered = null
    this.remembered?.push(piece)
  }

  /**
   * A decompressor that meets damage keeps what it had made of the same piece. While the whole input is still there, it is
   * run again to close in on the damage, and what it makes beyond what was had is taken.
   */
  private async closeIn(piece: Uint8Array): Promise<void> {
    if (this.remembered === null) return
    const start = await this.runAgain(piece, 0, CLOSING_IN_BYTES, () => {})
    const had = this.produced
    let seen = 0
    await this.runAgain(piece, start, 1, chunk => {
      const fresh = Math.max(0, had - seen)
      seen += chunk.length
      if (fresh < chunk.length) this.take(chunk.subarray(fresh))
    })
  }

  /** From `start` on in steps of so many bytes; answers where the step began that failed. */
  private async runAgain(piece: Uint8Array, start: number, step: number, output: Output): Promise<number> {
    const decoder = this.make(output)
    let at = start
    try {
      for (const earlier of this.remembered ?? []) await pushAll(decoder, earlier)
      await pushAll(decoder, piece.slice(0, start))
      for (; at < piece.length; at += step) await pushAll(decoder, piece.slice(at, at + step))
    } catch {
      // The damage, met again.
    } finally {
      decoder.close()
    }
    return Math.min(at, piece.length)
  }
}

async function pushAll(decoder: Decoder, piece: Uint8Array): Promise<void> {
  for (let at = 0; at < piece.length; ) at += await decoder.push(piece.subarray(at))
}

/** A stream of node:zlib, asked one piece at a time. */
function streamDecoder(stream: NodeJS.ReadWriteStream & { destroy(): void }, output: Output): Decoder {
  let failure: Error | null = null
  let over = false
  let wake: () => void = () => {}
  stream.on('data', output)
  stream.on('error', (error: Error) => {
    failure = error
    wake()
  })
  // Zero bytes behind the last member are padding: the stream ends by itself and wants no more.
  stream.on('end', () => {
    over = true
    wake()
  })
  const settle = async (ask: (done: () => void) => void): Promise<void> => {
    if (failure === null && !over) {
      await new Promise<void>(resolve => {
        wake = resolve
        ask(resolve)
      })
    }
    if (failure !== null) throw failure
  }
  return {
    push: async piece => {
      await settle(done => stream.write(piece, done))
      return piece.length
    },
    end: () => settle(() => stream.end()),
    close: () => stream.destroy(),
  }
}

const CHUNK_BYTES = 1 << 16

function gunzip(output: Output): Decoder {
  return streamDecoder(createGunzip({ chunkSize: CHUNK_BYTES }), output)
}

interface ZstdZlib {
  createZstdDecompress?(options: {
    chunkSize: number
    params?: Record<number, number>
  }): ReturnType<typeof createGunzip>
}

/** Node's own from 22.15 on, otherwise fzstd. Loaded only when a file needs it. */
async function zstd(): Promise<MakeDecoder> {
  const zlib = (await import('node:zlib')) as unknown as ZstdZlib
  const create = zlib.createZstdDecompress
  if (create !== undefined) {
    const windowLogMax = (constants as Record<string, number>).ZSTD_d_windowLogMax
    const params = windowLogMax === undefined ? {} : { [windowLogMax]: Math.log2(MAX_ZSTD_WINDOW_BYTES) }
    return output =>
      framesDecoder(MAX_ZSTD_WINDOW_BYTES, () => streamDecoder(create({ chunkSize: CHUNK_BYTES, params }), output))
  }
  const { Decompress } = await import('fzstd')
  return output =>
    framesDecoder(MAX_SLOW_ZSTD_WINDOW_BYTES, () => blocksDecoder(new Decompress(chunk => output(chunk.slice()))))
}

/** A decoder for each frame, so that none has to know what comes behind its own. */
function framesDecoder(mostWindowBytes: number, make: () => Decoder): Decoder {
  const frames = new ZstdFrames(mostWindowBytes)
  let decoder: Decoder | null = null
  return {
    push: async piece => {
      const end = frames.scan(piece, 0)
      decoder ??= make()
      await decoder.push(piece.subarray(0, end))
      if (frames.atEnd) {
        await decoder.end()
        decoder.close()
        decoder = null
      }
      return end
    },
    end: async () => {
      if (!frames.isWhole) throw new Error('the last frame is not whole')
    },
    close: () => decoder?.close(),
  }
}

/** fzstd works at once, and throws. */
function blocksDecoder(decompress: { push(chunk: Uint8Array, final?: boolean): void }): Decoder {
  return {
    push: async piece => {
      // It may keep what it was given: hand over a copy.
      decompress.push(piece.slice())
      return piece.length
    },
    end: async () => decompress.push(new Uint8Array(0), true),
    close: () => {},
  }
}
