/** The steps of an attempt, from the first to the one that failed. */
import type { ChainLink } from '../../analysis.ts'
import { shownLinks } from '../words.ts'
import { type Html, html, NOTHING } from './markup.ts'
import { shortened, stepWords } from './words.ts'

const STATES: Readonly<Record<ChainLink['state'], readonly [sign: string, word: string]>> = {
  reached: ['✓', 'passed'],
  failed: ['✗', 'failed'],
  'not-visible': ['?', 'not visible'],
}

export function chainList(chain: readonly ChainLink[]): Html {
  return html`<ol class="chain">${shownLinks(chain).map(link)}</ol>`
}

function link(one: ChainLink | number): Html {
  if (typeof one === 'number')
    return html`<li class="step not-visible"><span class="sign" aria-hidden="true">…</span><span class="name">${one} more</span> <span class="how">not visible</span></li>`
  const [sign, word] = STATES[one.state]
  const [name, protocol] = stepWords(one)
  const told = one.inferred ? `${word}, told from sizes` : word
  return html`<li class="step ${one.state}"><span class="sign" aria-hidden="true">${sign}</span><span class="name">${name}</span> <span class="how">${protocol}<span class="hidden">: ${told}</span>${one.inferred ? html`<span aria-hidden="true"> ~</span>` : NOTHING}</span>${one.says === '' ? NOTHING : html` <span class="what">${shortened(one.says)}</span>`}</li>`
}
