/** Whole runs over the samples: with workers, resumed, in shards, from lists and archives, and watching. */
import { spawn } from 'node:child_process'
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { packTar } from 'modern-tar'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { called, MAIN, ROOT, rdpscope } from '../support/cli.ts'
import { zip } from '../support/zip.ts'

const SAMPLES = readdirSync(join(ROOT, 'captures'))
  .filter(name => name.endsWith('.pcapng'))
  .sort()
const NLA = 'nla-server-client-tls.pcapng'
const HEALTHY = 'direct-tls13-login-ok.pcapng'
const sample = (name: string) => join(ROOT, 'captures', name)

let folder = ''
const at = (...names: string[]) => join(folder, ...names)
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rdpscope-scale-'))
  mkdirSync(at('set', 'deep'), { recursive: true })
  for (const name of SAMPLES) copyFileSync(sample(name), at('set', name.startsWith('net-') ? 'deep' : '.', name))
  writeFileSync(at('set', 'picture.cap'), '\x89PNG\r\n\x1a\n')
  writeFileSync(at('set', 'cut.pcapng'), readFileSync(sample(HEALTHY)).subarray(0, 9000))
  const members = SAMPLES.map(name => ({ name: `m/${name}`, bytes: readFileSync(sample(name)) }))
  writeFileSync(at('set', 'm.zip'), zip(members))
  const entries = members.map(({ name, bytes }) => ({ header: { name, size: bytes.length }, body: bytes }))
  writeFileSync(at('set', 'm.tar'), await packTar(entries))
})
afterAll(() => rmSync(folder, { recursive: true }))

const FORMATS = ['text', 'json', 'jsonl', 'sarif', 'junit', 'csv', 'md', 'github-summary'] as const

/** Each format to a file of its own, in a new folder below ours. */
function into(name: string): { args: string[]; reports: () => Record<string, string> } {
  mkdirSync(at(name))
  return {
    args: FORMATS.flatMap(format => ['-f', `${format}=${at(name, format)}`]),
    reports: () => Object.fromEntries(FORMATS.map(format => [format, readFileSync(at(name, format), 'utf8')])),
  }
}

describe('scan --jobs', () => {
  it('writes the same bytes and messages, and ends with the same status, however many there are', async () => {
    const alone = into('alone')
    const one = await rdpscope(['scan', at('set'), ...alone.args])
    expect(one.status).toBe(3)
    expect(one.stderr.split('\n')).toHaveLength(3)
    for (const jobs of ['2', '5']) {
      const several = into(`jobs-${jobs}`)
      const ran = await rdpscope(['scan', '--jobs', jobs, at('set'), ...several.args])
      expect(ran).toEqual(one)
      expect(several.reports()).toEqual(alone.reports())
    }
  })

  it('reads standard input itself, among the others', async () => {
    const input = readFileSync(sample(NLA))
    const args = ['-f', 'jsonl', sample(HEALTHY), '-', sample(NLA)]
    const alone = await rdpscope(['scan', ...args], { input })
    expect(alone.stdout.trimEnd().split('\n')).toHaveLength(3)
    expect(await rdpscope(['scan', '--jobs', '3', ...args], { input })).toEqual(alone)
  })

  it('hands keys on', async () => {
    const keys = at('keys.log')
    writeFileSync(keys, `CLIENT_RANDOM ${'00'.repeat(32)} ${'11'.repeat(48)}\n`)
    const args = ['scan', '-f', 'json', '--keylog', keys, sample(NLA), sample(HEALTHY)]
    const alone = await rdpscope(args)
    expect(await rdpscope([...args, '--jobs', '2'])).toEqual(alone)
  })
})

describe('scan --resume', () => {
  it('goes on where a killed scan was, and writes the same bytes', async () => {
    const state = at('state')
    const whole = await called('scan', '-f', 'json', at('set'))
    await killedAtFirstResult(state, ['scan', '--jobs', '2', '--resume', state, '-f', 'json', at('set')])
    const kept = results(state)
    expect(kept.length).toBeGreaterThan(0)
    const resumed = await called('scan', '--resume', state, '-f', 'json', at('set'))
    expect(resumed).toEqual(whole)
    const before = new Map(results(state).map(({ path, writtenMs }) => [path, writtenMs]))
    for (const { path, writtenMs } of kept) expect(before.get(path)).toBe(writtenMs)
  })

  it('knows a capture by its content, wherever it lies by now', async () => {
    const state = at('moved')
    await called('scan', '--resume', state, '-f', 'json', sample(NLA))
    const [kept] = results(state)
    if (kept === undefined) throw new Error('nothing was kept')
    // What is kept is what is reported: here with a mark in it.
    writeFileSync(kept.path, readFileSync(kept.path, 'utf8').replaceAll('nla-required', 'nla-remembered'))
    copyFileSync(sample(NLA), at('elsewhere.pcapng'))
    const { stdout } = await called('scan', '--resume', state, '-f', 'json', at('elsewhere.pcapng'))
    expect(JSON.parse(stdout).captures[0]).toMatchObject({
      path: at('elsewhere.pcapng'),
      diagnosis: [{ rule: 'nla-remembered' }],
    })
    const other = await called('scan', '--resume', state, '-f', 'json', sample(HEALTHY))
    expect(other.stdout).toBe((await called('scan', '-f', 'json', sample(HEALTHY))).stdout)
  })

  it('makes anew what is only half there, or was made with other keys', async () => {
    const state = at('half')
    const plain = await called('scan', '--resume', state, '-f', 'json', sample(NLA))
    for (const { path } of results(state)) writeFileSync(path, readFileSync(path, 'utf8').slice(0, 1000))
    expect(await called('scan', '--resume', state, '-f', 'json', sample(NLA))).toEqual(plain)
    const keys = at('other-keys.log')
    writeFileSync(keys, `CLIENT_RANDOM ${'22'.repeat(32)} ${'33'.repeat(48)}\n`)
    await called('scan', '--resume', state, '--keylog', keys, '-f', 'json', sample(NLA))
    expect(results(state)).toHaveLength(2)
  })

  it.each(['m.tar', 'm.zip'])('passes over the members of %s that it knows', async archive => {
    const state = at(`parts-${archive}`)
    const whole = await called('scan', '--resume', state, '-f', 'json', at('set', archive))
    const kept = results(state)
    expect(kept).toHaveLength(SAMPLES.length)
    for (const [number, { path }] of kept.entries()) if (number % 3 > 0) rmSync(path)
    expect(await called('scan', '--resume', state, '-f', 'json', at('set', archive))).toEqual(whole)
  })

  it('says where it can not write', async () => {
    const { status, stderr } = await called('scan', '--resume', sample(NLA), sample(NLA))
    expect(stderr).toMatch(/--resume .*can not be written to/)
    expect(status).toBe(2)
  })
})

describe('scan --shard and merge', () => {
  it('give together what one scan of all gives, in every format', async () => {
    const whole = into('whole')
    const one = await called('scan', at('set'), '--error', '0x904', '--extended', '0x7', ...whole.args)
    const shards: string[] = []
    for (const [number, format] of [
      [1, 'json'],
      [2, 'jsonl'],
      [3, 'json'],
    ] as const) {
      const report = at(`shard-${number}`)
      const args = ['--error', '0x904', '--extended', '0x7', '-f', format, '-o', report]
      const { status } = await called('scan', '--shard', `${number}/3`, at('set'), ...args)
      expect([0, 1, 3]).toContain(status)
      shards.unshift(report)
    }
    const merged = into('merged')
    const ran = await called('merge', ...shards, ...merged.args)
    expect(ran).toEqual(one)
    expect(merged.reports()).toEqual(whole.reports())
  })

  it('are the same parts wherever the files lie, each in one of them', async () => {
    mkdirSync(at('copy'))
    for (const name of SAMPLES) copyFileSync(sample(name), at('copy', name))
    const parts = async (root: string) => {
      const found: string[][] = []
      for (const number of [1, 2, 3, 4]) {
        const { stdout } = await called('scan', '--shard', `${number}/4`, '-f', 'json', `${root}/*.pcapng`)
        const { shard, captures } = JSON.parse(stdout)
        expect(shard).toMatchObject({ number, of: 4, captures: SAMPLES.length })
        found.push([shard.set, ...captures.map(({ path }: { path: string }) => path.slice(root.length + 1))])
      }
      return found
    }
    const here = await parts(join(ROOT, 'captures'))
    expect(await parts(at('copy'))).toEqual(here)
    expect(here.flatMap(([, ...names]) => names).sort()).toEqual(SAMPLES)
    for (const part of here) expect(part.length).toBeGreaterThan(1)
  })

  it('say what is missing, with status 3', async () => {
    const report = at('only-1.json')
    await called('scan', '--shard', '1/2', '-f', 'json', '-o', report, '--fail-on', 'never', join(ROOT, 'captures'))
    const { status, stderr, stdout } = await called('merge', report, '-f', 'csv')
    expect(stderr).toMatch(/\d+ of \d+ captures are missing; not among these reports: shard 2 of 2/)
    expect(stdout).toContain('captures/')
    expect(status).toBe(3)
  })
})

describe('inputs', () => {
  it('come from a list, by line or NUL, each taken as it is written', async () => {
    const odd = at('a [odd] *name*.pcapng')
    copyFileSync(sample(NLA), odd)
    const wanted = await called('scan', '-f', 'json', sample(HEALTHY), odd, at('set', 'deep'))
    for (const separator of ['\0', '\n', '\r\n']) {
      const list = at('list')
      writeFileSync(list, [odd, at('set', 'deep'), ''].join(separator))
      expect(await called('scan', '-f', 'json', sample(HEALTHY), '--files-from', list)).toEqual(wanted)
    }
    const input = Buffer.from([sample(HEALTHY), odd, at('set', 'deep'), ''].join('\0'))
    expect(await rdpscope(['scan', '-f', 'json', '--files-from', '-'], { input })).toEqual(wanted)
  })

  it('are members of archives, which can be opened by their names', async () => {
    for (const archive of ['m.zip', 'm.tar']) {
      const { stdout, stderr } = await called('scan', '-f', 'json', at('set', archive))
      expect(stderr).toBe('')
      const { captures } = JSON.parse(stdout)
      expect(captures.map(({ path }: { path: string }) => path)).toEqual(
        SAMPLES.map(name => at('set', archive, 'm', name)),
      )
      const [first] = captures
      expect(JSON.parse((await called('scan', '-f', 'json', first.path)).stdout).captures).toEqual([first])
    }
    const { stdout } = await called('decode', at('set', 'm.tar', 'm', NLA))
    expect(stdout).toBe((await called('decode', sample(NLA))).stdout)
  })

  it.each([
    ['an archive without captures', () => [at('none.zip')], /no captures in this archive/],
    ['nothing at all', () => [], /missing argument 'path'/],
    ['an empty list', () => ['--files-from', '/dev/null'], /no path in \/dev\/null/],
    ['a list that is not there', () => ['--files-from', at('nowhere')], /nowhere: can not be read/],
    ['a list and a capture from standard input', () => ['--files-from', '-', '-'], /can not be the list and a capture/],
    ['a part that is none', () => ['--shard', '5/4', 'captures'], /must be a part and their number/],
    ['a part of standard input', () => ['--shard', '1/2', '-'], /can not be shared out/],
    ['a part of what is watched', () => ['--shard', '1/2', '--watch', at('set')], /no set that can be shared out/],
    ['no workers', () => ['--jobs', '0', 'captures'], /1 to 256, or auto/],
    ['a report in place of an archive', () => [at('set', 'm.zip'), '-o', at('set', 'm.zip')], /one of the captures/],
  ])('refuses %s', async (_name, args, says) => {
    writeFileSync(at('none.zip'), zip([{ name: 'readme.txt', bytes: Buffer.from('hi') }]))
    const { status, stderr, stdout } = await called('scan', ...args())
    expect(stderr).toMatch(says)
    expect(stderr.split('\n')).toHaveLength(2)
    expect([status, stdout]).toEqual([2, ''])
  })
})

describe('scan --watch', () => {
  it('scans what is finished as it appears, and ends whole when it is interrupted', async () => {
    const ring = at('ring')
    mkdirSync(ring)
    copyFileSync(sample(NLA), join(ring, 'old.pcapng'))
    const args = ['scan', '--watch', ring, '--settled', '1', '-f', 'jsonl', '-f', `json=${at('watched.json')}`]
    const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], { cwd: ROOT })
    const lines: string[] = []
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', text => {
      const parts = (rest + text).split('\n')
      rest = parts.pop() ?? ''
      lines.push(...parts)
    })
    const ended = new Promise<number | null>(done => child.on('close', done))
    const paths = () => lines.map(line => JSON.parse(line).captures[0].path as string)
    // Whoever writes whole files now is noticed once the watching has begun.
    let written = 0
    while (lines.length === 0) {
      copyFileSync(sample(HEALTHY), join(ring, `new-${written++}.pcapng`))
      await until(() => lines.length > 0, 3_000)
    }
    expect(paths()).not.toContain(join(ring, 'old.pcapng'))
    copyFileSync(sample(NLA), join(ring, 'r_00001_20261120100000.pcapng'))
    copyFileSync(sample(HEALTHY), join(ring, 'r_00002_20261120100100.pcapng'))
    await until(() => paths().some(path => path.includes('r_00002')))
    appendFileSync(join(ring, 'old.pcapng'), readFileSync(sample(HEALTHY)))
    await until(() => paths().some(path => path.includes('old')))
    child.kill('SIGINT')
    expect(await ended).toBe(1)
    const { captures } = JSON.parse(readFileSync(at('watched.json'), 'utf8'))
    expect(captures.map(({ path }: { path: string }) => path)).toEqual(paths())
  })
})

/** Waits for what another process does; without a limit there is only that of the test. */
async function until(isSo: () => boolean, mostMs = Number.POSITIVE_INFINITY): Promise<void> {
  for (let ms = 0; !isSo() && ms < mostMs; ms += 50) await new Promise(done => setTimeout(done, 50))
}

function results(state: string): { path: string; writtenMs: number }[] {
  return readdirSync(state, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.json'))
    .map(name => ({ path: join(state, name), writtenMs: statSync(join(state, name)).mtimeMs }))
}

async function killedAtFirstResult(state: string, args: readonly string[]): Promise<void> {
  mkdirSync(state)
  const child = spawn(process.execPath, ['--import', 'tsx', resolve(MAIN), ...args], { cwd: ROOT, stdio: 'ignore' })
  const ended = new Promise<void>(done => child.on('close', () => done()))
  await until(() => results(state).length > 0 || child.exitCode !== null)
  child.kill('SIGKILL')
  await ended
}
