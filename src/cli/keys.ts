/** Keys for TLS from the files that the user names. They never reach a message. */
import { readFileSync } from 'node:fs'
import { GivenKeys } from '../analyze.ts'
import type { Streams } from './output.ts'
import { UsageError } from './status.ts'

export interface KeyOptions {
  /** Key logs (SSLKEYLOGFILE). */
  readonly keylog?: readonly string[]
  /** Private keys of servers, in PEM. */
  readonly rsaKey?: readonly string[]
}

/** What the files hold: plain data, for who else needs the keys. */
export interface KeyMaterial {
  /** Texts of key logs. */
  readonly keyLogs: readonly Uint8Array[]
  readonly rsaKeys: readonly string[]
}

/** @throws UsageError when a file can not be read, or holds no key. */
export function givenKeys(options: KeyOptions, streams: Streams): GivenKeys {
  return checkedKeys(options, streams).keys
}

/** @throws UsageError when a file can not be read, or holds no key. */
export function keyMaterial(options: KeyOptions, streams: Streams): KeyMaterial {
  return checkedKeys(options, streams).material
}

/** Of material that was checked. */
export function keysOf({ keyLogs, rsaKeys }: KeyMaterial): GivenKeys {
  const keys = new GivenKeys()
  for (const text of keyLogs) keys.addKeyLog(text)
  for (const pem of rsaKeys) keys.addRsaKey(pem)
  return keys
}

function checkedKeys(
  { keylog = [], rsaKey = [] }: KeyOptions,
  streams: Streams,
): { readonly keys: GivenKeys; readonly material: KeyMaterial } {
  const keys = new GivenKeys()
  const material = { keyLogs: [] as Uint8Array[], rsaKeys: [] as string[] }
  for (const path of keylog) {
    const before = keys.keyLog.size
    const text = contents(path)
    keys.addKeyLog(text)
    material.keyLogs.push(text)
    if (keys.keyLog.size === before)
      streams.complain(`${path}: no line of a TLS key log is in it; nothing is decrypted with it`)
    if (keys.keyLog.full) streams.complain(`${path}: too many secrets; the last ones are left out`)
  }
  for (const path of rsaKey) {
    const pem = contents(path).toString('latin1')
    try {
      keys.addRsaKey(pem)
      material.rsaKeys.push(pem)
    } catch {
      // The reason may quote the file.
      throw new UsageError(`${path}: is no RSA private key in PEM without a passphrase; convert it with openssl rsa`)
    }
  }
  return { keys, material }
}

function contents(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    throw new UsageError(`${path}: can not be read (${why}); name a file with keys`)
  }
}
