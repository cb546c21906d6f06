/**
 * How long the plain text of a TLS record is, told from the length of the sealed one. AEAD suites add a constant, so that it is
 * known to the byte; block ciphers pad, so that it lies within one block, with or without encrypt-then-MAC (RFC 7366): both
 * add the MAC and one byte of padding or more. RFC 5246 section 6.2.3, RFC 8446 section 5.2, RFC 5288, RFC 6655, RFC 7905.
 */
import { HASH_BYTES, suiteOf } from '../flow/tls/suites.ts'
import { CLIENT, type Direction, SERVER } from '../wire/dissector.ts'

/** What protection adds to the plain text of a record, without the record header. */
export interface Overhead {
  readonly least: number
  readonly most: number
  /** Senders write a tiny record before each one, against BEAST: the block ciphers of TLS 1.0. */
  readonly splits: boolean
}

const SSL_3_0 = 0x0300
const TLS_1_0 = 0x0301
const TLS_1_2 = 0x0303
const TLS_1_3 = 0x0304
/** The part of a GCM or CCM nonce that a TLS 1.2 record carries. */
const EXPLICIT_NONCE_BYTES = 8
/** The content type behind the plain text of TLS 1.3; padding behind that is allowed, and nobody pads. */
const CONTENT_TYPE_BYTES = 1

/** TLS 1.3, or one of its drafts: 0x7f and the number of the draft. */
export function isTls13(version: number): boolean {
  return version === TLS_1_3 || version >> 8 === 0x7f
}

/** Null for a suite that this tool does not know. */
export function overheadOf(version: number, suite: number): Overhead | null {
  const known = suiteOf(suite)
  if (known === null) return null
  const { protection, tagBytes, ivBytes } = known.cipher
  const mac = HASH_BYTES[known.mac]
  if (isTls13(version)) return protection === 'aead-xor' ? exactly(tagBytes + CONTENT_TYPE_BYTES) : null
  if (version < SSL_3_0 || version > TLS_1_2) return null
  switch (protection) {
    case 'aead':
      return exactly(EXPLICIT_NONCE_BYTES + tagBytes)
    case 'aead-xor':
      return exactly(tagBytes)
    case 'cbc': {
      // From TLS 1.1 on each record carries its initialisation vector, which is as long as a block.
      const fixed = mac + (version > TLS_1_0 ? ivBytes : 0)
      return { least: fixed + 1, most: fixed + ivBytes, splits: version <= TLS_1_0 }
    }
    default:
      return exactly(mac)
  }
}

export function isExact({ least, most }: Overhead): boolean {
  return least === most
}

/** The record may hold so many bytes: one of `plain`, or any number from the first to the last of them. */
export function holds(overhead: Overhead, length: number, from: number, to = from): boolean {
  return length - overhead.least >= from && length - overhead.most <= to
}

/** Records without the tiny ones that stand before each record of a side that splits; the others are as they were. */
export function withoutSplits<R extends { readonly direction: Direction }>(
  records: readonly R[],
  overhead: Overhead | null,
  lengthOf: (record: R) => number,
): readonly R[] {
  if (overhead?.splits !== true) return records
  const splits = ([CLIENT, SERVER] as const).map(direction => {
    const own = records.filter(record => record.direction === direction)
    // No first word of either side is so short.
    return own.length > 1 && own.every((record, at) => at % 2 === 1 || holds(overhead, lengthOf(record), 0, 1))
  })
  if (!splits.includes(true)) return records
  const seen = [0, 0]
  return records.filter(({ direction }) => {
    const at = seen[direction] as number
    seen[direction] = at + 1
    return splits[direction] !== true || at % 2 === 1
  })
}

/** The same for every record. */
export function exactly(bytes: number): Overhead {
  return { least: bytes, most: bytes, splits: false }
}
