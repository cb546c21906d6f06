/** Every key and what it does, from the key table. */
import type { Area, Canvas } from '../canvas.ts'
import { type Action, type Binding, type KeyTable, keyText, type ViewId } from '../keys.ts'
import { ListCursor } from '../list.ts'
import type { Ui, View } from '../view.ts'

const KEY_COLUMNS = 24

const VIEW_NAMES: Record<ViewId, string> = {
  attempts: 'Attempts',
  attempt: 'Attempt',
  packets: 'Packets',
  stream: 'Stream',
  graph: 'Graph',
  statistics: 'Statistics',
  explain: 'Explain',
  help: 'Help',
  save: 'Save',
}

const WORDS: readonly string[] = [
  'Attempts: what users did, one line a click on Connect, with its outcome and first cause.',
  'Enter opens the attempt: the ladder of messages, the findings, what was ruled out.',
  'Enter on evidence goes to the packet; Enter there walks through fields to bytes.',
  'Esc goes back the same way.',
]

interface Line {
  readonly key: string
  readonly text: string
  readonly isHeading: boolean
}

export class HelpView implements View {
  readonly id = 'help'
  readonly #ui: Ui
  readonly #lines: readonly Line[]
  readonly #list = new ListCursor()

  /** @param from the view that it was called from: its keys come first. */
  constructor(ui: Ui, keys: KeyTable, from: ViewId) {
    this.#ui = ui
    this.#lines = helpLines(keys, from)
  }

  title(): string {
    return 'Help'
  }

  draw(canvas: Canvas, { x, y, width, height }: Area): void {
    const { theme } = this.#ui
    this.#list.fit(this.#lines.length, height)
    for (let row = 0; row < height; row++) {
      const line = this.#lines[this.#list.top + row]
      if (line === undefined) break
      if (line.isHeading) canvas.put(x + 1, y + row, line.text, theme.look('title'), width - 1)
      else {
        canvas.put(x + 3, y + row, line.key, theme.look('strong'), KEY_COLUMNS)
        const from = line.key === '' ? 1 : KEY_COLUMNS + 3
        canvas.put(x + from, y + row, line.text, theme.look('text'), width - from)
      }
    }
  }

  act(action: Action): boolean {
    if (action === 'up') this.#list.scroll(-1)
    else if (action === 'down') this.#list.scroll(1)
    else if (action === 'page-up') this.#list.scroll(-this.#list.height)
    else if (action === 'page-down') this.#list.scroll(this.#list.height)
    else if (action === 'help') this.#ui.back()
    else return this.#list.act(action)
    return true
  }
}

function helpLines(keys: KeyTable, from: ViewId): Line[] {
  const lines: Line[] = []
  const heading = (text: string): void => {
    lines.push({ key: '', text, isHeading: true })
  }
  for (const text of WORDS) lines.push({ key: '', text, isHeading: false })
  const here = keys.of(from).filter(({ places }) => !places.includes('any'))
  if (here.length > 0) {
    lines.push({ key: '', text: '', isHeading: false })
    heading(`In this view (${VIEW_NAMES[from]})`)
    for (const binding of here) lines.push(keyLine(binding))
  }
  lines.push({ key: '', text: '', isHeading: false })
  heading('Everywhere')
  for (const binding of keys.bindings.filter(({ places }) => places.includes('any'))) lines.push(keyLine(binding))
  const elsewhere = keys.bindings.filter(({ places }) => !places.includes('any') && !places.includes(from))
  if (elsewhere.length > 0) {
    lines.push({ key: '', text: '', isHeading: false })
    heading('In other views')
    for (const binding of elsewhere) {
      const line = keyLine(binding)
      const where = binding.places.map(place => (place === 'any' ? '' : VIEW_NAMES[place])).join(', ')
      lines.push({ ...line, text: `${line.text} (${where})` })
    }
  }
  return lines
}

function keyLine({ keys, help }: Binding): Line {
  return { key: keys.map(keyText).join(' '), text: help, isHeading: false }
}
