#!/usr/bin/env node
/** The command. Start-up time is a budget: `--version` loads nothing, everything else loads what it needs. */
import { VERSION } from '../version.ts'
import { interruptedGently } from './interrupt.ts'

/** As a shell writes a death by these signals. */
const DEATHS = { SIGINT: 130, SIGTERM: 143 } as const

const args = process.argv.slice(2)
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${VERSION}\n`)
} else {
  const { run } = await import('./run.ts')
  for (const [signal, status] of Object.entries(DEATHS)) {
    process.on(signal, () => {
      if (interruptedGently()) return
      process.stderr.write('rdpscope: interrupted\n')
      // Others listen too: the progress bar gives the cursor back.
      setImmediate(() => process.exit(status))
    })
  }
  process.exitCode = await run(args, process.stdout, process.stderr)
}
