import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clean, cleanJson } from '../../src/report/clean.ts'

describe('clean', () => {
  it('leaves ordinary text of any language alone', () => {
    for (const text of ['', 'rdp.example', 'Grüße, 日本語, кириллица, 🐢', 'a\\b "c"']) expect(clean(text)).toBe(text)
  })

  it('makes escape sequences, line ends and direction marks visible', () => {
    expect(clean('\x1b[31mred\x07')).toBe('\\x1b[31mred\\x07')
    expect(clean('a\r\nb\tc\x7f\x9b2J')).toBe('a\\x0d\\x0ab\\x09c\\x7f\\x9b2J')
    expect(clean('evil\u202egpj.exe\u2066\u200b\ufeff\u2028')).toBe('evil\\u202egpj.exe\\u2066\\u200b\\ufeff\\u2028')
    expect(clean('half \ud800 pair')).toBe('half \\ud800 pair')
  })

  it('lets no control byte through, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        expect(clean(text)).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e]/u)
        expect(clean(clean(text))).toBe(clean(text))
      }),
    )
  })

  it('writes the same values in JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const json = cleanJson(JSON.stringify({ text }, null, 2))
        expect(JSON.parse(json)).toEqual({ text })
        expect(json).not.toMatch(/[\x7f-\x9f\u2028-\u202e]/)
      }),
    )
  })
})
