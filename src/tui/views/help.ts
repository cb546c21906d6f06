/** Every key and what it does, from the key table. */
import type { Area, Canvas } from '../canvas.ts'
import { wrapped } from '../cells.ts'
import { type Action, type Binding, type KeyTable, keyText, placesText, VIEW_NAMES, type ViewId } from '../keys.ts'
import { ListCursor } from '../list.ts'
import type { Ui, View } from '../view.ts'

const WORDS: readonly string[] = [
  'Attempts lists what users did, one line a click on Connect, with its outcome and its first cause. Enter opens the attempt: the messages that were exchanged, the findings, what is not visible here, what was ruled out. Enter on evidence goes to the packet, Enter there to its fields and bytes. Esc goes back the same way.',
  'confirmed: the capture shows it. likely: the best explanation, which names what it can not exclude. possible: in keeping with the capture, no more. not visible: this capture could not have shown it, and it says which one would.',
  'Signs: ✓ reached or worked, ✗ failed, ~ told from sizes or from what came later, ? hidden in this capture.',
  'Filters are display filters as in Wireshark: rdp, tls.handshake.type == 1, ip.addr == 10.0.0.0/8, tcp.flags.reset == 1 && tcp.stream == 0.',
]

interface Line {
  readonly key: string
  readonly text: string
  readonly indent: number
  readonly isHeading: boolean
}

export class HelpView implements View {
  readonly id = 'help'
  readonly #ui: Ui
  readonly #keys: KeyTable
  readonly #from: ViewId
  #lines: readonly Line[] = []
  #room = 0
  readonly #list = new ListCursor()

  /** @param from the view that it was called from: its keys come first. */
  constructor(ui: Ui, keys: KeyTable, from: ViewId) {
    this.#ui = ui
    this.#keys = keys
    this.#from = from
  }

  title(): string {
    return 'Help'
  }

  draw(canvas: Canvas, { x, y, width, height }: Area): void {
    const { theme } = this.#ui
    if (width !== this.#room) {
      this.#room = width
      this.#lines = helpLines(this.#keys, this.#from, width - 2)
    }
    this.#list.fit(this.#lines.length, height)
    for (let row = 0; row < height; row++) {
      const line = this.#lines[this.#list.top + row]
      if (line === undefined) break
      canvas.put(x + 1, y + row, line.key, theme.look('strong'))
      canvas.put(x + 1 + line.indent, y + row, line.text, theme.look(line.isHeading ? 'title' : 'text'))
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

function helpLines(keys: KeyTable, from: ViewId, room: number): Line[] {
  const lines: Line[] = []
  const keyColumns = Math.max(...keys.bindings.map(binding => keysText(binding).length)) + 2
  const add = (text: string, isHeading = false): void => {
    for (const part of wrapped(text, room)) lines.push({ key: '', text: part, indent: 0, isHeading })
  }
  const section = (title: string, bindings: readonly Binding[], remark: (binding: Binding) => string): void => {
    if (bindings.length === 0) return
    add('')
    add(title, true)
    for (const binding of bindings) {
      for (const [nth, text] of wrapped(binding.help + remark(binding), room - keyColumns).entries()) {
        lines.push({ key: nth === 0 ? keysText(binding) : '', text, indent: keyColumns, isHeading: false })
      }
    }
  }
  const isGlobal = ({ places }: Binding): boolean => places.includes('any')
  const isHere = ({ places }: Binding): boolean => places.includes(from)
  const bound = keys.bindings.filter(one => one.keys.length > 0)
  for (const [nth, text] of WORDS.entries()) {
    if (nth > 0) add('')
    add(text)
  }
  section(`In this view (${VIEW_NAMES[from]})`, bound.filter(isHere), () => '')
  section('Everywhere', bound.filter(isGlobal), () => '')
  section(
    'In other views',
    bound.filter(one => !isGlobal(one) && !isHere(one)),
    ({ places }) => ` (${placesText(places)})`,
  )
  return lines
}

function keysText({ keys }: Binding): string {
  return keys.map(keyText).join(' ')
}
