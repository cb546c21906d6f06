/** Records protected by RC4 and an HMAC, or by an HMAC alone. RFC 5246 section 6.2.3.1, RFC 6229 (test vectors of RC4). */
import { hmac, isSame } from './derivation.ts'
import type { RecordCipher, SealedBytes } from './record-cipher.ts'
import { HASH_BYTES, type Hash } from './suites.ts'

export class StreamCipher implements RecordCipher {
  readonly chained: boolean
  readonly overhead: number
  private readonly hash: Hash
  private readonly macKey: Uint8Array
  private readonly keystream: Rc4 | null

  /** @param key null = records are in clear */
  constructor(hash: Hash, macKey: Uint8Array, key: Uint8Array | null) {
    this.hash = hash
    this.macKey = macKey
    this.keystream = key === null ? null : new Rc4(key)
    this.chained = key !== null
    this.overhead = this.chained ? -1 : HASH_BYTES[hash]
  }

  open(record: SealedBytes): Uint8Array | null {
    const decrypted = record.bytes.slice(record.from, record.end)
    this.keystream?.apply(decrypted)
    const length = decrypted.length - HASH_BYTES[this.hash]
    if (length < 0) return null
    const content = decrypted.subarray(0, length)
    const mac = hmac(this.hash, this.macKey, record.pseudoHeader(length), content)
    return isSame(mac, decrypted.subarray(length)) ? content : null
  }

  passOver(): void {}
}

/** OpenSSL 3 has it only in a provider that Node does not load. */
export class Rc4 {
  private readonly permutation = Uint8Array.from({ length: 256 }, (_, at) => at)
  private i = 0
  private j = 0

  constructor(key: Uint8Array) {
    let j = 0
    for (let i = 0; i < 256; i++) {
      j = (j + (this.permutation[i] as number) + (key[i % key.length] as number)) & 255
      this.swap(i, j)
    }
  }

  /** Encrypts or decrypts in place. */
  apply(bytes: Uint8Array): void {
    const { permutation } = this
    for (let at = 0; at < bytes.length; at++) {
      this.i = (this.i + 1) & 255
      this.j = (this.j + (permutation[this.i] as number)) & 255
      this.swap(this.i, this.j)
      const key = permutation[((permutation[this.i] as number) + (permutation[this.j] as number)) & 255] as number
      bytes[at] = (bytes[at] as number) ^ key
    }
  }

  private swap(i: number, j: number): void {
    const { permutation } = this
    const one = permutation[i] as number
    permutation[i] = permutation[j] as number
    permutation[j] = one
  }
}
