/**
 * `--watch DIR`: captures as they appear in a folder that recorders write to. A file is finished when the next one of its ring
 * was begun, or when it has not changed for a while; one that changes after all is scanned once more.
 */
import { type BigIntStats, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { ringPlace } from '../capture/growing.ts'
import { type CaptureInput, filesBelow, inFile } from './inputs.ts'

export interface WatchSettings {
  readonly folder: string
  /** A file that has not changed for so long is finished. */
  readonly settledMs: number
  /** How often it is looked. */
  readonly lookEveryMs: number
  /** Ends the watching. */
  readonly signal: AbortSignal
  /** Told of what was scanned before. */
  readonly changed: (path: string) => void
}

export const LOOK_EVERY_MS = 500

interface Seen {
  /** As long as it stays the same, so does the file. */
  readonly version: string
  /** When it was seen first; 0 at the beginning. */
  readonly sinceMs: number
  readonly isDone: boolean
}

/**
 * Those that are finished at one time together, sorted by name; never an empty list. What is in the folder at the beginning is
 * not new.
 * @throws UsageError for a folder that can not be listed at the beginning
 */
export function finishedCaptures(settings: WatchSettings): AsyncGenerator<CaptureInput[]> {
  const seen = new Map<string, Seen>()
  for (const path of filesBelow(settings.folder)) {
    const stats = look(path)
    if (stats !== null) seen.set(path, { version: versionOf(stats), sinceMs: 0, isDone: true })
  }
  return looking(settings, seen)
}

async function* looking(settings: WatchSettings, seen: Map<string, Seen>): AsyncGenerator<CaptureInput[]> {
  const { lookEveryMs, signal } = settings
  while (!signal.aborted) {
    await pause(lookEveryMs, signal)
    const inputs: CaptureInput[] = []
    for (const path of newlyFinished(settings, seen)) for await (const input of inFile(path)) inputs.push(input)
    if (inputs.length > 0 && !signal.aborted) yield inputs
  }
}

function newlyFinished({ folder, settledMs, changed }: WatchSettings, seen: Map<string, Seen>): string[] {
  const paths = listed(folder)
  if (paths === null) return []
  const nowMs = performance.now()
  const lastOfRings = lastOf(paths)
  const finished: string[] = []
  for (const path of paths) {
    const stats = look(path)
    if (stats === null || stats.size === 0n) continue
    const version = versionOf(stats)
    const before = seen.get(path)
    if (before?.version === version && before.isDone) continue
    const sinceMs = before?.version === version ? before.sinceMs : nowMs
    const isDone = isFollowed(path, lastOfRings) || nowMs - sinceMs >= settledMs
    const wasScanned = before?.isDone === true && before.sinceMs > 0
    if (wasScanned) changed(path)
    seen.set(path, { version, sinceMs, isDone })
    if (isDone) finished.push(path)
  }
  // Files of a ring are deleted sooner or later.
  const present = new Set(paths)
  for (const path of seen.keys()) if (!present.has(path)) seen.delete(path)
  return finished
}

/** Null while the folder can not be listed: a share may come back. */
function listed(folder: string): string[] | null {
  try {
    return filesBelow(folder)
  } catch {
    return null
  }
}

/** The order of the newest file of each ring. */
function lastOf(paths: readonly string[]): Map<string, string> {
  const last = new Map<string, string>()
  for (const path of paths) {
    const place = ringPlace(basename(path))
    if (place === null) continue
    const ring = `${dirname(path)} ${place.ring}`
    if ((last.get(ring) ?? '') < place.order) last.set(ring, place.order)
  }
  return last
}

/** Its recorder has gone on to the next file. */
function isFollowed(path: string, lastOfRings: ReadonlyMap<string, string>): boolean {
  const place = ringPlace(basename(path))
  return place !== null && place.order < (lastOfRings.get(`${dirname(path)} ${place.ring}`) ?? '')
}

function look(path: string): BigIntStats | null {
  try {
    return statSync(path, { bigint: true })
  } catch {
    return null // deleted meanwhile
  }
}

function versionOf({ ino, size, mtimeNs }: BigIntStats): string {
  return `${ino} ${size} ${mtimeNs}`
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>(resolve => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
