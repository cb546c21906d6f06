/** `rdpscope view`: the terminal UI. */
import { openSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import { CaptureError } from '../analyze.ts'
import { runSession } from '../tui/session.ts'
import type { ThemeName } from '../tui/theme.ts'
import { type ConfigChoice, loadConfig } from './config.ts'
import { givenKeys, type KeyOptions } from './keys.ts'
import type { Streams } from './output.ts'
import { EXIT_CLEAN, EXIT_UNREADABLE, UsageError } from './status.ts'

export interface ViewOptions extends KeyOptions {
  /** In place of what the configuration says. */
  readonly theme?: ThemeName
  readonly mouse: boolean
  readonly follow?: boolean
  readonly config?: ConfigChoice
}

const STANDARD_INPUT = '-'
/** Where keys come from when standard input brings the capture. */
const OWN_TERMINAL = process.platform === 'win32' ? '\\\\.\\CONIN$' : '/dev/tty'
/** A recorder that has not seen a packet yet may not even have begun its file. */
const WAITING_MS = 1000

/** @returns the exit status. @throws UsageError */
export async function view(path: string, options: ViewOptions, streams: Streams): Promise<number> {
  const { stdin, stdout } = process
  const isStreamed = path === STANDARD_INPUT
  if (!stdout.isTTY || (!stdin.isTTY && !isStreamed)) {
    throw new UsageError(
      'the terminal UI needs a terminal on standard input and output; without one: rdpscope scan FILE',
    )
  }
  if (isStreamed && stdin.isTTY) {
    throw new UsageError('standard input is a terminal: pipe a capture into it, or name a file')
  }
  const { config } = await loadConfig(process.cwd(), process.env, options.config)
  const wishes = config.view ?? {}
  const keys = givenKeys(options, streams)
  const input = isStreamed ? ownTerminal() : stdin
  const waiting = setTimeout(() => {
    streams.complain(`waiting for a capture ${isStreamed ? 'on standard input' : `in ${path}`} (Ctrl-C ends it)`)
  }, WAITING_MS)
  try {
    await runSession(path, {
      input,
      output: stdout,
      env: process.env,
      keys,
      theme: options.theme ?? wishes.theme ?? 'dark',
      mouse: options.mouse && (wishes.mouse ?? true),
      timeMode: wishes.time ?? 'since-start',
      showsNames: wishes.names ?? false,
      keyChoices: wishes.keys ?? {},
      follow: options.follow ?? false,
      onOpened: () => clearTimeout(waiting),
      onLoaded: () => {
        if (isStreamed) takeKeysAgain(input)
      },
    })
    return EXIT_CLEAN
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error
    streams.complain(`${error.message}; ${error.remedy}`)
    return EXIT_UNREADABLE
  } finally {
    clearTimeout(waiting)
    if (isStreamed) input.destroy()
  }
}

/** The program at the other end of the pipe may have given the terminal back to the shell when it ended. */
function takeKeysAgain(input: ReadStream): void {
  input.setRawMode(false)
  input.setRawMode(true)
}

function ownTerminal(): ReadStream {
  try {
    return new ReadStream(openSync(OWN_TERMINAL, 'r'))
  } catch (error) {
    const why = (error as Error).message
    throw new UsageError(`standard input is the capture, and there is no terminal to read keys from: ${why}`)
  }
}
