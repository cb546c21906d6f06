/** A conversation followed: what both sides said, decrypted where there are keys, as text or hex, layer by layer. */
import { isText, textLines } from '../../report/stream-text.ts'
import type { Area, Canvas } from '../canvas.ts'
import { cut, width } from '../cells.ts'
import { streamFilter } from '../filters.ts'
import { type FollowedLayer, type FollowedPart, followStream } from '../follow.ts'
import type { Action } from '../keys.ts'
import { ListCursor } from '../list.ts'
import type { MouseEvent } from '../terminal.ts'
import type { View, Workspace } from '../view.ts'

const MODES = ['text', 'hex'] as const
const BYTES_A_LINE = 16

interface Line {
  readonly text: string
  readonly side: 0 | 1
  readonly packet: number
}

export class StreamView implements View {
  readonly id = 'stream'
  readonly #workspace: Workspace
  readonly #stream: number
  readonly #list = new ListCursor()
  #layers: readonly FollowedLayer[] | null = null
  #layer = 0
  #mode: (typeof MODES)[number] = 'text'
  #lines: readonly Line[] = []
  #room = 0
  #area: Area = { x: 0, y: 0, width: 0, height: 0 }

  /** @param stream twice its number, and one more where it is UDP. */
  constructor(workspace: Workspace, stream: number) {
    this.#workspace = workspace
    this.#stream = stream
    workspace.ui.background(this.#read())
  }

  title(): string {
    return streamFilter(this.#stream)
  }

  draw(canvas: Canvas, { x, y, width: room, height }: Area): void {
    const { theme, unicode } = this.#workspace.ui
    if (this.#layers === null) {
      canvas.put(x + 1, y, 'Reading …', theme.look('faint'))
      return
    }
    let column = x + 1
    // The chosen tab is always seen, whatever lies left of it.
    const first = firstTab(this.#layers, this.#layer, room)
    for (const [at, { title }] of this.#layers.entries()) {
      if (at < first) continue
      const text = cut(` ${title} `, Math.max(x + room - column, 0), unicode)
      canvas.put(column, y, text, theme.look(at === this.#layer ? 'bar-key' : 'faint'))
      column += width(text) + 1
    }
    if (this.#room !== room) this.#layOut(room)
    this.#area = { x, y: y + 1, width: room, height: height - 1 }
    this.#list.fit(this.#lines.length, height - 1)
    if (this.#lines.length === 0)
      canvas.put(x + 1, y + 2, 'This conversation carries no bytes that could be shown.', theme.look('faint'))
    for (let row = 0; row < height - 1; row++) {
      const line = this.#lines[this.#list.top + row]
      if (line === undefined) break
      canvas.put(x + 1, y + 1 + row, line.text, theme.look(line.side === 0 ? 'client' : 'server'), room - 1)
      if (this.#list.top + row === this.#list.at) {
        canvas.shade({ x, y: y + 1 + row, width: room, height: 1 }, base => theme.chosen(base, true))
      }
    }
  }

  act(action: Action): boolean {
    const layers = this.#layers ?? []
    switch (action) {
      case 'next-tab':
      case 'previous-tab':
        if (layers.length > 0) {
          this.#layer = (this.#layer + (action === 'next-tab' ? 1 : layers.length - 1)) % layers.length
          this.#layOut(this.#room)
        }
        return true
      case 'next-pane':
      case 'previous-pane':
        this.#mode = MODES[(MODES.indexOf(this.#mode) + 1) % MODES.length] as (typeof MODES)[number]
        this.#layOut(this.#room)
        return true
      case 'open': {
        const line = this.#lines[this.#list.at]
        if (line !== undefined) this.#workspace.showPacket(line.packet)
        return true
      }
      case 'graph':
        this.#workspace.showGraph(this.#stream)
        return true
      default:
        return this.#list.act(action)
    }
  }

  filter(): string {
    return streamFilter(this.#stream)
  }

  mouse({ kind, y }: MouseEvent): boolean {
    if (kind === 'wheel-up' || kind === 'wheel-down') this.#list.scroll(kind === 'wheel-up' ? -3 : 3)
    else if (kind === 'press' && y >= this.#area.y) this.#list.choose(this.#list.top + y - this.#area.y)
    return true
  }

  async #read(): Promise<void> {
    this.#layers = await followStream(this.#workspace.document, this.#stream)
    this.#layer = mostTelling(this.#layers)
    this.#layOut(this.#room)
    this.#workspace.ui.redraw()
  }

  #layOut(room: number): void {
    this.#room = room
    const parts = this.#layers?.[this.#layer]?.parts ?? []
    this.#lines = parts.flatMap(part =>
      this.#mode === 'text' ? partLines(part, Math.max(room - 2, 20)) : hexLines(part),
    )
    this.#list.count = this.#lines.length
    this.#list.choose(this.#list.at)
  }
}

/** Behind TLS, what was decrypted; otherwise the payload. */
function mostTelling(layers: readonly FollowedLayer[]): number {
  const inside = layers.findIndex(({ title }) => /^(x224 > )?tls > (?!tls-)/.test(title))
  return Math.max(inside, 0)
}

function firstTab(layers: readonly FollowedLayer[], chosen: number, room: number): number {
  let used = 0
  for (let at = chosen; at >= 0; at--) {
    used += width(layers[at]?.title ?? '') + 3
    if (used > room - 2) return Math.min(at + 1, chosen)
  }
  return 0
}

/** Text as text; what is none stays hex, as in every follow window. */
function partLines(part: FollowedPart, room: number): Line[] {
  const { bytes, side, packet } = part
  if (!isText(bytes)) return hexLines(part)
  const lines: Line[] = []
  for (const text of textLines(bytes)) {
    for (let at = 0; at === 0 || at < text.length; at += room)
      lines.push({ text: text.slice(at, at + room), side, packet })
  }
  return lines
}

function hexLines({ bytes, side, packet }: FollowedPart): Line[] {
  const lines: Line[] = []
  for (let at = 0; at < bytes.length; at += BYTES_A_LINE) {
    const part = bytes.subarray(at, at + BYTES_A_LINE)
    const pairs = Array.from(part, byte => byte.toString(16).padStart(2, '0')).join(' ')
    const letters = Array.from(part, byte => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('')
    lines.push({
      text: `${at.toString(16).padStart(8, '0')}  ${pairs.padEnd(BYTES_A_LINE * 3)} ${letters}`,
      side,
      packet,
    })
  }
  return lines
}
