/**
 * Records protected by AES-GCM, AES-CCM, ARIA-GCM or ChaCha20-Poly1305. RFC 5246 section 6.2.3.3, RFC 5288, RFC 6655,
 * RFC 7905, RFC 8446 section 5.2 and 5.3.
 */
import { type CipherGCMTypes, createDecipheriv } from 'node:crypto'
import { plain } from './derivation.ts'
import type { RecordCipher, SealedBytes } from './record-cipher.ts'
import type { Cipher } from './suites.ts'

const NONCE_BYTES = 12
const EXPLICIT_NONCE_BYTES = 8

export class Aead implements RecordCipher {
  readonly chained = false
  readonly overhead: number
  private readonly cipher: Cipher
  private readonly key: Uint8Array
  private readonly iv: Uint8Array
  private readonly nonce = new Uint8Array(NONCE_BYTES)

  constructor(cipher: Cipher, key: Uint8Array, iv: Uint8Array, tls13: boolean) {
    this.cipher = cipher
    this.key = key
    this.iv = iv
    // The nonce, or in TLS 1.3 the type of the content.
    const { protection, tagBytes } = cipher
    this.overhead = tagBytes + (protection === 'aead' ? EXPLICIT_NONCE_BYTES : tls13 ? 1 : 0)
  }

  open(record: SealedBytes): Uint8Array | null {
    const { bytes, end, from } = record
    const { tagBytes } = this.cipher
    const sealedFrom = this.cipher.protection === 'aead' ? from + EXPLICIT_NONCE_BYTES : from
    const length = end - tagBytes - sealedFrom
    if (length < 0) return null
    const header = record.tls13 ? bytes.subarray(record.start, from) : record.pseudoHeader(length)
    const tag = bytes.subarray(end - tagBytes, end)
    return this.decrypt(this.nonceOf(record), header, tag, bytes.subarray(sealedFrom, sealedFrom + length))
  }

  passOver(): void {}

  private nonceOf({ bytes, from, number }: SealedBytes): Uint8Array {
    const { nonce, iv } = this
    nonce.set(iv)
    if (this.cipher.protection === 'aead') nonce.set(bytes.subarray(from, from + EXPLICIT_NONCE_BYTES), iv.length)
    else for (let at = 0; at < 8; at++) nonce[4 + at] = (iv[4 + at] as number) ^ (number[at] as number)
    return nonce
  }

  private decrypt(nonce: Uint8Array, header: Uint8Array, tag: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    const { algorithm, tagBytes } = this.cipher
    // The types tell the modes apart by name; all of them are called alike.
    const decipher = createDecipheriv(algorithm as CipherGCMTypes, this.key, nonce, { authTagLength: tagBytes })
    decipher.setAuthTag(tag)
    decipher.setAAD(header, { plaintextLength: sealed.length })
    try {
      const opened = decipher.update(sealed)
      decipher.final()
      return plain(opened)
    } catch {
      // This is how node:crypto says that the tag is another one.
      return null
    }
  }
}
