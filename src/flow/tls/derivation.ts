/** From secrets to keys. RFC 5246 section 5 and 6.3, RFC 4346 section 5, RFC 8446 section 7, RFC 5869 (HKDF). */
import { createHmac } from 'node:crypto'
import type { Hash } from './suites.ts'

const MASTER_SECRET_BYTES = 48

/** @param hash null = MD5 and SHA-1 together, as before TLS 1.2 */
export function prf(
  hash: Hash | null,
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  const labelled = concat(ascii(label), seed)
  if (hash !== null) return expandHmac(hash, secret, labelled, length)
  const half = (secret.length + 1) >> 1
  const mixed = expandHmac('md5', secret.subarray(0, half), labelled, length)
  const other = expandHmac('sha1', secret.subarray(secret.length - half), labelled, length)
  for (let at = 0; at < length; at++) mixed[at] = (mixed[at] as number) ^ (other[at] as number)
  return mixed
}

/** @param seed both randoms, or with the extended master secret (RFC 7627) the hash of the handshake so far */
export function masterSecret(
  hash: Hash | null,
  premaster: Uint8Array,
  seed: Uint8Array,
  extended: boolean,
): Uint8Array {
  return prf(hash, premaster, extended ? 'extended master secret' : 'master secret', seed, MASTER_SECRET_BYTES)
}

/** HKDF-Expand-Label of TLS 1.3 with an empty context. No length asked for is longer than a hash. */
export function expandLabel(hash: Hash, secret: Uint8Array, label: string, length: number): Uint8Array {
  const full = ascii(`tls13 ${label}`)
  const info = concat(Uint8Array.of(length >> 8, length & 255, full.length), full, Uint8Array.of(0, 1))
  return hmac(hash, secret, info).subarray(0, length)
}

export function hmac(hash: Hash, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac(hash, key)
  for (const part of parts) mac.update(part)
  return plain(mac.digest())
}

/** No Buffer leaves this folder: its `slice` aliases, and one hidden class serves the cursor better. */
export function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}

/** What a MAC is held against. An offline tool leaks nothing by the time that this takes. */
export function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at])
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, character => character.charCodeAt(0))
}

/** P_hash of RFC 5246 section 5. */
function expandHmac(hash: Hash, secret: Uint8Array, seed: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length)
  let chain = seed
  for (let at = 0; at < length; ) {
    chain = hmac(hash, secret, chain)
    const block = hmac(hash, secret, chain, seed)
    out.set(block.subarray(0, length - at), at)
    at += block.length
  }
  return out
}
