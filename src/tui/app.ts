/**
 * The program of the terminal UI: a stack of views, the line at the top, the keys at the bottom, and prompts. Keys become
 * actions by the key table; a view takes those that mean something to it.
 */
import { type Area, Canvas, type Span } from './canvas.ts'
import { cut, width } from './cells.ts'
import { type Action, type Binding, type KeyTable, keyText, type ViewId } from './keys.ts'
import { Prompt, type PromptRequest } from './prompt.ts'
import type { MouseEvent, Terminal, TerminalListener } from './terminal.ts'
import { THEME_NAMES, type Theme, type ThemeName, theme } from './theme.ts'
import type { Ui, View } from './view.ts'

export interface AppOptions {
  readonly theme: ThemeName
  readonly keys: KeyTable
  readonly mouse: boolean
  /** Left of the line at the top: what file it is, and how far it is read. */
  heading(): string
  /** Views that a key opens from everywhere. */
  view(id: ViewId, from: View): View | null
}

/** Smaller ones can not show a line of evidence. */
const LEAST_COLUMNS = 60
const LEAST_ROWS = 16
/** Pictures that nothing but time asks for, a second. */
const REDRAW_MS = 100

export class App implements Ui, TerminalListener {
  theme: Theme
  readonly #terminal: Terminal
  readonly #options: AppOptions
  readonly #views: View[] = []
  readonly #keys: KeyTable
  #prompt: Prompt | null = null
  #message: { readonly text: string; readonly kind: 'info' | 'error' } | null = null
  #waiting: NodeJS.Timeout | null = null
  #left: (() => void) | null = null

  constructor(terminal: Terminal, options: AppOptions) {
    this.#terminal = terminal
    this.#options = options
    this.#keys = options.keys
    this.theme = theme(options.theme, terminal.colours)
  }

  /** @returns when the user leaves. */
  async run(first: View): Promise<void> {
    this.#views.push(first)
    this.#terminal.listen(this)
    this.#terminal.mouse = this.#options.mouse
    this.#draw()
    await new Promise<void>(resolve => {
      this.#left = resolve
    })
    if (this.#waiting !== null) clearTimeout(this.#waiting)
  }

  quit(): void {
    this.#left?.()
  }

  get unicode(): boolean {
    return this.#terminal.unicode
  }

  open(view: View): void {
    this.#views.push(view)
  }

  back(): void {
    if (this.#views.length > 1) this.#views.pop()
    this.#top.shown?.()
  }

  say(text: string, kind: 'info' | 'error' = 'info'): void {
    this.#message = { text, kind }
  }

  ask(request: PromptRequest): void {
    this.#prompt = new Prompt(request)
  }

  redraw(): void {
    if (this.#waiting !== null) return
    this.#waiting = setTimeout(() => {
      this.#waiting = null
      this.#draw()
    }, REDRAW_MS)
  }

  copy(text: string, what: string): void {
    this.#terminal.copy(text)
    this.say(`copied ${what}: ${text}`)
  }

  key(name: string, typed: string): void {
    this.#message = null
    if (this.#prompt !== null) this.#promptKey(this.#prompt, name, typed)
    else {
      const action = this.#keys.action(name, this.#top.id)
      if (action !== null) this.#act(action)
    }
    this.#draw()
  }

  mouse(event: MouseEvent): void {
    if (this.#prompt !== null) return
    if (event.kind === 'press' && event.y === this.#terminal.rows - 1) this.#footerPress(event.x)
    else this.#top.mouse?.(event)
    this.#draw()
  }

  resized(): void {
    this.#draw()
  }

  get #top(): View {
    return this.#views.at(-1) as View
  }

  #promptKey(prompt: Prompt, name: string, typed: string): void {
    const became = prompt.key(name, typed)
    if (became === 'open') return
    this.#prompt = null
    if (became === 'entered') prompt.request.enter(prompt.text)
  }

  #act(action: Action): void {
    if (this.#top.act(action)) return
    switch (action) {
      case 'quit':
        this.quit()
        return
      case 'back':
        this.back()
        return
      case 'redraw':
        this.#terminal.refresh()
        return
      case 'suspend':
        this.#terminal.suspend()
        return
      case 'mouse':
        this.#terminal.mouse = !this.#terminal.mouse
        this.say(this.#terminal.mouse ? 'the mouse chooses and scrolls' : 'the terminal has the mouse')
        return
      case 'theme': {
        const next = THEME_NAMES[(THEME_NAMES.indexOf(this.theme.name) + 1) % THEME_NAMES.length] as ThemeName
        this.theme = theme(next, this.#terminal.colours)
        this.say(`theme: ${next}`)
        return
      }
      default: {
        const view = this.#options.view(action as ViewId, this.#top)
        if (view !== null && view.id !== this.#top.id) this.open(view)
      }
    }
  }

  #draw(): void {
    const { columns, rows } = this.#terminal
    const canvas = new Canvas(columns, rows, this.unicode)
    if (columns < LEAST_COLUMNS || rows < LEAST_ROWS) {
      canvas.put(0, 0, `The terminal has ${columns}x${rows};`)
      canvas.put(0, 1, `${LEAST_COLUMNS}x${LEAST_ROWS} are needed.`)
    } else {
      this.#heading(canvas)
      this.#top.draw(canvas, { x: 0, y: 1, width: columns, height: rows - 3 })
      this.#messageLine(canvas, { x: 0, y: rows - 2, width: columns, height: 1 })
      this.#footer(canvas)
    }
    this.#terminal.show(canvas)
  }

  #heading(canvas: Canvas): void {
    const bar = this.theme.look('bar')
    canvas.fill({ x: 0, y: 0, width: canvas.width, height: 1 }, ' ', bar)
    const title = this.#top.title()
    canvas.put(1, 0, cut(this.#options.heading(), canvas.width - width(title) - 4, this.unicode), bar)
    canvas.right(canvas.width - 1, 0, title, this.theme.look('bar-key'))
  }

  #messageLine(canvas: Canvas, area: Area): void {
    if (this.#prompt !== null) {
      this.#promptLine(canvas, area, this.#prompt)
      return
    }
    if (this.#message === null) return
    const { text, kind } = this.#message
    canvas.put(1, area.y, cut(text, area.width - 2, this.unicode), this.theme.look(kind === 'error' ? 'error' : 'info'))
  }

  #promptLine(canvas: Canvas, area: Area, prompt: Prompt): void {
    const { request, text, cursor, fault, completions } = prompt
    const good = fault === null && text !== ''
    const look = this.theme.look(fault !== null ? 'bad' : good ? 'good' : 'text')
    const label = `${request.label}: `
    const from = width(label) + 1
    const room = area.width - from - 1
    const offset = Math.max(0, cursor - room + 1)
    canvas.put(1, area.y, label, this.theme.look('strong'))
    canvas.put(from, area.y, text.slice(offset), look, room)
    canvas.cursor = { x: Math.min(from + cursor - offset, canvas.width - 1), y: area.y }
    if (fault === null && completions.length === 0) return
    canvas.fill({ ...area, y: area.y - 1 }, ' ', this.theme.look('bar'))
    const says = fault === null || completions.length > 0 ? completions.join('  ') : fault.says
    canvas.put(
      1,
      area.y - 1,
      cut(says, area.width - 2, this.unicode),
      this.theme.look(fault === null || completions.length > 0 ? 'bar' : 'error'),
    )
    if (fault !== null && fault.at >= 0 && fault.at >= offset) {
      const at = from + fault.at - offset
      if (at < canvas.width) canvas.shade({ x: at, y: area.y, width: 1, height: 1 }, () => this.theme.look('error'))
    }
  }

  #footer(canvas: Canvas): void {
    const bar = this.theme.look('bar')
    const y = canvas.height - 1
    canvas.fill({ x: 0, y, width: canvas.width, height: 1 }, ' ', bar)
    for (const { x, spans } of this.#footerItems(canvas.width)) canvas.spans(x, y, spans)
  }

  /** As many as fit, in the order of the table; the last one is how to leave. */
  #footerItems(
    room: number,
  ): { readonly x: number; readonly end: number; readonly spans: Span[]; readonly action: Action }[] {
    const key = this.theme.look('bar-key')
    const bar = this.theme.look('bar')
    const items = []
    let x = 1
    for (const { action, keys, label } of this.#footerBindings()) {
      const name = keyText(keys[0] as string)
      const end = x + width(name) + 1 + width(label)
      if (end > room - 1) break
      const spans: Span[] = [
        [name, key],
        [` ${label}`, bar],
      ]
      items.push({ x, end, spans, action })
      x = end + 2
    }
    return items
  }

  #footerBindings(): Binding[] {
    const shown = this.#keys.of(this.#top.id).filter(({ label, keys }) => label !== '' && keys.length > 0)
    // What is special to a view comes before what holds everywhere.
    const special = shown.filter(({ places }) => !places.includes('any'))
    const first = shown.filter(({ action }) => action === 'help' || action === 'open' || action === 'back')
    const rest = shown.filter(one => !special.includes(one) && !first.includes(one))
    return [...first, ...special, ...rest]
  }

  #footerPress(x: number): void {
    const item = this.#footerItems(this.#terminal.columns).find(one => x >= one.x && x < one.end)
    if (item !== undefined) this.#act(item.action)
  }
}
