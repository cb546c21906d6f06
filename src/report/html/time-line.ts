/** When an attempt's messages came: those of the client above the line, those to it below, pauses as wide as they were. */
import type { AttemptAnalysis } from '../../analysis.ts'
import type { Ladder, LadderStep } from '../../attempt/ladder.ts'
import { counted } from '../layout.ts'
import { axis } from './axis.ts'
import { type Html, html, NOTHING } from './markup.ts'
import type { Tone } from './words.ts'

/** Units of the drawing from left to right; it is stretched to its place. */
const WIDTH = 1000
const TONES: readonly Tone[] = ['plain', 'good', 'doubtful', 'bad']

/** @param evidence numbers of packets that prove something. */
export function timeLine({ id, startNs }: AttemptAnalysis, { steps }: Ladder, evidence: ReadonlySet<number>): Html {
  const firstNs = Math.min(startNs, steps[0]?.timeNs ?? startNs)
  const lastNs = steps.at(-1)?.timeNs ?? firstNs
  const spanNs = lastNs - firstNs
  if (steps.length < 2 || spanNs <= 0) return NOTHING
  const x = (timeNs: number) => Math.round(((timeNs - firstNs) / spanNs) * WIDTH * 10) / 10
  const paths = TONES.map(tone => {
    const own = steps.filter(step => step.mood === tone)
    const d = own.map(step => tick(x(step.timeNs), step, evidence.has(step.packet))).join('')
    return d === '' ? NOTHING : html`<path class="${tone}" d="${d}"/>`
  })
  const marks = steps
    .filter(({ packet }) => evidence.has(packet))
    .map(({ timeNs }) => `M${x(timeNs)} 2v96`)
    .join('')
  return html`<figure class="time-line">
<div class="plot"><svg viewBox="0 0 ${WIDTH} 100" preserveAspectRatio="none" role="img" aria-label="${described(steps, spanNs)}"><line class="axis" x1="0" x2="${WIDTH}" y1="50" y2="50"/>${marks === '' ? NOTHING : html`<path class="proves" d="${marks}"/>`}${paths}</svg></div>
${axis(firstNs, lastNs)}
<figcaption>Time line of attempt ${id}: messages of the client above, those to it below${marks === '' ? '' : '; tall lines are evidence'}.</figcaption>
</figure>
`
}

function tick(x: number, { from, mood }: LadderStep, proves: boolean): string {
  const length = proves ? 40 : mood === 'plain' ? 18 : 28
  return from === 0 ? `M${x} 48v-${length}` : `M${x} 52v${length}`
}

function described(steps: readonly LadderStep[], spanNs: number): string {
  let longestNs = 0
  let behind = 0
  for (const [at, step] of steps.entries()) {
    const pauseNs = step.timeNs - (steps[at - 1]?.timeNs ?? step.timeNs)
    if (pauseNs > longestNs) {
      longestNs = pauseNs
      behind = steps[at - 1]?.packet ?? 0
    }
  }
  const pause = longestNs > 0 ? `; the longest pause is ${(longestNs / 1e9).toFixed(3)} s, behind packet ${behind}` : ''
  return `${counted(steps.length, 'message')} within ${(spanNs / 1e9).toFixed(3)} s${pause}`
}
