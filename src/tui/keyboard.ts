/**
 * The keyboard of the terminal, cut where one key ends and the next begins. Keys that come faster than they are read arrive
 * together, and blessed takes Escape with what follows for one key that nobody pressed: `Escape`, `q` would be Alt-q, and
 * `Escape`, `/` nothing at all.
 */
import { PassThrough } from 'node:stream'

const ESCAPE = '\x1b'
/**
 * What may follow an Escape as a part of the same key: the mouse in its oldest form, a function key (`ESC [ 5 ~`, `ESC [ [ A`,
 * `ESC O P`), or the introducer of a terminal's answer (`ESC ]`, `ESC P`).
 */
const SEQUENCE = /^(?:\[M[\s\S]{3}|\[\[?[0-?]*[@-~$]?|O[0-9]*[A-Za-z]?|[\]P_])/

/** In their order and without loss. Alt with a key is Escape and the key: the bytes are the same. */
export function keyPieces(bytes: Buffer): Buffer[] {
  const [text = '', ...escaped] = bytes.toString('latin1').split(ESCAPE)
  const pieces = [text]
  for (const part of escaped) {
    const sequence = SEQUENCE.exec(part)?.[0] ?? ''
    pieces.push(ESCAPE + sequence, part.slice(sequence.length))
  }
  return pieces.filter(piece => piece !== '').map(piece => Buffer.from(piece, 'latin1'))
}

/** Stands for the terminal's input, of which it takes all that is typed. */
export class Keyboard extends PassThrough {
  readonly isTTY = true
  readonly #input: NodeJS.ReadStream

  constructor(input: NodeJS.ReadStream) {
    super()
    this.#input = input
    input.on('data', (bytes: Buffer) => {
      for (const piece of keyPieces(bytes)) this.write(piece)
    })
    input.pause()
  }

  get isRaw(): boolean {
    return this.#input.isRaw
  }

  setRawMode(isRaw: boolean): this {
    this.#input.setRawMode(isRaw)
    return this
  }

  override pause(): this {
    this.#input.pause()
    return super.pause()
  }

  override resume(): this {
    this.#input.resume()
    return super.resume()
  }
}
