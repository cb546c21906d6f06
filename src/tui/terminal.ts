/**
 * The terminal, behind one thin layer over blessed: a grid of cells out, keys and mouse in. blessed's widgets are not used
 * (its lists take seconds for a million rows, its tags obey text from packets); its differences of screens, terminfo and
 * reading of keys are.
 */
import blessed, { type Screen } from 'blessed'
import type { Canvas } from './canvas.ts'
import { Keyboard } from './keyboard.ts'
import { coloursOf, showsUnicode } from './traits.ts'

export interface MouseEvent {
  readonly kind: 'press' | 'release' | 'drag' | 'wheel-up' | 'wheel-down'
  readonly x: number
  readonly y: number
}

export interface TerminalListener {
  /** `j`, `J`, `enter`, `C-c`, `S-tab`, `pagedown`, `f1`; `text` is what it types, '' when nothing. */
  key(name: string, text: string): void
  mouse(event: MouseEvent): void
  resized(): void
}

export interface TerminalOptions {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
  readonly env: NodeJS.ProcessEnv
}

/** What the program asks of a terminal. */
export interface Display {
  /** 0 where no colour is wanted, otherwise 8, 16 or 256. */
  readonly colours: number
  readonly unicode: boolean
  readonly columns: number
  readonly rows: number
  mouse: boolean
  listen(listener: TerminalListener): void
  /** Draws what differs from the last picture. */
  show(canvas: Canvas): void
  /** Draws everything anew with the next picture: after something else wrote to the terminal. */
  refresh(): void
  /** Into the clipboard of the terminal. */
  copy(text: string): void
  /** The shell gets the terminal, and gives it back. */
  suspend(): void
}

/** Resizes come in bursts while a window is dragged. */
const RESIZE_QUIET_MS = 50
/** Of terminals that give more than 16 colours; blessed knows few names and falls back to eight colours for others. */
const TERM_256 = 'xterm-256color'
const TERM_16 = 'xterm'
/** The stop comes at once; this is for where it does not come. */
const STOP_MS = 200
/** What blessed turned on when it came, and its pause leaves so. */
const KEYPAD_LOCAL = '\x1b[?1l\x1b>'
const KEYPAD_XMIT = '\x1b[?1h\x1b='
const MOUSE_MODES = { vt200Mouse: true, cellMotion: true, sgrMouse: true }
const NO_MOUSE_MODES = { vt200Mouse: false, cellMotion: false, sgrMouse: false }

export class Terminal implements Display {
  readonly colours: number
  readonly unicode: boolean
  readonly #screen: Screen
  readonly #output: NodeJS.WriteStream
  #listener: TerminalListener | null = null
  #mouse = false
  #suspended = false
  #closed = false

  constructor({ input, output, env }: TerminalOptions) {
    this.colours = coloursOf(env)
    this.unicode = showsUnicode(env)
    this.#output = output
    this.#screen = blessed.screen({
      input: new Keyboard(input),
      output,
      terminal: this.colours > 16 ? TERM_256 : TERM_16,
      title: 'rdpscope',
      fullUnicode: false,
      forceUnicode: this.unicode,
      resizeTimeout: RESIZE_QUIET_MS,
    })
    // blessed takes the number of colours from its terminfo.
    if (this.colours > 0 && this.colours <= 16) this.#screen.tput.colors = this.colours
    // The other character set of old terminals: where there is no Unicode, cells are ASCII already.
    this.#screen.tput.brokenACS = true
    const { program } = this.#screen
    program.on('keypress', (char, key) => {
      // A carriage return comes twice, under both of its names.
      if (key.full === 'return' || key.full === undefined) return
      const name = key.full === 'linefeed' ? 'enter' : key.full
      const typed = char !== undefined && [...char].length === 1 && char >= ' ' && char !== '\x7f' ? char : ''
      // Shift is in the character already: `?`, not `S-?`.
      this.#listener?.key(typed > ' ' ? typed : name, typed)
    })
    program.on('resize', () => this.#listener?.resized())
    program.on('mouse', ({ action, x, y }) => {
      if (this.#mouse) this.#listener?.mouse({ kind: KINDS[action], x, y })
    })
  }

  get columns(): number {
    return this.#screen.program.cols
  }

  get rows(): number {
    return this.#screen.program.rows
  }

  listen(listener: TerminalListener): void {
    this.#listener = listener
  }

  show(canvas: Canvas): void {
    if (this.#closed || this.#suspended) return
    const { lines, program } = this.#screen
    const rows = Math.min(lines.length, canvas.height)
    for (let y = 0; y < rows; y++) {
      const line = lines[y] as (typeof lines)[number]
      const columns = Math.min(line.length, canvas.width)
      for (let x = 0; x < columns; x++) {
        const cell = line[x] as (typeof line)[number]
        const at = y * canvas.width + x
        const look = this.#look(canvas.styles[at] as number)
        const char = canvas.chars[at] as string
        if (cell[0] === look && cell[1] === char) continue
        cell[0] = look
        cell[1] = char
        line.dirty = true
      }
    }
    this.#screen.draw(0, rows - 1)
    if (canvas.cursor === null) program.hideCursor()
    else {
      program.cup(canvas.cursor.y, canvas.cursor.x)
      program.showCursor()
    }
    program.flush()
  }

  refresh(): void {
    this.#screen.alloc(true)
  }

  set mouse(on: boolean) {
    if (on === this.#mouse) return
    this.#mouse = on
    const { program } = this.#screen
    program.setMouse(on ? MOUSE_MODES : NO_MOUSE_MODES, on)
    program.flush()
  }

  get mouse(): boolean {
    return this.#mouse
  }

  /** OSC 52. tmux takes it for itself, or hands it on where it is wrapped: by its settings, which nobody can ask for. */
  copy(text: string): void {
    const { program } = this.#screen
    const sequence = `\x1b]52;c;${Buffer.from(text, 'utf8').toString('base64')}\x07`
    program._write(sequence)
    program.flush()
    if (program.tmux) program._twrite(sequence)
  }

  suspend(): void {
    if (this.#suspended) return
    const mouse = this.#mouse
    this.mouse = false
    this.#output.write(KEYPAD_LOCAL)
    const resume = this.#pause()
    this.#suspended = true
    const goOn = (): void => {
      clearTimeout(unheard)
      process.off('SIGCONT', goOn)
      if (!this.#suspended || this.#closed) return
      this.#suspended = false
      resume()
      this.#output.write(KEYPAD_XMIT)
      this.mouse = mouse
      this.refresh()
      this.#listener?.resized()
    }
    process.on('SIGCONT', goOn)
    // Where no shell waits, nobody stops us, and nobody would wake us.
    const unheard = setTimeout(goOn, STOP_MS)
    // The whole job, as the terminal itself would: npm may stand above us.
    process.kill(0, 'SIGTSTP')
  }

  /** Gives the terminal back as it was; again and again does no harm. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.mouse = false
    this.#screen.destroy()
    // The attributes of the last cell, and a cursor that some terminals keep hidden.
    this.#output.write('\x1b[0m\x1b[?25h')
  }

  /** What gives the terminal back is written at once: after its pause blessed swallows what still waits to be written. */
  #pause(): () => void {
    const { program } = this.#screen
    program.flush()
    program.useBuffer = false
    try {
      return program.pause()
    } finally {
      program.useBuffer = true
    }
  }

  #look(look: number): number {
    return this.colours === 0 ? look | 0x3ffff : look
  }
}

const KINDS = {
  mousedown: 'press',
  mouseup: 'release',
  mousemove: 'drag',
  wheelup: 'wheel-up',
  wheeldown: 'wheel-down',
} as const
