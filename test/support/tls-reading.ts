/** Reads TLS streams with keys through the layers, and keeps what came out of decryption. */
import { APPLICATION_DATA } from '../../dissectors/tls.ts'
import { isTls13, type SealState } from '../../dissectors/tls-state.ts'
import { Dissection } from '../../src/flow/dissection.ts'
import type { Event } from '../../src/flow/event.ts'
import type { Slot } from '../../src/flow/slot.ts'
import { Stack } from '../../src/flow/stack.ts'
import { Decryption } from '../../src/flow/tls/decryption.ts'
import { GivenKeys, KeySource } from '../../src/flow/tls/keys.ts'
import { CLIENT, type Direction, SERVER } from '../../src/wire/dissector.ts'
import { concat } from './bytes.ts'

export class TlsReading {
  readonly events: Event[] = []
  private readonly plain: [Uint8Array[], Uint8Array[]] = [[], []]
  private readonly dissection: Dissection
  private readonly stack: Stack
  private packet = 0

  constructor(source: KeySource, midStream = false) {
    const decryption = new Decryption(source)
    this.dissection = new Dissection(
      event => this.events.push(event),
      () => {},
      null,
      {
        unseal: (state, direction, bytes, start, end) => {
          const plain = decryption.unseal(state, direction, bytes, start, end)
          if (plain !== null && end > start) this.opened(state as SealState, direction, bytes[start] as number, plain)
          return plain
        },
        overhear: (state, bytes, start, end) => decryption.overhear(state, bytes, start, end),
        overhead: state => decryption.overhead(state),
        get complaint() {
          return decryption.complaint
        },
        set complaint(why) {
          decryption.complaint = why
        },
      },
    )
    this.stack = new Stack(this.dissection, midStream)
  }

  say(direction: Direction, bytes: Uint8Array): this {
    this.stack.segment(direction, bytes, 0, bytes.length, ++this.packet, this.packet * 1e6, 0, 0)
    this.stack.skim(0)
    return this
  }

  gap(direction: Direction, length: number): this {
    this.stack.gap(direction, length, ++this.packet, this.packet * 1e6, 0)
    return this
  }

  end(): this {
    for (const direction of [CLIENT, SERVER] as const) {
      this.stack.end(direction, 'fin', this.packet, this.packet * 1e6, 0)
    }
    return this
  }

  /** The layer above says that its session runs. */
  runs(): this {
    const { root } = this.stack as unknown as { root: Slot }
    const layer = root.pipes[CLIENT].layer
    if (layer !== null) layer.bulk = true
    this.stack.skim(0)
    return this
  }

  /** Application data of a direction. */
  data(direction: Direction): Uint8Array {
    return concat(...this.plain[direction])
  }

  private opened({ version }: SealState, direction: Direction, type: number, plain: Uint8Array): void {
    let end = plain.length
    let inner = type
    if (isTls13(version) || version === 0) {
      while (end > 0 && plain[end - 1] === 0) end--
      inner = plain[--end] as number
    }
    if (inner === APPLICATION_DATA) this.plain[direction].push(plain.slice(0, end))
  }

  get complaints(): string[] {
    return this.events.flatMap(({ fact }) => (fact.kind === 'not-decrypted' ? [fact.why] : []))
  }
}

export function keyLogSource(text: string): KeySource {
  return new KeySource(new GivenKeys().addKeyLog(new TextEncoder().encode(text)))
}

export function rsaSource(pem: string): KeySource {
  return new KeySource(new GivenKeys().addRsaKey(pem))
}
