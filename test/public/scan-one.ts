/** Runs the built tool on one path in a process of its own and tells what it answered and what that cost. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { execPath } from 'node:process'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

const MAIN = join(import.meta.dirname, '../../dist/src/cli/main.js')
/** Node knows the peak of its own memory only: each child writes it to descriptor 3 when it ends. */
const TELL_PEAK = `data:text/javascript,${encodeURIComponent(
  `import { writeSync } from 'node:fs'
   process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS)))`,
)}`

export interface Scan {
  /** null when a signal ended it. */
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  readonly seconds: number
  /** NaN when the process did not live to tell. */
  readonly peakMiB: number
}

/** @param limitSeconds The process is ended when it takes longer. */
export async function scan(path: string, limitSeconds: number): Promise<Scan> {
  const began = performance.now()
  const child = spawn(execPath, ['--import', TELL_PEAK, MAIN, 'scan', '--format', 'json', path], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    timeout: limitSeconds * 1000,
    killSignal: 'SIGKILL',
  })
  const [, stdout, stderr, peak] = child.stdio
  const [answer, messages, peakKiB, [status]] = await Promise.all([
    text(stdout as Readable),
    text(stderr as Readable),
    text(peak as Readable),
    once(child, 'close') as Promise<[number | null]>,
  ])
  return {
    status,
    stdout: answer,
    stderr: messages,
    seconds: (performance.now() - began) / 1000,
    peakMiB: peakKiB === '' ? Number.NaN : Number(peakKiB) / 1024,
  }
}
