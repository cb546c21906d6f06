/**
 * Runs the terminal UI on a capture with a terminal that is none, types keys at fixed times, and prints what they cost as JSON:
 * from the moment when a key was due to the picture it leads to. What the program was busy with then counts along.
 */
import { Readable, Writable } from 'node:stream'
import { runSession } from '../../src/tui/session.ts'

const COLUMNS = 200
const ROWS = 50
const KEY_EVERY_MS = 25
const ESCAPES: Readonly<Record<string, string>> = {
  up: '\x1b[A',
  down: '\x1b[B',
  pageup: '\x1b[5~',
  pagedown: '\x1b[6~',
  f2: '\x1bOQ',
  f3: '\x1bOR',
  f4: '\x1bOS',
  enter: '\r',
  tab: '\t',
}

/**
 * From the moment it was due to its picture: how long that was, and what of it the program computed, which is what it would
 * have been on a machine with nothing else to do. What it was busy with before it heard the key is counted by the share of the
 * processor that it had then.
 */
export interface KeyCost {
  readonly key: string
  readonly waitedMs: number
  readonly cpuMs: number
}

export interface UiCost {
  /** From the start of the process. */
  readonly firstPictureMs: number
  readonly loadedMs: number
  readonly peakMiB: number
  /** By what was going on: milliseconds a key. */
  readonly keys: Readonly<Record<string, readonly KeyCost[]>>
}

class Keys extends Readable {
  readonly isTTY = true
  isRaw = false
  setRawMode(on: boolean): this {
    this.isRaw = on
    return this
  }
  override _read(): void {}
}

class Screen extends Writable {
  readonly isTTY = true
  readonly columns = COLUMNS
  readonly rows = ROWS
  text = ''
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
  /** What was written since the last call. */
  taken(): string {
    const { text } = this
    this.text = ''
    return text
  }
}

const [path = ''] = process.argv.slice(2)
const keys = new Keys()
const screen = new Screen()
let firstPictureMs = 0
let loadedMs = 0
const measured: Record<string, KeyCost[]> = {}

const running = runSession(path, {
  input: keys as unknown as NodeJS.ReadStream,
  output: screen as unknown as NodeJS.WriteStream,
  env: { TERM: 'xterm-256color', LANG: 'C.UTF-8' },
  theme: 'dark',
  mouse: false,
  keyChoices: {},
  onPicture: () => {
    if (firstPictureMs === 0) firstPictureMs = performance.now()
  },
  onLoaded: () => {
    loadedMs = performance.now()
  },
})

/** One key when it is due. @returns when its picture is drawn. */
async function type(phase: string, key: string): Promise<void> {
  const beginMs = performance.now()
  const begin = process.cpuUsage()
  const dueMs = beginMs + KEY_EVERY_MS
  await new Promise(resolve => setTimeout(resolve, KEY_EVERY_MS))
  const heardMs = performance.now()
  const share = Math.min(milliseconds(process.cpuUsage(begin)) / (heardMs - beginMs), 1)
  const before = process.cpuUsage()
  keys.emit('data', Buffer.from(ESCAPES[key] ?? key))
  const cpuMs = Math.max(heardMs - dueMs, 0) * share + milliseconds(process.cpuUsage(before))
  const list = measured[phase] ?? []
  list.push({ key, waitedMs: performance.now() - dueMs, cpuMs })
  measured[phase] = list
  screen.taken()
}

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000
}

async function all(phase: string, typed: readonly string[], times = 1): Promise<void> {
  for (let n = 0; n < times; n++) for (const key of typed) await type(phase, key)
}

const MOVES = [
  'down',
  'down',
  'pagedown',
  'pagedown',
  'j',
  'G',
  'pageup',
  'up',
  'g',
  'down',
  '.',
  'tab',
  'down',
  'tab',
  'tab',
]
while (firstPictureMs === 0) await new Promise(resolve => setTimeout(resolve, 10))
await all('loading', ['f3'])
while (loadedMs === 0) await all('loading', MOVES)
await all('list', MOVES, 8)
await all('list', ['t', 'r', 'm', '+', '-'])
await all('filter typed', ['/', ...'tcp.flags.reset == 1', 'enter'])
await all('filter running', MOVES, 8)
await all('filter cleared', ['\\', ...MOVES])
await all('statistics', ['f4', 'down', ']', 'down', ']', 'down', ']', 'down', '[', '[', '[', 'pagedown'], 4)
await all('find', ['f3', 'F', ...'no such text', 'enter'])
await all('find running', MOVES, 4)
await all('attempts', ['f2', 'down', 'pagedown', 'G', 'g', 'enter', 'down', 'tab', 'down'], 3)
await type('end', 'q')
await running

const cost: UiCost = {
  firstPictureMs,
  loadedMs,
  peakMiB: process.resourceUsage().maxRSS / 1024,
  keys: measured,
}
process.stdout.write(JSON.stringify(cost))
process.exit(0)
