#!/usr/bin/env node
/** The command. Start-up time is a budget: `--version` loads nothing, everything else loads what it needs. */
import { VERSION } from '../version.ts'

/** As a shell writes a death by SIGINT. */
const INTERRUPTED = 130

const args = process.argv.slice(2)
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${VERSION}\n`)
} else {
  const { run } = await import('./run.ts')
  process.once('SIGINT', () => {
    process.stderr.write('rdpscope: interrupted\n')
    // Others listen too: the progress bar gives the cursor back.
    setImmediate(() => process.exit(INTERRUPTED))
  })
  process.exitCode = await run(args, process.stdout, process.stderr)
}
