/**
 * A TCP connection over time in the manner of tcptrace: bytes that one side sent as bars, what the other acknowledged and the
 * room it gave as steps, what was sent again in another colour.
 */
import type { Segment } from '../../inspect/segments.ts'
import { byteCount, counted } from '../layout.ts'
import { axis } from './axis.ts'
import { type Html, html, NOTHING } from './markup.ts'

const WIDTH = 1000
const HEIGHT = 300
/** Between the data and the edges. */
const MARGIN = 10
/** A bar of one byte is to be seen, too. */
const LEAST_BAR = 4

const SIDES = ['client', 'server'] as const

/** @param stream tcp.stream. */
export function sequenceGraph(segments: readonly Segment[], stream: number): Html {
  const side = sideToDraw(segments)
  if (side === null) return NOTHING
  const data = segments.filter(one => one.side === side && one.length > 0)
  const resets = segments.filter(one => one.isReset)
  const acks = segments.filter(one => one.side !== side && one.acknowledgement >= 0)
  const resent = data.filter(({ isResend }) => isResend)
  const [firstNs, lastNs] = [segments[0]?.timeNs ?? 0, segments.at(-1)?.timeNs ?? 0]
  const bottom = data.reduce((least, { sequence }) => Math.min(least, sequence), Number.POSITIVE_INFINITY)
  const top = data.reduce((most, { sequence, length }) => Math.max(most, sequence + length), bottom + 1)
  const x = (timeNs: number) => tenth(((timeNs - firstNs) / Math.max(lastNs - firstNs, 1)) * WIDTH)
  const y = (sequence: number) =>
    tenth(HEIGHT - MARGIN - ((sequence - bottom) / (top - bottom)) * (HEIGHT - 2 * MARGIN))
  const bars = (list: readonly Segment[]) =>
    list
      .map(
        ({ timeNs, sequence, length }) =>
          `M${x(timeNs)} ${y(sequence)}V${tenth(Math.min(y(sequence + length), y(sequence) - LEAST_BAR))}`,
      )
      .join('')
  const steps = (value: (ack: Segment) => number) =>
    stepPath(
      acks.map(ack => [x(ack.timeNs), value(ack)]),
      y,
    )
  const inView = (sequence: number) => Math.min(Math.max(sequence, bottom), top)
  const sender = SIDES[side]
  const label = `${counted(data.length, 'segment')} of the ${sender}, ${byteCount(top - bottom)} in all, ${resent.length === 0 ? 'none' : resent.length} sent again`
  return html`<figure class="sequence">
<div class="plot"><span class="top">${byteCount(top)}</span><span class="bottom">${byteCount(Math.max(bottom, 0))}</span><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${label}">
<path class="window" d="${steps(ack => inView(ack.acknowledgement + ack.window))}"/>
<path class="acknowledged" d="${steps(ack => inView(ack.acknowledgement))}"/>
<path class="sent" d="${bars(data.filter(({ isResend }) => !isResend))}"/>
<path class="resent" d="${bars(resent)}"/>
<path class="reset" d="${resets.map(({ timeNs }) => `M${x(timeNs)} 0V${HEIGHT}`).join('')}"/></svg></div>
${axis(firstNs, lastNs)}
<figcaption>Bytes of the ${sender} over time (tcp.stream ${stream}): ${label}. <span class="keys"><span class="key sent">sent</span> <span class="key resent">sent again</span> <span class="key acknowledged">acknowledged</span> <span class="key window">room of the receiver</span>${resets.length === 0 ? NOTHING : html` <span class="key reset">reset</span>`}</span></figcaption>
</figure>
`
}

/** The side that sent more again, else more bytes; null where nobody sent any. */
function sideToDraw(segments: readonly Segment[]): 0 | 1 | null {
  const sums = [0, 1].map(side => {
    const data = segments.filter(one => one.side === side && one.length > 0)
    return {
      resends: data.filter(({ isResend }) => isResend).length,
      bytes: data.reduce((sum, { length }) => sum + length, 0),
    }
  })
  const [client, server] = sums
  if (client === undefined || server === undefined || client.bytes + server.bytes === 0) return null
  const more = client.resends - server.resends || client.bytes - server.bytes
  return more > 0 ? 0 : 1
}

function stepPath(points: readonly (readonly [x: number, value: number])[], y: (value: number) => number): string {
  let path = ''
  for (const [at, [x, value]] of points.entries()) path += at === 0 ? `M${x} ${y(value)}` : `H${x}V${y(value)}`
  return path === '' ? 'M0 0' : `${path}H${WIDTH}`
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10
}
