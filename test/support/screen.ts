/** The terminal UI without a terminal: the pictures that it draws, and the keys that it is given. */
import type { Canvas } from '../../src/tui/canvas.ts'
import { Document } from '../../src/tui/document.ts'
import type { KeyChoices } from '../../src/tui/keys.ts'
import { Session } from '../../src/tui/session.ts'
import type { Display, TerminalListener } from '../../src/tui/terminal.ts'
import type { ThemeName } from '../../src/tui/theme.ts'

/** What is awaited comes in milliseconds; this only ends a test that waits in vain. */
const LIMIT_MS = 120_000

/** A terminal that keeps the last picture. */
export class PaperDisplay implements Display {
  readonly colours: number
  readonly unicode: boolean
  columns: number
  rows: number
  mouse = false
  picture: Canvas | null = null
  readonly copied: string[] = []
  listener: TerminalListener | null = null

  constructor({ columns = 80, rows = 24, colours = 256, unicode = true }: Partial<PaperDisplay> = {}) {
    this.columns = columns
    this.rows = rows
    this.colours = colours
    this.unicode = unicode
  }

  listen(listener: TerminalListener): void {
    this.listener = listener
  }

  show(canvas: Canvas): void {
    this.picture = canvas
  }

  copy(text: string): void {
    this.copied.push(text)
  }

  refresh(): void {}
  suspend(): void {}

  get lines(): string[] {
    const { picture } = this
    if (picture === null) return []
    return Array.from({ length: picture.height }, (_, row) =>
      picture.chars.slice(row * picture.width, (row + 1) * picture.width).join(''),
    )
  }

  get text(): string {
    return this.lines.map(line => line.trimEnd()).join('\n')
  }

  /** A name of the key table, or one character. */
  press(...keys: readonly string[]): void {
    for (const key of keys) this.listener?.key(key, [...key].length === 1 ? key : key === 'space' ? ' ' : '')
  }

  type(text: string): void {
    for (const char of text) this.press(char === ' ' ? 'space' : char)
  }

  resize(columns: number, rows: number): void {
    this.columns = columns
    this.rows = rows
    this.listener?.resized()
  }

  /** Until the picture shows it. */
  async shows(what: string | RegExp): Promise<void> {
    await this.until(text => (typeof what === 'string' ? text.includes(what) : what.test(text)), String(what))
  }

  async until(test: (text: string) => boolean, what: string): Promise<void> {
    const end = performance.now() + LIMIT_MS
    while (!test(this.text)) {
      if (performance.now() > end) throw new Error(`waited in vain for ${what}; the screen shows:\n${this.text}`)
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }
}

export interface OpenedOptions extends Partial<PaperDisplay> {
  readonly theme?: ThemeName
  readonly keyChoices?: KeyChoices
}

export interface Opened {
  readonly display: PaperDisplay
  readonly document: Document
  readonly session: Session
  close(): void
}

/** The capture, read to its end, and its first picture. */
export async function openedUi(path: string, options: OpenedOptions = {}): Promise<Opened> {
  const display = new PaperDisplay(options)
  let redraw = (): void => {}
  const document = await Document.open(path, {
    onChange: () => redraw(),
    onError: error => {
      throw error
    },
  })
  const session = new Session(document, display, {
    theme: options.theme ?? 'dark',
    mouse: false,
    keyChoices: options.keyChoices ?? {},
  })
  redraw = () => session.app.redraw()
  const left = session.app.run(session.attempts)
  await document.load()
  await display.until(text => !/Reading […~]|: reading/.test(text), 'the end of reading')
  return {
    display,
    document,
    session,
    close: () => {
      session.app.quit()
      void left
      document.close()
    },
  }
}
