/** What to save, with or without keys, and where to. */
import { existsSync } from 'node:fs'
import type { AttemptAnalysis } from '../../analysis.ts'
import { rowsOfAttempt, rowsOfEvidence } from '../../evidence/rows.ts'
import { counted } from '../../report/layout.ts'
import type { Area, Canvas } from '../canvas.ts'
import { width as cells, cut, wrapped } from '../cells.ts'
import type { Action } from '../keys.ts'
import { ListCursor } from '../list.ts'
import { SAVED, type Saved, savePackets, saveReport } from '../saving.ts'
import type { MouseEvent } from '../terminal.ts'
import type { View, Workspace } from '../view.ts'

export interface Selection {
  readonly attempt: AttemptAnalysis | null
  /** Rows that the filter shows; null = all. */
  readonly shown: readonly number[] | null
  readonly marked: ReadonlySet<number>
}

const WORDS: Record<Saved, string> = {
  attempt: 'its packets, findings as comments',
  evidence: 'only the packets that findings rest on, with comments',
  shown: 'the packets that the filter shows',
  marked: 'the marked packets',
  all: 'all packets, as pcapng with comments',
  'report-text': 'the whole report as text',
  'report-json': 'the report as JSON',
}

const MANY_PACKETS = 20_000

export class SaveView implements View {
  readonly id = 'save'
  readonly #workspace: Workspace
  readonly #selection: Selection
  readonly #list = new ListCursor()
  #withKeys = false
  readonly #counts = new Map<Saved, number>()
  #countedOf: unknown = null

  constructor(workspace: Workspace, selection: Selection) {
    this.#workspace = workspace
    this.#selection = selection
    if (selection.attempt === null) this.#list.at = 1
  }

  title(): string {
    return 'Save'
  }

  draw(canvas: Canvas, { x, y, width }: Area): void {
    const { theme, unicode } = this.#workspace.ui
    canvas.put(x + 1, y, 'What is to be saved? Enter asks for the file.', theme.look('title'))
    const { attempt } = this.#selection
    this.#list.fit(SAVED.length + 1, SAVED.length + 1)
    for (const [at, what] of SAVED.entries()) {
      const problem = this.#problem(what)
      const amount = problem || this.#amount(what)
      const whose = attempt === null ? 'the chosen attempt' : `attempt ${attempt.id}`
      const words = what === 'attempt' ? `${whose}: ${WORDS[what]}` : WORDS[what]
      canvas.put(
        x + 3,
        y + 2 + at,
        cut(words, width - cells(amount) - 7, unicode),
        theme.look(problem ? 'faint' : 'text'),
      )
      canvas.right(x + width - 2, y + 2 + at, amount, theme.look('faint'))
    }
    const secrets = this.#workspace.document.info.secrets.length
    const keys =
      secrets === 0
        ? 'the capture holds no TLS keys'
        : `${counted(secrets, 'block')} of TLS keys: ${this.#withKeys ? 'go along' : 'are left out'} (Enter changes it)`
    canvas.put(x + 3, y + 3 + SAVED.length, keys, theme.look(this.#withKeys ? 'doubtful' : 'text'))
    const line = this.#list.at === SAVED.length ? SAVED.length + 1 : this.#list.at
    canvas.shade({ x, y: y + 2 + line, width, height: 1 }, base => theme.chosen(base, true))
    const warning = 'A capture may hold names, addresses and, with its keys, all that was typed: think of who gets it.'
    for (const [nth, line] of wrapped(warning, width - 2).entries()) {
      canvas.put(x + 1, y + 5 + SAVED.length + nth, line, theme.look('faint'))
    }
  }

  act(action: Action): boolean {
    if (action !== 'open') return this.#list.act(action)
    const what = SAVED[this.#list.at]
    if (what === undefined) this.#withKeys = !this.#withKeys && this.#workspace.document.info.secrets.length > 0
    else if (this.#problem(what) !== '') this.#workspace.ui.say(this.#problem(what))
    else this.#ask(what)
    return true
  }

  mouse({ kind, y }: MouseEvent): boolean {
    if (kind !== 'press') return false
    this.#list.choose(y - 3)
    return true
  }

  #ask(what: Saved): void {
    this.#workspace.ui.ask({
      label: 'File',
      text: this.#proposal(what),
      check: path =>
        path === ''
          ? { says: 'a name is wanted', at: -1 }
          : existsSync(path)
            ? { says: 'there is such a file already; give another name', at: -1 }
            : null,
      enter: path => this.#save(what, path),
    })
  }

  #save(what: Saved, path: string): void {
    const { document, ui } = this.#workspace
    try {
      if (what === 'report-text' || what === 'report-json') {
        if (document.analysis === null) return
        saveReport(document.analysis, path, what === 'report-json' ? 'json' : 'text')
        ui.back()
        ui.say(`the report is in ${path}`)
        return
      }
      ui.back()
      ui.background(this.#savePackets(what, path))
    } catch (error) {
      ui.say(`${path}: ${error instanceof Error ? error.message : String(error)}`, 'error')
    }
  }

  async #savePackets(what: Saved, path: string): Promise<void> {
    const { document, ui } = this.#workspace
    const rows = this.#rows(what)
    this.#workspace.saving.add(path)
    try {
      // A million packets take a while: keys are heard meanwhile.
      if (rows.length > MANY_PACKETS) ui.say(`saving ${counted(rows.length, 'packet')} …`)
      const count = await savePackets(document, rows, path, this.#withKeys)
      ui.say(`${counted(count, 'packet')} saved to ${path}`)
    } catch (error) {
      ui.say(`${path}: ${error instanceof Error ? error.message : String(error)}`, 'error')
    } finally {
      this.#workspace.saving.delete(path)
    }
    ui.redraw()
  }

  #rows(what: Saved): readonly number[] {
    const { document } = this.#workspace
    const { attempt, shown, marked } = this.#selection
    switch (what) {
      case 'attempt':
        return attempt === null ? [] : rowsOfAttempt(document.index, attempt)
      case 'evidence':
        return rowsOfEvidence(document.index, document.attempts)
      case 'marked':
        return [...marked].sort((a, b) => a - b)
      case 'shown':
        if (shown !== null) return shown
        break
      default:
    }
    return Array.from({ length: document.index.count }, (_, row) => row)
  }

  /** Why it can not be saved; '' when it can. */
  #problem(what: Saved): string {
    const { document } = this.#workspace
    if (document.isLoading) return 'the capture is still being read'
    if (what === 'attempt' && this.#selection.attempt === null) return 'choose an attempt first'
    if (what === 'marked' && this.#selection.marked.size === 0) return 'no packet is marked (m marks one)'
    if (what === 'evidence' && this.#count(what) === 0) return 'there are no findings'
    return ''
  }

  #amount(what: Saved): string {
    if (what === 'report-text' || what === 'report-json') return ''
    return counted(this.#count(what), 'packet')
  }

  /** Counted once: it is drawn again with each key, and there may be a million. */
  #count(what: Saved): number {
    const { document } = this.#workspace
    if (what === 'all') return document.index.count
    if (what === 'shown') return this.#selection.shown?.length ?? document.index.count
    if (this.#countedOf !== document.analysis) {
      this.#countedOf = document.analysis
      this.#counts.clear()
    }
    const count = this.#counts.get(what) ?? this.#rows(what).length
    this.#counts.set(what, count)
    return count
  }

  #proposal(what: Saved): string {
    const name = this.#workspace.document.path.replace(/^.*[\\/]/, '').replace(/(\.(pcapng|pcap|cap|gz|zst))+$/i, '')
    const base = name === '-' || name === '' ? 'capture' : name
    if (what === 'report-text') return `${base}.txt`
    if (what === 'report-json') return `${base}.json`
    const detail = what === 'attempt' ? `attempt${this.#selection.attempt?.id ?? ''}` : what
    return `${base}-${detail}.pcapng`
  }
}
