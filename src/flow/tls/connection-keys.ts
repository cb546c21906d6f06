/** The keys of one connection: secrets looked up, ciphers made, a direction and epoch at a time. */
import { isTls13, type SealState } from '../../../dissectors/tls-state.ts'
import { CLIENT, type Direction } from '../../wire/dissector.ts'
import { Aead } from './aead.ts'
import { concat, expandLabel, prf } from './derivation.ts'
import { unhex } from './key-log.ts'
import type { KeySource } from './keys.ts'
import type { RecordCipher } from './record-cipher.ts'
import { type Suite, scheduleHash, suiteOf } from './suites.ts'

/** Of a direction, until the next change of keys. */
interface Current {
  readonly epoch: number
  readonly cipher: RecordCipher | null
}

/** Epochs of TLS 1.3: the handshake, then application data, then one for each key update. */
const HANDSHAKE_EPOCH = 1
const APPLICATION_EPOCH = 2

export class ConnectionKeys {
  private readonly source: KeySource
  private readonly current: [Current | null, Current | null] = [null, null]

  constructor(source: KeySource) {
    this.source = source
  }

  /** Both hellos are known: is it worth to frame records whole? */
  exist(state: SealState): boolean {
    if (suiteOf(state.suite) === null) return false
    if (!isTls13(state.version)) return this.master(state) !== null
    return TLS13_LABELS.some(labels => labels.some(label => this.source.secret(label, state.clientRandom) !== null))
  }

  /** What opens this direction's records of that epoch; null when nothing does. */
  cipher(state: SealState, direction: Direction, epoch: number): RecordCipher | null {
    const current = this.current[direction]
    if (current !== null && current.epoch === epoch) return current.cipher
    const suite = suiteOf(state.suite)
    const cipher =
      suite === null || epoch === 0
        ? null
        : isTls13(state.version)
          ? this.trafficCipher(state, suite, direction, epoch)
          : this.blockCipher(state, suite, direction)
    this.current[direction] = { epoch, cipher }
    return cipher
  }

  private trafficCipher(state: SealState, suite: Suite, direction: Direction, epoch: number): RecordCipher | null {
    const labels = TLS13_LABELS[direction] as (typeof TLS13_LABELS)[0]
    const label = epoch === HANDSHAKE_EPOCH ? labels[0] : labels[1]
    let secret = this.source.secret(label, state.clientRandom)
    if (secret === null) return null
    const { cipher, prf: hash } = suite
    for (let at = APPLICATION_EPOCH; at < epoch; at++) secret = expandLabel(hash, secret, 'traffic upd', secret.length)
    const key = expandLabel(hash, secret, 'key', cipher.keyBytes)
    return new Aead(cipher, key, expandLabel(hash, secret, 'iv', cipher.ivBytes))
  }

  /** RFC 5246 6.3: MAC keys, keys and IVs of client and server, one after the other. */
  private blockCipher(state: SealState, suite: Suite, direction: Direction): RecordCipher | null {
    const master = this.master(state)
    if (master === null || !suite.cipher.protection.startsWith('aead')) return null
    const { keyBytes, ivBytes } = suite.cipher
    const seed = concat(unhex(state.serverRandom), unhex(state.clientRandom))
    const hash = scheduleHash(suite, state.version)
    const block = prf(hash, master, 'key expansion', seed, 2 * (keyBytes + ivBytes))
    const mine = (at: number, length: number): Uint8Array => {
      const from = at + (direction === CLIENT ? 0 : length)
      return block.slice(from, from + length)
    }
    return new Aead(suite.cipher, mine(0, keyBytes), mine(2 * keyBytes, ivBytes))
  }

  private master(state: SealState): Uint8Array | null {
    return this.source.secret('CLIENT_RANDOM', state.clientRandom)
  }
}

/** A direction: of the handshake, and of application data. */
const TLS13_LABELS = [
  ['CLIENT_HANDSHAKE_TRAFFIC_SECRET', 'CLIENT_TRAFFIC_SECRET_0'],
  ['SERVER_HANDSHAKE_TRAFFIC_SECRET', 'SERVER_TRAFFIC_SECRET_0'],
] as const
