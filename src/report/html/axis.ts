/** Times below a drawing: text of the page, so that it keeps its size however the drawing is stretched. */
import { type Html, html } from './markup.ts'

const PARTS = 4

export function axis(firstNs: number, lastNs: number): Html {
  const spanNs = lastNs - firstNs
  const digits = spanNs >= 100e9 ? 0 : spanNs >= 1e9 ? 1 : spanNs >= 0.1e9 ? 3 : spanNs >= 1e6 ? 4 : 6
  const at = (part: number) => ((firstNs + (spanNs * part) / PARTS) / 1e9).toFixed(digits)
  const times = Array.from({ length: PARTS + 1 }, (_, part) => html`<span>${at(part)} s</span>`)
  return html`<p class="axis-times" aria-hidden="true">${times}</p>`
}
