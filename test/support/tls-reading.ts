/** Reads TLS streams with keys through the layers, and keeps what came out of decryption. */
import { Dissection } from '../../src/flow/dissection.ts'
import type { Event } from '../../src/flow/event.ts'
import { Stack } from '../../src/flow/stack.ts'
import { Decryption } from '../../src/flow/tls/decryption.ts'
import { GivenKeys, KeySource } from '../../src/flow/tls/keys.ts'
import { CLIENT, type Direction, SERVER } from '../../src/wire/dissector.ts'
import { concat } from './read.ts'

const APPLICATION_SLOT = 1

export class TlsReading {
  readonly events: Event[] = []
  private readonly plain: [Uint8Array[], Uint8Array[]] = [[], []]
  private readonly dissection: Dissection
  private readonly stack: Stack
  private packet = 0

  constructor(source: KeySource, midStream = false) {
    this.dissection = new Dissection(
      event => this.events.push(event),
      () => {},
      null,
      new Decryption(source),
    )
    this.stack = new Stack(this.dissection, midStream)
  }

  say(direction: Direction, bytes: Uint8Array): this {
    const { out } = this.dissection
    const given = out.payload
    out.payload = (slot, content, start, end, from, to) => {
      if (slot === APPLICATION_SLOT) this.plain[direction].push(content.slice(start, end))
      given.call(out, slot, content, start, end, from, to)
    }
    this.stack.segment(direction, bytes, 0, bytes.length, ++this.packet, this.packet * 1e6, 0, 0)
    out.payload = given
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

  /** Application data of a direction. */
  data(direction: Direction): Uint8Array {
    return concat(...this.plain[direction])
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
