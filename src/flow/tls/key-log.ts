/**
 * A key log as browsers, curl, OpenSSL and FreeRDP write it (SSLKEYLOGFILE, draft-ietf-tls-keylogfile), with the two older
 * kinds of lines that begin with RSA.
 */
import { latin1 } from '../../wire/bytes.ts'
import { MAX_KEY_LOG_SECRETS } from '../../wire/limits.ts'

/** What a line's secret is found by: the client's random, the session, or the beginning of the encrypted premaster secret. */
export type SecretLabel =
  | 'CLIENT_RANDOM'
  | 'PMS_CLIENT_RANDOM'
  | 'CLIENT_EARLY_TRAFFIC_SECRET'
  | 'CLIENT_HANDSHAKE_TRAFFIC_SECRET'
  | 'SERVER_HANDSHAKE_TRAFFIC_SECRET'
  | 'CLIENT_TRAFFIC_SECRET_0'
  | 'SERVER_TRAFFIC_SECRET_0'
  | 'RSA'
  | 'RSA Session-ID'

const PLAIN_LABELS: ReadonlySet<string> = new Set<SecretLabel>([
  'CLIENT_RANDOM',
  'PMS_CLIENT_RANDOM',
  'CLIENT_EARLY_TRAFFIC_SECRET',
  'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
  'SERVER_HANDSHAKE_TRAFFIC_SECRET',
  'CLIENT_TRAFFIC_SECRET_0',
  'SERVER_TRAFFIC_SECRET_0',
  'RSA',
])
const LINE = /^[^\S\n]*(?:RSA Session-ID:([0-9a-f]*) Master-Key:([0-9a-f]+)|([A-Z_0-9]+) ([0-9a-f]+) ([0-9a-f]+))/gim

export class KeyLog {
  /** Label and what it is found by -> hexadecimal digits. */
  private readonly secrets = new Map<string, string>()
  /** There were more lines than are kept. */
  full = false
  /** Some lines name premaster secrets, not master secrets. */
  hasPremasters = false

  get size(): number {
    return this.secrets.size
  }

  /** Whatever is no line of a key log is passed over: comments, other labels, half a line at the end. */
  add(text: Uint8Array): void {
    for (const [, session, master, label = '', by = '', secret = ''] of latin1(text, 0, text.length).matchAll(LINE)) {
      if (session !== undefined) this.keep('RSA Session-ID', session, master as string)
      else if (PLAIN_LABELS.has(label)) this.keep(label as SecretLabel, by, secret)
    }
  }

  /** @param by hexadecimal digits in lower case */
  secret(label: SecretLabel, by: string): Uint8Array | null {
    const digits = this.secrets.get(`${label} ${by}`)
    return digits === undefined ? null : unhex(digits)
  }

  private keep(label: SecretLabel, by: string, secret: string): void {
    const id = `${label} ${by.toLowerCase()}`
    if (this.secrets.size >= MAX_KEY_LOG_SECRETS && !this.secrets.has(id)) this.full = true
    else this.secrets.set(id, secret)
    if (label === 'PMS_CLIENT_RANDOM' || label === 'RSA') this.hasPremasters = true
  }
}

export function unhex(digits: string): Uint8Array {
  const bytes = new Uint8Array(digits.length >> 1)
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16)
  return bytes
}
