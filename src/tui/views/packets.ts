/** The three panes of Wireshark: the list of packets, the fields of the chosen one, and its bytes. */
import { compileFilter, type Filter, fieldNames } from '../../inspect/filter/filter.ts'
import type { InspectedPacket } from '../../inspect/packet.ts'
import { type Area, type Canvas, contains } from '../canvas.ts'
import { cut } from '../cells.ts'
import { FilteredRows } from '../filtered-rows.ts'
import { fieldFilter, filterFault, streamFilter } from '../filters.ts'
import { Finder } from '../find.ts'
import type { Action } from '../keys.ts'
import { BytesPane } from '../panes/bytes.ts'
import { FieldTreePane } from '../panes/field-tree.ts'
import { PacketListPane } from '../panes/packet-list.ts'
import { paneRule } from '../panes/rule.ts'
import type { MouseEvent } from '../terminal.ts'
import { TIME_MODES, type TimeMode, type View, type Workspace } from '../view.ts'

const PANES = ['list', 'tree', 'bytes'] as const
type Pane = (typeof PANES)[number]

const MOST_COMPLETIONS = 30
const LEAST_PANE_ROWS = 4
/** Of the list. */
const SHARE = 0.5
const LEAST_SHARE = 0.2
const MOST_SHARE = 0.8
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
  readonly #filtered: FilteredRows
  #findRun = 0
  #isFinding = false
  /** The last packet stays chosen while others come. */
  #isPinned = false
  #isDragging = false
  /** Rows of the list, as a share of the height; without the user's wish half of it, or as many as there are packets. */
  #share: number | null = null
  #areas: Record<Pane, Area> = { list: NOWHERE, tree: NOWHERE, bytes: NOWHERE }

  constructor(workspace: Workspace) {
    this.#workspace = workspace
    this.list = new PacketListPane(workspace)
    this.#tree = new FieldTreePane(workspace.ui)
    this.#bytes = new BytesPane(workspace.ui)
    this.#finder = new Finder(workspace.document)
    this.#filtered = new FilteredRows(workspace.document, workspace.ui)
  }

  title(): string {
    const { index } = this.#workspace.document
    if (this.list.shown === null) return `${index.count} packets`
    return `${this.list.count} of ${index.count} packets${this.#filtered.isRunning ? ' …' : ''}`
  }

  draw(canvas: Canvas, area: Area): void {
    const { theme, unicode } = this.#workspace.ui
    this.#layOut(area)
    this.#filtered.keepUp()
    if (this.#isPinned) this.#toEnd()
    const packet = this.#packet()
    this.#tree.show(packet)
    this.#bytes.show(packet, this.#tree.chosen)
    canvas.put(area.x + 1, area.y, 'Filter: ', theme.look('faint'))
    const none = 'none'
    canvas.put(
      area.x + 9,
      area.y,
      cut(this.#filterText || none, area.width - 10, unicode),
      theme.look(this.#filterText === '' ? 'faint' : 'good'),
    )
    this.list.draw(canvas, this.#areas.list, this.#pane === 'list')
    paneRule(canvas, this.#areas.tree, 'Fields', this.#pane === 'tree', theme)
    paneRule(canvas, this.#areas.bytes, 'Bytes', this.#pane === 'bytes', theme)
    if (packet === null && this.list.row >= 0) {
      canvas.put(this.#areas.tree.x + 1, this.#areas.tree.y, 'Reading …', theme.look('faint'))
    }
    this.#tree.draw(canvas, this.#areas.tree, this.#pane === 'tree')
    this.#bytes.draw(canvas, this.#areas.bytes, this.#pane === 'bytes')
  }

  act(action: Action): boolean {
    return this.#own(action) || this.#inPane(action)
  }

  filter(): string {
    const line = this.#pane === 'tree' ? this.#tree.chosen : null
    if (line !== null) return fieldFilter(line.node, line.layer)
    const { row } = this.list
    if (this.#filterText !== '' || row < 0) return this.#filterText
    return `frame.number == ${this.#workspace.document.index.number(row)}`
  }

  mouse({ kind, x, y }: MouseEvent): boolean {
    if (kind === 'release') this.#isDragging = false
    if (kind === 'drag' && this.#isDragging) {
      const { list, tree, bytes } = this.#areas
      this.#resize((y - list.y) / (Math.max(tree.y + tree.height, bytes.y + bytes.height) - list.y))
      return true
    }
    const pane = PANES.find(one => contains(this.#areas[one], x, y))
    if (pane === undefined) {
      this.#isDragging = kind === 'press' && y === this.#areas.tree.y - 1
      return this.#isDragging
    }
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
    this.#workspace.ui.background(this.#filter(compileFilter(text)))
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
      case 'back':
        return this.#stopFinding()
      case 'tail':
        this.#pin(!this.#isPinned)
        return true
      case 'filter-stream':
        if (row >= 0) this.#filterStream(document.index.stream(row))
        return true
      case 'find':
        this.#askFind()
        return true
      case 'find-next':
      case 'find-previous':
        ui.background(this.#find(action === 'find-next'))
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
        this.#resize(this.#shareNow() + ((action === 'larger') === (this.#pane === 'list') ? 0.1 : -0.1))
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
    const isMoved = this.list.act(action)
    // Whoever looks at an earlier packet wants it to stay.
    if (this.list.cursor.at < this.list.count - 1) this.#isPinned = false
    return isMoved
  }

  #shareNow(): number {
    const { list, tree, bytes } = this.#areas
    const inside = Math.max(tree.y + tree.height, bytes.y + bytes.height) - list.y
    return this.#share ?? (inside > 0 ? list.height / inside : SHARE)
  }

  #resize(share: number): void {
    this.#share = Math.max(LEAST_SHARE, Math.min(share, MOST_SHARE))
  }

  #packet(): InspectedPacket | null {
    const { row } = this.list
    return row < 0 ? null : this.#workspace.document.opened(row)
  }

  #layOut({ x, y, width, height }: Area): void {
    const inside = height - 1
    const wanted = Math.floor(inside * (this.#share ?? SHARE))
    const needed = this.#share === null ? this.#workspace.document.index.count + 1 : wanted
    const rows = Math.max(LEAST_PANE_ROWS, Math.min(wanted, needed, inside - LEAST_PANE_ROWS))
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

  #askFilter(): void {
    this.#workspace.ui.ask({
      label: 'Filter',
      hint: 'as in Wireshark: tls.handshake.type == 1 && ip.addr == 10.0.0.0/8; Tab completes, Up recalls, empty shows all',
      text: this.#filterText,
      history: this.#filterHistory,
      complete: word => completions(word),
      check: text => filterFault(text),
      enter: text => this.applyFilter(text),
    })
  }

  #askFind(): void {
    this.#workspace.ui.ask({
      label: 'Find',
      hint: 'text in a line of the list; bytes: hex:16 03 01; a display filter: filter:tcp.flags.reset == 1',
      text: this.#finder.text,
      check: text => this.#finder.fault(text),
      enter: text => {
        this.#finder.text = text
        this.#workspace.ui.background(this.#find(true))
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
    const before = this.list.row
    const isDone = this.#filtered.apply(filter)
    this.list.shown = this.#filtered.rows
    if (!(await isDone)) return
    if (before >= 0) this.list.choose(before)
    if (this.list.count === 0) this.#workspace.ui.say('no packet matches this filter (\\ shows all again)')
  }

  #clearFilter(): void {
    const { row } = this.list
    this.#filtered.clear()
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
    const run = ++this.#findRun
    const { run: filterRun } = this.#filtered
    const goesOn = (): boolean => {
      ui.redraw()
      return run === this.#findRun && filterRun === this.#filtered.run
    }
    this.#isFinding = true
    ui.say(`looking for ${this.#finder.text} … (Esc ends it)`)
    const line = await this.#finder.next(this.list, this.list.cursor.at, forward, goesOn)
    if (run !== this.#findRun) return
    this.#isFinding = false
    if (filterRun !== this.#filtered.run) return
    if (line < 0) {
      const [where, other] = forward ? ['behind', 'N looks before'] : ['before', 'n looks behind']
      ui.say(`not found ${where} this packet: ${this.#finder.text} (${other} it)`, 'error')
    } else {
      this.list.cursor.choose(line)
      ui.say(`found ${this.#finder.text} (n and N go on)`)
    }
    ui.redraw()
  }

  #stopFinding(): boolean {
    if (!this.#isFinding) return false
    this.#findRun++
    this.#isFinding = false
    this.#workspace.ui.say('the search was ended')
    return true
  }

  #pin(on: boolean): void {
    this.#isPinned = on
    this.#workspace.ui.say(on ? 'the newest packet stays chosen' : 'the chosen packet stays')
    if (on) this.#toEnd()
  }

  #toEnd(): void {
    this.list.cursor.count = this.list.count
    this.list.cursor.choose(this.list.count - 1)
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
    const chosen = this.#pane === 'tree' ? this.#tree.chosen : null
    if (chosen === null || chosen.depth === 0) this.#workspace.explain('')
    else this.#workspace.explainField(chosen.node)
  }
}

const NOWHERE: Area = { x: 0, y: 0, width: 0, height: 0 }

function completions(word: string): string[] {
  const found: string[] = []
  for (const name of fieldNames()) if (name.startsWith(word)) found.push(name)
  return found.sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).slice(0, MOST_COMPLETIONS)
}
