/** A pcapng file without the keys that it holds: most users have none. draft-ietf-opsawg-pcapng 4.7. */

const DECRYPTION_SECRETS = 10
const LITTLE_ENDIAN_MAGIC = 0x1a2b3c4d

export function withoutSecrets(capture: Uint8Array): Uint8Array {
  const view = new DataView(capture.buffer, capture.byteOffset, capture.length)
  const isLittle = view.getUint32(8, true) === LITTLE_ENDIAN_MAGIC
  const kept: number[] = []
  for (let at = 0; at + 12 <= capture.length; ) {
    const length = view.getUint32(at + 4, isLittle)
    if (view.getUint32(at, isLittle) !== DECRYPTION_SECRETS) kept.push(...capture.subarray(at, at + length))
    at += length
  }
  return Uint8Array.from(kept)
}
