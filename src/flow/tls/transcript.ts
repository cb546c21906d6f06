/**
 * The handshake messages of a connection up to the client's key exchange: what turns a premaster secret into a master secret.
 * Kept only where somebody has keys that need it. RFC 5246 section 8.1, RFC 7627 (the extended master secret).
 */
import { createHash } from 'node:crypto'
import { MAX_TRANSCRIPT_BYTES } from '../../wire/limits.ts'
import { concat, plain } from './derivation.ts'
import type { Hash } from './suites.ts'

const CLIENT_HELLO = 1
const HELLO_REQUEST = 0
const CLIENT_KEY_EXCHANGE = 16
const LENGTH_BYTES = 2

export class Transcript {
  /** As the client sent it; null before its key exchange. */
  encryptedPremaster: Uint8Array | null = null
  private messages: Uint8Array[] = []
  private length = 0

  /** @param headerBytes of the message: those of DTLS are longer */
  add(bytes: Uint8Array, start: number, end: number, headerBytes: number): void {
    const type = bytes[start] as number
    if (type === HELLO_REQUEST) return
    if (type === CLIENT_HELLO) this.restart()
    if (this.encryptedPremaster !== null || this.length + end - start > MAX_TRANSCRIPT_BYTES) return
    this.messages.push(bytes.slice(start, end))
    this.length += end - start
    if (type === CLIENT_KEY_EXCHANGE) this.encryptedPremaster = bytes.slice(start + headerBytes + LENGTH_BYTES, end)
  }

  /** @param hash null = MD5 and SHA-1 together */
  digest(hash: Hash | null): Uint8Array {
    const all = concat(...this.messages)
    const one = (name: Hash): Uint8Array => plain(createHash(name).update(all).digest())
    return hash === null ? concat(one('md5'), one('sha1')) : one(hash)
  }

  private restart(): void {
    this.messages = []
    this.length = 0
    this.encryptedPremaster = null
  }
}
