/** Zip archives made by hand, also such as no program writes. */
import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipMember {
  readonly name: string
  readonly bytes: Uint8Array
  /** What the directory says in place of the truth. */
  readonly claims?: Partial<{ size: number; crc: number; method: number; flags: number }>
  /** Named by the directory a second time, under this name. */
  readonly alias?: string
}

export function zip(members: readonly ZipMember[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const { name, bytes, claims = {}, alias } of members) {
    const packed = deflateRawSync(bytes)
    const fields = { size: bytes.length, crc: crc32(bytes), method: 8, flags: 0, ...claims }
    const head = header(0x04034b50, fields, packed.length, name, false, 0)
    for (const listed of alias === undefined ? [name] : [name, alias]) {
      directory.push(header(0x02014b50, fields, packed.length, listed, true, at))
    }
    parts.push(head, packed)
    at += head.length + packed.length
  }
  const listed = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(directory.length, 8)
  end.writeUInt16LE(directory.length, 10)
  end.writeUInt32LE(listed.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, listed, end])
}

type Fields = Required<NonNullable<ZipMember['claims']>>

/** Local (APPNOTE 4.3.7), or of the central directory (4.3.12). */
function header(mark: number, fields: Fields, packed: number, name: string, central: boolean, at: number): Buffer {
  const text = Buffer.from(name)
  const head = Buffer.alloc(central ? 46 : 30)
  head.writeUInt32LE(mark, 0)
  const start = central ? 6 : 4
  head.writeUInt16LE(20, start)
  head.writeUInt16LE(fields.flags, start + 2)
  head.writeUInt16LE(fields.method, start + 4)
  head.writeUInt32LE(fields.crc, start + 10)
  head.writeUInt32LE(packed, start + 14)
  head.writeUInt32LE(fields.size, start + 18)
  head.writeUInt16LE(text.length, start + 22)
  if (central) head.writeUInt32LE(at, 42)
  return Buffer.concat([head, text])
}
