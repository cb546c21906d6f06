/** One capture in the terminal UI, from its opening to the moment when the terminal is given back. */
import type { AttemptAnalysis, GivenKeys } from '../analyze.ts'
import { byteCount } from '../report/layout.ts'
import { App } from './app.ts'
import { Document } from './document.ts'
import { type KeyChoices, KeyTable, type ViewId } from './keys.ts'
import { Terminal, type TerminalOptions } from './terminal.ts'
import type { ThemeName } from './theme.ts'
import type { TimeMode, Ui, View, Workspace } from './view.ts'
import { AttemptView } from './views/attempt.ts'
import { AttemptsView } from './views/attempts.ts'
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
}

/** @throws CaptureError when the capture can not be opened: before the terminal is touched. */
export async function runSession(path: string, options: SessionOptions): Promise<void> {
  let redraw = (): void => {}
  const document = await Document.open(path, {
    ...(options.keys === undefined ? {} : { keys: options.keys }),
    onChange: () => redraw(),
  })
  const terminal = new Terminal(options)
  const leave = (): void => terminal.close()
  process.once('exit', leave)
  try {
    const session = new Session(document, terminal, options)
    redraw = () => session.app.redraw()
    const failure = document.load().then(
      () => null,
      (error: unknown) => error,
    )
    await session.app.run(session.attempts)
    document.close()
    terminal.close()
    const error = await Promise.race([failure, Promise.resolve(null)])
    if (error !== null) throw error
  } finally {
    terminal.close()
    process.off('exit', leave)
  }
}

class Session implements Workspace {
  readonly app: App
  readonly document: Document
  readonly attempts: AttemptsView
  timeMode: TimeMode = 'since-start'
  showsNames = false
  readonly #keys: KeyTable
  readonly #packets: PacketsView
  readonly #statistics: StatisticsView
  #names: ReadonlyMap<string, string> | null = null

  constructor(document: Document, terminal: Terminal, { theme, mouse, keyChoices }: SessionOptions) {
    this.document = document
    this.#keys = new KeyTable(keyChoices)
    this.app = new App(terminal, {
      theme,
      mouse,
      keys: this.#keys,
      heading: () => this.#heading(),
      view: (id, from) => this.#view(id, from),
    })
    this.attempts = new AttemptsView(this)
    this.#packets = new PacketsView(this)
    this.#statistics = new StatisticsView(this)
  }

  get ui(): Ui {
    return this.app
  }

  names(): ReadonlyMap<string, string> {
    if (this.#names !== null) return this.#names
    const names = new Map<string, string>()
    for (const { server, serverName } of this.document.attempts) {
      if (serverName !== '' && server.address !== '') names.set(server.address, serverName)
    }
    if (!this.document.isLoading) this.#names = names
    return names
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

  explain(_words: readonly string[]): void {
    this.app.say('not built yet')
  }

  #view(id: ViewId, from: View): View | null {
    switch (id) {
      case 'help':
        return new HelpView(this.app, this.#keys, from.id)
      case 'attempts':
        return this.attempts
      case 'packets':
        return this.#packets
      case 'statistics':
        return this.#statistics
      case 'save': {
        const attempt = from instanceof AttemptView || from instanceof AttemptsView ? from.attempt : null
        const { shown, marked } = this.#packets.list
        return new SaveView(this, { attempt, shown, marked })
      }
      default:
        return null
    }
  }

  #heading(): string {
    const { document } = this
    if (!document.isLoading) return document.path
    const { readBytes, totalBytes } = document.progress
    const share = totalBytes === null || totalBytes === 0 ? '' : ` ${Math.floor((readBytes / totalBytes) * 100)} %`
    return `${document.path}: reading${share}, ${document.index.count} packets, ${byteCount(readBytes)}`
  }
}
