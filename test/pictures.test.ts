/** The pictures of the README show what the program shows now, and are harmless whoever wrote what stands in them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drawn, STORIES } from '../scripts/screen-stories.ts'
import { screenSvg } from '../scripts/screen-svg.ts'
import { HOSTILE_TEXTS, hostileText } from './support/hostile.ts'
import type { ScreenCell } from './support/sgr.ts'
import { type BuiltProgram, builtProgram, isTmuxInstalled } from './support/tmux.ts'

const root = resolve(import.meta.dirname, '..')
const folder = join(root, 'docs/pictures')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
/** GitHub shows them on a page that people load. */
const MOST_BYTES = 40_000

const PLAIN = { foreground: -1, background: -1, isBold: false, isUnderlined: false, isInverse: false }
const cells = (text: string, look: Partial<ScreenCell> = {}): ScreenCell[] =>
  [...text].map(char => ({ ...PLAIN, ...look, char }))
const svgOf = (...rows: ScreenCell[][]) => screenSvg(rows, { columns: 40, rows: rows.length, title: 'a title' })

describe('the pictures in docs/pictures', () => {
  it('are those that are made, small, and each is shown and told of in the README', () => {
    const names = STORIES.map(({ name }) => `${name}.svg`)
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(names))
    for (const name of names) {
      expect(readFileSync(join(folder, name)).length).toBeLessThan(MOST_BYTES)
      expect(readme).toMatch(new RegExp(`!\\[[^\\]]{20,}\\]\\(docs/pictures/${name}\\)`))
    }
  })

  describe.skipIf(!isTmuxInstalled())('are up to date (npm run pictures)', () => {
    let program: BuiltProgram
    beforeAll(async () => {
      program = await builtProgram()
    })
    afterAll(() => program.remove())

    it.each(STORIES)('$name', async story => {
      const kept = readFileSync(join(folder, `${story.name}.svg`), 'utf8')
      await drawn(program, story, async (tmux, svg) => {
        // The last lines may still be on their way; what never comes is shown as a difference.
        await tmux.until(() => svg() === kept, 'the picture that is kept').catch(() => {})
        expect(svg()).toBe(kept)
      })
    })
  })
})

describe('a screen as SVG', () => {
  it('keeps cells in their columns, in their colours', () => {
    const svg = svgOf([...cells('ab  '), ...cells('cd e', { foreground: 203, background: 24, isBold: true })])
    expect(svg).toContain('<text x="10" y="24" fill="#d5d8de" textLength="18">ab</text>')
    expect(svg).toContain('<text x="46" y="24" fill="#ff5f5f" font-weight="700" textLength="36">cd e</text>')
    expect(svg).toContain('<path fill="#005f87" d="M46 10h36v19h-36z"/>')
  })

  it('gives inverse cells the ground of their letters', () => {
    const svg = svgOf(cells('x', { foreground: 231, isInverse: true }))
    expect(svg).toContain('<path fill="#ffffff" d="M10 10h9v19h-9z"/>')
    expect(svg).toContain('fill="#171a21">x</text>')
  })

  it('draws lines, blocks and dots as shapes that meet', () => {
    const svg = svgOf(cells('──┐'), cells('█⠁'))
    expect(svg).toContain('d="M10 19.5h18M28 19.5h4.5M32.5 19.5v9.5"')
    expect(svg).toContain('d="M10 29h9v19h-9z"')
    expect(svg).toContain('stroke-linecap="round" d="M21.25 31.5h0"')
    expect(svg).not.toContain('<text')
  })

  it('never becomes markup, whatever a stranger wrote', () => {
    const isHarmless = (text: string) => {
      const svg = screenSvg([cells(text), cells(text, { isUnderlined: true })], { columns: 400, rows: 2, title: text })
      const tags = /<\/?(?:svg|title|rect|g|path|text)(?: [a-zA-Z-]+="[^"<>&]*")*\/?>/g
      const rest = svg.replaceAll(tags, '').replaceAll(/&(?:amp|lt|gt);/g, '')
      expect(rest).not.toMatch(/[<>&]/)
      expect(rest.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cs}\p{Cf}\ufffe\uffff]/u)
      expect(svg.match(/<svg|<title|<text/g)?.length).toBeGreaterThan(1)
    }
    for (const text of [...HOSTILE_TEXTS, '<script>alert(1)</script>', '"/><image href="x"/>', '&lt;&#60;', ']]>'])
      isHarmless(text)
    fc.assert(fc.property(hostileText, isHarmless), { numRuns: 200 })
  })
})
