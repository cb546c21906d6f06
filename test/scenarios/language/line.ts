/** Anything that carries what two sides say: TCP, TLS over it, a gateway's tunnel over that. */
import { CLIENT, type Direction, SERVER } from '../../../src/wire/dissector.ts'

export abstract class Line {
  readonly client = new Voice(this, CLIENT)
  readonly server = new Voice(this, SERVER)

  abstract carries(from: Direction, bytes: Uint8Array): unknown
}

/** One side of a line: `line.server.says(confirm)`. */
class Voice {
  private readonly line: Line
  private readonly direction: Direction

  constructor(line: Line, direction: Direction) {
    this.line = line
    this.direction = direction
  }

  /** One message after the other. */
  says(...messages: readonly Uint8Array[]): this {
    for (const message of messages) this.line.carries(this.direction, message)
    return this
  }
}
