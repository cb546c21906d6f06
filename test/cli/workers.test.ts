/** Workers that do as they are told here, so that it can be seen what becomes of their answers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CaptureAnalysis } from '../../src/analysis.ts'
import { unreadable } from '../../src/analyze.ts'
import type { CaptureInput } from '../../src/cli/inputs.ts'
import { Workers } from '../../src/cli/workers.ts'

/** The path says what happens; `wait` waits until the gate is open. The answer names the process in place of the format. */
const WORKER = `
import { existsSync } from 'node:fs'
const encoder = new TextEncoder()
process.on('message', async ({ settings, inputs }) => {
  for (const { path, bytes } of inputs) {
    if (path.includes('die')) process.kill(process.pid, 'SIGKILL')
    if (path.includes('leave')) process.exit(7)
    if (path.includes('slow')) await new Promise(done => setTimeout(done, 300))
    while (path.includes('wait') && !existsSync(gate)) await new Promise(done => setTimeout(done, 20))
    const analysis = { ...JSON.parse(empty), path, format: String(process.pid) }
    await told({ readBytes: bytes, analysis: encoder.encode(JSON.stringify(analysis)) })
  }
})
const told = answer => new Promise(done => process.send(answer, done))
await told({ readBytes: 0, analysis: null })
process.on('disconnect', () => process.exit())
`

let folder = ''
let worker = new URL('file:///')
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rdpscope-workers-'))
  const empty = JSON.stringify(unreadable('', { code: 'of-the-test', message: '', remedy: '' }))
  const file = join(folder, 'worker.mjs')
  writeFileSync(file, `const empty = ${JSON.stringify(empty)}\nconst gate = ${JSON.stringify(gate())}\n${WORKER}`)
  worker = pathToFileURL(file)
})
afterAll(() => rmSync(folder, { recursive: true }))

const gate = () => join(folder, 'open')
const open = () => writeFileSync(gate(), '')
beforeEach(() => rmSync(gate(), { force: true }))

const settings = { keys: { keyLogs: [], rsaKeys: [] }, resume: null }
const LARGE = 2 << 20

function input(path: string, bytes = LARGE, walk: string | null = null): CaptureInput {
  return { path, bytes, archive: walk === null ? null : { path: walk, inOrder: true }, error: null }
}

interface Ran {
  readonly analyses: CaptureAnalysis[]
  /** Paths in the order in which they were finished. */
  readonly finished: string[]
  readonly error: unknown
}

/** @param onDone told how many are finished */
async function run(
  inputs: readonly CaptureInput[],
  jobs: number,
  onDone: (count: number) => void = () => {},
  file = worker,
): Promise<Ran> {
  const workers = new Workers(settings, jobs, file)
  const analyses: CaptureAnalysis[] = []
  let done = 0
  const finished: string[] = []
  const progress = {
    reading: () => {},
    done: (_lane: number, bytes: number) => {
      done++
      finished.push(inputs.find(one => one.bytes === bytes)?.path ?? '')
      onDone(done)
    },
  }
  try {
    for await (const analysis of workers.analyses(inputs, progress)) analyses.push(analysis)
    expect(done).toBe(inputs.length)
    return { analyses, finished, error: null }
  } catch (error) {
    return { analyses, finished, error }
  } finally {
    workers.close()
  }
}

describe('workers', () => {
  it('hand analyses on in the order of the inputs, whoever is ready first', async () => {
    const paths = ['slow-0', '1', '2', 'slow-3', '4', '5', '6', 'slow-7', '8']
    const { analyses } = await run(
      paths.map(path => input(path)),
      3,
    )
    expect(analyses.map(({ path }) => path)).toEqual(paths)
  })

  it('take what is waited for first, then the largest', async () => {
    const others = [input('small', LARGE + 1), input('largest', 9 * LARGE), input('large', 5 * LARGE)]
    const { finished } = await run([input('wait', LARGE), ...others], 2, done => {
      if (done === 3) open()
    })
    expect(finished).toEqual(['largest', 'large', 'small', 'wait'])
  })

  it('that die take nothing with them but the capture that they were at', async () => {
    const small = (path: string) => input(path, 10)
    for (const how of ['die', 'leave']) {
      // The small ones are given out together.
      const inputs = [small('a'), small(how), small('b'), small('c'), input('d'), input(`${how}-large`), input('e')]
      const { analyses } = await run(inputs, 2)
      expect(analyses.map(({ path }) => path)).toEqual(inputs.map(({ path }) => path))
      const codes = analyses.map(({ error }) => error?.code)
      const other = 'of-the-test'
      expect(codes).toEqual([other, 'internal', other, other, other, 'internal', other])
      expect(analyses[1]?.error?.message).toMatch(/^(die|leave): internal error: the worker.*(SIGKILL|exit status 7)/)
    }
  })

  it('that can not even begin are an error, not a finding about captures', async () => {
    const { error } = await run(
      [input('a'), input('b'), input('c'), input('d')],
      2,
      () => {},
      pathToFileURL(join(folder, 'no.mjs')),
    )
    expect(String(error)).toMatch(/workers can not be started/)
  })

  it('leave members of one archive that is read in order to one of them', async () => {
    const members = ['slow-0', '1', '2', '3'].map(name => input(`a.tar/${name}`, LARGE, 'a.tar'))
    const { analyses } = await run([...members, input('other', LARGE + 1)], 4)
    const processes = analyses.map(({ format }) => format)
    expect(new Set(processes.slice(0, 4)).size).toBe(1)
    expect(processes[4]).not.toBe(processes[0])
  })

  it('stop taking more while too much waits for an earlier capture', async () => {
    const inputs = [input('wait'), ...[1, 2, 3, 4, 5, 6, 7, 8].map(n => input(`${n}`, LARGE + n))]
    const answer = JSON.stringify(unreadable('1', { code: 'of-the-test', message: '', remedy: '' })).length
    const workers = new Workers(settings, 2, worker, 3 * answer)
    let finished = 0
    let taken = 0
    let most = 0
    const done = () => {
      finished++
      most = Math.max(most, finished - taken)
      if (finished === 3) setTimeout(open, 500)
    }
    for await (const { path } of workers.analyses(inputs, { reading: () => {}, done })) {
      expect(path).toBe(inputs[taken++]?.path)
    }
    workers.close()
    // Those that wait, the one that they wait for, and one that was on its way.
    expect([taken, most <= 5]).toEqual([9, true])
  })
})
