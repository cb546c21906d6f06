/** The forms in which a name, a token or an address may stand in a file. */
import { isIPv6 } from 'node:net'

export interface Form {
  readonly says: string
  readonly bytes: Buffer
}

/** ASCII in three cases, UTF-8, UTF-16 of both orders, base64 of each at its three alignments, labels of DNS. */
export function formsOfName(name: string): Form[] {
  const spellings = [...new Set([name, name.toLowerCase(), name.toUpperCase()])]
  const plain = spellings.flatMap(spelling => [
    { says: `${spelling} in UTF-8`, bytes: Buffer.from(spelling) },
    { says: `${spelling} in UTF-16LE`, bytes: Buffer.from(spelling, 'utf16le') },
    { says: `${spelling} in UTF-16BE`, bytes: Buffer.from(spelling, 'utf16le').swap16() },
  ])
  const labels = spellings.map(spelling => ({
    says: `${spelling} as labels`,
    bytes: Buffer.concat(
      spelling.split('.').map(label => Buffer.concat([Buffer.of(label.length), Buffer.from(label)])),
    ),
  }))
  return [...plain, ...plain.flatMap(base64Forms), ...labels]
}

/** Packed in both orders, written out, in decimal, reversed as for PTR, and all that in the codings of names. */
export function formsOfAddress(address: string): Form[] {
  if (isIPv6(address)) {
    const digits = address
      .split(':')
      .map(group => group.padStart(4, '0'))
      .join('')
    const nibbles = [...digits].reverse().join('.')
    return [
      { says: `${address} packed`, bytes: Buffer.from(digits, 'hex') },
      ...formsOfName(address),
      ...formsOfName(nibbles),
    ]
  }
  const bytes = Buffer.from(address.split('.').map(Number))
  const reversed = Buffer.from(bytes).reverse()
  const packed = [
    { says: `${address} packed`, bytes },
    { says: `${address} packed, little-endian`, bytes: reversed },
  ]
  const written = [
    address,
    address.split('.').reverse().join('.'),
    String(bytes.readUInt32BE()),
    String(bytes.readUInt32LE()),
  ]
  return [...packed, ...packed.flatMap(base64Forms), ...written.flatMap(formsOfName)]
}

/** Of a form that lies somewhere in base64: what is the same whatever stands before and behind it. */
function base64Forms({ says, bytes }: Form): Form[] {
  return [0, 1, 2].map(before => {
    const digits = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const start = before === 0 ? 0 : before + 1
    const end = digits.length - ((before + bytes.length) % 3 === 0 ? 0 : 1)
    return { says: `${says} in base64 behind ${before} bytes`, bytes: Buffer.from(digits.slice(start, end)) }
  })
}
