/**
 * HPACK: how HTTP/2 packs header fields. Static and dynamic table, literals, the Huffman code. RFC 7541.
 */
import { latin1 } from '../src/wire/bytes.ts'
import { MAX_HPACK_FIELDS, MAX_HPACK_TABLE_BYTES, MAX_HPACK_TEXT_BYTES } from '../src/wire/limits.ts'
import { HUFFMAN_LENGTHS } from './hpack-huffman.ts'

/** The dynamic table of one direction, newest entry first. Plain data. */
export interface HpackTable {
  entries: [name: string, value: string][]
  size: number
  /** What the table may hold. */
  most: number
}
/** A header field, and where its representation lies in the block. */
export interface HpackField {
  readonly name: string
  readonly value: string
  readonly start: number
  readonly end: number
}

export function hpackTable(): HpackTable {
  return { entries: [], size: 0, most: DEFAULT_TABLE_BYTES }
}

/**
 * The fields of a block of its own, bytes[start, end); null when it is malformed. What it says goes into `table`: of a
 * malformed block, give a copy.
 */
export function readBlock(bytes: Uint8Array, start: number, end: number, table: HpackTable): HpackField[] | null {
  const cursor = { bytes, at: start, end, ok: true }
  const fields: HpackField[] = []
  while (cursor.at < end && cursor.ok && fields.length < MAX_HPACK_FIELDS) {
    const from = cursor.at
    const first = bytes[from] as number
    if ((first & 0xe0) === 0x20) {
      table.most = Math.min(integer(cursor, 5), MAX_HPACK_TABLE_BYTES)
      evict(table)
      continue
    }
    const indexed = (first & 0x80) !== 0
    const kept = (first & 0xc0) === 0x40
    const index = integer(cursor, indexed ? 7 : kept ? 6 : 4)
    const entry = index === 0 ? undefined : entryAt(table, index)
    if (indexed ? entry === undefined : index > 0 && entry === undefined) return null
    const name = index === 0 ? text(cursor) : (entry?.[0] as string)
    const value = indexed ? (entry?.[1] as string) : text(cursor)
    if (!cursor.ok) return null
    if (kept && !indexed) {
      table.entries.unshift([name, value])
      table.size += name.length + value.length + ENTRY_BYTES
      evict(table)
    }
    fields.push({ name, value, start: from, end: cursor.at })
  }
  return cursor.ok ? fields : null
}

const DEFAULT_TABLE_BYTES = 4096
/** RFC 7541 4.1: what an entry costs beside its texts. */
const ENTRY_BYTES = 32
/** Bytes of an integer beyond its prefix; more would not fit into any length. */
const MOST_INTEGER_BYTES = 4

interface Cursor {
  readonly bytes: Uint8Array
  at: number
  readonly end: number
  ok: boolean
}

function entryAt(table: HpackTable, index: number): readonly [string, string] | undefined {
  return index <= STATIC_TABLE.length ? STATIC_TABLE[index - 1] : table.entries[index - STATIC_TABLE.length - 1]
}

function evict(table: HpackTable): void {
  while (table.size > table.most) {
    const last = table.entries.pop()
    if (last === undefined) {
      table.size = 0
      return
    }
    table.size -= last[0].length + last[1].length + ENTRY_BYTES
  }
}

/** RFC 7541 5.1, with a prefix of so many bits. */
function integer(cursor: Cursor, bits: number): number {
  const most = (1 << bits) - 1
  let value = (cursor.bytes[cursor.at++] as number) & most
  if (value < most) return value
  for (let n = 0; n <= MOST_INTEGER_BYTES; n++) {
    if (cursor.at >= cursor.end) break
    const byte = cursor.bytes[cursor.at++] as number
    value += (byte & 0x7f) * 2 ** (7 * n)
    if ((byte & 0x80) === 0) return value
  }
  cursor.ok = false
  return 0
}

/** RFC 7541 5.2. */
function text(cursor: Cursor): string {
  if (cursor.at >= cursor.end) {
    cursor.ok = false
    return ''
  }
  const packed = ((cursor.bytes[cursor.at] as number) & 0x80) !== 0
  const length = integer(cursor, 7)
  if (!cursor.ok || length > cursor.end - cursor.at || length > MAX_HPACK_TEXT_BYTES) {
    cursor.ok = false
    return ''
  }
  const start = cursor.at
  cursor.at += length
  return packed ? huffman(cursor.bytes, start, cursor.at) : latin1(cursor.bytes, start, cursor.at)
}

const END_OF_STRING = 256
/** First code of each length, and where the symbols of that length begin; the code is canonical (RFC 7541 appendix B). */
const SYMBOLS: readonly number[] = HUFFMAN_LENGTHS.map((_, symbol) => symbol).sort(
  (a, b) => (HUFFMAN_LENGTHS[a] as number) - (HUFFMAN_LENGTHS[b] as number) || a - b,
)
const LONGEST_CODE = 30
const FIRST_CODES: number[] = []
const FIRST_SYMBOLS: number[] = []
const COUNTS: number[] = []
for (let length = 1, code = 0, from = 0; length <= LONGEST_CODE; length++) {
  const count = HUFFMAN_LENGTHS.filter(one => one === length).length
  FIRST_CODES[length] = code
  FIRST_SYMBOLS[length] = from
  COUNTS[length] = count
  from += count
  code = (code + count) * 2
}

/** What is packed; bits behind the last symbol are padding. */
function huffman(bytes: Uint8Array, start: number, end: number): string {
  const codes: number[] = []
  let code = 0
  let length = 0
  for (let at = start; at < end; at++) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + (((bytes[at] as number) >> bit) & 1)
      length++
      if (length > LONGEST_CODE) return String.fromCharCode(...codes)
      const offset = code - (FIRST_CODES[length] as number)
      if (offset < 0 || offset >= (COUNTS[length] as number)) continue
      const symbol = SYMBOLS[(FIRST_SYMBOLS[length] as number) + offset] as number
      if (symbol === END_OF_STRING) return String.fromCharCode(...codes)
      codes.push(symbol)
      code = 0
      length = 0
    }
  }
  return String.fromCharCode(...codes)
}

/** RFC 7541 appendix A. */
const STATIC_TABLE: readonly (readonly [string, string])[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  [':status', '200'],
  [':status', '204'],
  [':status', '206'],
  [':status', '304'],
  [':status', '400'],
  [':status', '404'],
  [':status', '500'],
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ['accept-language', ''],
  ['accept-ranges', ''],
  ['accept', ''],
  ['access-control-allow-origin', ''],
  ['age', ''],
  ['allow', ''],
  ['authorization', ''],
  ['cache-control', ''],
  ['content-disposition', ''],
  ['content-encoding', ''],
  ['content-language', ''],
  ['content-length', ''],
  ['content-location', ''],
  ['content-range', ''],
  ['content-type', ''],
  ['cookie', ''],
  ['date', ''],
  ['etag', ''],
  ['expect', ''],
  ['expires', ''],
  ['from', ''],
  ['host', ''],
  ['if-match', ''],
  ['if-modified-since', ''],
  ['if-none-match', ''],
  ['if-range', ''],
  ['if-unmodified-since', ''],
  ['last-modified', ''],
  ['link', ''],
  ['location', ''],
  ['max-forwards', ''],
  ['proxy-authenticate', ''],
  ['proxy-authorization', ''],
  ['range', ''],
  ['referer', ''],
  ['refresh', ''],
  ['retry-after', ''],
  ['server', ''],
  ['set-cookie', ''],
  ['strict-transport-security', ''],
  ['transfer-encoding', ''],
  ['user-agent', ''],
  ['vary', ''],
  ['via', ''],
  ['www-authenticate', ''],
]
