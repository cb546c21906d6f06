/** What the rules say of an attempt: findings with their evidence, then what is not visible, then what was ruled out. */
import type { AttemptAnalysis, VerdictAnalysis } from '../../analysis.ts'
import { chainTexts, closingText } from '../../report/words.ts'
import type { Area, Canvas } from '../canvas.ts'
import { wrapped } from '../cells.ts'
import { ListCursor } from '../list.ts'
import type { Role } from '../theme.ts'
import type { Workspace } from '../view.ts'

/** Lines of a list stand under its text, not under its dash. */
const HANGING = 2

export interface VerdictLine {
  readonly text: string
  readonly role: Role
  readonly indent: number
  /** Enter goes to this packet; 0 = to none. */
  readonly packet: number
  /** What Explain explains; '' = nothing. */
  readonly rule: string
  /** What Copy copies; '' = nothing. */
  readonly filter: string
}

export class VerdictsPane {
  readonly list = new ListCursor()
  readonly #workspace: Workspace
  readonly #attempt: AttemptAnalysis
  #lines: readonly VerdictLine[] = []
  #room = 0

  constructor(workspace: Workspace, attempt: AttemptAnalysis) {
    this.#workspace = workspace
    this.#attempt = attempt
  }

  get chosen(): VerdictLine | null {
    return this.#lines[this.list.at] ?? null
  }

  draw(canvas: Canvas, { x, y, width: room, height }: Area, focused: boolean): void {
    const { theme, unicode } = this.#workspace.ui
    if (room !== this.#room) {
      this.#room = room
      this.#lines = linesOf(this.#attempt, room - 2, unicode)
    }
    this.list.fit(this.#lines.length, height)
    for (let row = 0; row < height; row++) {
      const line = this.#lines[this.list.top + row]
      if (line === undefined) break
      canvas.put(x + 1 + line.indent, y + row, line.text, theme.look(line.role), room - 1 - line.indent)
      if (this.list.top + row === this.list.at) {
        canvas.shade({ x, y: y + row, width: room, height: 1 }, base => theme.chosen(base, focused))
      }
    }
  }

  /** To the next piece of evidence that can be opened. */
  toEvidence(): void {
    const next = this.#lines.findIndex(({ packet }, at) => packet > 0 && at >= this.list.at)
    if (next >= 0) this.list.choose(next)
  }
}

function linesOf(attempt: AttemptAnalysis, room: number, unicode: boolean): VerdictLine[] {
  const lines: VerdictLine[] = []
  const add = (text: string, role: Role, more: Partial<VerdictLine> = {}): void => {
    const indent = more.indent ?? 0
    if (text === '') lines.push({ text, role, indent, packet: 0, rule: '', filter: '', ...more })
    else
      for (const [nth, part] of wrapped(text, room - indent - HANGING).entries()) {
        const hangs = nth > 0 && text.startsWith('- ')
        lines.push({
          text: part,
          role,
          packet: 0,
          rule: '',
          filter: '',
          ...more,
          indent: indent + (hangs ? HANGING : 0),
        })
      }
  }
  const claims = attempt.verdicts.filter(one => isClaim(one) && one.severity !== 'info')
  const infos = attempt.verdicts.filter(one => isClaim(one) && one.severity === 'info')
  const possible = attempt.verdicts.filter(({ verdict }) => verdict === 'possible')
  add(chainTexts(attempt.chain, { unicode }).join('  '), 'text')
  add(`Closed by ${closingText(attempt)}`, 'faint')
  if (claims.length === 0) {
    add(
      attempt.outcome === 'established'
        ? 'Nothing wrong found.'
        : attempt.outcome === 'failed'
          ? 'It failed, and no rule explains it from this capture.'
          : 'The capture does not show how it ended.',
      attempt.outcome === 'established' ? 'good' : 'doubtful',
    )
  }
  for (const verdict of [...claims, ...possible, ...infos]) addFinding(add, verdict)
  const notVisible = attempt.verdicts.filter(({ verdict }) => verdict === 'not-visible')
  if (notVisible.length > 0 && attempt.outcome !== 'established') {
    add('', 'text')
    add('Not visible in this capture', 'title')
    for (const { rule, says, toSettle } of notVisible) {
      add(rule, 'strong', { rule, indent: 1 })
      add(`${says} ${toSettle}`, 'faint', { rule, indent: 3 })
    }
  }
  const ruledOut = attempt.verdicts.filter(({ verdict }) => verdict === 'ruled-out')
  if (ruledOut.length > 0) {
    add('', 'text')
    add(`Ruled out (${ruledOut.length})`, 'title')
    for (const { rule, says, evidence } of ruledOut) {
      const packet = evidence[0]?.packet ?? 0
      add(rule, 'text', { rule, packet, indent: 1 })
      add(says, 'faint', { rule, packet, indent: 3 })
    }
  }
  return lines
}

type Add = (text: string, role: Role, more?: Partial<VerdictLine>) => void

function addFinding(
  add: Add,
  { rule, verdict, severity, says, evidence, remedy, toSettle, filter }: VerdictAnalysis,
): void {
  const role: Role = severity === 'info' ? 'info' : verdict === 'confirmed' ? 'bad' : 'doubtful'
  add('', 'text')
  add(`${verdict.toUpperCase()} ${severity}: ${rule}`, role, { rule, filter })
  add(says, 'strong', { rule, filter })
  for (const one of evidence)
    add(`packet ${one.packet}: ${one.says}`, 'link', { rule, filter, packet: one.packet, indent: 2 })
  for (const line of remedy) add(`- ${line}`, 'text', { rule, filter, indent: 2 })
  if (toSettle !== '') add(`To settle: ${toSettle}`, 'faint', { rule, filter, indent: 2 })
}

/** What counts as found. */
export function isClaim({ verdict }: VerdictAnalysis): boolean {
  return verdict === 'confirmed' || verdict === 'likely'
}
