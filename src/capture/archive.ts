/** What an archive of captures is, and what both kinds of them share: limits, and words for what went wrong. */
import { MAX_ARCHIVE_EXPANSION, UNSUSPICIOUS_BYTES } from '../wire/limits.ts'
import { CaptureError, SourceError, unreadable } from './error.ts'
import type { ByteSource } from './source.ts'

/** One file of an archive. */
export interface ArchiveMember {
  /** With `/`, as the archive has it; without `./` at the start. */
  readonly name: string
  /** Unpacked. */
  readonly bytes: number
  /** Its first bytes, fewer where it is shorter; none where they can not be had. Ask before the next member is taken. */
  begins(bytes: number): Promise<Uint8Array>
}

export interface MemberSource {
  readonly source: ByteSource
  /** Unpacked. */
  readonly size: number
}

/** Opened once; closed by whoever opened it. */
export interface Archive {
  /** It can only be read from its beginning on. */
  readonly inOrder: boolean
  /**
   * In the order of the archive; of those with the same name the first.
   * @throws CaptureError where it is damaged or a limit is reached; what came before stands.
   */
  members(): AsyncGenerator<ArchiveMember>
  /**
   * Null when there is no such member. Where the archive is read in order, members that are asked for in that order cost one
   * pass.
   * @throws CaptureError
   */
  open(name: string): Promise<MemberSource | null>
  close(): Promise<void>
}

/** So many bytes, fewer at the end. */
export async function firstBytes(source: ByteSource, bytes: number): Promise<Uint8Array> {
  const head = new Uint8Array(bytes)
  let had = 0
  while (had < bytes) {
    const got = await source.read(head, had, bytes - had)
    if (got === 0) break
    had += got
  }
  return head.subarray(0, had)
}

/** So much comes out of so little only where somebody made it to. */
export function isBomb(packedBytes: number, unpackedBytes: number): boolean {
  return unpackedBytes > UNSUSPICIOUS_BYTES && unpackedBytes > packedBytes * MAX_ARCHIVE_EXPANSION
}

const REMEDY_UNPACK = 'unpack it yourself if you trust it, and scan the folder'

export function tooMany(path: string, most: number): CaptureError {
  return new CaptureError(
    'limit',
    `${path}: more than ${most} files in the archive; the rest is left out`,
    REMEDY_UNPACK,
  )
}

export function tooLarge(): SourceError {
  const what = `unpacks to more than ${MAX_ARCHIVE_EXPANSION} times its size; the rest is left out`
  return new SourceError('limit', what, REMEDY_UNPACK)
}

/** Whatever went wrong inside an archive, in our words. */
export function archiveError(path: string, error: unknown): CaptureError {
  if (error instanceof CaptureError) return error
  if (error instanceof SourceError) return new CaptureError(error.code, `${path}: ${error.message}`, error.remedy)
  if (typeof (error as { code?: unknown } | null)?.code === 'string') return unreadable(path, error)
  const what = error instanceof Error ? error.message : String(error)
  return new CaptureError(
    'damaged',
    `${path}: the archive is damaged (${what})`,
    'copy the archive again in binary mode',
  )
}
