#!/usr/bin/env node
/** The command. Start-up time is a budget: `--version` loads nothing, everything else loads what it needs. */
import { VERSION } from '../version.ts'

const args = process.argv.slice(2)
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${VERSION}\n`)
} else {
  const { run } = await import('./run.ts')
  process.exitCode = await run(args)
}
