/** The user's own code against the wire, for people: what opens the text report when a code was given. */
import type { VerdictWord } from '../rules/rule.ts'
import type { AllegedCause } from './alleged-causes.ts'
import { clean } from './clean.ts'
import { hanging, wrap } from './layout.ts'
import type { CodeAgainstWire } from './reported-code.ts'
import type { Agreement } from './stage-check.ts'
import type { Colour, TextStyle } from './text-style.ts'

const COLOURS: Record<Agreement, Colour> = { agrees: 'good', contradicts: 'bad', open: 'doubtful' }
const WIRE: Record<Agreement, string> = {
  agrees: 'agrees with it',
  contradicts: 'CONTRADICTS it',
  open: 'does not tell',
}
const SERVER: Record<Agreement, string> = {
  agrees: 'said so',
  contradicts: 'did NOT say so',
  open: 'may have said so or not',
}
const VERDICTS: readonly (readonly [word: VerdictWord, heading: string])[] = [
  ['confirmed', 'Confirmed'],
  ['likely', 'Likely'],
  ['possible', 'Possible, no more'],
  ['not-visible', 'Not visible in this capture'],
  ['ruled-out', 'Ruled out'],
]
const LABEL = '  '

export function codeText(code: CodeAgainstWire, style: TextStyle): string[] {
  const { width, paint } = style
  const codes = code.extended === null ? code.error : `${code.error}, extended ${code.extended},`
  const lines = [paint('strong', `Your code ${codes} against this capture`)]
  for (const text of code.means) lines.push(...hanging(`${LABEL}- `, text, width))
  const attempt = code.attempt === null ? '' : ` (attempt ${code.attempt})`
  lines.push('', ...check(`The capture${attempt}`, WIRE, code, style))
  if (code.extendedCheck !== null) lines.push(...check('The server', SERVER, code.extendedCheck, style))
  if (code.causes.length === 0) return [...lines, '']
  lines.push('', ...wrap('What people blame for such a failure, and what this capture says of it:', width))
  for (const [word, heading] of VERDICTS) {
    const causes = code.causes.filter(({ verdict }) => verdict === word)
    if (causes.length === 0) continue
    lines.push(`${LABEL}${paint(word === 'confirmed' ? 'bad' : word === 'likely' ? 'doubtful' : 'faint', heading)}`)
    for (const cause of causes) lines.push(...causeLines(cause, style))
  }
  return [...lines, '']
}

function check(
  subject: string,
  words: Record<Agreement, string>,
  { agreement, says }: { readonly agreement: Agreement; readonly says: string },
  { width, paint }: TextStyle,
): string[] {
  return [`${subject} ${paint(COLOURS[agreement], words[agreement])}:`, ...hanging(LABEL, clean(says), width)]
}

/** What is ruled out needs no more than its reason; what is open needs what would settle it. */
function causeLines({ number, claim, rule, says, truth, toSettle }: AllegedCause, { width, verbose }: TextStyle) {
  const by = rule === null ? '' : ` (${rule})`
  const more = `${verbose ? ` ${truth}` : ''}${toSettle === '' ? '' : ` To settle: ${toSettle}`}`
  return hanging(`${LABEL}${String(number).padStart(4)} `, clean(`${claim}: ${says}${by}${more}`), width)
}
