/** A capture that grows while it is looked at: what is on the screen, and what becomes of the attempt in it. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Document } from '../../src/tui/document.ts'
import { Session } from '../../src/tui/session.ts'
import { PaperDisplay } from '../support/screen.ts'

const sample = resolve(import.meta.dirname, '../../captures/direct-tls13-only-server-client12.pcapng')
const bytes = readFileSync(sample)
const folder = mkdtempSync(join(tmpdir(), 'rdpscope-live-'))
afterAll(() => rmSync(folder, { recursive: true }))

const fail = (error: unknown): never => {
  throw error
}

/** Where so many packets end: enhanced packet blocks, little-endian. */
function behind(packets: number): number {
  let at = 0
  for (let seen = 0; seen < packets; ) {
    if (bytes.readUInt32LE(at) === 6) seen++
    at += bytes.readUInt32LE(at + 4)
  }
  return at
}

describe('a capture that grows', () => {
  let path = ''
  let nth = 0
  let display: PaperDisplay
  let document: Document
  let session: Session
  let written = 0

  const grow = (packets: number): void => {
    appendFileSync(path, bytes.subarray(written, behind(packets)))
    written = behind(packets)
  }

  beforeEach(async () => {
    path = join(folder, `live${nth++}.pcapng`)
    writeFileSync(path, '')
    written = 0
    grow(4)
    display = new PaperDisplay({ columns: 110, rows: 30 })
    let redraw = (): void => {}
    document = await Document.open(path, { follow: true, onChange: () => redraw(), onError: fail })
    session = new Session(document, display, { theme: 'dark', mouse: false, keyChoices: {} })
    redraw = () => session.app.redraw()
    void session.app.run(session.attempts)
    void document.load()
  })
  afterEach(() => {
    session.app.quit()
    document.close()
  })

  it('shows packets as they come, and judges the attempt anew', async () => {
    await display.shows('live, 4 packets')
    await display.shows('unfinished')
    expect(document.isLive).toBe(true)
    grow(12)
    await display.shows('live, 12 packets')
    await display.shows('tls-version-mismatch (confirmed)')
    expect(document.attempts).toHaveLength(1)
    expect(document.names.get('10.0.2.2')).toBe('rdp.lab.test')
  })

  it('follows what becomes of an attempt that is open', async () => {
    await display.shows('unfinished')
    display.press('enter')
    await display.shows('Attempt 1: unfinished')
    grow(12)
    await display.shows('Attempt 1: failed')
    await display.shows('CONFIRMED')
  })

  it('stays where one looks, or at the newest packet', async () => {
    display.press('f3')
    await display.shows('4 packets')
    display.press('down')
    grow(6)
    await display.shows('live, 6 packets')
    display.press('y')
    expect(display.copied.at(-1)).toBe('frame.number == 2')
    display.press('a')
    grow(9)
    await display.shows('live, 9 packets')
    display.press('y')
    expect(display.copied.at(-1)).toBe('frame.number == 9')
    // Looking back lets go of the end.
    display.press('up')
    grow(12)
    await display.shows('live, 12 packets')
    display.press('y')
    expect(display.copied.at(-1)).toBe('frame.number == 8')
  })

  it('takes new packets through the filter that is on', async () => {
    session.showFiltered('tls')
    await display.shows('0 of 4 packets')
    grow(12)
    await display.shows('2 of 12 packets')
    await display.shows('Alert (fatal: protocol_version)')
  })

  it('counts conversations and protocols anew as more comes', async () => {
    display.press('f4')
    await display.shows(/:3389 +4 /)
    grow(6)
    await display.shows(/:3389 +6 /)
    display.press('tab', 'tab')
    await display.shows(/ tcp +6 /)
    grow(12)
    await display.shows(/ tcp +12 /)
    await display.shows(/ tls +2 /)
  })
})

describe('names', () => {
  it('stand in place of addresses in every list, and go again', async () => {
    const display = new PaperDisplay({ columns: 140, rows: 30 })
    let redraw = (): void => {}
    const document = await Document.open(sample, { onChange: () => redraw(), onError: fail })
    const session = new Session(document, display, { theme: 'dark', mouse: false, keyChoices: {} })
    redraw = () => session.app.redraw()
    void session.app.run(session.attempts)
    await document.load()
    display.press('f3')
    await display.shows('10.0.2.2  ')
    display.press('r')
    await display.until(text => !text.includes('10.0.2.2  ') && text.includes('rdp.lab.test'), 'names')
    display.press('f4')
    await display.shows('rdp.lab.test:3389')
    display.press('tab')
    await display.shows(/rdp\.lab\.test +1 +12/)
    display.press('r')
    await display.shows(/10\.0\.2\.2 +1 +12/)
    session.app.quit()
    document.close()
  })
})
