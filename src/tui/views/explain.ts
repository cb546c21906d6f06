/** What a code or a rule means, in place: the text of `rdpscope explain` and `rdpscope rules`, to be scrolled. */
import type { Area, Canvas } from '../canvas.ts'
import type { Topic, TopicLine } from '../explaining.ts'
import type { Action } from '../keys.ts'
import { ListCursor } from '../list.ts'
import type { MouseEvent } from '../terminal.ts'
import type { View, Workspace } from '../view.ts'

/** Longer lines are hard to read. */
const MOST_COLUMNS = 120
const SCROLLED_COLUMNS = 8

export class ExplainView implements View {
  readonly id = 'explain'
  readonly #workspace: Workspace
  readonly #topic: Topic
  readonly #list = new ListCursor()
  #lines: readonly TopicLine[] = []
  #room = 0
  /** Commands are not wrapped: they scroll to the left. */
  #offset = 0
  #area: Area = { x: 0, y: 0, width: 0, height: 0 }

  constructor(workspace: Workspace, topic: Topic) {
    this.#workspace = workspace
    this.#topic = topic
  }

  title(): string {
    return `Explain ${this.#topic.title}`
  }

  draw(canvas: Canvas, area: Area): void {
    const { theme } = this.#workspace.ui
    const { x, y, width, height } = area
    this.#area = area
    const room = Math.min(width - 2, MOST_COLUMNS)
    if (room !== this.#room) {
      this.#room = room
      this.#lines = this.#topic.lines(room)
    }
    this.#list.fit(this.#lines.length, height)
    for (let row = 0; row < height; row++) {
      const line = this.#lines[this.#list.top + row]
      if (line === undefined) break
      const role = line.isHeading ? 'title' : line.rule === '' ? 'text' : 'link'
      canvas.put(x + 1, y + row, line.text.slice(this.#offset), theme.look(role), width - 1)
      if (this.#list.top + row === this.#list.at) {
        canvas.shade({ x, y: y + row, width, height: 1 }, base => theme.chosen(base, true))
      }
    }
  }

  act(action: Action): boolean {
    const line = this.#lines[this.#list.at]
    switch (action) {
      case 'open':
        if (line === undefined || line.rule === '') this.#workspace.ui.say('this line names no other rule')
        else this.#workspace.explain(line.rule)
        return true
      case 'left':
      case 'right':
        this.#offset = Math.max(0, this.#offset + (action === 'right' ? SCROLLED_COLUMNS : -SCROLLED_COLUMNS))
        return true
      case 'copy':
        if (line !== undefined && line.text.trim() !== '') this.#workspace.ui.copy(line.text.trim(), 'the line')
        return true
      default:
        return this.#list.act(action)
    }
  }

  mouse({ kind, y }: MouseEvent): boolean {
    if (kind === 'wheel-up' || kind === 'wheel-down') this.#list.scroll(kind === 'wheel-up' ? -3 : 3)
    else if (kind === 'press') {
      const line = this.#list.top + y - this.#area.y
      if (line === this.#list.at) return this.act('open')
      this.#list.choose(line)
    } else return false
    return true
  }
}
