/**
 * From what was typed to the captures to read: files, folders, globs, archives, lists of them, and `-` for standard input. The
 * same files give the same list everywhere.
 */
import { closeSync, type Dirent, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import type { ReadError } from '../analysis.ts'
import { CaptureError } from '../analyze.ts'
import { isNetmon } from '../capture/netmon.ts'
import { isPcap } from '../capture/pcap.ts'
import { isPcapng } from '../capture/pcapng.ts'
import { UsageError } from './status.ts'

/** Names of captures inside folders; others are taken by their first bytes (tcpdump -C writes .pcap1, .pcap2). */
const CAPTURE_NAME = /\.(pcap|pcapng|cap|ntar|dmp)(\.(gz|zst|zstd))?$/i
/** Names of archives inside folders; those that are typed are known by their content. */
const ARCHIVE_NAME = /\.(zip|tar|tgz|tzst|tar\.(gz|zst|zstd))$/i
const GLOB = /[*?{}[\]]/
/** So much of a file tells whether it is a capture. */
const HEAD_BYTES = 4

/** A capture to read. */
export interface CaptureInput {
  /** `-` is standard input; `archive.zip/inner.pcap` a member of an archive. */
  readonly path: string
  /** Of the file, or of the member as it is unpacked; 0 where that is not known. */
  readonly bytes: number
  /** The archive that holds it. */
  readonly archive: {
    readonly path: string
    /** Members can only be had one after the other. */
    readonly inOrder: boolean
  } | null
  /** Why it can not be read, where that is known already. */
  readonly error: ReadError | null
}

/**
 * In the order typed, each once, folders and globs sorted by name, archives as they are. A file that does not exist is kept: reading it
 * says so.
 * @param listed paths of a list: no globs, and `-` is a file
 * @throws UsageError for a folder, a glob or an archive without captures.
 */
export async function captureInputs(paths: readonly string[], listed: readonly string[] = []): Promise<CaptureInput[]> {
  if (paths.filter(path => path === '-').length > 1) throw new UsageError('standard input (-) can be read only once')
  const inputs = new Map<string, CaptureInput>()
  const add = async (found: Iterable<CaptureInput> | AsyncIterable<CaptureInput>) => {
    for await (const input of found) {
      const key = input.path === '-' ? input.path : resolve(input.path)
      if (!inputs.has(key)) inputs.set(key, input)
    }
  }
  for (const path of paths) await add(expanded(path))
  for (const path of listed) await add(named(path === '-' ? './-' : path))
  return [...inputs.values()]
}

async function* expanded(path: string): AsyncGenerator<CaptureInput> {
  if (path === '-') yield fileInput(path, 0)
  else if (GLOB.test(path) && kindOf(path) === 'nothing') for (const file of await matching(path)) yield* inFile(file)
  else yield* atLeastOne(named(path), path, kindOf(path) === 'folder' ? 'folder' : 'archive')
}

/** What a path without wildcards names. */
async function* named(path: string): AsyncGenerator<CaptureInput> {
  if (kindOf(path) === 'folder') yield* inFolder(path)
  else yield* inFile(path)
}

/** What was typed and holds nothing is a mistake. */
async function* atLeastOne(
  inputs: AsyncIterable<CaptureInput>,
  path: string,
  kind: string,
): AsyncGenerator<CaptureInput> {
  let found = 0
  for await (const input of inputs) {
    found++
    yield input
  }
  if (found === 0) throw new UsageError(`${path}: no captures in this ${kind} (.pcap, .pcapng, .cap, .ntar, .dmp)`)
}

/** Whatever can not even be looked at is taken for a file: opening it says why. */
function kindOf(path: string): 'file' | 'folder' | 'nothing' {
  try {
    const stats = statSync(path, { throwIfNoEntry: false })
    return stats === undefined ? 'nothing' : stats.isDirectory() ? 'folder' : 'file'
  } catch {
    return 'file'
  }
}

/** The file itself, or the captures of an archive. */
export async function* inFile(path: string): AsyncGenerator<CaptureInput> {
  const { archiveKind } = await import('../capture/archives.ts')
  if ((await archiveKind(path)) !== null) yield* inArchive(path)
  else yield fileInput(path, sizeOf(path))
}

async function* inFolder(folder: string): AsyncGenerator<CaptureInput> {
  for (const path of filesBelow(folder))
    yield* ARCHIVE_NAME.test(path) ? inArchive(path) : [fileInput(path, sizeOf(path))]
}

/** Captures and archives. Symbolic links to folders are not followed: they may lead round in circles. @throws UsageError */
export function filesBelow(folder: string): string[] {
  let entries: Dirent[]
  try {
    entries = readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    throw new UsageError(`${folder}: can not be listed: ${(error as Error).message}`)
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesBelow(path)
    const isNamed = CAPTURE_NAME.test(entry.name) || ARCHIVE_NAME.test(entry.name)
    return isNamed || (entry.isFile() && beginsAsCapture(path)) ? [path] : []
  })
}

/** Members that are captures by their names or first bytes. What stops the reading of the archive stands at the end. */
async function* inArchive(path: string): AsyncGenerator<CaptureInput> {
  const { openArchive } = await import('../capture/archives.ts')
  try {
    const archive = await openArchive(path)
    try {
      for await (const { name, bytes, begins } of archive.members()) {
        if (!CAPTURE_NAME.test(name) && !isCapture(await begins(HEAD_BYTES))) continue
        yield { path: `${path}/${name}`, bytes, archive: { path, inOrder: archive.inOrder }, error: null }
      }
    } finally {
      await archive.close()
    }
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error
    const { code, message, remedy } = error
    yield { path, bytes: 0, archive: null, error: { code, message, remedy } }
  }
}

function fileInput(path: string, bytes: number): CaptureInput {
  return { path, bytes, archive: null, error: null }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size
  } catch {
    return 0 // opening it says why
  }
}

function beginsAsCapture(path: string): boolean {
  const head = new Uint8Array(HEAD_BYTES)
  try {
    const file = openSync(path, 'r')
    const read = readSync(file, head, 0, HEAD_BYTES, 0)
    closeSync(file)
    return isCapture(head.subarray(0, read))
  } catch {
    return false // what can not even be opened was not meant
  }
}

function isCapture(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  return head.length === HEAD_BYTES && (isPcapng(view, 0) || isPcap(view, 0) || isNetmon(view, 0))
}

async function matching(pattern: string): Promise<string[]> {
  const { glob } = await import('tinyglobby')
  const found = await glob(pattern.replaceAll('\\', '/'), { absolute: isAbsolute(pattern), expandDirectories: false })
  if (found.length === 0) throw new UsageError(`${pattern}: no file matches`)
  return found.sort()
}
