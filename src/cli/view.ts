/** `rdpscope view`: the terminal UI. */
import { CaptureError } from '../analyze.ts'
import { runSession } from '../tui/session.ts'
import type { ThemeName } from '../tui/theme.ts'
import { givenKeys, type KeyOptions } from './keys.ts'
import type { Streams } from './output.ts'
import { EXIT_CLEAN, EXIT_UNREADABLE, UsageError } from './status.ts'

export interface ViewOptions extends KeyOptions {
  readonly theme: ThemeName
  readonly mouse: boolean
}

/** @returns the exit status. @throws UsageError */
export async function view(path: string, options: ViewOptions, streams: Streams): Promise<number> {
  const { stdin, stdout } = process
  if (!stdout.isTTY || !stdin.isTTY) {
    throw new UsageError(
      'the terminal UI needs a terminal on standard input and output; without one: rdpscope scan FILE',
    )
  }
  try {
    await runSession(path, {
      input: stdin,
      output: stdout,
      env: process.env,
      keys: givenKeys(options, streams),
      theme: options.theme,
      mouse: options.mouse,
      keyChoices: {},
    })
    return EXIT_CLEAN
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error
    streams.complain(`${error.message}; ${error.remedy}`)
    return EXIT_UNREADABLE
  }
}
