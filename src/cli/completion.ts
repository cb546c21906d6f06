/** `rdpscope completion`: a script that teaches a shell the commands, their options and what may follow them. */
import type { Command } from 'commander'
import { commandTable } from './command-table.ts'
import { bashCompletion } from './completion/bash.ts'
import { fishCompletion } from './completion/fish.ts'
import { powershellCompletion } from './completion/powershell.ts'
import { zshCompletion } from './completion/zsh.ts'
import type { Streams } from './output.ts'
import { EXIT_CLEAN } from './status.ts'

const SCRIPTS = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
  powershell: powershellCompletion,
} as const

export type Shell = keyof typeof SCRIPTS

/** @returns the exit status. */
export async function completion(shell: Shell, program: Command, streams: Streams): Promise<number> {
  await streams.results.write(SCRIPTS[shell](commandTable(program)))
  return EXIT_CLEAN
}
