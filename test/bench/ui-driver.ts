/**
 * Runs the terminal UI on a capture with a terminal that is none, types keys at their times, and prints what they cost as JSON:
 * from the moment when a key was due to the picture it leads to. What the program was busy with then counts along.
 */
import { readFileSync } from 'node:fs'
import { Readable, Writable } from 'node:stream'
import { runSession } from '../../src/tui/session.ts'

const COLUMNS = 200
const ROWS = 50
/** Nanoseconds on a processor come first (Linux, sched-stats.rst). */
const THREAD_TIMES = '/proc/thread-self/schedstat'
/** Between two keys: of rest, and of work. */
const KEY_EVERY_MS = 25
const KEY_EVERY_CPU_MS = 15
/** Between two looks a millisecond apart: less than that is no work, but looking. */
const RESTS_CPU_MS = 0.5
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
 * From the moment when it came to its picture: how long that was, and what the program computed in that time, which is what it
 * would have been on a machine with nothing else to do. A key comes when the program has computed for so long, whatever the
 * machine did meanwhile; or, where the program rests, after a while.
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

/** One key when it comes. @returns when its picture is drawn. */
async function type(phase: string, key: string): Promise<void> {
  const { dueCpuMs, dueMs } = await comes()
  keys.emit('data', Buffer.from(ESCAPES[key] ?? key))
  const list = measured[phase] ?? []
  list.push({ key, waitedMs: performance.now() - dueMs, cpuMs: computedMs() - dueCpuMs })
  measured[phase] = list
  screen.taken()
}

/** @returns when the next key came, which was heard with the next turn of the program only. */
async function comes(): Promise<{ readonly dueCpuMs: number; readonly dueMs: number }> {
  const beganMs = performance.now()
  const beganCpuMs = computedMs()
  // Not in step with the slices of the work that goes on.
  const dueCpuMs = beganCpuMs + KEY_EVERY_CPU_MS + Math.random() * KEY_EVERY_CPU_MS
  for (let before = { ms: beganMs, cpuMs: beganCpuMs }; ; ) {
    await new Promise(resolve => setTimeout(resolve, 1))
    const now = { ms: performance.now(), cpuMs: computedMs() }
    if (now.cpuMs >= dueCpuMs) {
      const share = (dueCpuMs - before.cpuMs) / (now.cpuMs - before.cpuMs)
      return { dueCpuMs, dueMs: before.ms + share * (now.ms - before.ms) }
    }
    const rests = now.cpuMs - before.cpuMs < RESTS_CPU_MS
    if (rests && now.ms - beganMs >= KEY_EVERY_MS) return { dueCpuMs: now.cpuMs, dueMs: now.ms }
    before = now
  }
}

/** Of the one thread that keys wait for, to a tick of the system (4 ms); where the system does not tell, of all threads. */
function computedMs(): number {
  try {
    return Number(readFileSync(THREAD_TIMES, 'latin1').split(' ')[0]) / 1e6
  } catch {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  }
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
