/** One TCP conversation over time: sequence numbers in the manner of tcptrace, or round-trip times. */
import { type RoundTrip, roundTrips, type Segment, segmentsOf } from '../../inspect/segments.ts'
import { byteCount } from '../../report/layout.ts'
import type { Area, Canvas } from '../canvas.ts'
import { cut } from '../cells.ts'
import { streamFilter } from '../filters.ts'
import type { Action } from '../keys.ts'
import { Plot, type Range } from '../plot.ts'
import type { MouseEvent } from '../terminal.ts'
import type { View, Workspace } from '../view.ts'

const TABS = ['Sequence, client', 'Sequence, server', 'Round trips'] as const
const AXIS_COLUMNS = 10
const ZOOM = 2

export class GraphView implements View {
  readonly id = 'graph'
  readonly #workspace: Workspace
  readonly #stream: number
  #segments: readonly Segment[] | null = null
  #trips: readonly RoundTrip[] = []
  #tab = 1
  /** The part of the time that is shown. */
  #from = 0
  #to = 1
  /** The segment that the cursor stands at. */
  #at = 0
  #area: Area = { x: 0, y: 0, width: 0, height: 0 }

  /** @param stream twice its number. */
  constructor(workspace: Workspace, stream: number) {
    this.#workspace = workspace
    this.#stream = stream
    workspace.ui.background(this.#read())
  }

  title(): string {
    return `Graph of tcp.stream ${this.#stream >> 1}`
  }

  draw(canvas: Canvas, { x, y, width, height }: Area): void {
    const { theme, unicode } = this.#workspace.ui
    let column = x + 1
    for (const [at, tab] of TABS.entries()) {
      canvas.put(column, y, ` ${tab} `, theme.look(at === this.#tab ? 'bar-key' : 'faint'))
      column += tab.length + 3
    }
    if (this.#segments === null) {
      canvas.put(x + 1, y + 2, 'Reading …', theme.look('faint'))
      return
    }
    if (this.#segments.length === 0) {
      canvas.put(
        x + 1,
        y + 2,
        'This conversation can not be drawn: it has no TCP segments, or too many.',
        theme.look('faint'),
      )
      return
    }
    const area = { x: x + AXIS_COLUMNS, y: y + 1, width: width - AXIS_COLUMNS - 1, height: height - 4 }
    this.#area = area
    const firstNs = (this.#segments[0] as Segment).timeNs
    const spanNs = Math.max((this.#segments.at(-1) as Segment).timeNs - firstNs, 1)
    const time = { least: firstNs + spanNs * this.#from, most: firstNs + spanNs * this.#to }
    const marked = this.#segments[this.#at] as Segment
    if (this.#tab === 2) this.#drawTrips(canvas, area, time, unicode)
    else this.#drawSequence(canvas, area, time, this.#tab as 0 | 1, unicode)
    this.#timeAxis(canvas, area, time, marked.timeNs)
    const sender = marked.side === 0 ? 'client' : 'server'
    const where = `packet ${marked.packet} at ${(marked.timeNs / 1e9).toFixed(6)} s: ${sender}, ${described(marked)}`
    const look = theme.look(marked.isResend || marked.isReset ? 'bad' : 'text')
    canvas.put(x + 1, y + height - 2, cut(where, width - 2, unicode), look)
    const legend =
      this.#tab === 2
        ? 'each dot: data to the acknowledgement that covers it'
        : 'bars: data, lines: acknowledged and window, red: sent again or RST'
    canvas.put(x + 1, y + height - 1, cut(legend, width - 2, unicode), theme.look('faint'))
  }

  act(action: Action): boolean {
    const span = this.#to - this.#from
    switch (action) {
      case 'next-tab':
        this.#tab = (this.#tab + 1) % TABS.length
        return true
      case 'previous-tab':
        this.#tab = (this.#tab + TABS.length - 1) % TABS.length
        return true
      case 'zoom-in':
        this.#show(this.#share(this.#at) - span / ZOOM / 2, span / ZOOM)
        return true
      case 'zoom-out':
        this.#show(this.#from - span / 2, span * ZOOM)
        return true
      case 'left':
      case 'up':
        this.#move(-1)
        return true
      case 'right':
      case 'down':
        this.#move(1)
        return true
      case 'page-up':
        this.#move(-20)
        return true
      case 'page-down':
        this.#move(20)
        return true
      case 'first':
        this.#move(-this.#at)
        return true
      case 'last':
        this.#move(this.#segments?.length ?? 0)
        return true
      case 'open': {
        const segment = this.#segments?.[this.#at]
        if (segment !== undefined) this.#workspace.showPacket(segment.packet)
        return true
      }
      default:
        return false
    }
  }

  filter(): string {
    return streamFilter(this.#stream)
  }

  mouse({ kind, x }: MouseEvent): boolean {
    if (kind === 'wheel-up') return this.act('zoom-in')
    if (kind === 'wheel-down') return this.act('zoom-out')
    if (kind !== 'press' || this.#segments === null || this.#area.width === 0) return false
    const share = this.#from + ((x - this.#area.x) / this.#area.width) * (this.#to - this.#from)
    const next = this.#segments.findIndex((_, at) => this.#share(at) >= share)
    this.#at = next < 0 ? this.#segments.length - 1 : next
    return true
  }

  async #read(): Promise<void> {
    const { document } = this.#workspace
    const rows = this.#stream % 2 === 0 ? document.index.rowsOf(this.#stream) : []
    this.#segments = segmentsOf(await document.packets(rows))
    this.#trips = roundTrips(this.#segments)
    this.#workspace.ui.redraw()
  }

  #move(by: number): void {
    const count = this.#segments?.length ?? 0
    this.#at = Math.max(0, Math.min(this.#at + by, count - 1))
    const share = this.#share(this.#at)
    const span = this.#to - this.#from
    if (share < this.#from || share > this.#to) this.#show(share - span / 2, span)
  }

  #show(from: number, span: number): void {
    const width = Math.min(span, 1)
    this.#from = Math.max(0, Math.min(from, 1 - width))
    this.#to = this.#from + width
  }

  /** Where in the whole time a segment lies, 0 to 1. */
  #share(at: number): number {
    const segments = this.#segments ?? []
    const first = segments[0]?.timeNs ?? 0
    const span = Math.max((segments.at(-1)?.timeNs ?? 0) - first, 1)
    return ((segments[at]?.timeNs ?? first) - first) / span
  }

  #drawSequence(canvas: Canvas, area: Area, time: Range, side: 0 | 1, unicode: boolean): void {
    const { theme } = this.#workspace.ui
    const segments = this.#segments ?? []
    const seen = segments.filter(({ timeNs }) => timeNs >= time.least && timeNs <= time.most)
    const data = seen.filter(segment => segment.side === side)
    const acks = seen.filter(segment => segment.side !== side && segment.acknowledgement >= 0)
    const heights = [...data.map(({ sequence, length }) => sequence + length), ...acks.map(one => one.acknowledgement)]
    const bottoms = [...data.map(({ sequence }) => sequence), ...acks.map(one => one.acknowledgement)]
    const range = { least: least(bottoms), most: Math.max(most(heights), least(bottoms) + 1) }
    const plot = new Plot(area, time, range, unicode)
    for (const [at, { timeNs, acknowledgement, window }] of acks.entries()) {
      const until = acks[at + 1]?.timeNs ?? time.most
      plot.level(timeNs, until, acknowledgement, theme.look('good'), 1)
      const edge = acknowledgement + window
      if (edge <= range.most) plot.level(timeNs, until, edge, theme.look('doubtful'), 1)
    }
    for (const { timeNs, sequence, length, isResend, isReset } of data) {
      const look = theme.look(isResend || isReset ? 'bad' : side === 0 ? 'client' : 'server')
      if (length > 0) plot.bar(timeNs, sequence, sequence + length, look, isResend ? 3 : 2)
      else if (isReset) plot.bar(timeNs, range.least, range.most, look, 3)
    }
    plot.draw(canvas)
    canvas.put(area.x - AXIS_COLUMNS + 1, area.y, byteCount(range.most), theme.look('faint'), AXIS_COLUMNS - 1)
    canvas.put(
      area.x - AXIS_COLUMNS + 1,
      area.y + area.height - 1,
      byteCount(range.least),
      theme.look('faint'),
      AXIS_COLUMNS - 1,
    )
  }

  #drawTrips(canvas: Canvas, area: Area, time: Range, unicode: boolean): void {
    const { theme } = this.#workspace.ui
    const seen = this.#trips.filter(({ timeNs }) => timeNs >= time.least && timeNs <= time.most)
    const range = { least: 0, most: Math.max(most(seen.map(({ milliseconds }) => milliseconds)), 0.1) }
    const plot = new Plot(area, time, range, unicode)
    for (const { timeNs, milliseconds, side } of seen) {
      plot.point(timeNs, milliseconds, theme.look(side === 0 ? 'client' : 'server'), 1)
    }
    plot.draw(canvas)
    canvas.put(area.x - AXIS_COLUMNS + 1, area.y, `${range.most.toFixed(1)} ms`, theme.look('faint'), AXIS_COLUMNS - 1)
    canvas.put(area.x - AXIS_COLUMNS + 1, area.y + area.height - 1, '0 ms', theme.look('faint'), AXIS_COLUMNS - 1)
  }

  /** When it begins and ends, and where on it the chosen segment lies. */
  #timeAxis(canvas: Canvas, area: Area, { least, most }: Range, timeNs: number): void {
    const { theme } = this.#workspace.ui
    const y = area.y + area.height
    const end = area.x + area.width
    const share = most > least ? (timeNs - least) / (most - least) : 0
    const column = area.x + Math.round(share * (area.width - 1))
    const texts = [least, most].map(ns => `${(ns / 1e9).toFixed(3)} s`) as [string, string]
    // The mark stands before or behind the times, not on them.
    const from = column <= area.x + texts[0].length ? column + 2 : area.x
    const to = column >= end - texts[1].length - 1 ? column - 1 : end
    canvas.put(from, y, texts[0], theme.look('faint'))
    canvas.right(to, y, texts[1], theme.look('faint'))
    if (column < area.x || column >= end) return
    canvas.shade({ x: column, y: area.y, width: 1, height: area.height }, base => theme.chosen(base, true))
    canvas.put(column, y, '▲', theme.look('mark'), 1)
  }
}

function described(segment: Segment): string {
  const { length, sequence, acknowledgement, isResend, isReset, isSyn, isFin } = segment
  const flags = [isSyn ? 'SYN' : '', isFin ? 'FIN' : '', isReset ? 'RST' : ''].filter(flag => flag !== '')
  const data = length > 0 ? [`${length} bytes from ${sequence} on`] : []
  const ack = flags.length + data.length === 0 ? [`ACK ${acknowledgement}`] : []
  return [...flags, ...data, ...ack, ...(isResend ? ['sent again'] : [])].join(', ')
}

/** Spreading long lists into Math.min would overflow the stack. */
function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), values[0] ?? 0)
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), values[0] ?? 0)
}
