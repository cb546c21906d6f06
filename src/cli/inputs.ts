/** From what was typed to the captures to read: files, folders, globs, and `-` for standard input. */
import { closeSync, type Dirent, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { isNetmon } from '../capture/netmon.ts'
import { isPcap } from '../capture/pcap.ts'
import { isPcapng } from '../capture/pcapng.ts'
import { UsageError } from './status.ts'

/** Names of captures inside folders; others are taken by their first bytes (tcpdump -C writes .pcap1, .pcap2). */
const CAPTURE_NAME = /\.(pcap|pcapng|cap|ntar|dmp)(\.(gz|zst|zstd))?$/i
const GLOB = /[*?{}[\]]/

/**
 * In the order typed, folders and globs sorted by name. A file that does not exist is kept: reading it says so.
 * @throws UsageError for a folder or a glob without captures.
 */
export async function captureInputs(paths: readonly string[]): Promise<string[]> {
  if (paths.filter(path => path === '-').length > 1) throw new UsageError('standard input (-) can be read only once')
  const inputs = new Map<string, string>()
  for (const path of paths) {
    for (const input of await expand(path)) {
      const key = input === '-' ? input : resolve(input)
      if (!inputs.has(key)) inputs.set(key, input)
    }
  }
  return [...inputs.values()]
}

async function expand(path: string): Promise<string[]> {
  if (path === '-') return ['-']
  const kind = kindOf(path)
  if (kind === 'folder') return inFolder(path)
  return kind === 'nothing' && GLOB.test(path) ? matching(path) : [path]
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

function inFolder(folder: string): string[] {
  const found = capturesBelow(folder)
  if (found.length === 0)
    throw new UsageError(`${folder}: no captures in this folder (.pcap, .pcapng, .cap, .ntar, .dmp)`)
  return found
}

/** Symbolic links to folders are not followed: they may lead round in circles. */
function capturesBelow(folder: string): string[] {
  let entries: Dirent[]
  try {
    entries = readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    throw new UsageError(`${folder}: can not be listed: ${(error as Error).message}`)
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return capturesBelow(path)
    return CAPTURE_NAME.test(entry.name) || (entry.isFile() && beginsAsCapture(path)) ? [path] : []
  })
}

function beginsAsCapture(path: string): boolean {
  const view = new DataView(new ArrayBuffer(4))
  try {
    const file = openSync(path, 'r')
    const read = readSync(file, view, 0, 4, 0)
    closeSync(file)
    return read === 4 && (isPcapng(view, 0) || isPcap(view, 0) || isNetmon(view, 0))
  } catch {
    return false // what can not even be opened was not meant
  }
}

async function matching(pattern: string): Promise<string[]> {
  const { glob } = await import('tinyglobby')
  const found = await glob(pattern.replaceAll('\\', '/'), { absolute: isAbsolute(pattern), expandDirectories: false })
  if (found.length === 0) throw new UsageError(`${pattern}: no file matches`)
  return found.sort()
}
