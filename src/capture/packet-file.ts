/** A pcapng file that packets of another capture are written to, with comments: their times, lengths and interfaces stay. */
import { BlockFile } from './block-file.ts'
import type { CaptureInfo } from './info.ts'
import { PcapngWriter, SYNTHETIC_SNAP_LENGTH } from './pcapng-writer.ts'

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
  readonly #file: BlockFile
  readonly #writer: PcapngWriter
  readonly #info: PacketFileOptions['info']
  /** Places in the file of the interfaces that were described so far. */
  readonly #interfaces = new Map<string, number>()
  #isClosed = false

  /** @throws NodeJS.ErrnoException when the file can not be written. So does each write. */
  constructor(path: string, { application, comment, info, withKeys, replaces = false }: PacketFileOptions) {
    this.#file = new BlockFile(path, replaces ? 'w' : 'wx')
    this.#info = info
    this.#writer = new PcapngWriter(block => this.#file.put(block))
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
    this.#file.close()
    this.#isClosed = true
  }

  /** The file goes, unless it is whole and closed already. */
  discard(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#file.remove()
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
}
