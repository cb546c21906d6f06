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

/** @throws UsageError when a file can not be read, or holds no key. */
export function givenKeys({ keylog = [], rsaKey = [] }: KeyOptions, streams: Streams): GivenKeys {
  const keys = new GivenKeys()
  for (const path of keylog) {
    const before = keys.keyLog.size
    keys.addKeyLog(contents(path))
    if (keys.keyLog.size === before)
      streams.complain(`${path}: no line of a TLS key log is in it; nothing is decrypted with it`)
    if (keys.keyLog.full) streams.complain(`${path}: too many secrets; the last ones are left out`)
  }
  for (const path of rsaKey) {
    const pem = contents(path).toString('latin1')
    try {
      keys.addRsaKey(pem)
    } catch {
      // The reason may quote the file.
      throw new UsageError(`${path}: is no RSA private key in PEM without a passphrase; convert it with openssl rsa`)
    }
  }
  return keys
}

function contents(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    throw new UsageError(`${path}: can not be read (${why}); name a file with keys`)
  }
}
