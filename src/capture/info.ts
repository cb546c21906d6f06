/** What a capture file says about itself, beside its packets. It grows while the capture is read. */
import { MAX_COMMENTS, MAX_NAMES, MAX_SECRETS_BYTES } from '../wire/limits.ts'

export type CaptureFormat = 'pcap' | 'pcapng' | 'netmon'
export type Compression = 'gzip' | 'zstd'

/** TLS key log (draft-ietf-opsawg-pcapng, Decryption Secrets Block). */
export const SECRETS_TLS_KEY_LOG = 0x544c534b

/** One interface that packets were recorded on. */
export interface InterfaceInfo {
  /** In the file; packets name it. */
  readonly id: number
  /** LINKTYPE_* value. */
  readonly linkType: number
  /** Most bytes kept of a packet; 0 = all. */
  readonly snapLength: number
  /** Bytes of frame check sequence at the end of each frame; -1 when the file does not say. */
  readonly fcsLength: number
  readonly name: string
  readonly description: string
  readonly filter: string
  readonly operatingSystem: string
  readonly comment: string
  /** Of the recorder's statistics; -1 when the file does not say. */
  received: number
  dropped: number
  systemDropped: number
  /** Drops that older packet blocks count one by one. */
  droppedByPackets: number
}

export interface Comment {
  /** Number of the packet; 0 = of the whole capture. */
  readonly packet: number
  readonly text: string
}

export interface Secrets {
  readonly type: number
  readonly bytes: Uint8Array
}

/** A limit that was reached, or something odd that did not stop the reading. */
export interface CaptureNote {
  readonly id: string
  readonly says: string
}

export class CaptureInfo {
  /** As given; '-' is standard input. */
  readonly path: string
  format: CaptureFormat = 'pcap'
  /** In words: 'pcap, nanoseconds, big-endian'. */
  variant = ''
  /** Outermost first. */
  readonly compression: Compression[] = []
  /** null for a stream. */
  readonly fileBytes: number | null
  /** Who wrote it, of the first section that says so. */
  application = ''
  operatingSystem = ''
  hardware = ''
  readonly interfaces: InterfaceInfo[] = []
  /** Address as text -> name, as the recorder resolved it. */
  readonly names = new Map<string, string>()
  readonly comments: Comment[] = []
  readonly secrets: Secrets[] = []
  /** Packets of which the snap length cut something off. */
  snapped = 0
  /** Packets without a time of their own. */
  untimed = 0
  /** Records that Wireshark numbers but that are no packets (events, custom blocks). */
  otherRecords = 0
  readonly notes: CaptureNote[] = []
  private secretBytes = 0

  constructor(path: string, fileBytes: number | null) {
    this.path = path
    this.fileBytes = fileBytes
  }

  /** Said once, however often it happens. */
  note(id: string, says: string): void {
    if (!this.notes.some(note => note.id === id)) this.notes.push({ id, says })
  }

  addName(address: string, name: string): void {
    if (this.names.size < MAX_NAMES || this.names.has(address)) this.names.set(address, name)
    else this.note('names-limit', `more than ${MAX_NAMES} resolved names; the rest is left out`)
  }

  addComment(packet: number, text: string): void {
    if (this.comments.length < MAX_COMMENTS) this.comments.push({ packet, text })
    else this.note('comments-limit', `more than ${MAX_COMMENTS} comments; the rest is left out`)
  }

  /** @param bytes are kept: hand in a copy. */
  addSecrets(type: number, bytes: Uint8Array): void {
    if (this.secretBytes + bytes.length > MAX_SECRETS_BYTES) {
      this.noteSecretsLimit()
      return
    }
    this.secretBytes += bytes.length
    this.secrets.push({ type, bytes })
  }

  noteSecretsLimit(): void {
    this.note('secrets-limit', `more than ${MAX_SECRETS_BYTES} bytes of secrets; the rest is left out`)
  }
}
