/**
 * `npm run check:split`: scans all public captures in one process, with several jobs, in shards that are merged, and killed and
 * resumed on the way. Every report must be the same, byte for byte.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { execPath, exit } from 'node:process'
import { formats } from '../../src/report/formats.ts'

const FOLDER = join(import.meta.dirname, '../../../shared/captures/public')
const MAIN = resolve(import.meta.dirname, '../../dist/src/cli/main.js')
const SHARDS = 3
/** Results that are there when a scan is killed. */
const KILLED_AT = [100, 500]

if (!existsSync(FOLDER)) {
  console.log(`skipped: ${FOLDER} is not there`)
  exit(0)
}
const work = mkdtempSync(join(tmpdir(), 'rdpscope-split-'))
const whole = reports('whole')
const violations: string[] = []
const status = await run(['scan', FOLDER, ...whole])

for (const jobs of ['2', '3']) {
  const args = reports(`jobs-${jobs}`)
  compare(`--jobs ${jobs}`, await run(['scan', '--jobs', jobs, FOLDER, ...args]), `jobs-${jobs}`)
}

const parts: string[] = []
for (let number = 1; number <= SHARDS; number++) {
  const part = join(work, `${number}.json`)
  parts.push(part)
  await run(['scan', '--shard', `${number}/${SHARDS}`, FOLDER, '-f', 'json', '-o', part])
}
compare(`${SHARDS} shards, merged`, await run(['merge', ...parts, ...reports('merged')]), 'merged')

const state = join(work, 'state')
mkdirSync(state)
const resumed = ['scan', '--jobs', '2', '--resume', state, FOLDER, ...reports('resumed')]
for (const results of KILLED_AT) await run(resumed, results)
compare('killed and resumed', await run(resumed), 'resumed')

rmSync(work, { recursive: true })
for (const violation of violations) console.error(violation)
console.log(violations.length === 0 ? 'no violation' : `${violations.length} violations`)
exit(violations.length === 0 ? 0 : 1)

/** Each format in a file of its own. */
function reports(name: string): string[] {
  mkdirSync(join(work, name))
  return formats.flatMap(format => ['-f', `${format.name}=${join(work, name, format.name)}`])
}

function compare(what: string, itsStatus: number | null, name: string): void {
  if (itsStatus !== status) violations.push(`${what}: exit status ${itsStatus}, not ${status}`)
  for (const format of formats) {
    const [wanted, got] = ['whole', name].map(folder => readFileSync(join(work, folder, format.name)))
    if (wanted === undefined || got?.equals(wanted) !== true) violations.push(`${what}: ${format.name} differs`)
  }
  console.log(`${what}: compared in ${formats.length} formats`)
}

/** @param killedAt with so many results kept, it is killed */
async function run(args: readonly string[], killedAt = Number.POSITIVE_INFINITY): Promise<number | null> {
  const child = spawn(execPath, [MAIN, ...args], { stdio: 'ignore' })
  const watch = setInterval(() => {
    if (killedAt !== Number.POSITIVE_INFINITY && kept() >= killedAt) child.kill('SIGKILL')
  }, 20)
  const ended = await new Promise<number | null>(done => child.on('close', done))
  clearInterval(watch)
  return ended
}

function kept(): number {
  return readdirSync(state, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.json')).length
}
