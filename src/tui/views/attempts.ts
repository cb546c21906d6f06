/** Home: what the users of the capture did, one line an attempt, and beside it what is found of the chosen one. */
import type { AttemptAnalysis, VerdictAnalysis } from '../../analysis.ts'
import { byteCount, counted, wrap } from '../../report/layout.ts'
import { chainTexts, closingText, transportText } from '../../report/words.ts'
import type { Area, Canvas, Span, Style } from '../canvas.ts'
import { cut, width } from '../cells.ts'
import type { Action } from '../keys.ts'
import { ListCursor } from '../list.ts'
import type { MouseEvent } from '../terminal.ts'
import { timeText } from '../time.ts'
import type { View, Workspace } from '../view.ts'

/** From this width on, the verdict stands beside the list, otherwise below. */
const BESIDE_COLUMNS = 150
const SIGNS = { established: '✓', failed: '✗', unfinished: '?' } as const
const COLUMNS = { time: 13, client: 22, server: 28, transport: 9 }

export class AttemptsView implements View {
  readonly id = 'attempts'
  readonly #workspace: Workspace
  readonly #list = new ListCursor()
  #area: Area = { x: 0, y: 0, width: 0, height: 0 }

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

  draw(canvas: Canvas, area: Area): void {
    const { document } = this.#workspace
    const { attempts } = document
    if (attempts.length === 0) {
      this.#nothing(canvas, area)
      return
    }
    const beside = area.width >= BESIDE_COLUMNS
    const height = beside ? area.height - 1 : Math.max(3, Math.min(attempts.length, Math.floor(area.height / 3)))
    const listWidth = beside ? Math.floor(area.width * 0.6) : area.width
    this.#area = { x: area.x, y: area.y + 1, width: listWidth, height }
    this.#heading(canvas, area.y, listWidth)
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
    else if (action === 'copy' && chosen !== null) this.#copy(chosen)
    else return this.#list.act(action)
    return true
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

  #nothing(canvas: Canvas, { x, y, width: room }: Area): void {
    const { document, ui } = this.#workspace
    const { analysis, info } = document
    if (analysis === null) {
      canvas.put(x + 1, y + 1, 'Reading …', ui.theme.look('faint'))
      return
    }
    const lines =
      analysis.error !== null && analysis.packets === 0
        ? [`The capture can not be read: ${analysis.error.message}.`, analysis.error.remedy]
        : [
            'No attempt to connect to a Remote Desktop is in this capture.',
            `It holds ${counted(analysis.packets, 'packet')} (${byteCount(info.fileBytes ?? analysis.bytes)}); F3 shows them, F4 what they belong to.`,
            'To capture an attempt: start recording on the client before the click on Connect, whole packets, without a filter on port 3389 alone (DNS, ICMP and the gateway on 443 belong to it).',
          ]
    let row = y + 1
    for (const line of lines) {
      for (const part of wrap(line, room - 2)) canvas.put(x + 1, row++, part)
      row++
    }
  }

  #heading(canvas: Canvas, y: number, room: number): void {
    const look = this.#workspace.ui.theme.look('faint')
    const { time, client, server, transport } = COLUMNS
    canvas.put(3, y, 'Time'.padEnd(time) + 'Client'.padEnd(client) + 'Server'.padEnd(server), look, room - 3)
    if (room > 90) canvas.put(3 + time + client + server, y, 'By'.padEnd(transport), look, room)
    canvas.put(this.#outcomeColumn(room), y, 'What happened', look, room - this.#outcomeColumn(room))
  }

  #outcomeColumn(room: number): number {
    const { time, client, server, transport } = COLUMNS
    if (room > 90) return 3 + time + client + server + transport
    return 3 + time + 4 + 18
  }

  #line(canvas: Canvas, area: Area, attempt: AttemptAnalysis, isChosen: boolean): void {
    const { ui, document } = this.#workspace
    const { theme } = ui
    const { time, client, server } = COLUMNS
    const { y, width: room } = area
    const look = this.#outcomeLook(attempt)
    canvas.put(1, y, SIGNS[attempt.outcome], look)
    canvas.put(3, y, timeText(attempt.startNs, 'since-start', document.start, 0), theme.look('text'), time - 1)
    const from = endpoint(attempt.client.address, attempt.client.port)
    const to = attempt.serverName === '' ? endpoint(attempt.server.address, attempt.server.port) : attempt.serverName
    if (room > 90) {
      canvas.put(3 + time, y, cut(from, client - 1, ui.unicode), theme.look('client'))
      canvas.put(3 + time + client, y, cut(to, server - 1, ui.unicode), theme.look('server'))
      canvas.put(3 + time + client + server, y, SHORT_TRANSPORT[attempt.transport], theme.look('text'))
    } else {
      canvas.put(3 + time, y, cut(`${from} → ${to}`, 21, ui.unicode), theme.look('server'))
    }
    const at = this.#outcomeColumn(room)
    canvas.put(at, y, cut(headline(attempt), room - at, ui.unicode), look)
    if (isChosen) canvas.shade(area, base => theme.chosen(base, true))
  }

  #outcomeLook(attempt: AttemptAnalysis): Style {
    const { theme } = this.#workspace.ui
    if (attempt.outcome === 'established') return theme.look(firstClaim(attempt) === undefined ? 'good' : 'doubtful')
    return theme.look(attempt.outcome === 'failed' ? 'bad' : 'faint')
  }

  #detail(canvas: Canvas, { x, y, width: room, height }: Area, attempt: AttemptAnalysis): void {
    const { ui } = this.#workspace
    const { theme } = ui
    const bottom = y + height
    let row = y
    canvas.fill({ x, y: row, width: room, height: 1 }, '─', theme.look('frame'))
    canvas.put(
      x + 1,
      row++,
      ` Attempt ${attempt.id}: ${transportText(attempt.transport)} `,
      theme.look('title'),
      room - 2,
    )
    for (const line of stripLines(attempt, ui.unicode, room - 2)) {
      if (row >= bottom) return
      canvas.spans(
        x + 1,
        row++,
        line.map(([text, state]): Span => [text, theme.look(state)]),
      )
    }
    const put = (text: string, look: Style, indent = 1): void => {
      for (const part of wrap(text, room - indent - 1)) {
        if (row >= bottom) return
        canvas.put(x + indent, row++, part, look, room - indent)
      }
    }
    put(`Closed by ${closingText(attempt)}`, theme.look('faint'))
    const claims = attempt.verdicts.filter(isClaim)
    if (claims.length === 0)
      put(NOTHING_FOUND[attempt.outcome], theme.look(attempt.outcome === 'established' ? 'good' : 'doubtful'))
    for (const claim of claims) {
      if (row >= bottom) return
      row += claim === claims[0] && height < 12 ? 0 : 1
      put(
        `${claim.verdict.toUpperCase()} ${claim.severity}: ${claim.rule}`,
        theme.look(claim.severity === 'info' ? 'info' : claim.verdict === 'confirmed' ? 'bad' : 'doubtful'),
      )
      put(claim.says, theme.look('strong'))
      for (const { packet, says } of claim.evidence) put(`packet ${packet}: ${says}`, theme.look('text'), 3)
      put(claim.remedy[0] ?? '', theme.look('info'), 3)
    }
  }

  #explain(attempt: AttemptAnalysis): void {
    const claim = firstClaim(attempt)
    if (claim === undefined) this.#workspace.ui.say('nothing to explain: no rule claims anything of this attempt')
    else this.#workspace.explain([claim.rule])
  }

  #copy(attempt: AttemptAnalysis): void {
    const filters = attempt.members.map(({ transport, stream }) => `${transport}.stream == ${stream}`)
    if (filters.length === 0) this.#workspace.ui.say('this attempt has no conversation to filter by')
    else this.#workspace.ui.copy(filters.join(' || '), 'the filter')
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

/** The first cause in a few words, or how it went. */
function headline(attempt: AttemptAnalysis): string {
  const claim = firstClaim(attempt)
  if (claim !== undefined) return `${claim.rule} (${claim.verdict})`
  return attempt.outcome
}

function firstClaim({ verdicts }: AttemptAnalysis): VerdictAnalysis | undefined {
  const claims = verdicts.filter(one => isClaim(one) && one.severity !== 'info')
  return claims.find(({ verdict }) => verdict === 'confirmed') ?? claims[0]
}

function isClaim({ verdict }: VerdictAnalysis): boolean {
  return verdict === 'confirmed' || verdict === 'likely'
}

function endpoint(address: string, port: number): string {
  if (port === 0) return address
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
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
