/** One direction's keys at work, and the record that they are to open. */
import { isTls13, type SealState } from '../../../dissectors/tls-state.ts'

/** What opens the records of one direction until its keys change. */
export interface RecordCipher {
  /** Null when it does not authenticate. The bytes are new ones. */
  open(record: SealedBytes): Uint8Array | null
  /** A record goes by that is not opened, or could not be. */
  passOver(record: SealedBytes): void
  /** What it adds to a record, at least; -1 where a record can not be opened without the one before it. */
  readonly overhead: number
  /** Each record needs all those before it, and none can be tried twice. */
  readonly chained: boolean
}

const TLS_HEADER_BYTES = 5
const DTLS_HEADER_BYTES = 13
const DTLS_NUMBER_AT = 3
const TWO_32 = 2 ** 32

/** A record as it lies in the stream. One object serves all records. */
export class SealedBytes {
  bytes: Uint8Array = new Uint8Array(0)
  start = 0
  /** Of what is sealed, behind the header. */
  from = 0
  end = 0
  tls13 = false
  dtls = false
  /** Sequence number as records are authenticated with it; with DTLS the epoch is its upper part. */
  readonly number = new Uint8Array(8)

  set(bytes: Uint8Array, start: number, end: number, { version, dtls }: SealState): this {
    this.bytes = bytes
    this.start = start
    this.from = start + (dtls ? DTLS_HEADER_BYTES : TLS_HEADER_BYTES)
    this.end = end
    // Before a version is chosen there is only the early data of TLS 1.3.
    this.tls13 = version === 0 || isTls13(version)
    this.dtls = dtls
    if (dtls) this.number.set(bytes.subarray(start + DTLS_NUMBER_AT, start + DTLS_NUMBER_AT + 8))
    return this
  }

  /** Of DTLS, where each record tells it. */
  get epoch(): number {
    return ((this.number[0] as number) << 8) | (this.number[1] as number)
  }

  set sequence(sequence: number) {
    let high = Math.floor(sequence / TWO_32)
    let low = sequence % TWO_32
    for (let at = 3; at >= 0; at--) {
      this.number[at] = high & 255
      this.number[at + 4] = low & 255
      high >>>= 8
      low >>>= 8
    }
  }

  /** Sequence number, type, version and length of the plaintext: what MACs and AEADs before TLS 1.3 cover besides it. */
  pseudoHeader(length: number): Uint8Array {
    const { bytes, start } = this
    const header = new Uint8Array(13)
    header.set(this.number)
    header.set(bytes.subarray(start, start + 3), 8)
    header[11] = length >> 8
    header[12] = length & 255
    return header
  }
}
