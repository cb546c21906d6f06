/** Conversations, endpoints, the hierarchy of protocols, and how far the capture can be trusted. */
import { byteCount, wrap } from '../../report/layout.ts'
import type { Area, Canvas } from '../canvas.ts'
import { cut, width } from '../cells.ts'
import { addressFilter, streamFilter } from '../filters.ts'
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

/** Lines of a table: its cells, and what Enter opens. */
interface Table {
  readonly widths: readonly number[]
  readonly heading: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

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
    canvas.put(column + 1, y, '[ and ] change the table', theme.look('faint'), Math.max(room - column - 1, 0))
    this.#count()
    const table = this.#table(room)
    const put = (row: number, cells: readonly string[], look: number): void => {
      let at = x + 1
      for (const [nth, cell] of cells.entries()) {
        const space = table.widths[nth] ?? room - at
        canvas.put(at, row, cut(cell, space - 1, unicode), look, space)
        at += space
      }
    }
    put(y + 1, table.heading, theme.look('faint'))
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
      case 'next-pane':
        this.#turn(1)
        return true
      case 'previous-tab':
      case 'previous-pane':
        this.#turn(TABS.length - 1)
        return true
      case 'open': {
        const chosen = this.#tab === 'Conversations' ? this.#conversations?.[this.#list.at] : undefined
        if (chosen !== undefined) this.#workspace.showFiltered(streamFilter(chosen.stream))
        const endpoint = this.#tab === 'Endpoints' ? this.#endpoints[this.#list.at] : undefined
        if (endpoint !== undefined) this.#workspace.showFiltered(addressFilter(endpoint.address))
        const protocol = this.#tab === 'Protocols' ? this.#protocols?.[this.#list.at] : undefined
        if (protocol !== undefined) this.#workspace.showFiltered(protocol.name)
        return true
      }
      case 'copy': {
        const chosen = this.#tab === 'Conversations' ? this.#conversations?.[this.#list.at] : undefined
        if (chosen !== undefined) this.#workspace.ui.copy(streamFilter(chosen.stream), 'the filter')
        return true
      }
      default:
        return this.#list.act(action)
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
          widths: [40, 15, 12, 12],
          heading: ['Address', 'Conversations', 'Packets', 'Bytes'],
          rows: this.#endpoints.map(({ address, conversations, packets, bytes }) => [
            address,
            String(conversations),
            String(packets),
            byteCount(bytes),
          ]),
        }
      case 'Protocols':
        if (this.#protocols === null) void this.#survey()
        return {
          widths: [40, 12, 12, 10],
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
      widths: [14, 24, 24, 10, 11, 12],
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
      for (const [nth, line] of wrap(says, Math.max(room - 24, 20)).entries()) notes.push([nth === 0 ? id : '', line])
    }
    for (const { id, says } of analysis?.quality ?? []) add(id, says)
    for (const attempt of analysis?.attempts ?? []) {
      for (const { id, says } of attempt.quality) add(id, `attempt ${attempt.id}: ${says}`)
    }
    if (notes.length === 0)
      notes.push(['', analysis === null ? 'Reading …' : 'Nothing weakens the verdicts of this capture.'])
    return { widths: [22], heading: ['Note', 'What it means'], rows: notes }
  }

  async #survey(): Promise<void> {
    if (this.#isCounting) return
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
