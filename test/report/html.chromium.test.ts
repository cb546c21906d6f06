/** The HTML report as a browser shows it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accessibilityFaults, isChromiumInstalled, launched, opened } from '../support/browser.ts'
import { called } from '../support/cli.ts'
import { hostileCapture } from '../support/hostile-capture.ts'

const isMissing = !isChromiumInstalled()
if (isMissing) console.warn('chromium is not installed: the HTML report is not looked at in a browser')

const REPORTS = {
  'a reset by a device': ['captures/net-dpi-rst-clienthello.pcapng'],
  'an MTU black hole': ['captures/net-pmtud-blackhole.pcapng'],
  'a refusal': ['captures/nla-server-client-tls.pcapng', '--error', '0x904'],
  'a healthy session': ['captures/gw-websocket-ntlm-ok.pcapng'],
  'many captures': [
    'captures/net-dpi-rst-clienthello.pcapng',
    'captures/net-pmtud-blackhole.pcapng',
    'captures/nla-server-client-tls.pcapng',
    'captures/front-nginx-ntlm-broken-inner.pcapng',
    'captures/direct-tls13-login-ok.pcapng',
  ],
} as const
type Name = keyof typeof REPORTS
const NAMES = Object.keys(REPORTS) as Name[]

describe.skipIf(isMissing)('the HTML report in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rdpscope-html-'))
  const path = (name: string) => join(folder, `${name.replaceAll(' ', '-')}.html`)
  let browser: Browser
  beforeAll(async () => {
    browser = await launched()
    for (const name of NAMES) await called('report', ...REPORTS[name], '-o', path(name))
    const capture = join(folder, 'hostile.pcapng')
    writeFileSync(capture, hostileCapture())
    await called('report', capture, '-o', path('hostile'))
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true })
  })

  it.each(NAMES)('%s: nothing is said, nothing is asked for, no fault of accessibility, light and dark', async name => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, said } = await opened(browser, path(name), { colorScheme })
      expect(await page.locator('h1').textContent()).not.toBe('')
      expect(await accessibilityFaults(page)).toEqual([])
      expect(said).toEqual([])
      await page.context().close()
    }
  })

  it.each(NAMES)('%s: unfolded, it has no fault of accessibility, and headings are in order', async name => {
    const { page } = await opened(browser, path(name))
    await page.evaluate('for (const details of document.querySelectorAll("details")) details.open = true')
    expect(await accessibilityFaults(page)).toEqual([])
    const levels = await page
      .locator('h1, h2, h3, h4, h5, h6')
      .evaluateAll(headings => headings.map(({ tagName }) => Number(tagName[1])))
    expect(levels.filter(level => level === 1)).toEqual([1])
    expect(levels.every((level, at) => level <= (levels[at - 1] ?? 0) + 1)).toBe(true)
    await page.context().close()
  })

  it.each(NAMES)('%s: fits a phone of 390 pixels, and is whole without scripts', async name => {
    const { page, said } = await opened(browser, path(name), { width: 390, scripts: false })
    expect(await page.locator('html').evaluate(({ scrollWidth }) => scrollWidth)).toBe(390)
    expect(await page.locator('main').textContent()).toMatch(/packet|attempt/i)
    expect(said).toEqual([])
    await page.context().close()
  })

  it('answers on the first screen what failed, why, how sure, what to do and whom to ask', async () => {
    const { page } = await opened(browser, path('a reset by a device'), { width: 1280 })
    for (const text of [
      'A device on the way reset',
      'time to live',
      'Likely.',
      'What to do',
      'The firewall and security team',
    ])
      expect(
        await page
          .getByText(text)
          .first()
          .evaluate(node => node.getBoundingClientRect().bottom),
      ).toBeLessThan(844)
    await page.context().close()
  })

  it('can be printed: what is folded is unfolded, packets are not', async () => {
    const { page } = await opened(browser, path('an MTU black hole'))
    expect(await page.getByText('The capture shows the contrary').isVisible()).toBe(false)
    await page.emulateMedia({ media: 'print' })
    expect(await page.getByText('The capture shows the contrary').isVisible()).toBe(true)
    expect(await page.locator('.fields').first().isVisible()).toBe(false)
    expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-')
    await page.context().close()
  })

  it('unfolds a packet down to its fields and bytes, by the keyboard', async () => {
    const { page } = await opened(browser, path('a refusal'))
    const packet = page.locator('details.packet').last()
    const field = packet.getByText('rdp.negFailure.failureCode', { exact: true })
    expect(await field.isVisible()).toBe(false)
    await packet.locator('summary').first().press('Enter')
    const layer = packet
      .locator('details.layer')
      .filter({ has: page.getByText('tpkt', { exact: true }) })
      .first()
    await layer.locator('summary').first().press('Enter')
    expect(await field.isVisible()).toBe(true)
    await packet.locator('details.layer > summary', { hasText: 'Bytes' }).last().press('Enter')
    expect(await packet.locator('pre').textContent()).toMatch(/^0000 {2}[0-9a-f]{2} /)
    await page.context().close()
  })

  it('sorts and filters its tables by the keyboard, and only with its own script', async () => {
    const { page, said } = await opened(browser, path('many captures'))
    const table = page.locator('.part', { has: page.locator('#captures') })
    const rows = () => table.locator('tbody tr:visible th').allInnerTexts()
    const before = await rows()
    const head = table.locator('th', { hasText: 'Capture' })
    await head.getByRole('button').focus()
    await page.keyboard.press('Enter')
    expect(await head.getAttribute('aria-sort')).toBe('ascending')
    const ascending = [...before].sort((a, b) => a.localeCompare(b, 'en', { numeric: true, sensitivity: 'base' }))
    expect(await rows()).toEqual(ascending)
    await page.keyboard.press('Enter')
    expect(await head.getAttribute('aria-sort')).toBe('descending')
    expect(await rows()).toEqual([...ascending].reverse())
    await table.getByRole('searchbox').focus()
    await page.keyboard.type('mtu likely')
    expect(await rows()).toEqual(['net-pmtud-blackhole.pcapng'])
    expect(await table.locator('output').textContent()).toBe(`1 of ${before.length}`)
    await table.locator('tbody tr:visible a').press('Enter')
    expect(await page.locator(':target').textContent()).toContain('net-pmtud-blackhole.pcapng')
    expect(said).toEqual([])
    // Whatever else got in would not run: the policy of the page names the script by its hash.
    await page.evaluate(`
      const script = document.createElement('script')
      script.textContent = 'document.title = "owned"'
      document.body.append(script)
    `)
    expect(await page.title()).not.toBe('owned')
    expect(said.join()).toMatch(/Content Security Policy/)
    await page.context().close()
  })

  it('shows hostile text as text', async () => {
    const { page, said } = await opened(browser, path('hostile'))
    expect(await page.locator('script').count()).toBe(0)
    expect(await page.locator('img, iframe, object, embed, form, link, base').count()).toBe(0)
    const handlers = await page
      .locator('*')
      .evaluateAll(all =>
        all.flatMap(({ attributes }) =>
          [...attributes].map(({ name }) => name).filter(name => name.startsWith('on') || name === 'style'),
        ),
      )
    expect(handlers).toEqual([])
    const links = await page.locator('a').evaluateAll(all => all.map(link => link.getAttribute('href')))
    expect(links.filter(link => !link?.startsWith('#'))).toEqual([])
    expect(said).toEqual([])
    expect(readFileSync(path('hostile'), 'utf8').replaceAll('\n', '')).not.toMatch(
      /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u,
    )
    await page.setViewportSize({ width: 390, height: 844 })
    expect(await page.locator('html').evaluate(({ scrollWidth }) => scrollWidth)).toBe(390)
    await page.context().close()
  })
})
