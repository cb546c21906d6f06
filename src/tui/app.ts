/**
 * The program of the terminal UI: a stack of views, the line at the top, the keys at the bottom, and prompts. Keys become
 * actions by the key table; a view takes those that mean something to it.
 */
import { type Area, Canvas, type Span } from './canvas.ts'
import { cut, scrolled, tail, width } from './cells.ts'
import { type Action, type Binding, type KeyTable, keyText, type ViewId } from './keys.ts'
import { Prompt, type PromptRequest } from './prompt.ts'
import type { Display, MouseEvent, TerminalListener } from './terminal.ts'
import { THEME_NAMES, type Theme, type ThemeName, theme } from './theme.ts'
import type { Ui, View } from './view.ts'

export interface AppOptions {
  readonly theme: ThemeName
  readonly keys: KeyTable
  readonly mouse: boolean
  /** Left of the line at the top: what file it is, and how far it is read ('' when there is nothing to say of it). */
  heading(): { readonly path: string; readonly state: string }
  /** What a key does in every view, with what the views share. */
  act(action: Action): boolean
  /** Views that a key opens from everywhere. */
  view(id: ViewId, from: View): View | null
  /** What would be lost by leaving now; '' when nothing. */
  unfinished(): string
  /** A tshark command that shows what a display filter lets through. */
  command(filter: string): string
}

/** Smaller ones can not show a line of evidence. */
const LEAST_COLUMNS = 60
const LEAST_ROWS = 16
/** Of a path beside a long state. */
const LEAST_PATH_COLUMNS = 16
/** Between two pictures that no key asks for. */
const REDRAW_MS = 100
/** Who goes deeper has forgotten where the way began. */
const MOST_VIEWS = 50

export class App implements Ui, TerminalListener {
  theme: Theme
  readonly #terminal: Display
  readonly #options: AppOptions
  readonly #views: View[] = []
  readonly #keys: KeyTable
  #prompt: Prompt | null = null
  #message: { readonly text: string; readonly kind: 'info' | 'error' } | null = null
  #waiting: NodeJS.Timeout | null = null
  #left: (() => void) | null = null
  /** The last key would have left, and something would have been lost. */
  #isWarned = false

  constructor(terminal: Display, options: AppOptions) {
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
    if (view === this.#top) return
    this.#views.push(view)
    if (this.#views.length > MOST_VIEWS) this.#views.splice(1, 1)
  }

  back(): void {
    if (this.#views.length > 1) this.#views.pop()
    this.#top.shown?.()
  }

  say(text: string, kind: 'info' | 'error' = 'info'): void {
    this.#message = { text, kind }
  }

  background(work: Promise<void>): void {
    work.catch(error => this.failed(error))
  }

  /** Something went wrong that is our fault: the analysis stays, and so does the view. */
  failed(error: unknown): void {
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    const back = keyText(this.#keys.of(this.#top.id).find(({ action }) => action === 'back')?.keys[0] ?? 'escape')
    this.say(`internal error; nothing is lost, ${back} goes back: ${what}; please report it`, 'error')
    this.redraw()
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
    this.#guarded(() => {
      if (this.#prompt !== null) this.#promptKey(this.#prompt, name, typed)
      else {
        const action = this.#keys.action(name, this.#top.id)
        if (action !== 'quit') this.#isWarned = false
        if (action !== null) this.#act(action)
      }
    })
    this.#draw()
  }

  mouse(event: MouseEvent): void {
    if (this.#prompt !== null) return
    this.#guarded(() => {
      if (event.y !== this.#terminal.rows - 1) this.#top.mouse?.(event)
      else if (event.kind === 'press') this.#footerPress(event.x)
    })
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

  /** Leaves, or says what would be lost: then the same key once more leaves. */
  #leave(): void {
    const unfinished = this.#options.unfinished()
    if (unfinished === '' || this.#isWarned) {
      this.quit()
      return
    }
    this.#isWarned = true
    this.say(`${unfinished}: once more to leave without it`, 'error')
  }

  /** An error of a view ends what it was doing, and nothing else. */
  #guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.failed(error)
    }
  }

  #act(action: Action): void {
    if (this.#top.act(action)) return
    switch (action) {
      case 'quit':
        this.#leave()
        return
      case 'back':
        this.back()
        return
      case 'copy':
      case 'copy-command': {
        const filter = this.#top.filter?.() ?? ''
        if (filter === '') this.say('nothing is chosen here that a filter could show')
        else if (action === 'copy') this.copy(filter, 'the filter')
        else this.copy(this.#options.command(filter), 'the command')
        return
      }
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
        if (this.#options.act(action)) return
        const view = this.#options.view(action as ViewId, this.#top)
        if (view !== null && view.id !== this.#top.id) this.#goTo(view)
      }
    }
  }

  /** To a view of its own key: where it lies below already, what lies above it goes. */
  #goTo(view: View): void {
    const at = this.#views.indexOf(view)
    if (at < 0) this.open(view)
    else {
      this.#views.length = at + 1
      view.shown?.()
    }
  }

  #draw(): void {
    const { columns, rows } = this.#terminal
    const canvas = new Canvas(columns, rows, this.unicode)
    if (columns < LEAST_COLUMNS || rows < LEAST_ROWS) {
      canvas.put(0, 0, `The terminal has ${columns}x${rows};`)
      canvas.put(0, 1, `${LEAST_COLUMNS}x${LEAST_ROWS} are needed.`)
    } else {
      this.#guarded(() => this.#heading(canvas))
      this.#guarded(() => this.#top.draw(canvas, { x: 0, y: 1, width: columns, height: rows - 3 }))
      this.#messageLine(canvas, { x: 0, y: rows - 2, width: columns, height: 1 })
      this.#footer(canvas)
    }
    this.#terminal.show(canvas)
  }

  #heading(canvas: Canvas): void {
    const bar = this.theme.look('bar')
    canvas.fill({ x: 0, y: 0, width: canvas.width, height: 1 }, ' ', bar)
    const title = this.#top.title()
    const { path, state } = this.#options.heading()
    const room = canvas.width - width(title) - 4
    const said = state === '' ? '' : `: ${state}`
    const name = tail(path, Math.max(room - width(said), Math.min(LEAST_PATH_COLUMNS, width(path))), this.unicode)
    canvas.put(1, 0, cut(`${name}${said}`, room, this.unicode), bar)
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
    // Places in the text are characters; on the screen some of them have no cell.
    const cellOf = (place: number): number => width(text.slice(0, place))
    const offset = Math.max(0, cellOf(cursor) - room + 1)
    canvas.put(1, area.y, label, this.theme.look('strong'))
    canvas.put(from, area.y, scrolled(text, offset), look, room)
    canvas.cursor = { x: Math.min(from + cellOf(cursor) - offset, canvas.width - 1), y: area.y }
    const says = completions.length > 0 ? completions.join('  ') : (fault?.says ?? request.hint ?? '')
    if (says === '') return
    const isFault = fault !== null && completions.length === 0
    const above = this.theme.look(isFault ? 'error' : 'bar')
    canvas.fill({ ...area, y: area.y - 1 }, ' ', above)
    canvas.put(1, area.y - 1, cut(says, area.width - 2, this.unicode), above)
    if (fault === null || fault.at < 0) return
    const at = from + cellOf(fault.at) - offset
    if (at >= from && at < canvas.width) {
      canvas.shade({ x: at, y: area.y, width: 1, height: 1 }, () => this.theme.look('error'))
    }
  }

  #footer(canvas: Canvas): void {
    const bar = this.theme.look('bar')
    const y = canvas.height - 1
    canvas.fill({ x: 0, y, width: canvas.width, height: 1 }, ' ', bar)
    const key = this.theme.look('bar-key')
    const inPrompt = this.#prompt?.request
    if (inPrompt !== undefined) {
      canvas.spans(
        1,
        y,
        promptKeys(inPrompt).flatMap(([name, label]): Span[] => [
          [name, key],
          [` ${label}  `, bar],
        ]),
      )
      return
    }
    for (const { x, binding } of this.#footerItems(canvas.width)) {
      canvas.spans(x, y, [
        [keyText(binding.keys[0] as string), key],
        [` ${binding.label}`, bar],
      ])
    }
  }

  /** As many as fit, in the order of the table; how to leave is always among them. */
  #footerItems(room: number): FooterItem[] {
    const bindings = this.#footerBindings()
    const last = bindings.find(({ action }) => action === 'quit')
    const kept = last === undefined ? 0 : itemWidth(last) + GAP
    const items: FooterItem[] = []
    let x = 1
    for (const binding of bindings) {
      const end = x + itemWidth(binding)
      if (end > room - 1 - (binding === last ? 0 : kept)) continue
      items.push({ x, end, binding })
      x = end + GAP
    }
    return items
  }

  #footerBindings(): Binding[] {
    const { id } = this.#top
    return this.#keys.of(id).filter(({ action, label, keys }) => {
      if (label === '' || keys.length === 0 || action === id) return false
      return action !== 'back' || this.#views.length > 1
    })
  }

  #footerPress(x: number): void {
    const item = this.#footerItems(this.#terminal.columns).find(one => x >= one.x && x < one.end)
    if (item !== undefined) this.#act(item.binding.action)
  }
}

interface FooterItem {
  readonly x: number
  readonly end: number
  readonly binding: Binding
}

/** Between two keys of the footer. */
const GAP = 2

function itemWidth({ keys, label }: Binding): number {
  return width(keyText(keys[0] as string)) + 1 + width(label)
}

/** A line that is typed has keys of its own, which nobody gives others. */
function promptKeys({ complete, history }: PromptRequest): (readonly [name: string, label: string])[] {
  return [
    ['Enter', 'OK'],
    ['Esc', 'Leave'],
    ...(complete === undefined ? [] : ([['Tab', 'Complete']] as const)),
    ...(history === undefined || history.length === 0 ? [] : ([['Up', 'Earlier']] as const)),
  ]
}
