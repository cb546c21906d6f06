/**
 * Decryption of TLS records: the keys of each connection, found when its hellos are known. A connection is known by the
 * state object of its layer, so that keys go when the layer goes and never lie in a state, a fact or a tree.
 */
import type { SealState } from '../../../dissectors/tls-state.ts'
import type { Direction } from '../../wire/dissector.ts'
import type { Unsealer } from '../outbox.ts'
import { ConnectionKeys } from './connection-keys.ts'
import type { KeySource } from './keys.ts'
import { type RecordCipher, SealedBytes } from './record-cipher.ts'

const NOTHING = new Uint8Array(0)

export class Decryption implements Unsealer {
  complaint = ''
  private readonly source: KeySource
  private readonly connections = new WeakMap<object, ConnectionKeys>()
  private readonly record = new SealedBytes()

  constructor(source: KeySource) {
    this.source = source
  }

  unseal(given: object, direction: Direction, bytes: Uint8Array, start: number, end: number): Uint8Array | null {
    const state = given as SealState
    const keys = this.keysOf(state)
    if (start === end) return keys.exist(state) ? NOTHING : null
    const cipher = keys.cipher(state, direction, state.epoch[direction])
    if (cipher === null) return null
    return this.open(cipher, state, direction, bytes, start, end)
  }

  private open(
    cipher: RecordCipher,
    state: SealState,
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): Uint8Array | null {
    const { record } = this
    record.set(bytes, start, end, state.version, false)
    record.sequence = state.sequence[direction]
    return cipher.open(record)
  }

  private keysOf(state: SealState): ConnectionKeys {
    const known = this.connections.get(state)
    if (known !== undefined) return known
    const keys = new ConnectionKeys(this.source)
    this.connections.set(state, keys)
    return keys
  }
}
