/** Home: what the users of the capture did, one line an attempt, and beside it what is found of the chosen one. */
import type { AttemptAnalysis } from '../../analysis.ts'
import { causeOf } from '../../report/finding.ts'
import { byteCount, counted } from '../../report/layout.ts'
import { chainTexts, closingText, endpoint, transportText } from '../../report/words.ts'
import type { Area, Canvas, Span, Style } from '../canvas.ts'
import { cut, width, wrapped } from '../cells.ts'
import type { Action } from '../keys.ts'
import { ListCursor } from '../list.ts'
import { isClaim } from '../panes/verdicts.ts'
import type { MouseEvent } from '../terminal.ts'
import type { Role } from '../theme.ts'
import { timeText } from '../time.ts'
import type { View, Workspace } from '../view.ts'

/** From this width on, the verdict stands beside the list, otherwise below. */
const BESIDE_COLUMNS = 150
const SIGNS = { established: '✓', failed: '✗', unfinished: '?' } as const
/** From this width on, ports and transports have room. */
const WIDE_COLUMNS = 100
const WIDE = { time: 13, client: 22, server: 28, transport: 9 }
const NARROW = { time: 10, client: 16, server: 17, transport: 0 }
/** Left of the time: how it went. */
const SIGN_COLUMNS = 3
const NS_PER_SECOND = 1e9
/** Milliseconds. */
const NARROW_TIME_PLACES = 3

export class AttemptsView implements View {
  readonly id = 'attempts'
  readonly #workspace: Workspace
  readonly #list = new ListCursor()
  #area: Area = { x: 0, y: 0, width: 0, height: 0 }
  /** The last attempt stays chosen while others come. */
  #isPinned = false

  constructor(workspace: Workspace) {
    this.#workspace = workspace
  }

  /** The chosen one. */
  get attempt(): AttemptAnalysis | null {
    return this.#workspace.document.attempts[this.#list.at] ?? null
  }

  title(): string {
    const { attempts } = this.#workspace.document
    return counted(attempts.length, 'attempt')
  }

  draw(canvas: Canvas, whole: Area): void {
    const { attempts } = this.#workspace.document
    if (attempts.length === 0) {
      this.#nothing(canvas, whole)
      return
    }
    const damage = this.#damage(canvas, whole)
    const area = { ...whole, y: whole.y + damage, height: whole.height - damage }
    const beside = area.width >= BESIDE_COLUMNS
    const height = beside ? area.height - 1 : Math.max(3, Math.min(attempts.length, Math.floor(area.height / 3)))
    const listWidth = beside ? Math.floor(area.width * 0.6) : area.width
    this.#area = { x: area.x, y: area.y + 1, width: listWidth, height }
    this.#heading(canvas, area.y, listWidth)
    if (this.#isPinned) this.#list.at = attempts.length - 1
    this.#list.fit(attempts.length, height)
    for (let row = 0; row < height; row++) {
      const at = this.#list.top + row
      const attempt = attempts[at]
      if (attempt === undefined) break
      this.#line(canvas, { ...this.#area, y: this.#area.y + row, height: 1 }, attempt, at === this.#list.at)
    }
    const chosen = attempts[this.#list.at] as AttemptAnalysis
    const detail = beside
      ? { x: listWidth + 1, y: area.y, width: area.width - listWidth - 1, height: area.height }
      : { x: area.x, y: area.y + height + 1, width: area.width, height: area.height - height - 1 }
    this.#detail(canvas, detail, chosen)
  }

  act(action: Action): boolean {
    const chosen = this.attempt
    if (action === 'open' && chosen !== null) this.#workspace.showAttempt(chosen)
    else if (action === 'explain' && chosen !== null) this.#explain(chosen)
    else if (action === 'tail') this.#pin(!this.#isPinned)
    else {
      const isMoved = this.#list.act(action)
      // Whoever looks at an earlier attempt wants it to stay.
      if (this.#list.at < this.#workspace.document.attempts.length - 1) this.#isPinned = false
      return isMoved
    }
    return true
  }

  #pin(on: boolean): void {
    this.#isPinned = on
    this.#workspace.ui.say(on ? 'the newest attempt stays chosen' : 'the chosen attempt stays')
  }

  filter(): string {
    const members = this.attempt?.members ?? []
    return members.map(({ transport, stream }) => `${transport}.stream == ${stream}`).join(' || ')
  }

  mouse({ kind, x, y }: MouseEvent): boolean {
    if (kind === 'wheel-up' || kind === 'wheel-down') {
      this.#list.scroll(kind === 'wheel-up' ? -3 : 3)
      return true
    }
    const row = y - this.#area.y
    if (kind !== 'press' || row < 0 || row >= this.#area.height || x >= this.#area.x + this.#area.width) return false
    const at = this.#list.top + row
    if (at === this.#list.at) return this.act('open')
    this.#list.choose(at)
    return true
  }

  /** Who reads verdicts must know that packets are missing. @returns how many lines that takes */
  #damage(canvas: Canvas, { x, y, width: room }: Area): number {
    const { document, ui } = this.#workspace
    const error = document.analysis?.error ?? null
    const says =
      error !== null
        ? `The capture is damaged: ${error.message}. What stands before is shown.`
        : document.stopped !== ''
          ? `Not read to its end: ${document.stopped}. TMPDIR names another place; dumpcap -b and --follow need no copy.`
          : ''
    if (says === '') return 0
    const lines = wrapped(says, room - 2)
    for (const [nth, line] of lines.entries()) canvas.put(x + 1, y + nth, line, ui.theme.look('bad'))
    return lines.length
  }

  #nothing(canvas: Canvas, { x, y, width: room }: Area): void {
    const { document, ui } = this.#workspace
    const { analysis, info } = document
    if (analysis === null) {
      canvas.put(x + 1, y + 1, 'Reading …', ui.theme.look('faint'))
      const meanwhile = 'Attempts are shown as soon as they have ended; F3 shows the packets meanwhile.'
      for (const [nth, part] of wrapped(meanwhile, room - 2).entries()) {
        canvas.put(x + 1, y + 3 + nth, part, ui.theme.look('faint'))
      }
      return
    }
    const lines =
      analysis.error !== null && analysis.packets === 0
        ? [`The capture can not be read: ${analysis.error.message}.`, analysis.error.remedy]
        : [
            'No attempt to connect to a Remote Desktop is in this capture.',
            analysis.packets === 0
              ? 'It holds no packets: nothing came by at that interface, or a capture filter let nothing through.'
              : `It holds ${counted(analysis.packets, 'packet')} (${byteCount(info.fileBytes ?? analysis.bytes)}); F3 shows them, F4 what they belong to.`,
            'To capture an attempt: start recording on the client before the click on Connect, whole packets, without a filter on port 3389 alone (DNS, ICMP and the gateway on 443 belong to it).',
          ]
    let row = y + 1
    for (const line of lines) {
      for (const part of wrapped(line, room - 2)) canvas.put(x + 1, row++, part)
      row++
    }
  }

  #heading(canvas: Canvas, y: number, room: number): void {
    this.#row(canvas, y, room, [
      ['Time', 'faint'],
      ['Client', 'faint'],
      ['Server', 'faint'],
      ['By', 'faint'],
      ['What happened', 'faint'],
    ])
  }

  #line(canvas: Canvas, area: Area, attempt: AttemptAnalysis, isChosen: boolean): void {
    const { ui, document } = this.#workspace
    const { y, width: room } = area
    const isWide = room >= WIDE_COLUMNS
    const time = timeText(attempt.startNs, 'since-start', document.start, 0)
    const role = outcomeRole(attempt)
    const { client, server, serverName } = attempt
    const from = this.#workspace.nameOf(client.address)
    const to = this.#workspace.nameOf(server.address)
    canvas.put(1, y, SIGNS[attempt.outcome], ui.theme.look(role))
    this.#row(canvas, y, room, [
      [isWide ? time : (attempt.startNs / NS_PER_SECOND).toFixed(NARROW_TIME_PLACES), 'text'],
      [isWide ? endpoint(from, client.port) : from, 'client'],
      [serverName || (isWide ? endpoint(to, server.port) : to), 'server'],
      [SHORT_TRANSPORT[attempt.transport], 'text'],
      [headline(attempt, room - headlineColumn(room)), role],
    ])
    if (isChosen) canvas.shade(area, base => ui.theme.chosen(base, true))
  }

  #row(canvas: Canvas, y: number, room: number, cells: readonly (readonly [text: string, role: Role])[]): void {
    const { theme, unicode } = this.#workspace.ui
    const { time, client, server, transport } = room >= WIDE_COLUMNS ? WIDE : NARROW
    const columns = [time, client, server, transport]
    let x = SIGN_COLUMNS
    for (const [nth, [text, role]] of cells.entries()) {
      const space = columns[nth] ?? room - x
      canvas.put(x, y, cut(text, space - 1, unicode), theme.look(role), space)
      x += space
    }
  }

  #detail(canvas: Canvas, { x, y, width: room, height }: Area, attempt: AttemptAnalysis): void {
    const { ui } = this.#workspace
    const { theme } = ui
    const bottom = y + height
    let row = y
    canvas.fill({ x, y: row, width: room, height: 1 }, '─', theme.look('frame'))
    const { client, server, serverName } = attempt
    const to = endpoint(server.address, server.port)
    const ends = `${endpoint(this.#workspace.nameOf(client.address), client.port)} → ${serverName === '' ? to : `${serverName} (${to})`}`
    const title = ` Attempt ${attempt.id}: ${transportText(attempt.transport)}, ${ends} `
    canvas.put(x + 1, row++, cut(title, room - 2, ui.unicode), theme.look('title'))
    for (const line of stripLines(attempt, ui.unicode, room - 2)) {
      if (row >= bottom) return
      canvas.spans(
        x + 1,
        row++,
        line.map(([text, state]): Span => [text, theme.look(state)]),
      )
    }
    const put = (text: string, look: Style, indent = 1): void => {
      for (const part of wrapped(text, room - indent - 1)) {
        if (row < bottom) canvas.put(x + indent, row, part, look, room - indent)
        row++
      }
    }
    put(`Closed by ${closingText(attempt)}`, theme.look('faint'))
    const claims = attempt.verdicts.filter(isClaim)
    if (claims.length === 0) {
      const goesOn = attempt.outcome === 'unfinished' && this.#workspace.document.isLive
      put(
        goesOn ? 'It has not ended yet: the capture goes on.' : NOTHING_FOUND[attempt.outcome],
        theme.look(attempt.outcome === 'established' ? 'good' : 'doubtful'),
      )
    }
    for (const claim of claims) {
      row += claim === claims[0] && height < 12 ? 0 : 1
      put(
        `${claim.verdict.toUpperCase()} ${claim.severity}: ${claim.rule}`,
        theme.look(claim.severity === 'info' ? 'info' : claim.verdict === 'confirmed' ? 'bad' : 'doubtful'),
      )
      put(claim.says, theme.look('strong'))
      for (const { packet, says } of claim.evidence) put(`packet ${packet}: ${says}`, theme.look('text'), 3)
      put(claim.remedy[0] ?? '', theme.look('info'), 3)
    }
    if (row > bottom) canvas.right(x + room - 1, bottom - 1, ' … Enter shows the rest ', theme.look('bar'))
  }

  #explain(attempt: AttemptAnalysis): void {
    this.#workspace.explain(causeOf(attempt)?.rule ?? '')
  }
}

const NOTHING_FOUND = {
  established: 'Nothing wrong found.',
  failed: 'Failed; no rule explains it from this capture. Enter shows what was ruled out and what is not visible.',
  unfinished: 'The capture does not show how it ended.',
} as const

const SHORT_TRANSPORT: Record<AttemptAnalysis['transport'], string> = {
  direct: 'direct',
  'gateway-websocket': 'RDG ws',
  'gateway-http': 'RDG http',
  'gateway-rpc': 'RDG rpc',
  'gateway-tls': 'TLS',
  unknown: '?',
}

function outcomeRole(attempt: AttemptAnalysis): Role {
  if (attempt.outcome === 'established') return causeOf(attempt) === null ? 'good' : 'doubtful'
  return attempt.outcome === 'failed' ? 'bad' : 'faint'
}

/** The first cause in a few words, or how it went. */
function headline(attempt: AttemptAnalysis, room: number): string {
  const claim = causeOf(attempt)
  if (claim === null) return attempt.outcome
  const whole = `${claim.rule} (${claim.verdict})`
  return whole.length < room ? whole : claim.rule
}

function headlineColumn(room: number): number {
  const { time, client, server, transport } = room >= WIDE_COLUMNS ? WIDE : NARROW
  return SIGN_COLUMNS + time + client + server + transport
}

type StripRole = 'good' | 'bad' | 'faint'

/** The milestones, as many a line as fit. */
function stripLines({ chain }: AttemptAnalysis, unicode: boolean, room: number): [string, StripRole][][] {
  const lines: [string, StripRole][][] = [[]]
  let used = 0
  for (const text of chainTexts(chain, { unicode })) {
    const role = /[✗]|FAILED/.test(text) ? 'bad' : /\?$|^…$/.test(text) ? 'faint' : 'good'
    const columns = width(text) + 2
    if (used + columns > room) {
      lines.push([])
      used = 0
    }
    lines.at(-1)?.push([`${text}  `, role])
    used += columns
  }
  return lines
}
