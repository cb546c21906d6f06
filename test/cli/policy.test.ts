/** The policy of a scan: options, the configuration file, the baseline, and the same exit status in every format. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { formats } from '../../src/report/formats.ts'
import { called, ROOT } from '../support/cli.ts'
import { junitFaults, reportFaults, sarifFaults } from '../support/standards.ts'

const NLA = 'captures/nla-server-client-tls.pcapng'
const HEALTHY = 'captures/direct-tls13-login-ok.pcapng'
const LOSSY = 'captures/net-delay-jitter-loss5-dup-reorder.pcapng'
const REASON = 'the kiosk <b>of</b> the museum'

let folder = ''
const at = (name: string) => join(folder, name)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rdpscope-policy-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
  vi.useRealTimers()
})

function config(policy: object): string {
  writeFileSync(at('rdpscope.config.json'), JSON.stringify({ policy }, null, 2))
  return at('rdpscope.config.json')
}

const status = async (...args: string[]) => (await called('scan', '--format', 'csv', ...args)).status

describe('--fail-on', () => {
  it.each([
    ['a rule', LOSSY, ['packet-loss'], 1],
    ['another rule', LOSSY, ['nla-required'], 0],
    ['a rule alone: errors of others do not count', NLA, ['packet-loss'], 0],
    ['a severity and a rule', LOSSY, ['error', 'packet-loss'], 1],
    ['the lower of two severities', LOSSY, ['error', 'warning'], 1],
  ])('%s', async (_, capture, words, expected) => {
    expect(await status(capture, ...words.flatMap(word => ['--fail-on', word]))).toBe(expected)
  })
})

describe('the same exit status in every format', () => {
  const everywhere = formats.map(({ name }) => name)

  it.each([
    ['another severity', LOSSY, ['--severity', 'packet-loss=error'], 1],
    ['a lower severity', NLA, ['--severity', 'nla-required=warning'], 0],
    ['an ignored rule', NLA, ['--ignore', `rule=nla-required,reason=${REASON}`], 0],
    ['an ignored address', NLA, ['--ignore', 'address=10.0.1.0/24,reason=x'], 0],
    ['an address that is not there', NLA, ['--ignore', 'address=10.9.0.0/16,reason=x'], 1],
    ['an ignored capture', NLA, ['--ignore', 'capture=nla-*.pcapng,expires=2999-12-31,reason=x'], 0],
    ['an expectation that is met', NLA, ['--expect', 'nla-required'], 0],
    ['one that is not', HEALTHY, ['--expect', 'nla-required'], 1],
    ['a healthy session', HEALTHY, ['--expect', 'none'], 0],
    ['one that is not healthy', LOSSY, ['--expect', 'none'], 1],
    ['an expectation of what can not be read', 'package.json', ['--expect', 'none'], 3],
  ])('%s', async (_, capture, options, expected) => {
    const statuses = await Promise.all(
      everywhere.map(async format => (await called('scan', capture, '-f', format, ...options)).status),
    )
    expect(statuses).toEqual(everywhere.map(() => expected))
  })
})

describe('what was ignored', () => {
  const ignored = ['--ignore', `rule=nla-required,expires=2999-12-31,reason=${REASON}`]
  const written = async (format: string) => (await called('scan', NLA, '-f', format, ...ignored)).stdout

  it('is one line of count and reasons in text', async () => {
    const text = await written('text')
    expect(text).toContain(`\nIgnored: 1 finding: ${REASON} (1, until 2999-12-31)\n`)
    expect(text).not.toContain('CONFIRMED')
    expect((await called('scan', NLA, '--verbose', ...ignored)).stdout).toContain('CONFIRMED error: nla-required: ')
  })

  it('is marked in JSON and JSON lines, within the schema', async () => {
    for (const format of ['json', 'jsonl']) {
      const report = JSON.parse(await written(format))
      expect(reportFaults(report)).toEqual([])
      const [capture] = report.captures
      expect(capture.policy).toMatchObject({
        fails: false,
        ignored: [{ reason: REASON, expires: '2999-12-31', count: 1 }],
      })
      expect(capture.diagnosis[0].excuse).toEqual({ kind: 'ignored', reason: REASON, expires: '2999-12-31' })
    }
  })

  it('is a suppressed result in SARIF, a skipped test in JUnit', async () => {
    const sarif = JSON.parse(await written('sarif'))
    expect(sarifFaults(sarif)).toEqual([])
    expect(sarif.runs[0].results[0].suppressions).toEqual([
      { kind: 'external', status: 'accepted', justification: `ignored until 2999-12-31: ${REASON}` },
    ])
    const xml = await written('junit')
    expect(await junitFaults(xml)).toEqual([])
    expect(xml).toMatch(/skipped="1".*<skipped>nla-required is ignored until 2999-12-31: the kiosk &lt;b&gt;/s)
  })

  it('counts again the day after, and that is told once, with the line of the configuration', async () => {
    const file = config({ ignore: [{ rule: 'nla-required', reason: REASON, expires: '2026-11-26' }] })
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-26T23:59:59Z') })
    const before = await called('scan', NLA, '--config', file)
    expect([before.status, before.stderr]).toEqual([0, ''])
    vi.setSystemTime(new Date('2026-11-27T00:00:00Z'))
    const after = await called('scan', NLA, HEALTHY, '--config', file)
    expect(after.status).toBe(1)
    expect(after.stderr).toBe(
      `rdpscope: ${file}:4: ignored until 2026-11-26 (${REASON}), which is over: the findings count again; remove it, or give it another day\n`,
    )
    expect(after.stdout).toMatch(/\nExpired: 1 finding: .*no\s+longer ignored/)
    expect(
      JSON.parse((await called('scan', NLA, '-f', 'json', '--config', file)).stdout).captures[0].policy.lapsed,
    ).toHaveLength(1)
  })
})

describe('--expect', () => {
  it('tells on standard error and in every report what is missing, and what was found instead', async () => {
    const says = 'expected slow-path, but this capture rules it out; instead nla-required is confirmed'
    const { stderr, stdout } = await called('scan', NLA, '--expect', 'slow-path', '--width', '200')
    expect(stderr).toBe(`rdpscope: ${NLA}: ${says}\n`)
    expect(stdout).toContain(`\nFailed: E${says.slice(1)}.\n`)
    for (const format of ['md', 'csv', 'json', 'jsonl', 'junit', 'github', 'github-summary']) {
      expect((await called('scan', NLA, '--expect', 'slow-path', '-f', format)).stdout.replaceAll('\\', '')).toMatch(
        /xpected slow-path, but this capture rules it out/,
      )
    }
    const sarif = JSON.parse((await called('scan', NLA, '--expect', 'slow-path', '-f', 'sarif')).stdout)
    expect(sarifFaults(sarif)).toEqual([])
    const [run] = sarif.runs
    expect(run.results.map(({ ruleId }: { ruleId: string }) => ruleId)).toEqual(['not-as-expected', 'nla-required'])
    expect(run.tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual(['not-as-expected', 'nla-required'])
  })

  it('by glob in the configuration, seen from its folder: the last one that matches counts', async () => {
    mkdirSync(at('deep/er'), { recursive: true })
    copyFileSync(join(ROOT, NLA), at('deep/er/denied.pcapng'))
    copyFileSync(join(ROOT, HEALTHY), at('deep/fine.pcapng'))
    const file = config({
      expect: { '**/*.pcapng': ['none'], 'deep/er/**': ['nla-required'], 'nowhere/**': ['slow-path'] },
    })
    expect(await status('--config', file, folder)).toBe(0)
    const moved = config({ expect: { 'deep/**': ['nla-required'], 'deep/er/**': ['none'] } })
    const { stderr } = await called('scan', '--config', moved, folder, '-f', 'csv')
    expect(stderr.split('\n').map(line => line.split('/').at(-1))).toEqual([
      'denied.pcapng: expected no error and no warning, but nla-required is confirmed',
      expect.stringMatching(/^fine\.pcapng: expected nla-required, but/),
      '',
    ])
    // The option is for all captures, in place of the globs.
    expect(await status('--config', moved, '--expect', 'nla-required', at('deep/er/denied.pcapng'))).toBe(0)
  })
})

describe('--baseline', () => {
  it.each(['json', 'jsonl'])('as %s: only what is new counts', async format => {
    const baseline = at(`baseline.${format}`)
    expect(await status(NLA, LOSSY, '-f', `${format}=${baseline}`)).toBe(1)
    expect(await status(NLA, '--baseline', baseline)).toBe(0)
    expect(await status(NLA, 'captures/net-syn-blackhole.pcapng', '--baseline', baseline)).toBe(1)
    expect((await called('scan', NLA, '--baseline', baseline)).stdout).toContain(
      '\nKnown: 1 finding that the baseline holds\n',
    )
    const { stdout } = await called(
      'scan',
      NLA,
      'captures/net-syn-blackhole.pcapng',
      '--baseline',
      baseline,
      '-f',
      'sarif',
    )
    const sarif = JSON.parse(stdout)
    expect(sarifFaults(sarif)).toEqual([])
    expect(sarif.runs[0].results.map((one: { baselineState: string }) => one.baselineState)).toEqual([
      'unchanged',
      'new',
    ])
  })

  it('of the configuration is seen from its folder, and can be left out', async () => {
    expect(await status(NLA, '-f', `json=${at('known.json')}`)).toBe(1)
    const file = config({ baseline: 'known.json' })
    expect(await status(NLA, '--config', file)).toBe(0)
    expect(await status(NLA, '--config', file, '--no-baseline')).toBe(1)
    expect(await status(NLA, '--config', file, '--no-config')).toBe(1)
  })
})

describe('the configuration', () => {
  it('is found upwards, and options go before it', async () => {
    config({ failOn: ['warning'], severity: { 'packet-loss': 'info' } })
    mkdirSync(at('below'))
    vi.spyOn(process, 'cwd').mockReturnValue(at('below'))
    const lossy = join(ROOT, LOSSY)
    expect(await status(lossy)).toBe(0)
    expect(await status(lossy, '--severity', 'packet-loss=warning')).toBe(1)
    expect(await status(lossy, '--severity', 'packet-loss=warning', '--fail-on', 'error')).toBe(0)
    expect(await status(lossy, '--no-config', '--fail-on', 'warning')).toBe(1)
    vi.restoreAllMocks()
  })

  it('ignores beside those of the option', async () => {
    const file = config({ ignore: [{ rule: 'packet-loss', reason: 'far away' }] })
    const options = ['--config', file, '--fail-on', 'warning', '--ignore', 'rule=nla-required,reason=old']
    expect(await status(NLA, LOSSY, ...options)).toBe(0)
  })
})

describe('merged reports are judged by the policy of the merge', () => {
  const policies = [
    ['none', []],
    ['severities', ['--severity', 'nla-required=info', '--severity', 'packet-loss=error']],
    [
      'ignores',
      ['--ignore', 'rule=nla-required,reason=x', '--ignore', 'address=10.0.1.0/24,expires=2020-01-01,reason=y'],
    ],
    ['expectations', ['--expect', 'nla-required']],
  ] as const

  it.each(policies)('whatever the policy of the scans was: %s', async (_, options) => {
    const shards = [1, 2].map(number => at(`${number}.json`))
    for (const [index, shard] of shards.entries()) {
      await called('scan', NLA, LOSSY, HEALTHY, '--shard', `${index + 1}/2`, '-f', `json=${shard}`, ...options)
    }
    for (const [, others] of policies) {
      const whole = await called('scan', NLA, LOSSY, HEALTHY, '-f', 'json', ...others)
      const merged = await called('merge', ...shards, '-f', 'json', ...others)
      expect(merged).toEqual(whole)
    }
  })
})

describe('wrong use is one line and status 2', () => {
  it.each([
    [
      'a rule',
      ['--fail-on', 'packet-los'],
      /--fail-on packet-los: 'packet-los' is invalid.*did you mean packet-loss\?/,
    ],
    ['never beside another', ['--fail-on', 'never', '--fail-on', 'error'], /--fail-on never: it can not stand beside/],
    ['a severity', ['--severity', 'packet-loss=fatal'], /write RULE=SEVERITY/],
    ['a severity without a rule', ['--severity', 'nope=info'], /'nope' is invalid \(rdpscope rules lists them\)/],
    ['an ignore without a reason', ['--ignore', 'rule=packet-loss'], /a reason is missing: write rule=/],
    ['an ignore of everything', ['--ignore', 'reason=x'], /does not say what is ignored/],
    ['an ignore of no address', ['--ignore', 'address=10.0.0.0/40,reason=x'], /'10\.0\.0\.0\/40' is no address/],
    ['an ignore until no day', ['--ignore', 'rule=packet-loss,expires=2027-02-30,reason=x'], /is no day/],
    ['an expectation', ['--expect', 'nla-require'], /did you mean nla-required\?/],
    ['nothing and something', ['--expect', 'none', '--expect', 'packet-loss'], /can not stand beside rules/],
    [
      'a baseline that is not there',
      ['--baseline', 'nowhere.json'],
      /nowhere\.json: the baseline can not be read \(ENOENT\): write one/,
    ],
    ['a baseline of another program', ['--baseline', 'package.json'], /package\.json: is no rdpscope\/report@1/],
    ['a baseline that is a folder', ['--baseline', 'src'], /src: the baseline can not be read \(EISDIR\)/],
    ['a baseline that is a capture', ['--baseline', NLA], /is no rdpscope\/report@1/],
    [
      'a configuration that is not there',
      ['--config', 'nowhere.json'],
      /nowhere\.json: the configuration can not be read/,
    ],
    ['a configuration that is none', ['--config', NLA], /pcapng:3: this is neither text/],
  ])('%s', async (_, options, says) => {
    const { status, stdout, stderr } = await called('scan', NLA, ...options)
    expect(stderr).toMatch(says)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect([status, stdout]).toEqual([2, ''])
  })

  it('an empty baseline, and a line that is none', async () => {
    writeFileSync(at('empty'), '')
    expect((await called('scan', NLA, '--baseline', at('empty'))).stderr).toMatch(/empty: is no rdpscope\/report@1/)
    await called('scan', NLA, '-f', `jsonl=${at('lines')}`)
    writeFileSync(at('lines'), `${readFileSync(at('lines'), 'utf8')}{"schema":"other"}\n`)
    expect((await called('scan', NLA, '--baseline', at('lines'))).stderr).toMatch(/lines:2: is no rdpscope\/report@1/)
  })
})
