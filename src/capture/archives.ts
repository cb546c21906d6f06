/**
 * Archives of captures: zip and tar, the latter also compressed. A member is named `archive.zip/inner.pcap`, here and wherever
 * a capture is opened. Nothing is unpacked to the disk.
 */
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { latin1 } from '../wire/bytes.ts'
import { type Archive, firstBytes, type MemberSource } from './archive.ts'
import { CaptureError } from './error.ts'
import { compressionOf } from './magic.ts'
import { openFile, PrefixedSource } from './source.ts'

const HEAD_BYTES = 512
const ZIP = 'PK\x03\x04'
/** Of an archive without members. */
const EMPTY_ZIP = 'PK\x05\x06'
const TAR_MARK_AT = 257
const TAR_MARK = 'ustar'

/** What kind of archive a file is, by its content; null when it is none, or can not be read. */
export async function archiveKind(path: string): Promise<'zip' | 'tar' | null> {
  try {
    const source = await openFile(path)
    try {
      const head = await firstBytes(source, HEAD_BYTES)
      const text = latin1(head, 0, head.length)
      if (text.startsWith(ZIP) || text.startsWith(EMPTY_ZIP)) return 'zip'
      if (text.startsWith(TAR_MARK, TAR_MARK_AT)) return 'tar'
      const compression = compressionOf(text)
      if (compression === null) return null
      const { decompressed } = await import('./compression.ts')
      const plain = await decompressed(compression, new PrefixedSource(head, source))
      const inner = await firstBytes(plain, HEAD_BYTES)
      return latin1(inner, 0, inner.length).startsWith(TAR_MARK, TAR_MARK_AT) ? 'tar' : null
    } finally {
      await source.close()
    }
  } catch {
    return null
  }
}

/** @throws CaptureError when it is no archive. */
export async function openArchive(path: string): Promise<Archive> {
  const kind = await archiveKind(path)
  if (kind === 'zip') return (await import('./zip.ts')).openZip(path)
  if (kind === 'tar') return (await import('./tar.ts')).openTar(path)
  // Says so itself when it can not be read.
  await (await openFile(path)).close()
  throw new CaptureError('not-a-capture', `${path}: not an archive: neither zip nor tar`, 'name an archive of captures')
}

/** The archive opened last: members are read one after the other. */
let last: { readonly path: string; readonly version: string; readonly archive: Archive } | null = null

/**
 * A member by its path; null when no part of the path is an archive.
 * @throws CaptureError when the archive has no such member, or can not be read
 */
export async function openMember(path: string): Promise<MemberSource | null> {
  const place = await placeOf(path)
  if (place === null) return null
  const { archive: file, member, version } = place
  if (last === null || last.path !== file || last.version !== version) {
    await last?.archive.close()
    last = null
    last = { path: file, version, archive: await openArchive(file) }
  }
  const opened = await last.archive.open(member)
  if (opened === null) throw new CaptureError('unreadable', `${path}: no such file in the archive`, 'check the path')
  return opened
}

/** The archive that a path leads into, and which member. */
async function placeOf(path: string): Promise<{ archive: string; member: string; version: string } | null> {
  for (let file = dirname(path); ; file = dirname(file)) {
    try {
      const stats = await stat(file)
      if (!stats.isFile()) return null
      const member = path.slice(file.length + 1).replaceAll('\\', '/')
      return { archive: file, member, version: `${stats.size} ${stats.mtimeMs}` }
    } catch {
      // Further up.
    }
    if (dirname(file) === file) return null
  }
}
