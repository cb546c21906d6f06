/** The examples run as they are written: the shell script as a whole, of the others the very commands that they hold. */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readConfig } from '../src/cli/config-reading.ts'
import { type InitOptions, init } from '../src/cli/init.ts'
import { Streams } from '../src/cli/output.ts'
import { called, ROOT } from './support/cli.ts'
import { junitFaults, reportFaults, sarifFaults } from './support/standards.ts'
import { type BuiltProgram, builtProgram } from './support/tmux.ts'

const EXAMPLES = join(ROOT, 'examples')
const NLA = 'nla-server-client-tls.pcapng'
const HEALTHY = 'direct-tls13-login-ok.pcapng'

let program: BuiltProgram
let bin = ''
let folder = ''
const at = (name: string) => join(folder, name)
const example = (name: string) => readFileSync(join(EXAMPLES, name), 'utf8')

beforeAll(async () => {
  program = await builtProgram()
  bin = mkdtempSync(join(tmpdir(), 'rdpscope-bin-'))
  writeFileSync(join(bin, 'rdpscope'), `#!/bin/sh\nexec '${process.execPath}' '${program.main}' "$@"\n`)
  chmodSync(join(bin, 'rdpscope'), 0o755)
})
afterAll(() => {
  program.remove()
  rmSync(bin, { recursive: true })
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rdpscope-ci-'))
  mkdirSync(at('captures'))
  for (const name of [NLA, HEALTHY]) cpSync(join(ROOT, 'captures', name), at(`captures/${name}`))
})
afterEach(() => rmSync(folder, { recursive: true }))

function shell(command: string, ...args: readonly string[]) {
  const { GITHUB_STEP_SUMMARY: _, ...env } = process.env
  const path = `${bin}${delimiter}${env.PATH ?? ''}`
  return spawnSync('sh', ['-c', command, 'sh', ...args], { cwd: folder, encoding: 'utf8', env: { ...env, PATH: path } })
}

const json = (name: string) => JSON.parse(readFileSync(at(name), 'utf8'))

describe('rdpscope-ci.sh', () => {
  const script = join(EXAMPLES, 'ci/rdpscope-ci.sh')

  it('leaves its reports, and ends with the status of the scan', async () => {
    const { status, stdout, stderr } = shell(script)
    expect([status, stderr]).toEqual([1, ''])
    expect(stdout).toMatch(/CONFIRMED error: nla-required.*\nrdpscope: findings; reports are in reports\n$/s)
    expect(reportFaults(json('reports/rdpscope.json'))).toEqual([])
    expect(await junitFaults(readFileSync(at('reports/rdpscope.xml'), 'utf8'))).toEqual([])
    expect(readFileSync(at('reports/rdpscope.md'), 'utf8')).toContain('nla-required')
  })

  it('counts only what is new where there is a baseline', () => {
    expect(shell('rdpscope scan captures/ -f jsonl=rdpscope-baseline.jsonl').status).toBe(1)
    expect(shell(script)).toMatchObject({ status: 0, stderr: '' })
    cpSync(join(ROOT, 'captures/net-syn-blackhole.pcapng'), at('captures/new.pcapng'))
    expect(shell(script).status).toBe(1)
  })

  it('takes other folders, also with spaces in their names', () => {
    mkdirSync(at('fine ones'))
    cpSync(join(ROOT, 'captures', HEALTHY), at(`fine ones/${HEALTHY}`))
    expect(shell(`${script} 'fine ones' 'my reports'`)).toMatchObject({ status: 0, stderr: '' })
    expect(existsSync(at('my reports/rdpscope.json'))).toBe(true)
  })

  it('tells of what could not be read, and of wrong use', () => {
    writeFileSync(at('captures/broken.pcap'), 'no capture')
    expect(shell(script)).toMatchObject({ status: 3, stdout: expect.stringContaining('could not be read; reports') })
    expect(shell(`${script} nowhere/*.pcap`).status).toBe(2)
  })
})

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

function stepsOf(name: string): Record<string, readonly Step[]> {
  const { jobs } = parse(example(name)) as { jobs: Record<string, { steps: Step[] }> }
  return Object.fromEntries(Object.entries(jobs).map(([job, { steps }]) => [job, steps]))
}

const commandsOf = (steps: readonly Step[] = []) =>
  steps.flatMap(({ run }) => (run?.startsWith('rdpscope') ? [run] : []))

describe.each(['ci/github.yml', 'ci/github-shards.yml'])('GitHub Actions: %s', name => {
  const workflow = parse(example(name))
  const steps = Object.values(stepsOf(name)).flat()

  it('is a workflow: each step runs something or uses an action of one version', () => {
    expect(Object.keys(workflow)).toEqual(['name', 'on', 'permissions', 'jobs'])
    expect(workflow.permissions['security-events']).toBe('write')
    for (const { uses, run } of steps)
      expect(uses ?? run).toMatch(uses === undefined ? /^(npm|rdpscope|jq) / : /^[\w-]+\/[\w/-]+@v\d+$/)
  })

  it('uploads what it wrote', () => {
    const uploaded = steps.flatMap(step => [step.with?.sarif_file, step.with?.path]).filter(path => path !== undefined)
    const written = steps.flatMap(({ run = '' }) => [...run.matchAll(/(?:=|> )([\w${{}. -]+?\.(?:json|sarif))/g)])
    expect(written.map(([, path]) => path)).toEqual(expect.arrayContaining(uploaded))
    expect(uploaded.slice(-2)).toEqual(['alerts.sarif', 'rdpscope.json'])
  })
})

describe('GitHub Actions', () => {
  it('runs as it is written', () => {
    const commands = commandsOf(stepsOf('ci/github.yml').scan)
    expect(commands).toHaveLength(1)
    for (const command of commands) {
      const { status, stdout, stderr } = shell(command)
      expect([status, stderr]).toEqual([1, ''])
      expect(stdout).toMatch(/^::error file=captures\/nla-server-client-tls\.pcapng,title=nla-required/)
    }
    expect(sarifFaults(json('rdpscope.sarif'))).toEqual([])
    expect(reportFaults(json('rdpscope.json'))).toEqual([])
  })

  it('runs as it is written on several machines, and the whole is what one would say', () => {
    const { scan, report } = stepsOf('ci/github-shards.yml')
    const { matrix } = parse(example('ci/github-shards.yml')).jobs.scan.strategy
    const [scanning = ''] = commandsOf(scan)
    for (const shard of matrix.shard) {
      const command = scanning.replaceAll(/\$\{\{ matrix\.shard \}\}/g, String(shard))
      expect(command).toContain(`--shard ${shard}/${matrix.shard.length} `)
      expect(shell(command)).toMatchObject({ status: 0, stderr: '' })
    }
    const [merging = ''] = commandsOf(report)
    const merged = shell(merging)
    expect([merged.status, merged.stderr]).toEqual([1, ''])
    expect(merged.stdout).toMatch(/^::error file=captures\/nla-server-client-tls\.pcapng,title=nla-required/)
    expect(shell('rdpscope scan captures/ -f json=whole.json -f sarif=whole.sarif').status).toBe(1)
    expect(json('rdpscope.json')).toEqual(json('whole.json'))
    expect(json('rdpscope.sarif')).toEqual(json('whole.sarif'))
  })
})

describe.skipIf(spawnSync('jq', ['--version']).status !== 0)('GitHub Actions, with jq', () => {
  it('leaves suppressed results out of the alerts', () => {
    const [, command = ''] = example('ci/github.yml').match(/run: (jq .*)/) ?? []
    const scan = "rdpscope scan captures/ -f sarif=rdpscope.sarif --ignore 'rule=nla-required,reason=x'"
    expect(shell(scan).status).toBe(0)
    expect(json('rdpscope.sarif').runs[0].results).toHaveLength(1)
    expect(shell(command).status).toBe(0)
    expect(sarifFaults(json('alerts.sarif'))).toEqual([])
    expect(json('alerts.sarif').runs[0].results).toHaveLength(0)
  })
})

describe('GitLab CI', () => {
  it('runs as it is written, and keeps what it wrote', async () => {
    const { rdpscope: job } = parse(example('ci/gitlab.yml'))
    for (const command of job.script) expect(shell(command)).toMatchObject({ status: 1, stderr: '' })
    expect(await junitFaults(readFileSync(at(job.artifacts.reports.junit), 'utf8'))).toEqual([])
    expect(job.artifacts.paths.map((path: string) => existsSync(at(path)))).toEqual([true])
    expect(job.artifacts.when).toBe('always')
  })
})

describe('Jenkins', () => {
  it('runs as it is written, and records what it wrote', async () => {
    const text = example('ci/Jenkinsfile')
    const commands = [...text.matchAll(/sh '(rdpscope [^']*)'/g)].map(([, command = '']) => command)
    expect(commands).toHaveLength(1)
    for (const command of commands) expect(shell(command)).toMatchObject({ status: 1, stderr: '' })
    const recorded = [...text.matchAll(/(?:junit|artifacts:) '([^']*)'/g)].map(([, path = '']) => path)
    expect(recorded).toEqual(['rdpscope.xml', 'rdpscope.json'])
    expect(recorded.map(path => existsSync(at(path)))).toEqual([true, true])
    expect(await junitFaults(readFileSync(at('rdpscope.xml'), 'utf8'))).toEqual([])
    expect(text.split('{').length).toBe(text.split('}').length)
  })
})

describe('the example of a configuration', () => {
  it('is sound as it is, and with all that stands in comments', () => {
    const text = example('rdpscope.config.json')
    expect(readConfig('example', text).config.policy?.failOn).toEqual(['error'])
    const all = text.replaceAll(/\/\/ (?=["{])/g, '')
    const { policy } = readConfig('example', all).config
    expect(policy?.ignore).toHaveLength(2)
    expect(Object.keys(policy?.expect ?? {})).toHaveLength(2)
    expect(policy?.baseline).toBe('rdpscope-baseline.jsonl')
  })
})

describe('rdpscope init', () => {
  const told = async (options: InitOptions) => {
    const stdout = new PassThrough({ encoding: 'utf8' })
    expect(await init(options, folder, new Streams(stdout, new PassThrough()))).toBe(0)
    return String(stdout.read())
  }

  it('writes a configuration that scan takes, whose schema is there', async () => {
    expect(await told({ force: false })).toBe('rdpscope.config.json: written\n')
    expect(shell('rdpscope scan captures/ -f csv')).toMatchObject({ status: 1, stderr: '' })
    const { config } = readConfig('c', readFileSync(at('rdpscope.config.json'), 'utf8'))
    expect(JSON.parse(readFileSync(new URL(config.$schema ?? ''), 'utf8')).title).toBe('Configuration of rdpscope')
  })

  it('names the schema of the package in the project', async () => {
    const schemas = at('node_modules/rdpscope/schemas')
    mkdirSync(schemas, { recursive: true })
    cpSync(join(ROOT, 'schemas/config.schema.json'), join(schemas, 'config.schema.json'))
    await told({ force: false })
    expect(readFileSync(at('rdpscope.config.json'), 'utf8')).toContain(
      '"$schema": "./node_modules/rdpscope/schemas/config.schema.json"',
    )
  })

  it.each([
    ['github', '.github/workflows/rdpscope.yml', 'github.yml'],
    ['github-shards', '.github/workflows/rdpscope.yml', 'github-shards.yml'],
    ['gitlab', '.gitlab-ci.yml', 'gitlab.yml'],
    ['jenkins', 'Jenkinsfile', 'Jenkinsfile'],
    ['shell', 'rdpscope-ci.sh', 'rdpscope-ci.sh'],
  ] as const)('writes the example for %s to its place', async (ci, place, name) => {
    expect(await told({ ci, force: false })).toBe(`rdpscope.config.json: written\n${place}: written\n`)
    expect(readFileSync(at(place), 'utf8')).toBe(example(`ci/${name}`))
    if (ci === 'shell') expect(shell(`./${place}`).status).toBe(1)
    await expect(told({ ci, force: false })).rejects.toThrow(`${place}: is there already; --force writes over it`)
    expect(await told({ ci, ciFile: 'elsewhere/x', force: false })).toBe(
      'rdpscope.config.json: kept as it is\nelsewhere/x: written\n',
    )
  })

  it('never writes over what is there, unless it is told to', async () => {
    writeFileSync(at('rdpscope.config.json'), '{}')
    await expect(told({ force: false })).rejects.toThrow('rdpscope.config.json: is there already')
    expect(readFileSync(at('rdpscope.config.json'), 'utf8')).toBe('{}')
    await told({ force: true })
    expect(readFileSync(at('rdpscope.config.json'), 'utf8')).toContain('"failOn"')
  })

  it.each([
    [
      'a CI that it does not know',
      ['--ci', 'travis'],
      /Allowed choices are github, github-shards, gitlab, jenkins, shell/,
    ],
    ['a file without its CI', ['--ci-file', 'x.yml'], /say with --ci which example is wanted/],
    ['an argument', ['here'], /too many arguments/],
  ])('%s is one line and status 2', async (_, args, says) => {
    const { status, stderr } = await called('init', ...args)
    expect(stderr).toMatch(says)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(status).toBe(2)
  })
})
