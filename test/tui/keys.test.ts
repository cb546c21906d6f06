import { describe, expect, it } from 'vitest'
import { BINDINGS, type Binding, KeyTable, keyText, VIEW_NAMES, type ViewId } from '../../src/tui/keys.ts'
import { openedUi } from '../support/screen.ts'

const views = Object.keys(VIEW_NAMES) as ViewId[]
const bindings: readonly Binding[] = BINDINGS

describe('the key table', () => {
  it.each(views)('has one meaning for each key in %s', view => {
    const here = bindings.filter(({ places }) => places.includes('any') || places.includes(view))
    const byKey = new Map<string, string[]>()
    for (const { action, keys } of here) for (const key of keys) byKey.set(key, [...(byKey.get(key) ?? []), action])
    expect([...byKey].filter(([, actions]) => actions.length > 1)).toEqual([])
  })

  it('gives each action a key and says what it does', () => {
    for (const { action, keys, help, places } of bindings) {
      expect([action, keys.length > 0, help !== '', places.length > 0]).toEqual([action, true, true, true])
    }
  })

  it('has a letter or an F-key beside keys that some terminals keep for themselves', () => {
    const kept = new Set(['C-s', 'C-z', 'C-c', 'C-g', 'C-l'])
    const alone = bindings.filter(({ keys }) => keys.every(key => kept.has(key))).map(({ action }) => action)
    expect(alone).toEqual(['redraw', 'suspend'])
  })

  it('takes other keys for actions, in all their places', () => {
    const table = new KeyTable({ 'next-tab': ['x'], quit: [] })
    expect([table.action('x', 'stream'), table.action('x', 'packets'), table.action(']', 'packets')]).toEqual([
      'next-tab',
      'next-tab',
      null,
    ])
    expect(table.action('q', 'attempts')).toBeNull()
  })

  it('writes keys as people do', () => {
    expect(['f10', 'C-s', 'S-tab', 'pagedown', '?'].map(keyText)).toEqual(['F10', 'Ctrl-S', 'Shift-Tab', 'PgDn', '?'])
  })
})

describe('the footer', () => {
  it('shows what has a meaning in the view, and always how to leave', async () => {
    const { display, close } = await openedUi('captures/net-dpi-rst-clienthello.pcapng')
    const footer = () => display.lines.at(-1)?.trim() ?? ''
    expect(footer()).toBe('Enter Open  ? Help  F3 Packets  F4 Statistics  F7 Explain  F8 Save  q Quit')
    display.press('f3')
    expect(footer()).toMatch(/^Enter Open {2}Esc Back {2}\? Help {2}\/ Filter .* q Quit$/)
    display.press('/')
    expect(footer()).toBe('Enter OK  Esc Leave  Tab Complete')
    display.press('escape')
    display.resize(200, 50)
    for (const word of ['Follow', 'Graph', 'Pane', 'Go to', 'Mark', 'Time', 'Attempts', 'Save', 'Copy']) {
      expect(footer()).toContain(word)
    }
    display.press('?')
    expect(footer()).not.toContain('Help')
    close()
  })

  it('names the keys that the user chose', async () => {
    const table = new KeyTable({ help: ['C-h'] })
    expect(
      table
        .of('attempts')
        .find(({ action }) => action === 'help')
        ?.keys.map(keyText),
    ).toEqual(['Ctrl-H'])
  })
})
