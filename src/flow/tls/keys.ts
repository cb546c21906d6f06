/** Where secrets come from: what the user gave, and what the capture itself holds. They never leave this folder. */
import { SECRETS_TLS_KEY_LOG, type Secrets } from '../../capture/info.ts'
import { KeyLog, type SecretLabel } from './key-log.ts'

/** Keys that the user gave, for all captures. */
export class GivenKeys {
  readonly keyLog = new KeyLog()

  /** Adds the text of a key log. */
  addKeyLog(text: Uint8Array): this {
    this.keyLog.add(text)
    return this
  }
}

/** The keys for one capture. */
export class KeySource {
  private readonly given: GivenKeys | null
  private readonly secrets: readonly Secrets[]
  private readonly captured = new KeyLog()
  /** So many of the capture's secrets have been looked at. */
  private taken = 0

  /** @param secrets of the capture; the list grows while it is read. */
  constructor(given: GivenKeys | null, secrets: readonly Secrets[] = []) {
    this.given = given
    this.secrets = secrets
  }

  secret(label: SecretLabel, by: string): Uint8Array | null {
    this.take()
    return this.captured.secret(label, by) ?? this.given?.keyLog.secret(label, by) ?? null
  }

  private take(): void {
    while (this.taken < this.secrets.length) {
      const { type, bytes } = this.secrets[this.taken++] as Secrets
      if (type === SECRETS_TLS_KEY_LOG) this.captured.add(bytes)
    }
  }
}
