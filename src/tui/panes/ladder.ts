/** The messages of an attempt between its parties, one a line, with the pauses between them. */
import type { Ladder, LadderStep, Party } from '../../attempt/ladder.ts'
import type { Area, Canvas, Style } from '../canvas.ts'
import { cut, scrolled, width } from '../cells.ts'
import type { Action } from '../keys.ts'
import { ListCursor } from '../list.ts'
import type { Role } from '../theme.ts'
import { TIME_HEADINGS, timeText } from '../time.ts'
import type { Workspace } from '../view.ts'

/** From this pause on it has a line of its own. */
const PAUSE_NS = 1e9
const TIME_COLUMNS = 14

/** The parties: what they are, and their names. */
export const HEADING_ROWS = 2
const SCROLL_COLUMNS = 8

type Line = { readonly step: LadderStep } | { readonly pauseNs: number } | { readonly omitted: number }

export class LadderPane {
  readonly list = new ListCursor()
  readonly #workspace: Workspace
  readonly #parties: readonly Party[]
  readonly #lines: readonly Line[]
  /** Columns that the texts are scrolled to the left. */
  #offset = 0
  /** Of the texts in the window: further they are not scrolled. */
  #longest = 0

  constructor(workspace: Workspace, ladder: Ladder) {
    this.#workspace = workspace
    this.#parties = ladder.parties
    this.#lines = linesOf(ladder)
  }

  /** The step that is chosen; null on a pause. */
  get chosen(): LadderStep | null {
    const line = this.#lines[this.list.at]
    return line !== undefined && 'step' in line ? line.step : null
  }

  /** That it would fill. */
  get rows(): number {
    return HEADING_ROWS + this.#lines.length
  }

  act(action: Action): boolean {
    if (action === 'left') this.#offset = Math.max(0, this.#offset - SCROLL_COLUMNS)
    else if (action === 'right') this.#offset = Math.min(this.#offset + SCROLL_COLUMNS, this.#longest)
    else return this.list.act(action)
    return true
  }

  draw(canvas: Canvas, { x, y, width: room, height }: Area, focused: boolean): void {
    const { ui, timeMode } = this.#workspace
    const { theme, unicode } = ui
    canvas.put(x + 1, y + HEADING_ROWS - 1, TIME_HEADINGS[timeMode], theme.look('faint'))
    const lanes = this.#lanes(x + TIME_COLUMNS, room - TIME_COLUMNS)
    for (const [nth, party] of this.#parties.entries()) {
      const at = lanes[nth] as number
      const space = (lanes[1] ?? room) - (lanes[0] as number) - 1
      const isLast = nth > 0 && nth === this.#parties.length - 1
      const name = cut(party.name || this.#workspace.nameOf(party.address), Math.max(space, 8), unicode)
      const look = theme.look(nth === 0 ? 'client' : party.role === 'server' ? 'server' : 'network')
      const from = isLast
        ? x + room - Math.max(width(name), party.role.length) - 1
        : Math.max(at - (nth === 0 ? 0 : width(name) >> 1), x)
      canvas.put(from, y, party.role, theme.look('faint'))
      canvas.put(from, y + 1, name, look)
    }
    this.list.fit(this.#lines.length, height - HEADING_ROWS)
    this.#longest = 0
    for (let row = 0; row < height - HEADING_ROWS; row++) {
      const line = this.#lines[this.list.top + row]
      if (line === undefined) break
      const at = y + HEADING_ROWS + row
      for (const lane of lanes) canvas.put(lane, at, '│', theme.look('frame'))
      if ('pauseNs' in line) canvas.put(x + 1, at, `  … ${(line.pauseNs / 1e9).toFixed(1)} s`, theme.look('doubtful'))
      else if ('omitted' in line) canvas.put(x + 1, at, `… ${line.omitted} messages left out …`, theme.look('faint'))
      else this.#step(canvas, { x, y: at, width: room, height: 1 }, lanes, this.list.top + row, line.step)
      if (this.list.top + row === this.list.at) {
        canvas.shade({ x, y: at, width: room, height: 1 }, base => theme.chosen(base, focused))
      }
    }
  }

  #step(canvas: Canvas, { x, y, width: room }: Area, lanes: readonly number[], at: number, step: LadderStep): void {
    const { document, timeMode, ui } = this.#workspace
    const { theme, unicode } = ui
    const before = this.#before(at) ?? step.timeNs
    canvas.put(
      x + 1,
      y,
      timeText(step.timeNs, timeMode, document.start, before).slice(0, TIME_COLUMNS - 2),
      theme.look('faint'),
    )
    const from = lanes[step.from] as number
    const to = lanes[step.to] as number
    const look = lookOf(step, role => theme.look(role))
    const left = Math.min(from, to)
    const right = Math.max(from, to)
    const line = step.kind === 'loss' ? '·' : '─'
    for (let column = left + 1; column < right; column++) canvas.put(column, y, line, look, 1)
    if (from < to) canvas.put(right - 1, y, step.mood === 'bad' && step.kind === 'tcp' ? '✗' : '▶', look, 1)
    else if (from > to) canvas.put(left + 1, y, step.mood === 'bad' && step.kind === 'tcp' ? '✗' : '◀', look, 1)
    const space = right - left - 5
    this.#longest = Math.max(this.#longest, step.text.length - SCROLL_COLUMNS)
    const text = ` ${cut(scrolled(step.text, this.#offset), Math.max(space - 2, 8), unicode)} `
    const start = left + 3
    canvas.put(start, y, text, look, x + room - start)
  }

  /** When the step before this line was. */
  #before(at: number): number | undefined {
    for (let earlier = at - 1; earlier >= 0; earlier--) {
      const line = this.#lines[earlier]
      if (line !== undefined && 'step' in line) return line.step.timeNs
    }
    return undefined
  }

  #lanes(x: number, room: number): number[] {
    const count = this.#parties.length
    if (count === 1) return [x]
    const span = room - 3
    return this.#parties.map((_, nth) => x + Math.round((nth * span) / (count - 1)))
  }
}

function lookOf({ mood, kind }: LadderStep, look: (role: Role) => Style): Style {
  if (mood === 'good') return look('good')
  if (mood === 'bad') return look('bad')
  if (mood === 'doubtful') return look('doubtful')
  return look(kind === 'tcp' ? 'faint' : 'text')
}

function linesOf({ steps, omitted }: Ladder): Line[] {
  const lines: Line[] = []
  let lastNs = steps[0]?.timeNs ?? 0
  for (const [nth, step] of steps.entries()) {
    if (omitted > 0 && nth === steps.length >> 1) lines.push({ omitted })
    else if (step.timeNs - lastNs >= PAUSE_NS) lines.push({ pauseNs: step.timeNs - lastNs })
    lines.push({ step })
    lastNs = step.timeNs
  }
  return lines
}
