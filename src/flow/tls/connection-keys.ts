/** The keys of one connection: secrets looked up, ciphers made, a direction and epoch at a time. */
import { isTls13, type SealState } from '../../../dissectors/tls-state.ts'
import { cipherSuiteName, TLS_1_1 } from '../../codes/tls-names.ts'
import { CLIENT, type Direction } from '../../wire/dissector.ts'
import { Aead } from './aead.ts'
import { Cbc } from './cbc.ts'
import { concat, expandLabel, masterSecret, prf } from './derivation.ts'
import { unhex } from './key-log.ts'
import type { KeySource } from './keys.ts'
import type { RecordCipher, SealedBytes } from './record-cipher.ts'
import { StreamCipher } from './stream-cipher.ts'
import { HASH_BYTES, isAvailable, type Suite, scheduleHash, streamVersion, suiteOf } from './suites.ts'
import { Transcript } from './transcript.ts'

/** Of a direction, until the next change of keys. */
interface Current {
  readonly epoch: number
  readonly cipher: RecordCipher | null
}

/** Epochs of TLS 1.3: early data of the client, the handshake, then application data, then one for each key update. */
const EARLY_EPOCH = 0
const HANDSHAKE_EPOCH = 1
const APPLICATION_EPOCH = 2
/** Nobody changes keys so often on one connection. */
const LAST_EPOCH = 100_000

/** A direction: of the handshake, and of application data. */
const TLS13_LABELS = [
  ['CLIENT_HANDSHAKE_TRAFFIC_SECRET', 'CLIENT_TRAFFIC_SECRET_0'],
  ['SERVER_HANDSHAKE_TRAFFIC_SECRET', 'SERVER_TRAFFIC_SECRET_0'],
] as const
/** Early data comes before a suite is chosen: the secret's length leaves these. */
const SHORT_SECRET_SUITES = [0x1301, 0x1303, 0x1304, 0x1305]
const LONG_SECRET_SUITES = [0x1302]
const LONG_SECRET_BYTES = 48

const CLIENT_KEY_EXCHANGE = 16
const NEW_SESSION_TICKET = 4
/** Of a handshake message. */
const HEADER_BYTES = 4
const DTLS_HEADER_BYTES = 12
/** The beginning of an encrypted premaster secret that a key log names it by. */
const PREMASTER_NAME_DIGITS = 16

export class ConnectionKeys {
  private readonly source: KeySource
  private readonly current: [Current | null, Current | null] = [null, null]
  private readonly transcript: Transcript | null
  /** Of the handshake at hand; null when it is not known, or not yet. */
  private master: Uint8Array | null = null
  /** The traffic secret of each direction, and its epoch. */
  private readonly traffic: [
    { epoch: number; secret: Uint8Array } | null,
    { epoch: number; secret: Uint8Array } | null,
  ] = [null, null]

  constructor(source: KeySource) {
    this.source = source
    this.transcript = source.needsTranscripts ? new Transcript() : null
  }

  /** Both hellos are known: '' when it is worth to frame records whole, or else why not. */
  missing(state: SealState): string {
    if (state.clientRandom === '') return 'the beginning of its handshake is not in the capture'
    if (state.version === 0) return this.early(state) === null ? NO_SECRET : ''
    const suite = suiteOf(state.suite)
    if (suite === null || !isAvailable(suite)) return `cipher suite ${cipherSuiteName(state.suite)} is not supported`
    if (streamVersion(state.version) < TLS_1_0_LOWEST) return 'versions before TLS 1.0 are not supported'
    if (isTls13(state.version)) {
      const has = TLS13_LABELS.some(labels =>
        labels.some(label => this.source.secret(label, state.clientRandom) !== null),
      )
      return has ? '' : NO_SECRET
    }
    const { source } = this
    this.master =
      source.secret('CLIENT_RANDOM', state.clientRandom) ??
      source.secret('RSA Session-ID', state.sessionId) ??
      source.remembered(state.sessionId) ??
      source.remembered(state.ticket)
    if (this.master !== null || source.secret('PMS_CLIENT_RANDOM', state.clientRandom) !== null) return ''
    // What the client's key exchange holds is not known yet.
    return suite.staticRsa && this.transcript !== null ? '' : NO_SECRET
  }

  /** A handshake message of the connection. */
  overhear(state: SealState, bytes: Uint8Array, start: number, end: number): void {
    const { transcript } = this
    if (transcript === null) return
    transcript.add(bytes, start, end, state.dtls ? DTLS_HEADER_BYTES : HEADER_BYTES)
    const type = bytes[start]
    if (type === CLIENT_KEY_EXCHANGE) {
      this.master = this.exchanged(state) ?? this.source.secret('CLIENT_RANDOM', state.clientRandom)
      if (this.master !== null) this.source.remember(state.sessionId, this.master)
    } else if (type === NEW_SESSION_TICKET && this.master !== null) this.source.remember(state.ticket, this.master)
  }

  /** What opens this direction's records of that epoch; null when nothing does. */
  cipher(state: SealState, direction: Direction, epoch: number): RecordCipher | null {
    const current = this.current[direction]
    if (current !== null && current.epoch === epoch) return current.cipher
    const cipher = this.peek(state, direction, epoch)
    this.current[direction] = { epoch, cipher }
    return cipher
  }

  /** It turned out that the direction has come to these keys. */
  adopt(direction: Direction, epoch: number, cipher: RecordCipher): void {
    this.current[direction] = { epoch, cipher }
  }

  /** Like {@link cipher}, for a try: the direction stays with the keys that it has. */
  peek(state: SealState, direction: Direction, epoch: number): RecordCipher | null {
    const suite = suiteOf(state.suite)
    if (suite === null || epoch > LAST_EPOCH) return null
    if (!isTls13(state.version)) return epoch === 0 ? null : this.blockCipher(state, suite, direction)
    const secret = epoch === EARLY_EPOCH ? this.early(state) : this.trafficSecret(state, suite, direction, epoch)
    return secret === null || (epoch === EARLY_EPOCH && direction !== CLIENT) ? null : aead(suite, secret)
  }

  /** Early data came before the suite is known: whatever opens its first record is it. */
  openEarly(state: SealState, record: SealedBytes): Uint8Array | null {
    const secret = this.early(state)
    if (secret === null) return null
    for (const id of secret.length === LONG_SECRET_BYTES ? LONG_SECRET_SUITES : SHORT_SECRET_SUITES) {
      const cipher = aead(suiteOf(id) as Suite, secret)
      const opened = cipher.open(record)
      if (opened === null) continue
      this.current[CLIENT] = { epoch: EARLY_EPOCH, cipher }
      return opened
    }
    return null
  }

  private early(state: SealState): Uint8Array | null {
    return this.source.secret('CLIENT_EARLY_TRAFFIC_SECRET', state.clientRandom)
  }

  private trafficSecret(state: SealState, suite: Suite, direction: Direction, epoch: number): Uint8Array | null {
    const [handshake, application] = TLS13_LABELS[direction]
    if (epoch === HANDSHAKE_EPOCH) return this.source.secret(handshake, state.clientRandom)
    const known = this.traffic[direction]
    let at = known !== null && known.epoch <= epoch ? known.epoch : APPLICATION_EPOCH
    let secret =
      known !== null && known.epoch <= epoch ? known.secret : this.source.secret(application, state.clientRandom)
    if (secret === null) return null
    for (; at < epoch; at++) secret = expandLabel(suite.prf, secret, 'traffic upd', secret.length)
    this.traffic[direction] = { epoch, secret }
    return secret
  }

  /** RFC 5246 6.3: MAC keys, keys and IVs of client and server, one after the other. */
  private blockCipher(state: SealState, suite: Suite, direction: Direction): RecordCipher | null {
    const { master } = this
    if (master === null || !isAvailable(suite)) return null
    const { cipher, mac: hash } = suite
    const { keyBytes, ivBytes } = cipher
    const macBytes = cipher.protection.startsWith('aead') ? 0 : HASH_BYTES[hash]
    const seed = concat(unhex(state.serverRandom), unhex(state.clientRandom))
    const schedule = scheduleHash(suite, state.version)
    const block = prf(schedule, master, 'key expansion', seed, 2 * (macBytes + keyBytes + ivBytes))
    const mine = (at: number, length: number): Uint8Array => {
      const from = at + (direction === CLIENT ? 0 : length)
      return block.slice(from, from + length)
    }
    const mac = mine(0, macBytes)
    const key = mine(2 * macBytes, keyBytes)
    const iv = mine(2 * (macBytes + keyBytes), ivBytes)
    if (cipher.protection === 'stream') return new StreamCipher(hash, mac, key)
    if (cipher.protection === 'none') return new StreamCipher(hash, mac, null)
    if (cipher.protection !== 'cbc') return new Aead(cipher, key, iv, false)
    const bringsIv = streamVersion(state.version) >= TLS_1_1
    return new Cbc(cipher, hash, { key, mac, iv: bringsIv ? null : iv }, state.encryptThenMac)
  }

  /** The master secret from the client's key exchange. */
  private exchanged(state: SealState): Uint8Array | null {
    const suite = suiteOf(state.suite)
    const { transcript } = this
    if (suite === null || transcript === null) return null
    const premaster = this.source.secret('PMS_CLIENT_RANDOM', state.clientRandom) ?? this.decrypted(suite, transcript)
    if (premaster === null) return null
    const schedule = scheduleHash(suite, state.version)
    const { extendedMasterSecret } = state
    const randoms = concat(unhex(state.clientRandom), unhex(state.serverRandom))
    const seed = extendedMasterSecret ? transcript.digest(schedule) : randoms
    return masterSecret(schedule, premaster, seed, extendedMasterSecret)
  }

  private decrypted({ staticRsa }: Suite, { encryptedPremaster }: Transcript): Uint8Array | null {
    if (!staticRsa || encryptedPremaster === null) return null
    const name = Array.from(encryptedPremaster.subarray(0, PREMASTER_NAME_DIGITS / 2), twoDigits).join('')
    const logged = this.source.secret('RSA', name)
    if (logged !== null) return logged
    for (const key of this.source.rsaKeys) {
      const premaster = key.premaster(encryptedPremaster)
      if (premaster !== null) return premaster
    }
    return null
  }
}

const TLS_1_0_LOWEST = 0x0301
export const NO_SECRET = 'there is no secret for its client random'

function aead({ cipher, prf: hash }: Suite, secret: Uint8Array): Aead {
  const key = expandLabel(hash, secret, 'key', cipher.keyBytes)
  return new Aead(cipher, key, expandLabel(hash, secret, 'iv', cipher.ivBytes), true)
}

function twoDigits(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
