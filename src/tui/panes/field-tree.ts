/** The layers and fields of one packet, which fold. What was unfolded stays so in the next packet. */
import type { InspectedLayer, InspectedPacket } from '../../inspect/packet.ts'
import { nodeText } from '../../report/packet-tree.ts'
import type { Node } from '../../wire/field.ts'
import type { Area, Canvas } from '../canvas.ts'
import { cut, scrolled, width } from '../cells.ts'
import type { Action } from '../keys.ts'
import { ListCursor } from '../list.ts'
import type { Ui } from '../view.ts'

/** A line of the tree. */
export interface TreeLine {
  readonly node: Node
  readonly layer: InspectedLayer
  readonly depth: number
  /** Names from the layer down: what it is remembered by. */
  readonly path: string
}

/** Lines of one packet; more are not drawn. */
const MOST_LINES = 20_000
const SCROLL_COLUMNS = 8

export class FieldTreePane {
  readonly list = new ListCursor()
  readonly #ui: Ui
  readonly #unfolded = new Set<string>()
  #packet: InspectedPacket | null = null
  #lines: TreeLine[] = []
  /** Columns that lines are scrolled to the left, and the most that those in the window can be. */
  #offset = 0
  #longest = 0

  constructor(ui: Ui) {
    this.#ui = ui
  }

  get chosen(): TreeLine | null {
    return this.#lines[this.list.at] ?? null
  }

  show(packet: InspectedPacket | null): void {
    if (packet === this.#packet) return
    const before = this.chosen?.path
    this.#packet = packet
    this.#build()
    const at = before === undefined ? -1 : this.#lines.findIndex(({ path }) => path === before)
    this.list.count = this.#lines.length
    this.list.choose(Math.max(at, 0))
  }

  /** Unfolds down to the field of this name, and chooses it; the last of that name when there are several. */
  reveal(name: string): boolean {
    const packet = this.#packet
    if (packet === null) return false
    this.#unfoldAll()
    const at = this.#lines.findLastIndex(({ node }) => node.field.name === name)
    if (at >= 0) this.list.choose(at)
    return at >= 0
  }

  draw(canvas: Canvas, { x, y, width: room, height }: Area, focused: boolean): void {
    const { theme, unicode } = this.#ui
    this.list.fit(this.#lines.length, height)
    this.#longest = 0
    for (let row = 0; row < height; row++) {
      const line = this.#lines[this.list.top + row]
      if (line === undefined) break
      const { node, layer, depth, path } = line
      const { text, remark } = nodeText(node, layer, depth === 0)
      const sign = (node.children?.length ?? 0) === 0 ? ' ' : this.#unfolded.has(path) ? '▾' : '▸'
      const head = `${'  '.repeat(depth)}${sign} `
      const look = theme.look(node.severity === 'error' ? 'bad' : depth === 0 ? 'strong' : 'text')
      this.#longest = Math.max(this.#longest, head.length + text.length - SCROLL_COLUMNS)
      const shown = scrolled(`${head}${text}`, this.#offset)
      const end = canvas.put(x + 1, y + row, cut(shown, room - 1, unicode), look, room - 1)
      const said = remark === '' ? '' : ` [${remark}]`
      canvas.put(end, y + row, said, theme.look(node.severity === 'error' ? 'bad' : 'doubtful'), x + room - end)
      const name = node.field.name
      const free = x + room - end - width(said) - 2
      if (free > width(name) && room > 60) canvas.right(x + room - 1, y + row, name, theme.look('faint'))
      if (this.list.top + row === this.list.at) {
        canvas.shade({ x, y: y + row, width: room, height: 1 }, base => theme.chosen(base, focused))
      }
    }
  }

  act(action: Action): boolean {
    const line = this.chosen
    switch (action) {
      case 'right':
        if (line !== null && this.#fold(line, false)) return true
        this.#offset = Math.min(this.#offset + SCROLL_COLUMNS, this.#longest)
        return true
      case 'left':
        if (this.#offset > 0) this.#offset = Math.max(0, this.#offset - SCROLL_COLUMNS)
        else if (line !== null && !this.#fold(line, true)) this.#toParent(line)
        return true
      case 'open':
        if (line === null) return true
        if (!this.#fold(line, false)) this.#fold(line, true)
        return true
      case 'fold-all':
        this.#unfolded.clear()
        this.#build()
        this.list.choose(0)
        return true
      case 'unfold-all':
        this.#unfoldAll()
        return true
      default:
        return this.list.act(action)
    }
  }

  /** A click on a line; on its sign it folds. */
  press(row: number): void {
    const at = this.list.top + row
    const line = this.#lines[at]
    if (line === undefined) return
    if (at === this.list.at) this.act('open')
    else this.list.choose(at)
  }

  /** @returns whether anything changed. */
  #fold({ node, path }: TreeLine, fold: boolean): boolean {
    if ((node.children?.length ?? 0) === 0 || this.#unfolded.has(path) !== fold) return false
    if (fold) this.#unfolded.delete(path)
    else this.#unfolded.add(path)
    const { at, height } = this.list
    this.#build()
    this.list.count = this.#lines.length
    this.list.choose(at)
    // Who unfolds wants to see what comes out.
    const last = fold ? at : this.#lastBelow(at)
    if (last >= this.list.top + height) this.list.top = Math.min(at, last - height + 1)
    return true
  }

  /** The last line that hangs below this one. */
  #lastBelow(at: number): number {
    const depth = this.#lines[at]?.depth ?? 0
    let last = at
    while ((this.#lines[last + 1]?.depth ?? -1) > depth) last++
    return last
  }

  #toParent({ depth }: TreeLine): void {
    for (let at = this.list.at - 1; at >= 0; at--) {
      if ((this.#lines[at] as TreeLine).depth < depth) {
        this.list.choose(at)
        return
      }
    }
  }

  #unfoldAll(): void {
    for (const layer of this.#packet?.layers ?? []) this.#unfold(layer.tree, layer.tree.field.name)
    this.#build()
    this.list.count = this.#lines.length
  }

  #unfold(node: Node, path: string): void {
    if (node.children === null) return
    this.#unfolded.add(path)
    for (const child of node.children) this.#unfold(child, `${path}/${child.field.name}`)
  }

  #build(): void {
    this.#lines = []
    for (const layer of this.#packet?.layers ?? []) this.#add(layer.tree, layer, 0, layer.tree.field.name)
  }

  #add(node: Node, layer: InspectedLayer, depth: number, path: string): void {
    if (this.#lines.length >= MOST_LINES) return
    this.#lines.push({ node, layer, depth, path })
    if (node.children === null || !this.#unfolded.has(path)) return
    for (const child of node.children) this.#add(child, layer, depth + 1, `${path}/${child.field.name}`)
  }
}
