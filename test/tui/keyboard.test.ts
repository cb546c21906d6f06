import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyPieces } from '../../src/tui/keyboard.ts'

const pieces = (text: string) => keyPieces(Buffer.from(text, 'latin1')).map(piece => piece.toString('latin1'))

const KEYS = [
  ...['\x1b[A', '\x1b[5~', '\x1b[1;5C', '\x1b[[A', '\x1bOP', '\x1bOA', '\x1b[Z', '\x1b[2$', '\x1b[7^'],
  ...['\x1b[<0;12;7M', '\x1b[<64;1;1m', '\x1b[M #!', '\x1b[M\x20\xff\x21'],
]

describe('keys that arrive together', () => {
  it.each([
    ['\x1b\x1bq', ['\x1b', '\x1b', 'q']],
    ['\x1b/', ['\x1b', '/']],
    ['\x1b\r', ['\x1b', '\r']],
    ['\x1b\x15', ['\x1b', '\x15']],
    ['\x1b\x1b[B', ['\x1b', '\x1b[B']],
    ['abc\x1b[Adef\x1b', ['abc', '\x1b[A', 'def', '\x1b']],
  ])('are told apart: %j', (typed, expected) => {
    expect(pieces(typed)).toEqual(expected)
  })

  it('are each a piece, in whatever order they come', () => {
    const key = fc.constantFrom(...KEYS, 'q', '\r', '\x15', '\x7f', '\xc3\xa9')
    fc.assert(
      fc.property(fc.array(key), keys => {
        const expected: string[] = []
        // Text needs no cutting: only what follows an Escape could be taken for a part of it.
        let isText = false
        for (const one of keys) {
          if (isText && !one.startsWith('\x1b')) expected.push(`${expected.pop()}${one}`)
          else expected.push(one)
          isText = !one.startsWith('\x1b')
        }
        expect(pieces(keys.join(''))).toEqual(expected)
      }),
    )
  })

  it('lose no byte of anything', () => {
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        expect(Buffer.concat(keyPieces(Buffer.from(bytes)))).toEqual(Buffer.from(bytes))
      }),
    )
  })
})
