/**
 * The program in a real terminal: a tmux server of its own, with a shell in it. Keys go in, the screen comes out; whatever is
 * awaited is looked for again and again, never slept for.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { cellsOf, type ScreenCell } from './sgr.ts'

const ROOT = resolve(import.meta.dirname, '../..')
/** What is awaited comes within a second on a quiet machine; this only ends a test that waits in vain. */
const LIMIT_MS = 60_000
const LOOK_AGAIN_MS = 30
const PROMPT = 'shell$ '

export function isTmuxInstalled(): boolean {
  return spawnSync('tmux', ['-V']).status === 0
}

/** The command, made from its sources as they are now. */
export interface BuiltProgram {
  readonly main: string
  remove(): void
}

export async function builtProgram(): Promise<BuiltProgram> {
  const folder = mkdtempSync(join(tmpdir(), 'rdpscope-built-'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  await build({
    entryPoints: [join(ROOT, 'src/cli/main.ts')],
    outbase: join(ROOT, 'src'),
    outdir: folder,
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  })
  return { main: join(folder, 'cli/main.js'), remove: () => rmSync(folder, { recursive: true }) }
}

export interface TmuxOptions {
  readonly columns?: number
  readonly rows?: number
  readonly env?: Readonly<Record<string, string>>
}

/** What the terminal itself knows. */
export interface TerminalState {
  readonly showsCursor: boolean
  /** The screen that programs draw on, not the one that the shell writes to. */
  readonly isAlternate: boolean
  readonly wantsMouse: boolean
  readonly title: string
}

let servers = 0

export class Tmux {
  readonly #socket = `rdpscope-test-${process.pid}-${servers++}`

  constructor({ columns = 80, rows = 24, env = {} }: TmuxOptions = {}) {
    const given = { TERM: 'tmux-256color', LC_ALL: 'C.UTF-8', ...env }
    const variables = Object.entries(given).map(([name, value]) => `${name}='${value}'`)
    const kept = ['PATH', 'HOME', 'TMPDIR']
      .map(name => `${name}='${process.env[name] ?? ''}'`)
      .filter(one => !one.endsWith("=''"))
    // `env -i` keeps TMUX away as well: what the program does inside tmux is asked for by the test that wants it.
    const shell = `exec env -i ${[...kept, ...variables].join(' ')} PS1='${PROMPT}' sh -i`
    this.#run('new-session', '-d', '-x', String(columns), '-y', String(rows), '-c', ROOT, shell)
    this.#run('set-option', '-g', 'window-size', 'manual')
    this.#run('set-option', '-s', 'set-clipboard', 'on')
  }

  /** Starts the program in the shell. @param args as one types them */
  async starts(program: BuiltProgram, args: string): Promise<void> {
    await this.until(text => text.includes(PROMPT.trim()), 'the prompt of the shell')
    this.types(`${process.execPath} ${program.main} ${args}`)
    this.keys('Enter')
  }

  /** Names as tmux knows them: `Enter`, `Escape`, `C-z`, `F3`; anything else is typed. */
  keys(...names: readonly string[]): void {
    for (const name of names) this.#run('send-keys', name)
  }

  types(text: string): void {
    this.#run('send-keys', '-l', text)
  }

  resize(columns: number, rows: number): void {
    this.#run('resize-window', '-x', String(columns), '-y', String(rows))
  }

  /** Lines without the spaces at their ends. */
  get text(): string {
    return this.#run('capture-pane', '-p').replace(/\n$/, '')
  }

  get lines(): string[] {
    return this.text.split('\n')
  }

  /** Row by row, with their colours. */
  get cells(): ScreenCell[][] {
    return cellsOf(this.#run('capture-pane', '-p', '-e', '-N'))
  }

  /** The cells of the first place where the text stands. */
  styled(text: string): ScreenCell[] {
    for (const row of this.cells) {
      const at = row
        .map(({ char }) => char)
        .join('')
        .indexOf(text)
      if (at >= 0) return row.slice(at, at + text.length)
    }
    throw new Error(`"${text}" is not on the screen:\n${this.text}`)
  }

  get state(): TerminalState {
    const format = '#{cursor_flag} #{alternate_on} #{mouse_any_flag} #{pane_title}'
    const [cursor, alternate, mouse, ...title] = this.#run('display-message', '-p', format).trimEnd().split(' ')
    return {
      showsCursor: cursor === '1',
      isAlternate: alternate === '1',
      wantsMouse: mouse === '1',
      title: title.join(' '),
    }
  }

  /** All that the program writes from now on, as it comes. */
  records(path: string): void {
    this.#run('pipe-pane', '-o', `cat > '${path}'`)
  }

  get clipboard(): string {
    return this.#run('show-buffer')
  }

  async shows(...what: readonly (string | RegExp)[]): Promise<string> {
    const found = (text: string) => what.every(one => (typeof one === 'string' ? text.includes(one) : one.test(text)))
    return this.until(found, what.map(String).join(' and '))
  }

  async until(test: (text: string) => boolean, what: string): Promise<string> {
    const end = performance.now() + LIMIT_MS
    for (;;) {
      const { text } = this
      if (test(text)) return text
      if (performance.now() > end) throw new Error(`waited in vain for ${what}; the screen shows:\n${text}`)
      await new Promise(done => setTimeout(done, LOOK_AGAIN_MS))
    }
  }

  close(): void {
    spawnSync('tmux', ['-L', this.#socket, 'kill-server'])
  }

  #run(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync('tmux', ['-u', '-f', '/dev/null', '-L', this.#socket, ...args], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8', TMUX: '' },
      maxBuffer: 1 << 26,
    })
    if (status !== 0) throw new Error(`tmux ${args.join(' ')}: ${stderr}`)
    return stdout
  }
}
