/** What the configuration file may say, and what is said where it is wrong: one line with the place and the way out. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { configPath, loadConfig } from '../../src/cli/config.ts'
import { readConfig } from '../../src/cli/config-reading.ts'
import { UsageError } from '../../src/cli/status.ts'

const read = (text: string) => readConfig('c.json', text).config

function wrong(text: string): string {
  try {
    read(text)
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
  return 'nothing is wrong'
}

describe('the configuration file', () => {
  it('says what the terminal UI is like', () => {
    const text = `{
      "$schema": "schemas/config.schema.json",
      // Of a colleague.
      "view": { "theme": "light", "mouse": false, "time": "of-day", "names": true, },
    }`
    expect(read(text).view).toEqual({ theme: 'light', mouse: false, time: 'of-day', names: true })
    expect(read('{}')).toEqual({})
  })

  it('names keys as people do', () => {
    const text = '{"view": {"keys": {"filter": ["Ctrl-X", "F9", "pgdn"], "page-down": ["Space"], "names": []}}}'
    expect(read(text).view?.keys).toEqual({ filter: ['C-x', 'f9', 'pagedown'], 'page-down': ['space'], names: [] })
  })

  it.each([
    ['a setting that does not exist', '{\n "scan": {}\n}', 'c.json:2: scan is no setting; known here: policy, view'],
    [
      'one below another',
      '{"view":\n{"keyz": {}}}',
      'c.json:2: view.keyz is no setting; known here: theme, mouse, time, names, keys',
    ],
    [
      'a value that is none of those',
      '{"view":\n\n{"theme": "drak"}}',
      'c.json:3: view.theme must be one of dark, light, contrast',
    ],
    ['a value of another kind', '{"view": {"mouse": "yes"}}', 'c.json:1: view.mouse must be true or false'],
    ['a list in place of the whole', '[]', 'c.json:1: the whole file must be an object in { }'],
    [
      'an action that does not exist',
      '{"view": {"keys": {\n"filtre": ["x"]}}}',
      'c.json:2: view.keys.filtre is no action that has a key; did you mean filter?',
    ],
    [
      'a key that does not exist',
      '{"view": {"keys": {"filter": [\n"Hyper-x"]}}}',
      'c.json:2: "Hyper-x" is no key: write x, F9, Ctrl-G, Space, PgDn, Esc or the like',
    ],
    [
      'a key of two actions',
      '{"view": {"keys": {\n"filter": ["m"]}}}',
      'c.json:2: m can not be the key of filter: it is that of mark; give one of them another key',
    ],
    ['no way out', '{"view": {"keys": {"quit": []}}}', 'c.json:1: quit needs a key: leaving must be possible'],
    ['a missing comma', '{"view": {"mouse": true\n"names": true}}', 'c.json:2: a comma is wanted before this'],
    ['a missing brace', '{"view": {}', 'c.json:1: a closing } is missing'],
    ['an empty file', '', 'c.json:1: a value is wanted here'],
    ['several faults', '{"view": {"mouse": 1, "names": 2}}', 'c.json:1: view.mouse must be true or false (and 1 more)'],
  ])('tells of %s where it is', (_, text, says) => {
    expect(wrong(text)).toBe(says)
  })

  it('leaves an action its keys in views that another one does not share', () => {
    // `tail` is an action of packets and attempts, `zoom-in` one of graphs.
    expect(read('{"view": {"keys": {"zoom-in": ["a"]}}}').view?.keys).toEqual({ 'zoom-in': ['a'] })
  })

  it.each([
    [
      'a rule that does not exist',
      '{"ignore": [{\n"rule": "packet-los", "reason": "x"}]}',
      'c.json:2: policy.ignore[0].rule must name a rule, not "packet-los"; did you mean packet-loss?',
    ],
    [
      'a severity of a rule that does not exist',
      '{"severity": {\n"packet-los": "info"}}',
      'c.json:2: policy.severity.packet-los is no rule; did you mean packet-loss?',
    ],
    [
      'a severity that does not exist',
      '{"severity": {"packet-loss": "fatal"}}',
      'c.json:1: policy.severity.packet-loss must be one of error, warning, info',
    ],
    [
      'an ignore without a reason',
      '{"ignore": [\n\n{"rule": "packet-loss"}]}',
      'c.json:3: policy.ignore[0] must have a reason',
    ],
    ['an empty reason', '{"ignore": [{"rule": "packet-loss",\n"reason": " "}]}', 'c.json:2: " " must say why'],
    [
      'an ignore of everything',
      '{"ignore": [\n{"reason": "x"}]}',
      'c.json:2: policy.ignore[0] must say what is ignored: give it a rule, an address or a capture',
    ],
    [
      'a prefix that is none',
      '{"ignore": [{"reason": "x",\n"address": "10.0.0.0/33"}]}',
      'c.json:2: "10.0.0.0/33" is no address: write 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32',
    ],
    [
      'a day that is none',
      '{"ignore": [{"reason": "x", "rule": "packet-loss",\n"expires": "2027-02-30"}]}',
      'c.json:2: policy.ignore[0].expires must be a day, as 2027-01-31',
    ],
    [
      'a threshold that does not exist',
      '{"failOn": ["fatal"]}',
      'c.json:1: policy.failOn[0] must name a rule, not "fatal"; rdpscope rules lists them',
    ],
    [
      'an expectation of nothing and something',
      '{"expect": {\n"a": ["none", "packet-loss"]}}',
      'c.json:2: policy.expect.a can not hold "none" beside rules',
    ],
    ['an expectation without a rule', '{"expect": {"a": []}}', 'c.json:1: policy.expect.a must name a rule, or "none"'],
    ['a baseline without a name', '{"baseline": ""}', 'c.json:1: policy.baseline must name a file'],
    [
      'a setting of a policy that does not exist',
      '{"ignored": []}',
      'c.json:1: policy.ignored is no setting; known here: failOn, severity, ignore, baseline, expect',
    ],
  ])('tells of %s in a policy', (_, policy, says) => {
    expect(wrong(`{"policy": ${policy}}`)).toBe(says)
  })

  it('shows control characters of the file harmlessly', () => {
    expect(wrong('{"view": {"keys": {"filter": ["\\u001b[2J"]}}}')).not.toContain('\u001b')
  })
})

describe('where it is found', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rdpscope-config-'))
    mkdirSync(join(folder, 'a', 'b'), { recursive: true })
    mkdirSync(join(folder, 'own', 'rdpscope'), { recursive: true })
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const put = (...path: string[]): string => {
    const file = join(folder, ...path)
    writeFileSync(file, '{"view": {"names": true}}')
    return file
  }

  it('goes up from the working directory, then to the folder of the user', async () => {
    const env = { XDG_CONFIG_HOME: join(folder, 'own') }
    const here = join(folder, 'a', 'b')
    expect(configPath(here, env)).toBeNull()
    expect(await loadConfig(here, env)).toMatchObject({ path: null, config: {} })
    const own = put('own', 'rdpscope', 'config.json')
    expect(configPath(here, env)).toBe(own)
    const above = put('rdpscope.config.json')
    expect(configPath(here, env)).toBe(above)
    const nearest = put('a', 'rdpscope.config.json')
    expect(configPath(here, env)).toBe(nearest)
    expect(await loadConfig(here, env)).toMatchObject({ path: nearest, config: { view: { names: true } } })
    expect(await loadConfig(here, env, false)).toMatchObject({ path: null, config: {} })
    expect(await loadConfig(here, env, '../../own/rdpscope/config.json')).toMatchObject({ path: own })
  })

  it('takes ~/.config where nothing else is said', () => {
    mkdirSync(join(folder, '.config', 'rdpscope'), { recursive: true })
    const own = put('.config', 'rdpscope', 'config.json')
    expect(configPath(join(folder, 'a'), { HOME: folder })).toBe(own)
  })
})

describe('the JSON Schema for editors', () => {
  it('is that of the program (npm run docs)', async () => {
    const { configJsonSchema } = await import('../../scripts/config-document.ts')
    expect(readFileSync(join(import.meta.dirname, '../../schemas/config.schema.json'), 'utf8')).toBe(configJsonSchema())
  })
})
