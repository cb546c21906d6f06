/** Runs the command: in this process, or as people do in a process of its own, from its sources. */
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { Writable } from 'node:stream'
import { run } from '../../src/cli/run.ts'

export const ROOT = resolve(import.meta.dirname, '../..')
export const MAIN = resolve(ROOT, 'src/cli/main.ts')

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly input?: Uint8Array
  readonly env?: Record<string, string>
  /** Closes our end of standard output after the first bytes, as `head` does. */
  readonly closeEarly?: boolean
  /** Sends this signal once the first bytes of output have come. */
  readonly signal?: NodeJS.Signals
}

/** In this process: for all that needs neither standard input nor signals. */
export async function called(...args: string[]): Promise<Ran> {
  const stdout = new Text()
  const stderr = new Text()
  const status = await run(args, stdout, stderr)
  return { status, stdout: stdout.text, stderr: stderr.text }
}

class Text extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

/** In a process of its own. */
export function rdpscope(args: readonly string[], { input, env, closeEarly, signal }: RunOptions = {}): Promise<Ran> {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text
    if (closeEarly) child.stdout.destroy()
    if (signal !== undefined) child.kill(signal)
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  child.stdin.on('error', () => {})
  // Standard input stays open where a signal is to end the wait for it.
  if (signal === undefined) child.stdin.end(input)
  else if (input !== undefined) child.stdin.write(input)
  return new Promise((done, failed) => {
    child.on('error', failed)
    child.on('close', status => done({ status, stdout, stderr }))
  })
}
