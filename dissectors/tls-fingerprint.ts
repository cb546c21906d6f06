/**
 * JA3 and JA3S: what a hello looks like, as one line and its MD5 digest. Lists of the same products are kept all over the
 * web, so that a client or server can be recognised. GREASE values do not count.
 *
 * https://github.com/salesforce/ja3
 */
import { md5 } from '../src/wire/md5.ts'
import type { Extensions } from './tls-extensions.ts'

export interface Fingerprint {
  readonly text: string
  readonly digest: string
}

/** @param suites without GREASE, like the lists of the extensions */
export function clientFingerprint(version: number, suites: readonly number[], offer: Extensions): Fingerprint {
  const lists = [suites, offer.types.kept, offer.groups.kept, offer.formats]
  return fingerprint([`${version}`, ...lists.map(list => list.join('-'))])
}

export function serverFingerprint(version: number, suite: number, choice: Extensions): Fingerprint {
  return fingerprint([`${version}`, `${suite}`, choice.types.kept.join('-')])
}

function fingerprint(parts: readonly string[]): Fingerprint {
  const text = parts.join(',')
  return { text, digest: md5(text) }
}
