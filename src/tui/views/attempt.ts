/** One attempt: the ladder of what was said, and beside it what the rules make of it. */
import type { AttemptAnalysis } from '../../analysis.ts'
import { type Area, type Canvas, contains } from '../canvas.ts'
import type { Action } from '../keys.ts'
import { HEADING_ROWS, LadderPane } from '../panes/ladder.ts'
import { paneRule } from '../panes/rule.ts'
import { VerdictsPane } from '../panes/verdicts.ts'
import type { MouseEvent } from '../terminal.ts'
import { TIME_MODES, type TimeMode, type View, type Workspace } from '../view.ts'

/** From this width on, side by side. */
const BESIDE_COLUMNS = 120
const NOWHERE: Area = { x: 0, y: 0, width: 0, height: 0 }
const SHARE = 0.55
const LEAST_SHARE = 0.2
const MOST_SHARE = 0.8
/** A heading, and a few lines. */
const LEAST_ROWS = 5
const PANES = ['ladder', 'verdicts'] as const
type Pane = (typeof PANES)[number]
const NO_LADDER = { parties: [], steps: [], omitted: 0 }

export class AttemptView implements View {
  readonly id = 'attempt'
  readonly #workspace: Workspace
  attempt: AttemptAnalysis
  #ladder: LadderPane
  #verdicts: VerdictsPane
  #pane: Pane = 'verdicts'
  /** Of the ladder, where the user has chosen it; otherwise it is as large as it needs. */
  #share: number | null = null
  #isBeside = false
  #isDragging = false
  #area: Area = NOWHERE
  #areas: Record<Pane, Area> = { ladder: NOWHERE, verdicts: NOWHERE }

  constructor(workspace: Workspace, attempt: AttemptAnalysis) {
    this.#workspace = workspace
    this.attempt = attempt
    this.#ladder = new LadderPane(workspace, attempt.ladder ?? NO_LADDER)
    this.#verdicts = new VerdictsPane(workspace, attempt)
  }

  title(): string {
    this.#follow()
    return `Attempt ${this.attempt.id}: ${this.attempt.outcome}`
  }

  draw(canvas: Canvas, area: Area): void {
    const { theme } = this.#workspace.ui
    this.#layOut(area)
    const { ladder, verdicts } = this.#areas
    if (this.#isBeside) {
      const between = { x: verdicts.x - 1, y: area.y, width: 1, height: area.height }
      canvas.fill(between, '│', theme.look('frame'))
    }
    paneRule(canvas, ladder, 'Messages', this.#pane === 'ladder', theme)
    paneRule(canvas, verdicts, 'Verdicts', this.#pane === 'verdicts', theme)
    this.#ladder.draw(canvas, ladder, this.#pane === 'ladder')
    this.#verdicts.draw(canvas, verdicts, this.#pane === 'verdicts')
  }

  /** What became of the attempt since, in a capture that grows. */
  #follow(): void {
    const { attempts } = this.#workspace.document
    const [explained] = this.attempt.members
    const now = attempts.find(
      ({ id, members: [first] }) =>
        id === this.attempt.id && first?.stream === explained?.stream && first?.transport === explained?.transport,
    )
    if (now === undefined || now === this.attempt) return
    const [ladder, verdicts] = [this.#ladder.list.at, this.#verdicts.list.at]
    this.attempt = now
    this.#ladder = new LadderPane(this.#workspace, now.ladder ?? NO_LADDER)
    this.#verdicts = new VerdictsPane(this.#workspace, now)
    this.#ladder.list.at = ladder
    this.#verdicts.list.at = verdicts
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
        this.#resize(this.#shareNow() + (grows ? 0.1 : -0.1))
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
      case 'stream':
      case 'graph':
        this.#show(action)
        return true
      default:
        return this.#pane === 'ladder' ? this.#ladder.act(action) : this.#verdicts.list.act(action)
    }
  }

  mouse({ kind, x, y }: MouseEvent): boolean {
    if (kind === 'release') this.#isDragging = false
    if (kind === 'drag' && this.#isDragging) {
      const { x: left, y: top, width, height } = this.#area
      this.#resize(this.#isBeside ? (x - left) / width : (y - top) / height)
      return true
    }
    const pane = PANES.find(one => contains(this.#areas[one], x, y))
    if (pane === undefined) {
      const { verdicts } = this.#areas
      this.#isDragging = kind === 'press' && (this.#isBeside ? x === verdicts.x - 1 : y === verdicts.y - 1)
      return this.#isDragging
    }
    const { list } = pane === 'ladder' ? this.#ladder : this.#verdicts
    if (kind === 'wheel-up' || kind === 'wheel-down') list.scroll(kind === 'wheel-up' ? -3 : 3)
    else if (kind === 'press') {
      this.#pane = pane
      const line = list.top + y - this.#areas[pane].y - (pane === 'ladder' ? HEADING_ROWS : 0)
      if (line === list.at) this.#open()
      else list.choose(line)
    }
    return true
  }

  filter(): string {
    const filter = this.#pane === 'verdicts' ? (this.#verdicts.chosen?.filter ?? '') : ''
    const step = this.#pane === 'ladder' ? this.#ladder.chosen : null
    return filter === '' && step !== null ? `frame.number == ${step.packet}` : filter
  }

  #layOut(area: Area): void {
    const { x, y, width, height } = area
    this.#area = area
    this.#isBeside = width >= BESIDE_COLUMNS
    if (this.#isBeside) {
      const ladder = Math.floor(width * (this.#share ?? SHARE))
      this.#areas = {
        ladder: { x, y: y + 1, width: ladder, height: height - 1 },
        verdicts: { x: x + ladder + 1, y: y + 1, width: width - ladder - 1, height: height - 1 },
      }
      return
    }
    const most = Math.floor((height - 2) * (this.#share ?? SHARE))
    const ladder = Math.max(LEAST_ROWS, this.#share === null ? Math.min(this.#ladder.rows, most) : most)
    this.#areas = {
      ladder: { x, y: y + 1, width, height: ladder },
      verdicts: { x, y: y + ladder + 2, width, height: height - ladder - 2 },
    }
  }

  #shareNow(): number {
    if (this.#share !== null) return this.#share
    const { ladder } = this.#areas
    const { width, height } = this.#area
    if (height === 0) return SHARE
    return this.#isBeside ? ladder.width / width : ladder.height / (height - 2)
  }

  #resize(share: number): void {
    this.#share = Math.max(LEAST_SHARE, Math.min(share, MOST_SHARE))
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
    this.#workspace.explain(this.#pane === 'verdicts' ? (this.#verdicts.chosen?.rule ?? '') : '')
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
