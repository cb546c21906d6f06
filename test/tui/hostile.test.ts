/** Whatever strangers write into packets, each view shows it as harmless cells, one a character. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HOSTILE_TEXTS, isHarmlessCell } from '../support/hostile.ts'
import { hostileCapture } from '../support/hostile-capture.ts'
import { type Opened, openedUi } from '../support/screen.ts'

const folder = mkdtempSync(join(tmpdir(), 'rdpscope-hostile-'))
/** Its name is a trap, too. */
const path = join(folder, '\x1b[31m{red-fg}日本\u202e.pcapng')

beforeAll(() => writeFileSync(path, hostileCapture()))
afterAll(() => rmSync(folder, { recursive: true }))

describe.each([
  { columns: 80, rows: 24, unicode: true, step: 3 },
  { columns: 200, rows: 50, unicode: true, step: 9 },
  { columns: 80, rows: 24, unicode: false, step: 9 },
])('at $columns x $rows, Unicode: $unicode', size => {
  let ui: Opened

  beforeAll(async () => {
    ui = await openedUi(path, size)
  })
  afterAll(() => ui.close())

  const harmless = () => {
    const { picture, text } = ui.display
    const bad = picture?.chars.filter(cell => !isHarmlessCell(cell, size.unicode)) ?? ['no picture']
    expect([bad, picture?.chars.length]).toEqual([[], size.columns * size.rows])
    expect(text).not.toContain('internal error')
  }
  const press = (...keys: readonly string[]) => {
    for (const key of keys) {
      ui.display.press(key)
      harmless()
    }
  }
  const shows = async (what: string | RegExp) => {
    await ui.display.shows(what)
    harmless()
  }

  it('the attempts, and each of them with its messages and verdicts', async () => {
    const { attempts } = ui.document
    expect(attempts.length).toBeGreaterThanOrEqual(HOSTILE_TEXTS.length)
    press('home')
    for (const { id } of attempts) {
      press('enter')
      await shows(`Attempt ${id}: `)
      press('pagedown', 'tab', 'pagedown', 'right', 'right', 'end', 't', 'escape', 'down')
    }
    harmless()
  })

  it('the packets: each line, all fields, all bytes', async () => {
    ui.session.showFiltered('dns or http or tls or tpkt')
    press('f3', 'home', '+')
    await shows(/(\d+) of \d+ packets\s*$/m)
    const count = Number(/(\d+) of \d+ packets/.exec(ui.display.text)?.[1])
    expect(count).toBeGreaterThan(HOSTILE_TEXTS.length * 5)
    // Some of each kind: lookups, requests, certificates, refusals take turns.
    for (let line = 0; line < count; line += size.step) {
      await ui.display.until(text => !/Reading […~]/.test(text), 'the packet')
      press('enter', 'end', 'right', 'left', 'tab', 'pagedown', ']', 'tab', ...Array<string>(size.step).fill('down'))
    }
    press('\\', 'home', 'right', 'right', 'right', 'right')
  })

  it('prompts: what is typed, recalled, and looked for', async () => {
    press('f3', '/')
    for (const text of HOSTILE_TEXTS) {
      for (const char of text) ui.display.listener?.key(char, char)
      harmless()
    }
    press('escape', 'F')
    ui.display.type('tags')
    press('enter')
    await ui.display.until(text => /found/.test(text), 'the end of the search')
    harmless()
  })

  it('streams, as text and as hex, and their graphs', async () => {
    for (const [nth, stream] of [
      ...new Set(ui.document.attempts.flatMap(({ members }) => members.slice(0, 1).map(one => one.stream))),
    ].entries()) {
      if (nth % size.step > 0) continue
      ui.session.showFiltered(`tcp.stream == ${stream}`)
      press('f3', 'home')
      await shows(/[1-9]\d* of \d+ packets\s*$/m)
      press('f')
      await ui.display.until(text => !/Reading […~]/.test(text), 'the stream')
      press('tab', 'pagedown', 'tab', ']', 'end', ']', ']', '[', 'v')
      await ui.display.until(text => !/Reading […~]/.test(text), 'the graph')
      press('end', '+', ']', '-', 'escape', 'escape', '\\')
    }
  })

  it('statistics, what is to be saved, and help', async () => {
    press('f4', ']', ']')
    await shows('eth')
    press(']', 'pagedown', 'end', 'f8', 'down', 'escape', '?', 'end', 'escape')
  })

  it('and copies nothing that a shell or a terminal would obey', () => {
    press('f2', 'home', 'y', 'Y', 'f3', 'home', 'y', 'Y', '+', 'tab')
    for (let line = 0; line < 200; line++) press('y', 'Y', 'down')
    const { copied } = ui.display
    expect(copied.length).toBeGreaterThan(100)
    // The path of the file is the user's own; in quotes a shell takes it as it is.
    const fromPackets = copied.map(text => text.replaceAll(path, ''))
    expect(fromPackets.filter(text => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text))).toEqual([])
  })
})
