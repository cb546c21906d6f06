/** Where secrets come from: what the user gave, and what the capture itself holds. They never leave this folder. */
import { SECRETS_TLS_KEY_LOG, type Secrets } from '../../capture/info.ts'
import { MAX_MISSED_SECRETS, MAX_REMEMBERED_SESSIONS } from '../../wire/limits.ts'
import { KeyLog, type SecretLabel } from './key-log.ts'
import { RsaKey } from './rsa.ts'

/** Keys that the user gave, for all captures. */
export class GivenKeys {
  readonly keyLog = new KeyLog()
  readonly rsaKeys: RsaKey[] = []

  /** Adds the text of a key log. */
  addKeyLog(text: Uint8Array): this {
    this.keyLog.add(text)
    return this
  }

  /**
   * Adds a server's private key in PEM.
   * @throws Error when it is none, or no RSA key. The message does not hold any of it.
   */
  addRsaKey(pem: string): this {
    this.rsaKeys.push(new RsaKey(pem))
    return this
  }
}

const LABELS_BY_RANDOM: readonly SecretLabel[] = [
  'CLIENT_RANDOM',
  'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
  'SERVER_HANDSHAKE_TRAFFIC_SECRET',
  'CLIENT_TRAFFIC_SECRET_0',
  'SERVER_TRAFFIC_SECRET_0',
]

/** The keys for one capture. */
export class KeySource {
  private readonly given: GivenKeys | null
  private readonly secrets: readonly Secrets[]
  private readonly captured = new KeyLog()
  /** So many of the capture's secrets have been looked at. */
  private taken = 0
  /** Client randoms that there were no secrets for. */
  private readonly missed = new Set<string>()
  /** Master secrets of sessions that may be resumed, by session or ticket. */
  private readonly sessions = new Map<string, Uint8Array>()

  /** @param secrets of the capture; the list grows while it is read. */
  constructor(given: GivenKeys | null, secrets: readonly Secrets[] = []) {
    this.given = given
    this.secrets = secrets
  }

  /** There is nothing that could decrypt anything. */
  get empty(): boolean {
    this.take()
    return this.captured.size === 0 && (this.given === null || this.given.keyLog.size + this.given.rsaKeys.length === 0)
  }

  /** There may be premaster secrets, which need the handshake's messages to become keys. */
  get needsTranscripts(): boolean {
    this.take()
    return this.captured.hasPremasters || this.given?.keyLog.hasPremasters === true || this.rsaKeys.length > 0
  }

  get rsaKeys(): readonly RsaKey[] {
    return this.given?.rsaKeys ?? []
  }

  secret(label: SecretLabel, by: string): Uint8Array | null {
    this.take()
    return this.captured.secret(label, by) ?? this.given?.keyLog.secret(label, by) ?? null
  }

  /** Somebody asked in vain for the secrets of this client random. */
  miss(random: string): void {
    if (this.missed.size < MAX_MISSED_SECRETS) this.missed.add(random)
  }

  /** The capture brought secrets that were asked for before: read once more, it would be decrypted. */
  get late(): boolean {
    this.take()
    if (this.captured.size === 0) return false
    for (const random of this.missed) {
      if (LABELS_BY_RANDOM.some(label => this.captured.secret(label, random) !== null)) return true
    }
    return false
  }

  /** Whoever resumes this session uses its master secret again. */
  remember(session: string, master: Uint8Array): void {
    if (session === '') return
    this.sessions.delete(session)
    if (this.sessions.size >= MAX_REMEMBERED_SESSIONS) {
      for (const oldest of this.sessions.keys()) {
        this.sessions.delete(oldest)
        break
      }
    }
    this.sessions.set(session, master)
  }

  remembered(session: string): Uint8Array | null {
    return this.sessions.get(session) ?? null
  }

  private take(): void {
    while (this.taken < this.secrets.length) {
      const { type, bytes } = this.secrets[this.taken++] as Secrets
      if (type === SECRETS_TLS_KEY_LOG) this.captured.add(bytes)
    }
  }
}
