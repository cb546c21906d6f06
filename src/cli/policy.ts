/** The policy of a command: what the configuration says, and the options that go before it. */
import { dirname, resolve } from 'node:path'
import { suggestion } from '../inspect/filter/suggest.ts'
import { hasLapsed, type Ignore, NOTHING, type Policy } from '../policy/policy.ts'
import { type FailOn, SEVERITIES } from '../policy/threshold.ts'
import { clean } from '../report/clean.ts'
import { rules } from '../rules/index.ts'
import type { Severity } from '../rules/rule.ts'
import { inPrefix, NO_PREFIX } from './address-prefix.ts'
import { readBaseline } from './baseline-file.ts'
import { capturesLike } from './capture-glob.ts'
import { type ConfigChoice, type LoadedConfig, loadConfig } from './config.ts'
import type { Config } from './config-schema.ts'
import type { Streams } from './output.ts'
import { UsageError } from './status.ts'

export interface PolicyOptions {
  readonly config?: ConfigChoice
  /** Severities, rules, or never. In place of those of the configuration. */
  readonly failOn?: readonly string[]
  /** `RULE=SEVERITY`, beside those of the configuration. */
  readonly severity?: readonly string[]
  /** `rule=ID,address=PREFIX,capture=GLOB,expires=DAY,reason=TEXT`, beside those of the configuration. */
  readonly ignore?: readonly string[]
  /** false: not that of the configuration. */
  readonly baseline?: string | false
  /** Rules, or none. In place of what the configuration expects. */
  readonly expect?: readonly string[]
}

/** Where a command is called. */
export interface Surroundings {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  readonly now: Date
}

type Settings = NonNullable<Config['policy']>
type IgnoreSettings = NonNullable<Settings['ignore']>[number]

const NEVER = 'never'

/**
 * What has expired is told.
 * @throws UsageError for what names nothing, contradicts itself or can not be read.
 */
export async function policyFor(options: PolicyOptions, streams: Streams, around = here()): Promise<Policy> {
  const loaded = await loadConfig(around.folder, around.env, options.config)
  const settings = loaded.config.policy ?? {}
  const base = loaded.path === null ? around.folder : dirname(loaded.path)
  const today = around.now.toISOString().slice(0, 'yyyy-mm-dd'.length)
  const ignores = [
    ...(await configuredIgnores(settings, loaded, base, today, streams)),
    ...(await givenIgnores(options, around.folder, today, streams)),
  ]
  const severities = new Map<string, Severity>()
  for (const [rule, severity] of Object.entries(settings.severity ?? {})) if (severity) severities.set(rule, severity)
  for (const text of options.severity ?? []) severities.set(...givenSeverity(text))
  const baseline = baselinePath(options, settings, base)
  return {
    failOn: failOn(options.failOn ?? settings.failOn ?? ['error']),
    severities,
    ignores,
    baseline: baseline === null ? null : await readBaseline(baseline),
    expectedOf: options.expect === undefined ? await configuredExpectations(settings, base) : given(options.expect),
    rules,
  }
}

function here(): Surroundings {
  return { folder: process.cwd(), env: process.env, now: new Date() }
}

function failOn(words: readonly string[]): FailOn {
  for (const word of words) {
    if (word !== NEVER && severityNamed(word) === undefined)
      checkRule(`--fail-on ${word}`, word, [...SEVERITIES, NEVER])
  }
  if (words.includes(NEVER) && words.some(word => word !== NEVER))
    throw new UsageError(`--fail-on ${NEVER}: it can not stand beside another --fail-on`)
  // From the lightest one on.
  const severity = SEVERITIES.findLast(one => words.includes(one)) ?? NEVER
  return { severity, rules: new Set(words.filter(word => severityNamed(word) === undefined)) }
}

function givenSeverity(text: string): [string, Severity] {
  const [rule = '', severity = ''] = text.split('=', 2)
  const known = severityNamed(severity)
  if (known === undefined)
    throw new UsageError(`--severity ${clean(text)}: write RULE=SEVERITY, the severity one of ${SEVERITIES.join(', ')}`)
  checkRule(`--severity ${text}`, rule)
  return [rule, known]
}

function severityNamed(word: string): Severity | undefined {
  return SEVERITIES.find(one => one === word)
}

/** @param also what may stand in the place of a rule */
function checkRule(option: string, id: string, also: readonly string[] = []): void {
  const ids = rules.map(rule => rule.id)
  if (ids.includes(id)) return
  const near = suggestion(id, [...also, ...ids])
  const others = also.length === 0 ? '' : `: it is ${also.join(', ')} or a rule`
  throw new UsageError(
    `${clean(option)}: '${clean(id)}' is invalid${others}${near === '' ? ' (rdpscope rules lists them)' : near}`,
  )
}

async function configuredIgnores(
  { ignore = [] }: Settings,
  { path, lineOf }: LoadedConfig,
  base: string,
  today: string,
  streams: Streams,
): Promise<Ignore[]> {
  const ignores = await Promise.all(ignore.map(one => ignoreOf(one, base, today)))
  for (const [at, one] of ignores.entries()) tellLapsed(one, `${path}:${lineOf(['policy', 'ignore', at])}`, streams)
  return ignores
}

const IGNORE_PART = /^(rule|address|capture|expires)=([^,]*),/
const IGNORE_WAY =
  'write rule=ID, address=PREFIX and capture=GLOB as wanted, perhaps expires=2027-01-31, and last reason=TEXT, with commas between them'

async function givenIgnores(
  { ignore = [] }: PolicyOptions,
  folder: string,
  today: string,
  streams: Streams,
): Promise<Ignore[]> {
  const ignores: Ignore[] = []
  for (const text of ignore) {
    const one = await ignoreOf(ignoreSettings(text), folder, today)
    tellLapsed(one, `--ignore ${text}`, streams)
    ignores.push(one)
  }
  return ignores
}

function ignoreSettings(text: string): IgnoreSettings {
  const settings: Record<string, string> = {}
  let rest = text
  for (let part = IGNORE_PART.exec(rest); part !== null; part = IGNORE_PART.exec(rest)) {
    const [whole, name = '', value = ''] = part
    settings[name] = value
    rest = rest.slice(whole.length)
  }
  const reason = /^reason=(.*\S.*)$/s.exec(rest)?.[1]
  const { rule, address, capture, expires } = settings
  const wrong = (why: string) => new UsageError(`--ignore ${clean(text)}: ${why}`)
  if (reason === undefined) throw wrong(`a reason is missing: ${IGNORE_WAY}`)
  if (rule === undefined && address === undefined && capture === undefined)
    throw wrong(`it does not say what is ignored: ${IGNORE_WAY}`)
  if (rule !== undefined) checkRule(`--ignore ${text}`, rule)
  if (address !== undefined && inPrefix(address) === null) throw wrong(`'${clean(address)}' ${NO_PREFIX}`)
  if (expires !== undefined && !isDay(expires)) throw wrong(`'${clean(expires)}' is no day: write it as 2027-01-31`)
  return { reason: reason.trim(), ...settings }
}

function isDay(text: string): boolean {
  const time = new Date(`${text}T00:00:00Z`)
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text)
}

async function ignoreOf(settings: IgnoreSettings, base: string, today: string): Promise<Ignore> {
  const { rule, address, capture, reason } = settings
  const expires = settings.expires ?? null
  return {
    rule: rule ?? null,
    hasAddress: address === undefined ? null : inPrefix(address),
    hasCapture: capture === undefined ? null : await capturesLike(capture, base),
    reason,
    expires,
    lapsed: hasLapsed(expires, today),
  }
}

function tellLapsed({ lapsed, expires, reason }: Ignore, place: string, streams: Streams): void {
  if (!lapsed) return
  streams.complain(
    `${place}: ignored until ${expires} (${reason}), which is over: the findings count again; remove it, or give it another day`,
  )
}

function baselinePath({ baseline }: PolicyOptions, settings: Settings, base: string): string | null {
  if (baseline !== undefined) return baseline === false ? null : baseline
  return settings.baseline === undefined ? null : resolve(base, settings.baseline)
}

function given(words: readonly string[]): Policy['expectedOf'] {
  for (const word of words) if (word !== NOTHING) checkRule(`--expect ${word}`, word, [NOTHING])
  if (words.includes(NOTHING) && words.some(word => word !== NOTHING))
    throw new UsageError(`--expect ${NOTHING}: it can not stand beside rules that must be shown`)
  const expected = [...new Set(words)]
  return () => expected
}

/** The last glob that matches counts, as in .gitignore: exceptions stand below what they are exceptions of. */
async function configuredExpectations({ expect = {} }: Settings, base: string): Promise<Policy['expectedOf']> {
  const wanted = await Promise.all(
    Object.entries(expect).map(async ([glob, words]) => ({ like: await capturesLike(glob, base), words })),
  )
  return path => [...new Set(wanted.findLast(({ like }) => like(path))?.words ?? [])]
}
