/** Draws docs/pictures/report.png: the first screen of the HTML report of a sample. Needs Chromium. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launched, opened } from '../test/support/browser.ts'
import { called } from '../test/support/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'rdpscope-picture-'))
const browser = await launched()
try {
  const path = join(folder, 'report.html')
  await called('report', 'captures/net-dpi-rst-clienthello.pcapng', '-o', path)
  const { page } = await opened(browser, path, { width: 1080 })
  await page.screenshot({ path: 'docs/pictures/report.png' })
} finally {
  await browser.close()
  rmSync(folder, { recursive: true })
}
