/** Completion in shells that really run, and the man page: both are made from the commands. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { manPage } from '../../scripts/man-page.ts'
import { commandTable } from '../../src/cli/command-table.ts'
import { commandTree } from '../../src/cli/run.ts'
import { rules } from '../../src/rules/index.ts'
import { called, ROOT } from '../support/cli.ts'
import { isTmuxInstalled, Tmux } from '../support/tmux.ts'

const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const
const table = commandTable(commandTree())
const has = (program: string) => spawnSync(program, ['--version']).status === 0

let folder = ''
const script = (shell: string) => join(folder, `rdpscope.${shell}`)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rdpscope-completion-'))
  for (const shell of SHELLS) writeFileSync(script(shell), (await called('completion', shell)).stdout)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('every command', () => {
  it.each(table.commands.map(({ name }) => name))('%s has examples in its help', async name => {
    const { stdout, status } = await called(name, '--help')
    expect(stdout).toMatch(/\nExamples:\n {2}\S/)
    expect(status).toBe(0)
  })

  it.each(SHELLS)('is known to %s with all its options', shell => {
    const text = readFileSync(script(shell), 'utf8')
    for (const { name, options } of table.commands) {
      expect(text).toContain(name)
      for (const { long } of options) expect(text).toContain(shell === 'fish' ? `-l ${long.slice(2)}` : long)
    }
    for (const { id } of rules) expect(text).toContain(id)
  })

  it('is described for people in a script of PowerShell whose quotes and brackets close', () => {
    const text = readFileSync(script('powershell'), 'utf8')
      .replaceAll(/^\s*#.*$/gm, '')
      .replaceAll(/'(?:[^']|'')*'/g, '')
      .replaceAll(/"[^"]*"/g, '')
    for (const [open, close] of ['()', '[]', '{}']) {
      expect(text.split(open as string).length).toBe(text.split(close as string).length)
    }
    expect(text).not.toMatch(/['"]/)
  })
})

/** What is typed, the last word unfinished, and what is offered for it. */
const OFFERED: readonly (readonly [typed: readonly string[], offered: readonly string[]])[] = [
  [['sc'], ['scan']],
  [['scan', '--fail'], ['--fail-on']],
  [['scan', '--fail-on', 'packet'], ['packet-loss']],
  [['scan', '--fail-on', 'warn'], ['warning']],
  [['scan', '-f', 's'], ['sarif']],
  [['scan', '--expect', 'no'], ['none']],
  [['a.pcap', '--exp'], ['--expect']],
  [['decode', '-T', 'tr'], ['tree']],
  [
    ['rules', 'tls-v'],
    ['tls-version-deprecated', 'tls-version-mismatch'],
  ],
  [['completion', 'z'], ['zsh']],
  [
    ['init', '--ci', 'git'],
    ['github', 'github-shards', 'gitlab'],
  ],
]

describe.skipIf(!has('bash'))('bash', () => {
  function offered(words: readonly string[]): string[] {
    const typed = ['rdpscope', ...words].map(word => `'${word}'`).join(' ')
    const code = `source '${script('bash')}'; COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _rdpscope; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout, status } = spawnSync('bash', ['--norc', '-c', code], { encoding: 'utf8' })
    expect(status).toBe(0)
    return stdout.split('\n').filter(line => line !== '')
  }

  it.each(OFFERED)('%j: %j', (typed, expected) => {
    expect(offered(typed).sort()).toEqual(expected)
  })

  it.each([
    // To bash, = is a word of its own.
    [['scan', '--fail-on', '=', 'packet'], ['packet-loss']],
    [
      ['scan', '--severity', 'packet-loss', '='],
      ['error', 'info', 'warning'],
    ],
    [['scan', '--severity', '=', 'packet-loss', '=', 'w'], ['warning']],
    [['scan', '--format', 'sarif', '=', 'no-such-fi'], []],
  ])('%j: %j', (typed, expected) => {
    expect(offered(typed).sort()).toEqual(expected)
  })
})

describe.skipIf(!has('fish'))('fish', () => {
  it.each(OFFERED)('%j: %j', (typed, expected) => {
    const code = `source '${script('fish')}'; complete -C 'rdpscope ${typed.join(' ')}'`
    const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', code], {
      encoding: 'utf8',
      env: { ...process.env, HOME: folder },
    })
    expect(stderr).toBe('')
    const words = stdout.split('\n').map(line => line.split('\t')[0] ?? '')
    expect(words.filter(word => word !== '' && !word.endsWith('/')).sort()).toEqual(expected)
  })
})

describe.skipIf(!isTmuxInstalled())('a shell at a terminal', () => {
  let terminal: Tmux
  beforeEach(() => {
    terminal = new Tmux({ columns: 120, rows: 60 })
  })
  afterEach(() => terminal.close())

  async function types(text: string, becomes: string): Promise<void> {
    terminal.types(text)
    terminal.keys('Tab')
    await terminal.shows(becomes)
    terminal.keys('C-u', 'C-l')
  }

  it.skipIf(!has('bash'))('bash completes words, and files where they are wanted', async () => {
    terminal.types('bash --norc')
    terminal.keys('Enter')
    terminal.types(`source '${script('bash')}'; PS1='ready> '`)
    terminal.keys('Enter')
    await terminal.shows(/^ready>$/m)
    await types('rdpscope scan --fail-on packet', 'rdpscope scan --fail-on packet-loss')
    await types('rdpscope scan --baseline packa', 'rdpscope scan --baseline package')
    await types('rdpscope scan --severity=slow', 'rdpscope scan --severity=slow-path')
    await types('rdpscope pack', 'rdpscope package')
  })

  it.skipIf(!has('zsh'))('zsh completes words, and files where they are wanted', async () => {
    terminal.types('zsh -f')
    terminal.keys('Enter')
    terminal.types(`autoload -Uz compinit; compinit -D -u; source '${script('zsh')}'; PS1='zready> '`)
    terminal.keys('Enter')
    await terminal.shows(/^zready>$/m)
    await types('rdpscope scan --fail-on packet', 'rdpscope scan --fail-on packet-loss')
    await types('rdpscope scan --baseline packa', 'rdpscope scan --baseline package')
    await types('rdpscope scan --severity=slow', 'rdpscope scan --severity=slow-path=')
    await types('rdpscope scan -f sar', 'rdpscope scan -f sarif')
    await types('rdpscope rules path-m', 'rdpscope rules path-mtu-black-hole')
    await types('rdpscope comp', 'rdpscope completion')
    await types('rdpscope captures/ --expect non', 'rdpscope captures/ --expect none')
    await types('rdpscope scan --', 'a report (json or jsonl) of an earlier run: only what is new counts')
  })
})

describe('the man page', () => {
  const path = join(ROOT, 'man/rdpscope.1')

  it('is up to date (npm run docs), and package.json names it', () => {
    expect(readFileSync(path, 'utf8')).toBe(manPage())
    const { man, files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    expect(man).toEqual(['./man/rdpscope.1'])
    expect(files).toContain('man')
  })

  it('describes every command and option', () => {
    const page = readFileSync(path, 'utf8').replaceAll('\\-', '-')
    for (const { name, options } of table.commands) {
      expect(page).toContain(`.SS ${name}\n`)
      for (const { long } of options) expect(page).toContain(`\\fB${long}\\fR`)
    }
  })

  it.skipIf(!has('groff'))('is sound to groff', () => {
    const { status, stderr } = spawnSync('groff', ['-man', '-ww', '-Tutf8', '-z', path], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
  })

  it.skipIf(!has('man'))('is shown by man without a warning', () => {
    const { status, stdout, stderr } = spawnSync('man', ['--warnings', '-l', path], {
      encoding: 'utf8',
      env: { ...process.env, MANWIDTH: '100', LC_ALL: 'C.UTF-8' },
    })
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toContain('rdpscope - opens packet captures and says why')
  })
})
