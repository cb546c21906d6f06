/**
 * Records protected by a block cipher in CBC mode and an HMAC. RFC 5246 section 6.2.3.2, RFC 2246 section 6.2.3.2 (the last
 * block of a record is the IV of the next), RFC 4346 (each record brings its IV), RFC 7366 (encrypt-then-MAC).
 */
import { createDecipheriv } from 'node:crypto'
import { concat, hmac, isSame, plain } from './derivation.ts'
import type { RecordCipher, SealedBytes } from './record-cipher.ts'
import { type Cipher, HASH_BYTES, type Hash } from './suites.ts'

const DES_KEY_BYTES = 8

export interface CbcKeys {
  readonly key: Uint8Array
  readonly mac: Uint8Array
  /** Of the first record before TLS 1.1; later ones bring their own. */
  readonly iv: Uint8Array | null
}

export class Cbc implements RecordCipher {
  /** A record needs the last block before it, which is there unless bytes were lost; its number may be any. */
  readonly chained = false
  readonly overhead: number
  private readonly cipher: Cipher
  private readonly hash: Hash
  private readonly key: Uint8Array
  private readonly macKey: Uint8Array
  private readonly encryptThenMac: boolean
  /** Null when each record brings its IV. */
  private lastBlock: Uint8Array | null

  constructor(cipher: Cipher, hash: Hash, { key, mac, iv }: CbcKeys, encryptThenMac: boolean) {
    this.cipher = cipher
    this.hash = hash
    // DES is triple DES with one key three times.
    this.key = key.length === DES_KEY_BYTES ? concat(key, key, key) : key
    this.macKey = mac
    this.lastBlock = iv
    this.overhead = iv === null ? cipher.ivBytes + HASH_BYTES[hash] + 1 : -1
    this.encryptThenMac = encryptThenMac
  }

  open(record: SealedBytes): Uint8Array | null {
    const { bytes, from } = record
    const macBytes = HASH_BYTES[this.hash]
    const end = this.encryptThenMac ? record.end - macBytes : record.end
    if (end < from) return null
    if (this.encryptThenMac && !this.fits(record, bytes.subarray(from, end), bytes.subarray(end, record.end)))
      return null
    const decrypted = this.decrypt(bytes, from, end)
    if (decrypted === null) return null
    const padded = paddingBytes(decrypted)
    const length = decrypted.length - padded - (this.encryptThenMac ? 0 : macBytes)
    if (padded === 0 || length < 0) return null
    const content = decrypted.subarray(0, length)
    if (this.encryptThenMac || this.fits(record, content, decrypted.subarray(length, length + macBytes))) return content
    return null
  }

  /** Also for a record that is not decrypted: the next one may need its last block. */
  passOver({ bytes, end }: SealedBytes): void {
    if (this.lastBlock === null) return
    const at = this.encryptThenMac ? end - HASH_BYTES[this.hash] : end
    this.lastBlock = bytes.slice(Math.max(0, at - this.cipher.ivBytes), at)
  }

  private decrypt(bytes: Uint8Array, from: number, end: number): Uint8Array | null {
    const { ivBytes, algorithm } = this.cipher
    const at = this.lastBlock === null ? from + ivBytes : from
    if (end - at < ivBytes || (end - at) % ivBytes !== 0) return null
    const iv = this.lastBlock ?? bytes.subarray(from, at)
    if (iv.length !== ivBytes) return null
    const decipher = createDecipheriv(algorithm, this.key, iv)
    decipher.setAutoPadding(false)
    return plain(Buffer.concat([decipher.update(bytes.subarray(at, end)), decipher.final()]))
  }

  private fits(record: SealedBytes, content: Uint8Array, mac: Uint8Array): boolean {
    return isSame(hmac(this.hash, this.macKey, record.pseudoHeader(content.length), content), mac)
  }
}

/** With the byte that counts them; 0 when it is no padding. */
function paddingBytes(decrypted: Uint8Array): number {
  const length = decrypted[decrypted.length - 1] as number
  if (length >= decrypted.length) return 0
  for (let at = decrypted.length - 1 - length; at < decrypted.length; at++) if (decrypted[at] !== length) return 0
  return length + 1
}
