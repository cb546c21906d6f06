/** Conversations, endpoints, the hierarchy of protocols, and how far the capture can be trusted. */
import { byteCount } from '../../report/layout.ts'
import type { Area, Canvas } from '../canvas.ts'
import { cut, width, wrapped } from '../cells.ts'
import { addressFilter, filterFault, streamFilter } from '../filters.ts'
import type { Action } from '../keys.ts'
import { ListCursor } from '../list.ts'
import { Pace } from '../pace.ts'
import {
  type ConversationCount,
  conversationCounts,
  type EndpointCount,
  endpointCounts,
  MOST_CONVERSATIONS,
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
const TELL_EVERY_MS = 1000

export class StatisticsView implements View {
  readonly id = 'statistics'
  readonly #workspace: Workspace
  readonly #list = new ListCursor()
  #tab: Tab = 'Conversations'
  #conversations: readonly ConversationCount[] | null = null
  #endpoints: readonly EndpointCount[] = []
  #protocols: readonly ProtocolCount[] | null = null
  #isCounting = false
  #isSurveying = false
  /** Packets that there were when the protocols were counted. */
  #surveyed = -1
  /** The table as it was last made, and what it was made from: it may have thousands of lines. */
  #made: { readonly by: readonly unknown[]; readonly table: Table; readonly widths: readonly number[] } | null = null
  /** Packets that were there when it was counted: a live capture grows. */
  #countedPackets = -1
  readonly #countPace: Pace
  readonly #surveyPace: Pace

  constructor(workspace: Workspace) {
    this.#workspace = workspace
    this.#countPace = new Pace(workspace.ui)
    this.#surveyPace = new Pace(workspace.ui)
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
    const { table, widths } = this.#laidOut(room)
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
    const isUncounted = this.#tab === 'Protocols' ? this.#protocols === null : this.#conversations === null
    if (isUncounted && this.#tab !== 'Quality') canvas.put(x + 1, y + 2, 'Counting …', theme.look('faint'))
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

  /** Begins to count where there is more than was counted; while the capture is read, once is enough. */
  #count(): void {
    const { document, ui } = this.#workspace
    if (this.#isCounting || this.#countedPackets === document.index.count) return
    if (document.isLoading && this.#countedPackets >= 0) return
    if (document.isLive && !this.#countPace.mayBegin()) return
    this.#isCounting = true
    ui.background(this.#counted())
  }

  async #counted(): Promise<void> {
    const { document, ui } = this.#workspace
    const { count } = document.index
    try {
      this.#conversations = await conversationCounts(document)
      this.#endpoints = endpointCounts(this.#conversations)
      this.#countedPackets = count
    } finally {
      this.#countPace.done()
      this.#isCounting = false
    }
    ui.redraw()
  }

  /** Begins to count the protocols of what was counted. */
  #keepSurveyed(): void {
    const { document, ui } = this.#workspace
    if (this.#isSurveying || this.#surveyed === this.#countedPackets) return
    if (document.isLive && !this.#surveyPace.mayBegin()) return
    this.#isSurveying = true
    ui.background(this.#survey())
  }

  #laidOut(room: number): { readonly table: Table; readonly widths: readonly number[] } {
    if (this.#tab === 'Protocols') this.#keepSurveyed()
    const { document, showsNames } = this.#workspace
    const by = [this.#tab, room, this.#conversations, this.#protocols, document.analysis, showsNames]
    if (this.#made === null || by.some((one, nth) => one !== this.#made?.by[nth])) {
      const table = this.#table(room)
      this.#made = { by, table, widths: widthsOf(table, room - 2) }
    }
    return this.#made
  }

  #table(room: number): Table {
    switch (this.#tab) {
      case 'Conversations':
        return this.#conversationTable()
      case 'Endpoints':
        return {
          numbers: new Set([1, 2, 3]),
          heading: [this.#addressHeading(), 'Conversations', 'Packets', 'Bytes'],
          rows: this.#endpoints.map(({ address, conversations, packets, bytes }) => [
            this.#workspace.nameOf(address),
            String(conversations),
            String(packets),
            byteCount(bytes),
          ]),
        }
      case 'Protocols':
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

  #addressHeading(): string {
    const count = this.#conversations?.length ?? 0
    return count < MOST_CONVERSATIONS ? 'Address' : `Address (of the ${count} largest conversations)`
  }

  #conversationTable(): Table {
    return {
      numbers: new Set([3, 4, 5, 6]),
      heading: ['Stream', 'From', 'To', 'Packets', 'Bytes', 'Begins', 'Lasts'],
      rows: (this.#conversations ?? []).map(({ stream, from, to, packets, bytes, firstNs, lastNs }) => [
        `${stream % 2 === 0 ? 'tcp' : 'udp'} ${stream >> 1}`,
        this.#named(from),
        this.#named(to),
        String(packets),
        byteCount(bytes),
        (firstNs / 1e9).toFixed(3),
        `${((lastNs - firstNs) / 1e9).toFixed(3)} s`,
      ]),
    }
  }

  /** Of `address:port`. */
  #named(end: string): string {
    const at = end.lastIndexOf(':')
    return `${this.#workspace.nameOf(end.slice(0, at))}${end.slice(at)}`
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
    const { document, ui } = this.#workspace
    const hierarchy = new ProtocolHierarchy()
    let toldMs = performance.now()
    const counted = this.#countedPackets
    try {
      await document.survey(
        (protocols, bytes) => hierarchy.add(protocols, bytes),
        () => {
          // A large capture takes a while: what there is so far is shown.
          if (performance.now() - toldMs > TELL_EVERY_MS) {
            toldMs = performance.now()
            this.#protocols = hierarchy.lines
            ui.redraw()
          }
          return true
        },
      )
      this.#protocols = hierarchy.lines
      this.#surveyed = counted
    } finally {
      this.#surveyPace.done()
      this.#isSurveying = false
    }
    ui.redraw()
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
