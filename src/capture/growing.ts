/**
 * A file that a recorder still writes to, and a ring of files that it writes one after the other: their end is not the end, it
 * is waited for more. Files of a ring come as one stream of bytes: pcapng allows one section behind the other, and of pcap
 * files all headers but the first are left out.
 */
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { SourceError, unreadable } from './error.ts'
import { isPcap } from './pcap.ts'
import type { ByteSource } from './source.ts'

/** How often it is looked whether there is more. */
const LOOK_EVERY_MS = 150
const PCAP_HEADER_BYTES = 24
const REMEDY_SHORTER = 'open it again'

export class GrowingSource implements ByteSource {
  readonly size: number
  /** Absent of a ring: its files are deleted while others are written. */
  readonly seek?: (offset: number) => void
  consumed = 0
  #handle: FileHandle
  #path: string
  readonly #isRing: boolean
  #position = 0
  #isClosed = false
  #wake: (() => void) | null = null

  /** @param size when it was opened. */
  constructor(handle: FileHandle, path: string, size: number) {
    this.#handle = handle
    this.#path = path
    this.size = size
    this.#isRing = ringPlace(basename(path)) !== null
    if (this.#isRing) return
    this.seek = offset => {
      this.#position = offset
    }
  }

  async read(into: Uint8Array, at: number, room: number): Promise<number> {
    for (;;) {
      const got = await this.#more(into, at, room)
      if (got > 0 || this.#isClosed) return got
      const next = this.#isRing ? await nextInRing(this.#path) : null
      if (next === null) {
        await this.#pause()
        continue
      }
      // Its last bytes may have come while the next one was looked for.
      const rest = await this.#more(into, at, room)
      if (rest > 0) return rest
      await this.#turnTo(next)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#wake?.()
    await this.#handle.close()
  }

  async #more(into: Uint8Array, at: number, room: number): Promise<number> {
    if (this.#isClosed) return 0
    try {
      const { bytesRead } = await this.#handle.read(into, at, room, this.#position)
      this.#position += bytesRead
      this.consumed += bytesRead
      if (bytesRead === 0 && (await this.#handle.stat()).size < this.#position) {
        throw new SourceError('damaged', 'the file became shorter while it was followed', REMEDY_SHORTER)
      }
      return bytesRead
    } catch (error) {
      if (this.#isClosed) return 0
      if (error instanceof SourceError) throw error
      const { code, message, remedy } = unreadable(this.#path, error)
      throw new SourceError(code, message, remedy)
    }
  }

  async #pause(): Promise<void> {
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, LOOK_EVERY_MS)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = null
  }

  /** A file of the ring that is gone already, or not whole yet, is looked for again. */
  async #turnTo(path: string): Promise<void> {
    let handle: FileHandle
    try {
      handle = await open(path, 'r')
    } catch {
      await this.#pause()
      return
    }
    const head = new Uint8Array(PCAP_HEADER_BYTES)
    let had = 0
    while (had < PCAP_HEADER_BYTES && !this.#isClosed) {
      const { bytesRead } = await handle.read(head, had, PCAP_HEADER_BYTES - had, had)
      had += bytesRead
      if (bytesRead === 0) await this.#pause()
    }
    const last = this.#handle
    this.#handle = handle
    this.#path = path
    this.#position = isPcap(new DataView(head.buffer), 0) ? PCAP_HEADER_BYTES : 0
    await last.close()
    if (this.#isClosed) await handle.close()
  }
}

/** Of dumpcap: `name_00001_20261120100000.pcapng`, or with the number behind the time. */
const NUMBER_FIRST = /^(.*)_(\d{5})_(\d{14})(\.[^_]*)?$/
const TIME_FIRST = /^(.*)_(\d{14})_(\d{5})(\.[^_]*)?$/

interface RingPlace {
  /** What all files of the ring have in common. */
  readonly ring: string
  /** Sorts in the order in which they are written. */
  readonly order: string
}

/** Null for a name that is not of a ring. */
export function ringPlace(name: string): RingPlace | null {
  const numberFirst = NUMBER_FIRST.exec(name)
  if (numberFirst !== null) {
    const [, stem, number, time, suffix = ''] = numberFirst
    return { ring: `${stem} ${suffix}`, order: `${time} ${number}` }
  }
  const timeFirst = TIME_FIRST.exec(name)
  if (timeFirst === null) return null
  const [, stem, time, number, suffix = ''] = timeFirst
  return { ring: `${stem} ${suffix}`, order: `${time} ${number}` }
}

/** The file that was begun behind this one; null when there is none yet. */
async function nextInRing(path: string): Promise<string | null> {
  const here = ringPlace(basename(path))
  if (here === null) return null
  let names: string[]
  try {
    names = await readdir(dirname(path))
  } catch {
    return null
  }
  let next: { readonly name: string; readonly order: string } | null = null
  for (const name of names) {
    const place = ringPlace(name)
    if (place === null || place.ring !== here.ring || place.order <= here.order) continue
    if (next === null || place.order < next.order) next = { name, order: place.order }
  }
  return next === null ? null : join(dirname(path), next.name)
}
