/** What the configuration file may say, and what is said where it is wrong: one line with the place and the way out. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { configPath, loadConfig } from '../../src/cli/config.ts'
import { readConfig } from '../../src/cli/config-reading.ts'
import { UsageError } from '../../src/cli/status.ts'

const read = (text: string) => readConfig('c.json', text)

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
    ['a setting that does not exist', '{\n "scan": {}\n}', 'c.json:2: scan is no setting; known here: view'],
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
    expect(await loadConfig(here, env)).toEqual({})
    const own = put('own', 'rdpscope', 'config.json')
    expect(configPath(here, env)).toBe(own)
    const above = put('rdpscope.config.json')
    expect(configPath(here, env)).toBe(above)
    const nearest = put('a', 'rdpscope.config.json')
    expect(configPath(here, env)).toBe(nearest)
    expect(await loadConfig(here, env)).toEqual({ view: { names: true } })
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
