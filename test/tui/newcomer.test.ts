/** Somebody who never saw the program finds the reason in a sample with three keys at most. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openedUi } from '../support/screen.ts'

const folder = resolve(import.meta.dirname, '../../captures')
const samples = readFileSync(join(folder, 'truth.tsv'), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map(line => line.split('\t'))
const failing = samples.flatMap(([capture = '', , , expected = '']) =>
  /^[-~]$/.test(expected) ? [] : [[capture, expected] as const],
)
const healthy = samples.flatMap(([capture = '', , , expected = '']) => (/^[-~]$/.test(expected) ? [capture] : []))

it('no sample that fails is left out', () => {
  const files = readdirSync(folder).filter(name => name.endsWith('.pcapng'))
  expect(samples.map(([capture]) => capture).sort()).toEqual(files.sort())
  const failed = samples.flatMap(([capture = '', outcome]) => (outcome === 'failed' ? [capture] : []))
  expect(failed.length).toBeGreaterThan(10)
  expect(failing.map(([capture]) => capture)).toEqual(expect.arrayContaining(failed))
})

describe.each([
  [80, 24],
  [200, 50],
])('at %i x %i', (columns, rows) => {
  it.each(failing)(
    '%s: the first screen says %s, and Enter three times leads to the packet that shows it',
    async (capture, rule) => {
      const { display, document, close } = await openedUi(join(folder, capture), { columns, rows })
      const verdicts = document.attempts.flatMap(attempt => attempt.verdicts)
      const finding = verdicts.find(
        one => one.rule === rule && (one.verdict === 'confirmed' || one.verdict === 'likely'),
      )
      const words = (text: string) => text.replaceAll(/\s+/g, ' ')
      // No key: the rule in the list, its sentence, and its first piece of evidence.
      expect(display.text).toMatch(new RegExp(`[✓✗?] .* ${rule}`))
      expect(display.text).toContain(`${finding?.verdict.toUpperCase()} ${finding?.severity}: ${rule}`)
      const shown = words(
        display.lines.map(line => line.slice(columns >= 150 ? Math.floor(columns * 0.6) + 1 : 0)).join(' '),
      )
      expect(shown).toContain(words(finding?.says ?? 'no finding'))
      const [first] = finding?.evidence ?? []
      expect(shown).toContain(`packet ${first?.packet}: ${words(first?.says ?? '')}`)
      // Three keys: the packet itself.
      display.press('enter', 'enter', 'enter')
      const chosen = document.index.number(document.index.rowOf(first?.packet ?? 0))
      expect(display.text).toMatch(new RegExp(`^ ?${chosen} .*`, 'm'))
      expect(display.copied).toEqual([])
      display.press('y')
      expect(display.copied).toEqual([`frame.number == ${first?.packet}`])
      // And back the same way.
      display.press('escape', 'escape')
      expect(display.text).toContain('What happened')
      close()
    },
  )

  it.each(healthy)('%s: the first screen says that nothing is wrong', async capture => {
    const { display, close } = await openedUi(join(folder, capture), { columns, rows })
    expect(display.text).toContain('Nothing wrong found.')
    expect(display.text).not.toMatch(/CONFIRMED|LIKELY/)
    close()
  })
})

describe('the help screen', () => {
  it('answers what the screens leave open: signs, words, filters, and each key', async () => {
    const { display, close } = await openedUi(join(folder, failing[0]?.[0] ?? ''), { columns: 80, rows: 24 })
    display.press('f3', '?')
    const pages: string[] = []
    for (let page = 0; page < 8; page++) {
      pages.push(display.text)
      display.press('pagedown')
    }
    const help = pages.join('\n')
    for (const what of [
      'confirmed:',
      'not visible:',
      '✗ failed',
      'tls.handshake.type == 1',
      'In this view (Packets)',
      'Everywhere',
      'In other views',
    ]) {
      expect(help.replaceAll(/\s+/g, ' ')).toContain(what)
    }
    for (const key of ['Ctrl-S F', 'F5 f', 'PgDn', "'", 'q F10 Ctrl-C', 'r ', '> ']) expect(help).toContain(` ${key}`)
    close()
  })
})
