/** The three panes of Wireshark: the list of packets, the fields of the chosen one, and its bytes. */
import { compileFilter, type Filter, FilterError, fieldNames } from '../../inspect/filter/filter.ts'
import type { InspectedPacket } from '../../inspect/packet.ts'
import { type Area, type Canvas, contains } from '../canvas.ts'
import { streamFilter } from '../filters.ts'
import { Finder } from '../find.ts'
import type { Action } from '../keys.ts'
import { BytesPane } from '../panes/bytes.ts'
import { FieldTreePane } from '../panes/field-tree.ts'
import { PacketListPane } from '../panes/packet-list.ts'
import type { PromptFault } from '../prompt.ts'
import type { MouseEvent } from '../terminal.ts'
import { TIME_MODES, type TimeMode, type View, type Workspace } from '../view.ts'

const PANES = ['list', 'tree', 'bytes'] as const
type Pane = (typeof PANES)[number]

const MOST_COMPLETIONS = 30
const LEAST_PANE_ROWS = 4
/** Bytes beside the fields from this width on. */
const BESIDE_COLUMNS = 140

export class PacketsView implements View {
  readonly id = 'packets'
  readonly list: PacketListPane
  readonly #workspace: Workspace
  readonly #tree: FieldTreePane
  readonly #bytes: BytesPane
  readonly #finder: Finder
  readonly #filterHistory: string[] = []
  #pane: Pane = 'list'
  #filterText = ''
  /** Counts filters: an older run ends when a newer one began. */
  #filterRun = 0
  #isFiltering = false
  /** Rows of the list, as a share of the height. */
  #share = 0.5
  #areas: Record<Pane, Area> = { list: NOWHERE, tree: NOWHERE, bytes: NOWHERE }

  constructor(workspace: Workspace) {
    this.#workspace = workspace
    this.list = new PacketListPane(workspace, () => workspace.names())
    this.#tree = new FieldTreePane(workspace.ui)
    this.#bytes = new BytesPane(workspace.ui)
    this.#finder = new Finder(workspace.document)
  }

  title(): string {
    const { index } = this.#workspace.document
    if (this.list.shown === null) return `${index.count} packets`
    return `${this.list.count} of ${index.count} packets${this.#isFiltering ? ' …' : ''}`
  }

  draw(canvas: Canvas, area: Area): void {
    const { theme } = this.#workspace.ui
    this.#layOut(area)
    const packet = this.#packet()
    this.#tree.show(packet)
    this.#bytes.show(packet, this.#tree.chosen)
    canvas.put(area.x + 1, area.y, 'Filter: ', theme.look('faint'))
    const none = 'none (/ to type one)'
    canvas.put(area.x + 9, area.y, this.#filterText || none, theme.look(this.#filterText === '' ? 'faint' : 'good'))
    this.list.draw(canvas, this.#areas.list, this.#pane === 'list')
    for (const pane of ['tree', 'bytes'] as const) this.#rule(canvas, this.#areas[pane], pane)
    if (packet === null && this.list.row >= 0) {
      canvas.put(this.#areas.tree.x + 1, this.#areas.tree.y, 'Reading …', theme.look('faint'))
    }
    this.#tree.draw(canvas, this.#areas.tree, this.#pane === 'tree')
    this.#bytes.draw(canvas, this.#areas.bytes, this.#pane === 'bytes')
  }

  act(action: Action): boolean {
    return this.#own(action) || this.#inPane(action)
  }

  mouse({ kind, x, y }: MouseEvent): boolean {
    const pane = PANES.find(one => contains(this.#areas[one], x, y))
    if (pane === undefined) return false
    const list = { list: this.list.cursor, tree: this.#tree.list, bytes: this.#bytes.list }[pane]
    if (kind === 'wheel-up' || kind === 'wheel-down') list.scroll(kind === 'wheel-up' ? -3 : 3)
    else if (kind === 'press') {
      this.#pane = pane
      const row = y - this.#areas[pane].y
      if (pane === 'list' && row > 0) this.list.cursor.choose(this.list.cursor.top + row - 1)
      else if (pane === 'tree') this.#tree.press(row)
    }
    return true
  }

  /** @returns whether the list shows that packet. */
  showPacket(number: number): boolean {
    const row = this.#workspace.document.index.rowOf(number)
    if (row < 0) return false
    if (!this.list.choose(row)) {
      this.#clearFilter()
      this.list.choose(row)
    }
    this.#pane = 'list'
    return true
  }

  /** Types a filter, as if the user had. */
  applyFilter(text: string): void {
    this.#filterText = text
    if (text.trim() === '') {
      this.#clearFilter()
      return
    }
    void this.#filter(compileFilter(text))
  }

  #own(action: Action): boolean {
    const { ui, document } = this.#workspace
    const { row } = this.list
    switch (action) {
      case 'next-pane':
      case 'previous-pane': {
        const step = action === 'next-pane' ? 1 : PANES.length - 1
        this.#pane = PANES[(PANES.indexOf(this.#pane) + step) % PANES.length] as Pane
        return true
      }
      case 'filter':
        this.#askFilter()
        return true
      case 'clear-filter':
        this.#clearFilter()
        return true
      case 'filter-stream':
        if (row >= 0) this.#filterStream(document.index.stream(row))
        return true
      case 'find':
        this.#askFind()
        return true
      case 'find-next':
      case 'find-previous':
        void this.#find(action === 'find-next')
        return true
      case 'go-to':
        this.#askNumber()
        return true
      case 'mark':
        this.#mark(row)
        return true
      case 'next-mark':
        this.#nextMark(row)
        return true
      case 'next-in-stream':
      case 'previous-in-stream':
        if (row >= 0) this.#step(action === 'next-in-stream' ? document.index.after(row) : document.index.before(row))
        return true
      case 'time':
        this.#workspace.timeMode = TIME_MODES[
          (TIME_MODES.indexOf(this.#workspace.timeMode) + 1) % TIME_MODES.length
        ] as TimeMode
        return true
      case 'larger':
      case 'smaller':
        this.#share = Math.max(
          0.2,
          Math.min(this.#share + ((action === 'larger') === (this.#pane === 'list') ? 0.1 : -0.1), 0.8),
        )
        return true
      case 'stream':
      case 'graph':
        if (row < 0 || document.index.stream(row) < 0) ui.say('this packet belongs to no TCP or UDP conversation')
        else if (action === 'stream') this.#workspace.showStream(document.index.stream(row))
        else this.#workspace.showGraph(document.index.stream(row))
        return true
      case 'explain':
        this.#explain()
        return true
      case 'copy':
        this.#copy()
        return true
      case 'copy-command':
        this.#copyCommand()
        return true
      default:
        return false
    }
  }

  #inPane(action: Action): boolean {
    if (this.#pane === 'tree') return this.#tree.act(action)
    if (action === 'fold-all' || action === 'unfold-all') return this.#tree.act(action)
    if (action === 'next-tab' || action === 'previous-tab') return this.#bytes.act(action)
    if (this.#pane === 'bytes') return this.#bytes.act(action)
    if (action === 'open') {
      this.#pane = 'tree'
      return true
    }
    return this.list.cursor.act(action)
  }

  #packet(): InspectedPacket | null {
    const { row } = this.list
    return row < 0 ? null : this.#workspace.document.opened(row)
  }

  #layOut({ x, y, width, height }: Area): void {
    const inside = height - 1
    const rows = Math.max(LEAST_PANE_ROWS, Math.min(Math.floor(inside * this.#share), inside - LEAST_PANE_ROWS))
    const below = y + 1 + rows + 1
    const rest = inside - rows - 1
    const list = { x, y: y + 1, width, height: rows }
    if (width >= BESIDE_COLUMNS) {
      const treeWidth = width - 78
      this.#areas = {
        list,
        tree: { x, y: below, width: treeWidth, height: rest },
        bytes: { x: x + treeWidth + 1, y: below, width: width - treeWidth - 1, height: rest },
      }
      return
    }
    const treeRows = Math.max(2, Math.floor(rest * 0.55))
    this.#areas = {
      list,
      tree: { x, y: below, width, height: treeRows },
      bytes: { x, y: below + treeRows + 1, width, height: Math.max(rest - treeRows - 1, 0) },
    }
  }

  #rule(canvas: Canvas, { x, y, width }: Area, pane: Pane): void {
    const { theme } = this.#workspace.ui
    const look = theme.look(this.#pane === pane ? 'frame-focused' : 'frame')
    canvas.fill({ x, y: y - 1, width, height: 1 }, '─', look)
    canvas.put(x + 2, y - 1, pane === 'tree' ? ' Fields ' : ' Bytes ', look)
  }

  #askFilter(): void {
    this.#workspace.ui.ask({
      label: 'Filter',
      text: this.#filterText,
      history: this.#filterHistory,
      complete: word => completions(word),
      check: text => filterFault(text),
      enter: text => this.applyFilter(text),
    })
  }

  #askFind(): void {
    this.#workspace.ui.ask({
      label: 'Find (text, hex:16 03 01, or filter:tcp.flags.reset == 1)',
      text: this.#finder.text,
      check: text => this.#finder.fault(text),
      enter: text => {
        this.#finder.text = text
        void this.#find(true)
      },
    })
  }

  #askNumber(): void {
    this.#workspace.ui.ask({
      label: 'Go to packet',
      check: text => (/^\d+$/.test(text.trim()) ? null : { says: 'a packet number is wanted', at: 0 }),
      enter: text => {
        if (!this.showPacket(Number(text))) this.#workspace.ui.say(`there is no packet ${text.trim()}`, 'error')
      },
    })
  }

  async #filter(filter: Filter): Promise<void> {
    const { ui, document } = this.#workspace
    const run = ++this.#filterRun
    const before = this.list.row
    const rows: number[] = []
    this.list.shown = rows
    this.#isFiltering = true
    await document.filter(
      filter,
      row => rows.push(row),
      () => {
        ui.redraw()
        return run === this.#filterRun
      },
    )
    if (run !== this.#filterRun) return
    this.#isFiltering = false
    if (before >= 0) this.list.choose(before)
    if (rows.length === 0) ui.say('no packet matches this filter')
    ui.redraw()
  }

  #clearFilter(): void {
    const { row } = this.list
    this.#filterRun++
    this.#isFiltering = false
    this.#filterText = ''
    this.list.shown = null
    if (row >= 0) this.list.choose(row)
  }

  #filterStream(stream: number): void {
    if (stream < 0) this.#workspace.ui.say('this packet belongs to no TCP or UDP conversation')
    else this.applyFilter(streamFilter(stream))
  }

  async #find(forward: boolean): Promise<void> {
    const { ui } = this.#workspace
    if (this.#finder.text === '') {
      this.#askFind()
      return
    }
    const line = await this.#finder.next(this.list.cursor.at, this.list.count, at => this.list.rowAt(at), forward)
    if (line < 0) ui.say(`not found ${forward ? 'behind' : 'before'} this packet: ${this.#finder.text}`, 'error')
    else this.list.cursor.choose(line)
    ui.redraw()
  }

  #mark(row: number): void {
    if (row < 0) return
    if (!this.list.marked.delete(row)) this.list.marked.add(row)
    this.list.cursor.move(1)
  }

  #nextMark(row: number): void {
    const marks = [...this.list.marked].sort((a, b) => a - b)
    const next = marks.find(mark => mark > row) ?? marks[0]
    if (next === undefined) this.#workspace.ui.say('no packet is marked (m marks one)')
    else this.list.choose(next)
  }

  #step(row: number): void {
    if (row < 0) this.#workspace.ui.say('no further packet of this stream')
    else this.list.choose(row)
  }

  #explain(): void {
    const chosen = this.#tree.chosen
    const value = chosen?.node.value
    if (this.#pane !== 'tree' || (typeof value !== 'number' && typeof value !== 'bigint')) {
      this.#workspace.ui.say('choose a field with a code in it (Tab goes to the fields), then explain it')
    } else this.#workspace.explain([`0x${value.toString(16)}`])
  }

  #copy(): void {
    const { ui } = this.#workspace
    const line = this.#pane === 'tree' ? this.#tree.chosen : null
    const { row } = this.list
    if (line !== null) ui.copy(line.node.field.name, 'the name of the field')
    else if (this.#filterText !== '') ui.copy(this.#filterText, 'the filter')
    else if (row >= 0) ui.copy(`frame.number == ${this.#workspace.document.index.number(row)}`, 'the filter')
  }

  #copyCommand(): void {
    const { document, ui } = this.#workspace
    const { row } = this.list
    if (row < 0) return
    const filter = this.#filterText || `frame.number == ${document.index.number(row)}`
    ui.copy(
      `tshark -r '${document.path.replaceAll("'", "'\\''")}' -d tcp.port==3389,tls -Y '${filter}' -V`,
      'the command',
    )
  }
}

const NOWHERE: Area = { x: 0, y: 0, width: 0, height: 0 }

function completions(word: string): string[] {
  const found: string[] = []
  for (const name of fieldNames()) if (name.startsWith(word)) found.push(name)
  return found.sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).slice(0, MOST_COMPLETIONS)
}

function filterFault(text: string): PromptFault | null {
  if (text.trim() === '') return null
  try {
    compileFilter(text)
    return null
  } catch (error) {
    if (error instanceof FilterError) return { says: error.message, at: error.range.start }
    throw error
  }
}
