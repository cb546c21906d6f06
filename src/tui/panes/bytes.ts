/** Bytes as hex and text, of the packet itself and of what was put together or decrypted, with those of the chosen field lit. */
import type { InspectedLayer, InspectedPacket } from '../../inspect/packet.ts'
import type { Area, Canvas } from '../canvas.ts'
import { cut, width } from '../cells.ts'
import type { Action } from '../keys.ts'
import { ListCursor } from '../list.ts'
import type { Ui } from '../view.ts'
import type { TreeLine } from './field-tree.ts'

const BYTES_A_LINE = 16
const NARROW_BYTES_A_LINE = 8
/** Offset, pairs with a gap in the middle, and letters. */
const WIDE_COLUMNS = 6 + BYTES_A_LINE * 3 + 2 + BYTES_A_LINE

interface Tab {
  readonly title: string
  readonly bytes: Uint8Array
}

export class BytesPane {
  readonly list = new ListCursor()
  readonly #ui: Ui
  #packet: InspectedPacket | null = null
  #tabs: readonly Tab[] = []
  #tab = 0
  /** Lit: [start, end) of the shown tab's bytes. */
  #lit: readonly [number, number] = [0, 0]
  #bytesALine = BYTES_A_LINE

  constructor(ui: Ui) {
    this.#ui = ui
  }

  /** Shows the bytes that the chosen field lies in. */
  show(packet: InspectedPacket | null, chosen: TreeLine | null): void {
    if (packet !== this.#packet) {
      this.#packet = packet
      this.#tabs = packet === null ? [] : tabsOf(packet)
      this.#tab = 0
      this.list.at = 0
      this.list.top = 0
    }
    if (chosen === null) return
    const { node, layer } = chosen
    const at = this.#tabs.findIndex(({ bytes }) => bytes === layer.bytes)
    this.#tab = Math.max(at, 0)
    // A PDU that lies in the packet as it is was copied out of it: where it lies is found by its bytes.
    const from = at >= 0 ? 0 : placeIn(packet?.bytes ?? NO_BYTES, layer.bytes)
    this.#lit = from < 0 ? [0, 0] : [from + node.start - layer.base, from + node.end - layer.base]
    this.#follow()
  }

  draw(canvas: Canvas, { x, y, width: room, height }: Area, focused: boolean): void {
    const { theme, unicode } = this.#ui
    const tab = this.#tabs[this.#tab]
    if (tab === undefined) return
    let column = x + 1
    for (const [at, { title }] of this.#tabs.entries()) {
      const text = cut(` ${title} `, Math.max(x + room - column, 0), unicode)
      canvas.put(column, y, text, theme.look(at === this.#tab ? (focused ? 'bar-key' : 'bar') : 'faint'))
      column += width(text) + 1
    }
    this.#bytesALine = room >= WIDE_COLUMNS ? BYTES_A_LINE : NARROW_BYTES_A_LINE
    const lines = Math.ceil(tab.bytes.length / this.#bytesALine)
    this.list.fit(lines, height - 1)
    for (let row = 0; row < height - 1; row++) {
      const from = (this.list.top + row) * this.#bytesALine
      if (from < tab.bytes.length) this.#line(canvas, x + 1, y + 1 + row, tab.bytes, from)
    }
  }

  act(action: Action): boolean {
    if (action === 'next-tab' || action === 'previous-tab') {
      const { length } = this.#tabs
      this.#tab = length === 0 ? 0 : (this.#tab + (action === 'next-tab' ? 1 : length - 1)) % length
      this.#lit = [0, 0]
      this.list.choose(0)
      return true
    }
    if (action === 'up') this.list.scroll(-1)
    else if (action === 'down') this.list.scroll(1)
    else return this.list.act(action)
    return true
  }

  #line(canvas: Canvas, x: number, y: number, bytes: Uint8Array, from: number): void {
    const { theme } = this.#ui
    const count = this.#bytesALine
    const [start, end] = this.#lit
    canvas.put(x, y, from.toString(16).padStart(4, '0'), theme.look('faint'))
    const letters = x + 6 + count * 3 + 1
    for (let nth = 0; nth < count; nth++) {
      const at = from + nth
      const byte = bytes[at]
      if (byte === undefined) break
      const isLit = at >= start && at < end
      const look = theme.look(isLit ? 'selected-bytes' : 'text')
      const column = x + 6 + nth * 3 + (nth >= count / 2 ? 1 : 0)
      canvas.put(column, y, byte.toString(16).padStart(2, '0'), look)
      if (isLit && at + 1 < end && nth + 1 < count) canvas.put(column + 2, y, ' ', look)
      const letter = byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'
      canvas.put(letters + nth, y, letter, look)
    }
  }

  /** Scrolls so that the first lit byte is seen. */
  #follow(): void {
    const [start, end] = this.#lit
    if (end <= start) return
    const line = Math.floor(start / this.#bytesALine)
    if (line < this.list.top || line >= this.list.top + this.list.height) this.list.top = Math.max(0, line - 1)
    this.list.at = line
  }
}

const SOURCE_NAMES = { packet: 'Packet', reassembled: 'Reassembled', decrypted: 'Decrypted' } as const

/** The packet first, then each run of bytes that is not in it, once. */
function tabsOf({ bytes, layers }: InspectedPacket): Tab[] {
  const tabs: Tab[] = [{ title: `Packet (${bytes.length})`, bytes }]
  const seen = new Set<Uint8Array>([bytes])
  for (const layer of layers) {
    if (layer.source === 'packet' || seen.has(layer.bytes)) continue
    seen.add(layer.bytes)
    tabs.push({ title: titleOf(layer), bytes: layer.bytes })
  }
  return tabs
}

function titleOf({ source, tree, pdu, bytes }: InspectedLayer): string {
  return `${SOURCE_NAMES[source]} ${pdu?.title ?? tree.field.label} (${bytes.length})`
}

const NO_BYTES = new Uint8Array(0)

/** The last place of these bytes in the packet: headers lie in front. -1 when they are not there. */
function placeIn(packet: Uint8Array, bytes: Uint8Array): number {
  if (bytes.length === 0) return -1
  return Buffer.from(packet.buffer, packet.byteOffset, packet.length).lastIndexOf(bytes)
}
