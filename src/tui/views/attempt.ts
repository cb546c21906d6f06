/** One attempt: the ladder of what was said, and beside it what the rules make of it. */
import type { AttemptAnalysis } from '../../analysis.ts'
import { type Area, type Canvas, contains } from '../canvas.ts'
import type { Action } from '../keys.ts'
import { LadderPane } from '../panes/ladder.ts'
import { VerdictsPane } from '../panes/verdicts.ts'
import type { MouseEvent } from '../terminal.ts'
import { TIME_MODES, type TimeMode, type View, type Workspace } from '../view.ts'

/** From this width on, side by side. */
const BESIDE_COLUMNS = 120
const NO_LADDER = { parties: [], steps: [], omitted: 0 }

export class AttemptView implements View {
  readonly id = 'attempt'
  readonly #workspace: Workspace
  readonly attempt: AttemptAnalysis
  readonly #ladder: LadderPane
  readonly #verdicts: VerdictsPane
  #pane: 'ladder' | 'verdicts' = 'verdicts'
  #share = 0.55
  #areas: { ladder: Area; verdicts: Area } = { ladder: NOWHERE, verdicts: NOWHERE }

  constructor(workspace: Workspace, attempt: AttemptAnalysis) {
    this.#workspace = workspace
    this.attempt = attempt
    this.#ladder = new LadderPane(workspace, attempt.ladder ?? NO_LADDER)
    this.#verdicts = new VerdictsPane(workspace, attempt)
  }

  title(): string {
    return `Attempt ${this.attempt.id}: ${this.attempt.outcome}`
  }

  draw(canvas: Canvas, area: Area): void {
    const { theme } = this.#workspace.ui
    const { x, y, width, height } = area
    const line = theme.look('frame')
    if (width >= BESIDE_COLUMNS) {
      const ladder = Math.floor(width * this.#share)
      this.#areas = {
        ladder: { x, y, width: ladder, height },
        verdicts: { x: x + ladder + 1, y, width: width - ladder - 1, height },
      }
      for (let row = y; row < y + height; row++) canvas.put(x + ladder, row, '│', line, 1)
    } else {
      const ladder = Math.max(5, Math.floor(height * this.#share))
      this.#areas = {
        ladder: { x, y, width, height: ladder },
        verdicts: { x, y: y + ladder + 1, width, height: height - ladder - 1 },
      }
      canvas.fill({ x, y: y + ladder, width, height: 1 }, '─', line)
    }
    this.#ladder.draw(canvas, this.#areas.ladder, this.#pane === 'ladder')
    this.#verdicts.draw(canvas, this.#areas.verdicts, this.#pane === 'verdicts')
  }

  shown(): void {
    // Back from a packet: the same place as before.
  }

  act(action: Action): boolean {
    switch (action) {
      case 'next-pane':
      case 'previous-pane':
        this.#pane = this.#pane === 'ladder' ? 'verdicts' : 'ladder'
        return true
      case 'open':
        this.#open()
        return true
      case 'larger':
      case 'smaller': {
        const grows = (action === 'larger') === (this.#pane === 'ladder')
        this.#share = Math.max(0.2, Math.min(this.#share + (grows ? 0.1 : -0.1), 0.8))
        return true
      }
      case 'time':
        this.#workspace.timeMode = TIME_MODES[
          (TIME_MODES.indexOf(this.#workspace.timeMode) + 1) % TIME_MODES.length
        ] as TimeMode
        return true
      case 'explain':
        this.#explain()
        return true
      case 'copy':
        this.#copy()
        return true
      case 'stream':
      case 'graph':
        this.#show(action)
        return true
      default:
        return (this.#pane === 'ladder' ? this.#ladder : this.#verdicts).list.act(action)
    }
  }

  mouse({ kind, x, y }: MouseEvent): boolean {
    const pane = contains(this.#areas.ladder, x, y)
      ? 'ladder'
      : contains(this.#areas.verdicts, x, y)
        ? 'verdicts'
        : null
    if (pane === null) return false
    const { list } = pane === 'ladder' ? this.#ladder : this.#verdicts
    if (kind === 'wheel-up' || kind === 'wheel-down') list.scroll(kind === 'wheel-up' ? -3 : 3)
    else if (kind === 'press') {
      this.#pane = pane
      const line = list.top + y - this.#areas[pane].y - (pane === 'ladder' ? 2 : 0)
      if (line === list.at) this.#open()
      else list.choose(line)
    }
    return true
  }

  #open(): void {
    if (this.#pane === 'ladder') {
      const step = this.#ladder.chosen
      if (step !== null) this.#workspace.showPacket(step.packet)
      return
    }
    const line = this.#verdicts.chosen
    if (line !== null && line.packet > 0) this.#workspace.showPacket(line.packet)
    else this.#verdicts.toEvidence()
  }

  #explain(): void {
    const rule = this.#pane === 'verdicts' ? (this.#verdicts.chosen?.rule ?? '') : ''
    if (rule === '') this.#workspace.ui.say('choose a finding first (Tab goes to them)')
    else this.#workspace.explain([rule])
  }

  #copy(): void {
    const { ui } = this.#workspace
    const filter = this.#pane === 'verdicts' ? (this.#verdicts.chosen?.filter ?? '') : ''
    const step = this.#pane === 'ladder' ? this.#ladder.chosen : null
    if (filter !== '') ui.copy(filter, 'the filter')
    else if (step !== null) ui.copy(`frame.number == ${step.packet}`, 'the filter')
    else ui.say('nothing to copy here: choose a finding, or a message of the ladder')
  }

  #show(what: 'stream' | 'graph'): void {
    const step = this.#ladder.chosen
    const { members } = this.attempt
    const first = members.find(({ part }) => part === 'explained') ?? members[0]
    const known = step === null ? first : (members.find(({ stream }) => stream === step.stream) ?? first)
    if (known === undefined) {
      this.#workspace.ui.say('this attempt has no conversation')
      return
    }
    const stream = known.stream * 2 + (known.transport === 'udp' ? 1 : 0)
    if (what === 'stream') this.#workspace.showStream(stream)
    else this.#workspace.showGraph(stream)
  }
}

const NOWHERE: Area = { x: 0, y: 0, width: 0, height: 0 }
