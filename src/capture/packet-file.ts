/** A pcapng file that packets of another capture are written to, with comments: their times, lengths and interfaces stay. */
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs'
import type { CaptureInfo } from './info.ts'
import { PcapngWriter } from './pcapng-writer.ts'

/** Blocks are gathered to writes of this size. */
const WRITE_BYTES = 1 << 20
/** Of interfaces that the capture does not describe. */
const SYNTHETIC_SNAP_LENGTH = 0x40000

export interface FiledPacket {
  /** As in the capture that it comes from. */
  readonly interfaceId: number
  /** LINKTYPE_* value. */
  readonly linkType: number
  readonly bytes: Uint8Array
  readonly originalLength: number
  /** Nanoseconds since 1970. */
  readonly timeNs: bigint
  readonly comments: readonly string[]
}

export interface PacketFileOptions {
  /** Who writes it, and what it is. */
  readonly application: string
  readonly comment: string
  /** Of the capture that the packets come from. */
  readonly info: Pick<CaptureInfo, 'interfaces' | 'secrets'>
  /** The TLS keys of the capture go along. */
  readonly withKeys: boolean
  /** A file that is there already is replaced; otherwise that is an error. */
  readonly replaces?: boolean
}

export class PacketFile {
  /** Written so far. */
  packets = 0
  readonly #path: string
  readonly #file: number
  readonly #writer: PcapngWriter
  readonly #info: PacketFileOptions['info']
  /** Places in the file of the interfaces that were described so far. */
  readonly #interfaces = new Map<string, number>()
  #pending: Uint8Array[] = []
  #pendingBytes = 0
  #isClosed = false

  /** @throws NodeJS.ErrnoException when the file can not be written. So does each write. */
  constructor(path: string, { application, comment, info, withKeys, replaces = false }: PacketFileOptions) {
    this.#path = path
    this.#file = openSync(path, replaces ? 'w' : 'wx')
    this.#info = info
    this.#writer = new PcapngWriter(block => this.#put(block))
    this.#writer.section(application, comment)
    if (withKeys) for (const { type, bytes } of info.secrets) this.#writer.secrets(type, bytes)
  }

  /** In the order of the capture. */
  write({ interfaceId, linkType, bytes, originalLength, timeNs, comments }: FiledPacket): void {
    const interfaceIndex = this.#interfaceFor(interfaceId, linkType)
    this.#writer.packet({ interfaceIndex, bytes, originalLength, timeNs, comments })
    this.packets++
  }

  /** All that was written is in the file. */
  close(): void {
    this.#flush()
    closeSync(this.#file)
    this.#isClosed = true
  }

  /** The file goes, unless it is whole and closed already. */
  discard(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    closeSync(this.#file)
    rmSync(this.#path, { force: true })
  }

  #interfaceFor(id: number, linkType: number): number {
    const key = `${id} ${linkType}`
    const known = this.#interfaces.get(key)
    if (known !== undefined) return known
    const described = this.#info.interfaces.find(one => one.id === id)
    const snapLength = described?.snapLength ?? SYNTHETIC_SNAP_LENGTH
    this.#writer.interface({ linkType, snapLength, name: described?.name ?? '' })
    this.#interfaces.set(key, this.#interfaces.size)
    return this.#interfaces.size - 1
  }

  #put(block: Uint8Array): void {
    this.#pending.push(block)
    this.#pendingBytes += block.length
    if (this.#pendingBytes >= WRITE_BYTES) this.#flush()
  }

  #flush(): void {
    const blocks = this.#pending
    this.#pending = []
    this.#pendingBytes = 0
    for (const block of blocks) writeFileSync(this.#file, block)
  }
}
