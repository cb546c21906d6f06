import { describe, expect, it } from 'vitest'
import { textStyle } from '../../src/cli/terminal.ts'

const utf8 = { LANG: 'en_US.UTF-8', TERM: 'xterm-256color' }
const coloured = (env: Record<string, string>, columns: number | null = 100) =>
  textStyle({ verbose: false, columns }, env, 'linux').paint('bad', 'x') !== 'x'
const signs = (env: Record<string, string>, platform: NodeJS.Platform = 'linux') =>
  textStyle({ verbose: false, columns: 100 }, env, platform).unicode

describe('the style of text', () => {
  it('has colours on a terminal only, and not against the wish of its user', () => {
    expect(coloured(utf8)).toBe(true)
    expect(coloured(utf8, null)).toBe(false)
    expect(coloured({ ...utf8, NO_COLOR: '1' })).toBe(false)
    expect(coloured({ ...utf8, NO_COLOR: '' })).toBe(true)
    expect(coloured({ ...utf8, TERM: 'dumb' })).toBe(false)
  })

  it('shows signs where the locale and the terminal can', () => {
    expect(signs(utf8)).toBe(true)
    expect(signs({ LANG: 'C' })).toBe(false)
    expect(signs({ ...utf8, LC_ALL: 'POSIX' })).toBe(false)
    expect(signs({ ...utf8, TERM: 'linux' })).toBe(false)
    expect(signs({}, 'win32')).toBe(false)
    expect(signs({ WT_SESSION: '1' }, 'win32')).toBe(true)
    expect(textStyle({ verbose: false, columns: null }, {}, 'linux').unicode).toBe(true)
  })

  it('takes the width that is asked for, else that of the terminal, else 80', () => {
    expect(textStyle({ verbose: false, columns: 100, width: 60 }, utf8).width).toBe(60)
    expect(textStyle({ verbose: false, columns: 100 }, utf8).width).toBe(100)
    expect(textStyle({ verbose: false, columns: null }, utf8).width).toBe(80)
  })
})
