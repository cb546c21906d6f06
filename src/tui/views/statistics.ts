/** Conversations, endpoints, the hierarchy of protocols, and how far the capture can be trusted. */
import { byteCount } from '../../report/layout.ts'
import type { Area, Canvas } from '../canvas.ts'
import { cut, width, wrapped } from '../cells.ts'
import { addressFilter, filterFault, streamFilter } from '../filters.ts'
import type { Action } from '../keys.ts'
import { ListCursor } from '../list.ts'
import {
  type ConversationCount,
  conversationCounts,
  type EndpointCount,
  endpointCounts,
  type ProtocolCount,
  ProtocolHierarchy,
} from '../statistics.ts'
import type { MouseEvent } from '../terminal.ts'
import type { View, Workspace } from '../view.ts'

const TABS = ['Conversations', 'Endpoints', 'Protocols', 'Quality'] as const
type Tab = (typeof TABS)[number]

interface Table {
  readonly heading: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Columns that hold numbers: they stand at the right. */
  readonly numbers: ReadonlySet<number>
}

const GAP = 2
/** Of names and addresses: what is longer is cut. */
const MOST_NAME_COLUMNS = 47
const LEAST_NAME_COLUMNS = 12
const NOTE_COLUMNS = 22

export class StatisticsView implements View {
  readonly id = 'statistics'
  readonly #workspace: Workspace
  readonly #list = new ListCursor()
  #tab: Tab = 'Conversations'
  #conversations: readonly ConversationCount[] | null = null
  #endpoints: readonly EndpointCount[] = []
  #protocols: readonly ProtocolCount[] | null = null
  #isCounting = false
  /** Packets that were there when it was counted: a live capture grows. */
  #countedPackets = -1

  constructor(workspace: Workspace) {
    this.#workspace = workspace
  }

  title(): string {
    return 'Statistics'
  }

  draw(canvas: Canvas, { x, y, width: room, height }: Area): void {
    const { theme, unicode } = this.#workspace.ui
    let column = x + 1
    for (const tab of TABS) {
      const text = ` ${tab} `
      canvas.put(column, y, text, theme.look(tab === this.#tab ? 'bar-key' : 'faint'))
      column += width(text) + 1
    }
    this.#count()
    const table = this.#table(room)
    const widths = widthsOf(table, room - 2)
    const put = (row: number, cells: readonly string[], look: number): void => {
      let at = x + 1
      for (const [nth, cell] of cells.entries()) {
        const space = widths[nth] ?? 0
        const text = cut(cell, space, unicode)
        if (table.numbers.has(nth)) canvas.right(at + space, row, text, look)
        else canvas.put(at, row, text, look, space)
        at += space + GAP
      }
    }
    put(y + 1, table.heading, theme.look('faint'))
    if (this.#tab === 'Protocols' && this.#protocols === null) {
      canvas.put(x + 1, y + 2, 'Counting …', theme.look('faint'))
    }
    this.#list.fit(table.rows.length, height - 2)
    for (let row = 0; row < height - 2; row++) {
      const cells = table.rows[this.#list.top + row]
      if (cells === undefined) break
      put(y + 2 + row, cells, theme.look('text'))
      if (this.#list.top + row === this.#list.at) {
        canvas.shade({ x, y: y + 2 + row, width: room, height: 1 }, base => theme.chosen(base, true))
      }
    }
  }

  act(action: Action): boolean {
    switch (action) {
      case 'next-tab':
        this.#turn(1)
        return true
      case 'previous-tab':
        this.#turn(TABS.length - 1)
        return true
      case 'open': {
        const filter = this.filter()
        if (filter !== '') this.#workspace.showFiltered(filter)
        return true
      }
      default:
        return this.#list.act(action)
    }
  }

  filter(): string {
    const { at } = this.#list
    switch (this.#tab) {
      case 'Conversations': {
        const chosen = this.#conversations?.[at]
        return chosen === undefined ? '' : streamFilter(chosen.stream)
      }
      case 'Endpoints': {
        const chosen = this.#endpoints[at]
        return chosen === undefined ? '' : addressFilter(chosen.address)
      }
      case 'Protocols': {
        const name = this.#protocols?.[at]?.name ?? ''
        return filterFault(name) === null ? name : ''
      }
      case 'Quality':
        return ''
    }
  }

  mouse({ kind, y }: MouseEvent): boolean {
    if (kind === 'wheel-up' || kind === 'wheel-down') this.#list.scroll(kind === 'wheel-up' ? -3 : 3)
    else if (kind === 'press' && y > 2) this.#list.choose(this.#list.top + y - 3)
    return true
  }

  #turn(by: number): void {
    this.#tab = TABS[(TABS.indexOf(this.#tab) + by) % TABS.length] as Tab
    this.#list.choose(0)
  }

  #count(): void {
    const { document } = this.#workspace
    if (this.#countedPackets === document.index.count) return
    if (document.isLoading && this.#countedPackets >= 0) return
    this.#countedPackets = document.index.count
    this.#conversations = conversationCounts(document)
    this.#endpoints = endpointCounts(this.#conversations)
    this.#protocols = null
  }

  #table(room: number): Table {
    switch (this.#tab) {
      case 'Conversations':
        return this.#conversationTable()
      case 'Endpoints':
        return {
          numbers: new Set([1, 2, 3]),
          heading: ['Address', 'Conversations', 'Packets', 'Bytes'],
          rows: this.#endpoints.map(({ address, conversations, packets, bytes }) => [
            address,
            String(conversations),
            String(packets),
            byteCount(bytes),
          ]),
        }
      case 'Protocols':
        if (this.#protocols === null && !this.#isCounting) this.#workspace.ui.background(this.#survey())
        return {
          numbers: new Set([1, 2, 3]),
          heading: ['Protocol', 'Packets', 'Bytes', 'Share'],
          rows: (this.#protocols ?? []).map(({ name, depth, packets, bytes }) => [
            `${'  '.repeat(depth)}${name}`,
            String(packets),
            byteCount(bytes),
            `${((packets * 100) / Math.max(this.#workspace.document.index.count, 1)).toFixed(1)} %`,
          ]),
        }
      case 'Quality':
        return this.#qualityTable(room)
    }
  }

  #conversationTable(): Table {
    return {
      numbers: new Set([3, 4, 5, 6]),
      heading: ['Stream', 'From', 'To', 'Packets', 'Bytes', 'Begins', 'Lasts'],
      rows: (this.#conversations ?? []).map(({ stream, from, to, packets, bytes, firstNs, lastNs }) => [
        `${stream % 2 === 0 ? 'tcp' : 'udp'} ${stream >> 1}`,
        from,
        to,
        String(packets),
        byteCount(bytes),
        (firstNs / 1e9).toFixed(3),
        `${((lastNs - firstNs) / 1e9).toFixed(3)} s`,
      ]),
    }
  }

  #qualityTable(room: number): Table {
    const { analysis } = this.#workspace.document
    const notes: string[][] = []
    const add = (id: string, says: string): void => {
      for (const [nth, line] of wrapped(says, Math.max(room - NOTE_COLUMNS - GAP - 2, 20)).entries())
        notes.push([nth === 0 ? id : '', line])
    }
    for (const { id, says } of analysis?.quality ?? []) add(id, says)
    for (const attempt of analysis?.attempts ?? []) {
      for (const { id, says } of attempt.quality) add(id, `attempt ${attempt.id}: ${says}`)
    }
    if (notes.length === 0)
      notes.push(['', analysis === null ? 'Reading …' : 'Nothing weakens the verdicts of this capture.'])
    return { numbers: new Set(), heading: ['Note'.padEnd(NOTE_COLUMNS), 'What it means'], rows: notes }
  }

  async #survey(): Promise<void> {
    this.#isCounting = true
    const hierarchy = new ProtocolHierarchy()
    await this.#workspace.document.survey((protocols, bytes) => {
      hierarchy.add(protocols, bytes)
    })
    this.#protocols = hierarchy.lines
    this.#isCounting = false
    this.#workspace.ui.redraw()
  }
}

/** As wide as their cells; where the room is too small, the widest columns of words give way. */
function widthsOf({ heading, rows, numbers }: Table, room: number): number[] {
  const widths = heading.map((name, nth) => {
    const most = numbers.has(nth) || nth === heading.length - 1 ? room : MOST_NAME_COLUMNS
    return Math.min(
      rows.reduce((widest, cells) => Math.max(widest, width(cells[nth] ?? '')), width(name)),
      most,
    )
  })
  const words = heading.map((_, nth) => nth).filter(nth => !numbers.has(nth))
  for (;;) {
    const over = widths.reduce((sum, one) => sum + one + GAP, -GAP) - room
    const widest = words.reduce((a, b) => ((widths[b] ?? 0) > (widths[a] ?? 0) ? b : a), words[0] ?? 0)
    const wide = widths[widest] ?? 0
    if (over <= 0 || wide <= LEAST_NAME_COLUMNS) return widths
    widths[widest] = wide - 1
  }
}
