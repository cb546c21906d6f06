/**
 * `--resume DIR`: analyses that are finished, by what was analysed, so that a scan that was stopped goes on where it was. A
 * result is found again wherever the capture lies by then; other bytes, another version or other keys give another one. Several
 * scans may share a folder, at the same time too.
 */
import { createHash } from 'node:crypto'
import { accessSync, constants, createReadStream } from 'node:fs'
import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { CaptureAnalysis } from '../analysis.ts'
import { VERSION } from '../version.ts'
import { makeFolder } from './folder.ts'
import type { CaptureInput } from './inputs.ts'
import type { KeyMaterial } from './keys.ts'
import { UsageError } from './status.ts'

/** Grows when what is kept takes another shape. */
const SHAPE = 1

/** Makes the folder. @throws UsageError when it can not be written to. */
export function prepareStore(folder: string): void {
  try {
    makeFolder(folder)
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new UsageError(`--resume ${folder}: can not be written to: ${(error as Error).message}`)
  }
}

export class ResultStore {
  readonly #folder: string
  /** Of all that an analysis depends on, beside the capture. */
  readonly #settings: string
  /** Of the archive that was hashed last: its members follow one another. */
  #archive: { readonly path: string; readonly hash: FileHash } | null = null

  constructor(folder: string, { keyLogs, rsaKeys }: KeyMaterial) {
    this.#folder = folder
    const digests = [...keyLogs, ...rsaKeys].map(key => createHash('sha256').update(key).digest('hex'))
    this.#settings = JSON.stringify([SHAPE, VERSION, ...digests])
  }

  /** Null for what is no file, or can not be read. Of a member of an archive: by the archive's content and its name. */
  async placeOf({ path, archive }: CaptureInput): Promise<ResultPlace | null> {
    const file = archive?.path ?? path
    if (file === '-') return null
    const hash = archive !== null && this.#archive?.path === file ? this.#archive.hash : await hashOf(file)
    if (hash === null) return null
    if (archive !== null) this.#archive = { path: file, hash }
    const member = archive === null ? '' : path.slice(file.length)
    const key = createHash('sha256')
      .update(JSON.stringify([this.#settings, hash.content, member]))
      .digest('hex')
    return new ResultPlace(join(this.#folder, key.slice(0, 2), `${key}.json`), file, hash.version)
  }
}

interface FileHash {
  readonly content: string
  /** As long as this is the same, so is the content. */
  readonly version: string
}

/** Where the analysis of one capture is kept, or would be. */
export class ResultPlace {
  readonly #path: string
  readonly #capture: string
  readonly #version: string

  constructor(path: string, capture: string, version: string) {
    this.#path = path
    this.#capture = capture
    this.#version = version
  }

  /** Null where none is, or only half of one. */
  async found(): Promise<CaptureAnalysis | null> {
    try {
      return JSON.parse(await readFile(this.#path, 'utf8')) as CaptureAnalysis
    } catch {
      return null
    }
  }

  /** Whole or not at all. A folder that can not be written to costs the next scan its time, no more. */
  async keep(analysis: CaptureAnalysis): Promise<void> {
    // A disk that failed may work again, and a file that grew was not what was hashed.
    if (analysis.error?.code === 'unreadable' || (await versionOf(this.#capture)) !== this.#version) return
    const unfinished = `${this.#path}.${process.pid}`
    try {
      makeFolder(dirname(this.#path))
      await writeFile(unfinished, JSON.stringify(analysis))
      await rename(unfinished, this.#path)
    } catch {
      // See above.
    }
  }
}

async function hashOf(path: string): Promise<FileHash | null> {
  const version = await versionOf(path)
  if (version === null) return null
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(path), hash)
  } catch {
    return null // opening it says why
  }
  return { content: hash.digest('hex'), version }
}

/** Null for what is no file. */
async function versionOf(path: string): Promise<string | null> {
  try {
    const stats = await stat(path, { bigint: true })
    return stats.isFile() ? `${stats.ino} ${stats.size} ${stats.mtimeNs}` : null
  } catch {
    return null
  }
}
