/** Pages as a browser shows them: headless Chromium, with everything that a page says or asks for written down. */
import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'

const EXECUTABLE = '/usr/bin/chromium'
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function isChromiumInstalled(): boolean {
  return existsSync(EXECUTABLE)
}

export function launched(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS })
}

export interface OpenedPage {
  readonly page: Page
  /** Messages to the console, errors, dialogs, and requests for anything but the file itself. */
  readonly said: readonly string[]
}

export interface Look {
  readonly colorScheme?: 'light' | 'dark'
  readonly width?: number
  readonly scripts?: boolean
}

/** @param path of an HTML file. */
export async function opened(browser: Browser, path: string, look: Look = {}): Promise<OpenedPage> {
  const { colorScheme = 'light', width = 1280, scripts = true } = look
  const context = await browser.newContext({
    colorScheme,
    viewport: { width, height: 844 },
    javaScriptEnabled: scripts,
  })
  const page = await context.newPage()
  const said: string[] = []
  const address = pathToFileURL(path).href
  page.on('console', message => said.push(`console: ${message.text()}`))
  page.on('pageerror', error => said.push(`error: ${error.message}`))
  page.on('dialog', dialog => {
    said.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', request => {
    if (request.url() !== address) said.push(`request: ${request.url()}`)
  })
  await page.goto(address)
  return { page, said }
}

/** What axe-core finds wrong, a line each: how grave, which rule, and the first place. Scripts must be allowed. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { violations } = await Reflect.get(globalThis, 'axe').run()
    return violations.map(
      ({ impact, id, nodes }: { impact: string; id: string; nodes: { html: string }[] }) =>
        `${impact} ${id} ${nodes.length}: ${nodes[0]?.html.slice(0, 200)}`,
    )
  })
}
