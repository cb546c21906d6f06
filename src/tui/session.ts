/** One capture in the terminal UI, from its opening to the moment when the terminal is given back. */
import { constants } from 'node:os'
import type { AttemptAnalysis, GivenKeys } from '../analyze.ts'
import { byteCount, counted } from '../report/layout.ts'
import type { Node } from '../wire/field.ts'
import { App } from './app.ts'
import { Document } from './document.ts'
import { proposedFor, rulesBeginning, topicOf, topicOfField, whyUnknown } from './explaining.ts'
import { tsharkCommand } from './filters.ts'
import { type Action, type KeyChoices, KeyTable, type ViewId } from './keys.ts'
import { type Display, Terminal, type TerminalOptions } from './terminal.ts'
import type { ThemeName } from './theme.ts'
import type { TimeMode, Ui, View, Workspace } from './view.ts'
import { AttemptView } from './views/attempt.ts'
import { AttemptsView } from './views/attempts.ts'
import { ExplainView } from './views/explain.ts'
import { GraphView } from './views/graph.ts'
import { HelpView } from './views/help.ts'
import { PacketsView } from './views/packets.ts'
import { SaveView } from './views/save.ts'
import { StatisticsView } from './views/statistics.ts'
import { StreamView } from './views/stream.ts'

export interface SessionOptions extends TerminalOptions {
  readonly keys?: GivenKeys
  readonly theme: ThemeName
  readonly mouse: boolean
  readonly keyChoices: KeyChoices
  readonly timeMode?: TimeMode
  readonly showsNames?: boolean
  /** The file may still be written: it is followed. */
  readonly follow?: boolean
  /** The capture is open: its first bytes were read. */
  readonly onOpened?: () => void
  /** The first picture was drawn: for measurements. */
  readonly onPicture?: () => void
  /** The capture is read to its end. */
  readonly onLoaded?: () => void
}

/** With these the world ends us; the terminal gets back what it lent all the same. */
const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
/** As a shell writes a death by a signal. */
const SIGNAL_STATUS = 128

/** @throws CaptureError when the capture can not be opened: before the terminal is touched. */
export async function runSession(path: string, options: SessionOptions): Promise<void> {
  let redraw = (): void => {}
  let fail = (_: unknown): void => {}
  const document = await Document.open(path, {
    ...(options.keys === undefined ? {} : { keys: options.keys }),
    follow: options.follow ?? false,
    onChange: () => redraw(),
    onError: error => fail(error),
  })
  options.onOpened?.()
  const terminal = new Terminal(options)
  let hasLeft = false
  const leave = (): void => {
    if (hasLeft) return
    hasLeft = true
    terminal.close()
    document.close()
  }
  const end = (signal: NodeJS.Signals): void => process.exit(SIGNAL_STATUS + (constants.signals[signal] ?? 0))
  process.once('exit', leave)
  for (const signal of ENDING_SIGNALS) process.once(signal, end)
  try {
    const session = new Session(document, terminal, options)
    redraw = () => session.app.redraw()
    fail = error => session.app.failed(error)
    session.app.background(document.load().then(options.onLoaded))
    const running = session.app.run(session.attempts)
    options.onPicture?.()
    await running
  } finally {
    leave()
    process.off('exit', leave)
    for (const signal of ENDING_SIGNALS) process.off(signal, end)
  }
}

/** What a session needs of its options: no terminal. */
export type SessionWishes = Pick<SessionOptions, 'theme' | 'mouse' | 'keyChoices' | 'timeMode' | 'showsNames'>

/** The views of one capture, and the ways between them. */
export class Session implements Workspace {
  readonly app: App
  readonly document: Document
  readonly attempts: AttemptsView
  readonly saving = new Set<string>()
  timeMode: TimeMode
  showsNames: boolean
  readonly #keys: KeyTable
  readonly #packets: PacketsView
  readonly #statistics: StatisticsView
  readonly #asked: string[] = []

  constructor(document: Document, terminal: Display, wishes: SessionWishes) {
    const { theme, mouse, keyChoices, timeMode, showsNames } = wishes
    this.document = document
    this.timeMode = timeMode ?? 'since-start'
    this.showsNames = showsNames ?? false
    this.#keys = new KeyTable(keyChoices)
    this.app = new App(terminal, {
      theme,
      mouse,
      keys: this.#keys,
      heading: () => this.#heading(),
      act: action => this.#act(action),
      unfinished: () => [...this.saving].map(path => `${path} is still being saved`).join('; '),
      view: (id, from) => this.#view(id, from),
      command: filter => tsharkCommand(document.path, filter),
    })
    this.attempts = new AttemptsView(this)
    this.#packets = new PacketsView(this)
    this.#statistics = new StatisticsView(this)
  }

  get ui(): Ui {
    return this.app
  }

  nameOf(address: string): string {
    return this.showsNames ? (this.document.names.get(address) ?? address) : address
  }

  showPacket(number: number): void {
    if (this.#packets.showPacket(number)) this.app.open(this.#packets)
    else this.app.say(`packet ${number} is not read yet`)
  }

  showAttempt(attempt: AttemptAnalysis): void {
    this.app.open(new AttemptView(this, attempt))
  }

  showFiltered(filter: string): void {
    this.#packets.applyFilter(filter)
    this.app.open(this.#packets)
  }

  showStream(stream: number): void {
    this.app.open(new StreamView(this, stream))
  }

  showGraph(stream: number): void {
    this.app.open(new GraphView(this, stream))
  }

  explain(text: string): void {
    const topic = topicOf(text)
    if (topic === null) this.#askTopic(text)
    else this.app.open(new ExplainView(this, topic))
  }

  explainField(node: Node): void {
    const topic = topicOfField(node)
    if (topic !== null) this.app.open(new ExplainView(this, topic))
    else this.#askTopic(proposedFor(node))
  }

  #act(action: Action): boolean {
    if (action !== 'names') return false
    this.showsNames = !this.showsNames
    const { size } = this.document.names
    if (!this.showsNames) this.app.say('addresses')
    else if (size === 0) this.app.say('the capture tells no names: no DNS answers, SNI, DHCP or name resolution in it')
    else this.app.say(`names as the capture tells them: ${counted(size, 'address')} with a name`)
    return true
  }

  #askTopic(text: string): void {
    this.app.ask({
      label: 'Code or rule',
      hint: 'as the dialog or the packet says it: 0x904 0x7, alert 40, event 1057, a word; Tab completes rules',
      text,
      history: this.#asked,
      word: /\S*$/,
      complete: rulesBeginning,
      check: typed => (topicOf(typed) === null ? { says: whyUnknown(typed), at: -1 } : null),
      enter: typed => this.explain(typed),
    })
  }

  #view(id: ViewId, from: View): View | null {
    switch (id) {
      case 'explain':
        this.#askTopic('')
        return null
      case 'help':
        return new HelpView(this.app, this.#keys, from.id)
      case 'attempts':
        return this.attempts
      case 'packets':
        return this.#packets
      case 'statistics':
        return this.#statistics
      case 'save': {
        const attempt = from instanceof AttemptView ? from.attempt : this.attempts.attempt
        const { shown, marked } = this.#packets.list
        return new SaveView(this, { attempt, shown, marked })
      }
      default:
        return null
    }
  }

  #heading(): { path: string; state: string } {
    const { document } = this
    return { path: document.path === '-' ? 'standard input' : document.path, state: this.#state() }
  }

  #state(): string {
    const { document } = this
    const error = document.analysis?.error ?? null
    if (error !== null) return `damaged: ${error.message}`
    if (document.stopped !== '') return 'not read to its end'
    if (document.isLive) return `live, ${counted(document.index.count, 'packet')}`
    if (!document.isLoading) return ''
    const { readBytes, totalBytes, leftMs } = document.progress
    const share = totalBytes === null || totalBytes === 0 ? '' : ` ${Math.floor((readBytes / totalBytes) * 100)} %`
    const left = leftMs === null ? '' : `, ${Math.ceil(leftMs / 1000)} s left`
    return `reading${share}${left}, ${counted(document.index.count, 'packet')}, ${byteCount(readBytes)}`
  }
}
