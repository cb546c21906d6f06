/** The list of packets: Wireshark's columns, drawn for the rows in the window alone. */
import type { Area, Canvas, Style } from '../canvas.ts'
import { cut, scrolled } from '../cells.ts'
import type { PacketLine } from '../document.ts'
import type { Action } from '../keys.ts'
import { ListCursor } from '../list.ts'
import type { RowRole } from '../theme.ts'
import { TIME_HEADINGS, timeText } from '../time.ts'
import type { Workspace } from '../view.ts'

/** Of the columns, each with the gap behind it; Info takes what is left. */
const LEAST_NUMBER_COLUMNS = 5
const LEAST_TIME_COLUMNS = 9
const ADDRESS_COLUMNS = 16
const MOST_ADDRESS_COLUMNS = 28
const PROTOCOL_COLUMNS = 10
const LENGTH_COLUMNS = 7
/** From this width on, lengths have room. */
const WITH_LENGTH_COLUMNS = 100
const SCROLL_COLUMNS = 8

/** Colours by what Wireshark's colouring rules go by. */
const ROLES: ReadonlyMap<string, RowRole> = new Map([
  ['TLS', 'row-tls'],
  ['DTLS', 'row-tls'],
  ['HTTP', 'row-http'],
  ['HTTP2', 'row-http'],
  ['WebSocket', 'row-http'],
  ['TCP', 'row-tcp'],
  ['UDP', 'row-udp'],
  ['DNS', 'row-udp'],
  ['MDNS', 'row-udp'],
  ['RDP-UDP', 'row-udp'],
  ['ICMP', 'row-icmp'],
  ['ICMPv6', 'row-icmp'],
  ['ARP', 'row-arp'],
  ['X.224', 'row-rdp'],
  ['T.125', 'row-rdp'],
  ['RDP', 'row-rdp'],
  ['CredSSP', 'row-rdp'],
  ['RDG', 'row-rdp'],
])

export class PacketListPane {
  readonly cursor = new ListCursor()
  /** Rows of the index that are shown; null = all. */
  shown: readonly number[] | null = null
  readonly marked = new Set<number>()
  /** Columns that Info is scrolled to the left. */
  #offset = 0
  /** Of the texts in the window: further they are not scrolled. */
  #longest = 0
  readonly #workspace: Workspace

  constructor(workspace: Workspace) {
    this.#workspace = workspace
  }

  get count(): number {
    return this.shown?.length ?? this.#workspace.document.index.count
  }

  /** Row of the index behind a line of the list; -1 when there is none. */
  rowAt(line: number): number {
    if (line < 0 || line >= this.count) return -1
    return this.shown === null ? line : (this.shown[line] as number)
  }

  get row(): number {
    return this.rowAt(this.cursor.at)
  }

  /** The line of the list that shows this row, or the next one behind it. */
  lineOf(row: number): number {
    const { shown } = this
    if (shown === null) return row
    let low = 0
    let high = shown.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((shown[middle] as number) < row) low = middle + 1
      else high = middle
    }
    return low
  }

  /** @returns whether the row is in the list. */
  choose(row: number): boolean {
    this.cursor.count = this.count
    const line = this.lineOf(row)
    this.cursor.choose(line)
    return this.row === row
  }

  act(action: Action): boolean {
    const offset = Math.min(this.#offset, this.#longest)
    if (action === 'left') this.#offset = Math.max(0, offset - SCROLL_COLUMNS)
    else if (action === 'right') this.#offset = Math.min(offset + SCROLL_COLUMNS, this.#longest)
    else return this.cursor.act(action)
    return true
  }

  draw(canvas: Canvas, { x, y, width: room, height }: Area, focused: boolean): void {
    const { document, ui, timeMode } = this.#workspace
    const { theme, unicode } = ui
    const rows = height - 1
    this.cursor.fit(this.count, rows)
    const columns = this.#columns(room)
    const heading = ['No.', TIME_HEADINGS[timeMode], 'Source', 'Destination', 'Protocol', 'Length', 'Info']
    const line = (at: number, cells: readonly string[], look: Style): void => {
      let column = x + 1
      for (const [nth, cell] of cells.entries()) {
        const isLast = nth === columns.length
        const columnRoom = columns[nth] ?? x + room - column
        if (columnRoom > 0) canvas.put(column, at, cut(cell, columnRoom - (isLast ? 0 : 1), unicode), look)
        column += columnRoom
      }
    }
    line(y, heading, theme.look(focused ? 'title' : 'faint'))
    const looked = this.#rowsFrom(this.cursor.top, rows)
    const longest = Math.max(0, ...looked.map(row => document.line(row).info.length - SCROLL_COLUMNS))
    this.#longest = longest
    for (const [at, row] of looked.entries()) {
      const packet = document.line(row)
      const { index } = document
      const before = this.#before(this.cursor.top + at)
      const look = theme.look(roleOf(packet))
      const area = { x, y: y + 1 + at, width: room, height: 1 }
      if (look !== theme.look('row')) canvas.fill(area, ' ', look)
      line(
        y + 1 + at,
        [
          String(index.number(row)),
          timeText(index.timeNs(row), timeMode, document.start, before),
          this.#workspace.nameOf(packet.source),
          this.#workspace.nameOf(packet.destination),
          packet.protocol,
          String(index.originalLength(row)),
          scrolled(packet.info, Math.min(this.#offset, longest)),
        ],
        look,
      )
      if (this.marked.has(row)) canvas.put(x, y + 1 + at, '●', theme.look('mark'))
      if (this.cursor.top + at === this.cursor.at) canvas.shade(area, base => theme.chosen(base, focused))
    }
    document.look(looked)
  }

  #rowsFrom(line: number, most: number): number[] {
    const rows: number[] = []
    for (let at = line; at < line + most && at < this.count; at++) rows.push(this.rowAt(at))
    return rows
  }

  /** Widths of all columns but the last: as the whole capture needs them, so that they stay while it is scrolled. */
  #columns(room: number): number[] {
    const { document, timeMode } = this.#workspace
    const { index } = document
    const lastRow = index.count - 1
    const number = lastRow < 0 ? 0 : String(index.number(lastRow)).length
    const time = lastRow < 0 ? 0 : timeText(index.timeNs(lastRow), timeMode, document.start, 0).length
    const address = Math.max(ADDRESS_COLUMNS, Math.min(Math.floor(room / 7), MOST_ADDRESS_COLUMNS))
    const length = room >= WITH_LENGTH_COLUMNS ? LENGTH_COLUMNS : 0
    return [
      Math.max(LEAST_NUMBER_COLUMNS, number + 1),
      Math.max(LEAST_TIME_COLUMNS, time + 1),
      address,
      address,
      PROTOCOL_COLUMNS,
      length,
    ]
  }

  #before(line: number): number {
    const row = this.rowAt(line - 1)
    return row < 0
      ? this.#workspace.document.index.timeNs(this.rowAt(line))
      : this.#workspace.document.index.timeNs(row)
  }
}

function roleOf({ protocol, bad }: PacketLine): RowRole {
  return bad ? 'row-bad' : (ROLES.get(protocol) ?? 'row')
}
