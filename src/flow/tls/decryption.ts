/**
 * Decryption of TLS and DTLS records. A connection is known by the state object of its layer, so that keys go when the layer
 * goes and never lie in a state, a fact or a tree.
 *
 * Behind lost bytes nobody knows the number of a record: the next ones are tried until it authenticates. RFC 8446 section 5.3
 * and 7.2 (key updates), RFC 5246 section 6.1, RFC 6347 section 4.1.
 */

import { isTls13, type SealState } from '../../../dissectors/tls-state.ts'
import { NO_BYTES } from '../../wire/bytes.ts'
import { CLIENT, type Direction, SERVER } from '../../wire/dissector.ts'
import { MAX_BYTES_TRIED, MAX_FAILED_RECORDS, MAX_FRUITLESS_SEARCHES, MAX_SEQUENCES_TRIED } from '../../wire/limits.ts'
import type { Unsealer } from '../outbox.ts'
import { ConnectionKeys, NO_SECRET } from './connection-keys.ts'
import type { KeySource } from './keys.ts'
import { type RecordCipher, SealedBytes } from './record-cipher.ts'

/** Fruitless searches behind one another: what follows is no nearer. One more for the chained IV of TLS 1.0. */
const MAX_SEARCHES = 2
/** Where nothing is lost the first record under new keys is found at once. */
const FEW_SEQUENCES = 4
const LOST = 'records do not authenticate: bytes were lost, or the secrets are of another connection'
const LOST_CHAIN = 'a record does not authenticate, and its cipher can not go on behind it'

/** One connection, while its layer lives. */
class Connection {
  readonly keys: ConnectionKeys
  /** Records in a row that did not open, a direction. */
  readonly failed: [number, number] = [0, 0]
  /** Searches that found nothing, in all. */
  searches = 0
  complained = false

  constructor(keys: ConnectionKeys) {
    this.keys = keys
  }
}

export class Decryption implements Unsealer {
  complaint = ''
  private readonly source: KeySource
  private readonly connections = new WeakMap<object, Connection>()
  private readonly record = new SealedBytes()

  constructor(source: KeySource) {
    this.source = source
  }

  unseal(given: object, direction: Direction, bytes: Uint8Array, start: number, end: number): Uint8Array | null {
    const state = given as SealState
    if (this.source.empty) {
      if (start === end) this.source.miss(state.clientRandom)
      return null
    }
    const connection = this.of(state)
    if (start === end) return this.exist(connection, state)
    if (connection.failed[direction] >= MAX_FAILED_RECORDS) return null
    const { keys } = connection
    const record = this.record.set(bytes, start, end, state)
    const opened = record.dtls
      ? (keys.cipher(state, direction, record.epoch)?.open(record) ?? null)
      : this.open(connection, state, direction)
    // Records of DTLS stand each for themselves.
    if (!record.dtls) keys.cipher(state, direction, state.epoch[direction])?.passOver(record)
    if (opened === null) this.fail(connection, state, direction)
    else connection.failed[direction] = 0
    return opened
  }

  overhear(given: object, bytes: Uint8Array, start: number, end: number): void {
    if (this.source.empty) return
    const state = given as SealState
    this.of(state).keys.overhear(state, bytes, start, end)
  }

  overhead(given: object): number {
    const state = given as SealState
    const keys = this.connections.get(state)?.keys
    const of = (side: Direction): number => keys?.cipher(state, side, state.epoch[side])?.overhead ?? -1
    return Math.min(of(CLIENT), of(SERVER))
  }

  private exist(connection: Connection, state: SealState): Uint8Array | null {
    const missing = connection.keys.missing(state)
    if (missing === '') return NO_BYTES
    if (missing === NO_SECRET) this.source.miss(state.clientRandom)
    // That there is none for early data alone says nothing about the rest.
    if (missing !== NO_SECRET || state.version !== 0) this.complain(connection, missing)
    return null
  }

  private open(connection: Connection, state: SealState, direction: Direction): Uint8Array | null {
    const { record } = this
    const { keys } = connection
    record.sequence = state.sequence[direction]
    if (state.version === 0) return keys.cipher(state, direction, 0)?.open(record) ?? keys.openEarly(state, record)
    const epoch = state.epoch[direction]
    const cipher = keys.cipher(state, direction, epoch)
    const opened = cipher?.open(record) ?? null
    if (opened !== null) return opened
    if (cipher?.chained === true) {
      connection.failed[direction] = MAX_FAILED_RECORDS
      return null
    }
    if (connection.failed[direction] >= MAX_SEARCHES || connection.searches >= MAX_FRUITLESS_SEARCHES) return null
    const here = cipher === null ? null : this.tryNumbers(cipher, state.sequence[direction] + 1, state, direction)
    const found = here ?? this.openNext(keys, state, direction, cipher === null && epoch > 0)
    // Without a secret for the handshake its records are expected to fail.
    if (found === null && cipher !== null) connection.searches++
    return found
  }

  /** With the bytes that were lost the keys may have changed. */
  private openNext(keys: ConnectionKeys, state: SealState, direction: Direction, soon: boolean): Uint8Array | null {
    const epoch = state.epoch[direction] + 1
    // Before TLS 1.3 the keys change without new randoms only at the end of the first handshake.
    const next = isTls13(state.version) || epoch === 1 ? keys.peek(state, direction, epoch) : null
    const opened = next === null ? null : this.tryNumbers(next, 0, state, direction, soon)
    if (next === null || opened === null) return null
    state.epoch[direction] = epoch
    keys.adopt(direction, epoch, next)
    return opened
  }

  private tryNumbers(
    cipher: RecordCipher,
    from: number,
    state: SealState,
    direction: Direction,
    few = false,
  ): Uint8Array | null {
    const { record } = this
    const most = cipher.chained ? 1 : few ? FEW_SEQUENCES : MAX_SEQUENCES_TRIED
    const tries = Math.min(most, MAX_BYTES_TRIED / (record.end - record.start))
    for (let sequence = from; sequence < from + tries; sequence++) {
      record.sequence = sequence
      const opened = cipher.open(record)
      if (opened === null) continue
      state.sequence[direction] = sequence
      return opened
    }
    return null
  }

  private fail(connection: Connection, state: SealState, direction: Direction): void {
    const { failed, keys } = connection
    const epoch = state.epoch[direction]
    const handshakeOnly =
      keys.cipher(state, direction, epoch) === null && keys.peek(state, direction, epoch + 1) !== null
    if (isTls13(state.version) && handshakeOnly) return
    const chained = failed[direction] >= MAX_FAILED_RECORDS
    failed[direction]++
    this.complain(connection, chained ? LOST_CHAIN : LOST)
    if (Math.min(...failed) >= MAX_FAILED_RECORDS) state.keys = false
  }

  private complain(connection: Connection, why: string): void {
    if (connection.complained) return
    connection.complained = true
    this.complaint = why
  }

  private of(state: SealState): Connection {
    const known = this.connections.get(state)
    if (known !== undefined) return known
    const connection = new Connection(new ConnectionKeys(this.source))
    this.connections.set(state, connection)
    return connection
  }
}
