import { expect, it } from 'vitest'
import { type HpackField, hpackTable, readBlock } from '../../dissectors/hpack.ts'
import { HUFFMAN_LENGTHS } from '../../dissectors/hpack-huffman.ts'
import { bytes } from '../support/bytes.ts'

function said(fields: HpackField[] | null): string[] | undefined {
  return fields?.map(({ name, value }) => `${name}: ${value}`)
}

// RFC 7541 C.3, C.4 and C.5.
it.each([
  [
    'without Huffman',
    [
      ['8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d', ':authority: www.example.com'],
      ['8286 84be 5808 6e6f 2d63 6163 6865', 'cache-control: no-cache'],
    ],
  ],
  [
    'with Huffman',
    [
      ['8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff', ':authority: www.example.com'],
      ['8286 84be 5886 a8eb 1064 9cbf', 'cache-control: no-cache'],
      ['8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf', 'custom-key: custom-value'],
    ],
  ],
])('the requests of the specification are unpacked %s', (_, blocks) => {
  const table = hpackTable()
  for (const [packed, last] of blocks as [string, string][]) {
    const block = bytes(packed)
    expect(said(readBlock(block, 0, block.length, table))?.at(-1)).toBe(last)
  }
  expect(table.entries.at(-1)).toEqual([':authority', 'www.example.com'])
})

it('entries leave a table that is too small, and a block may make it smaller', () => {
  const table = { ...hpackTable(), most: 60 }
  const block = bytes('4003 "abc" 03 "def" 4003 "ghi" 03 "jkl"')
  readBlock(block, 0, block.length, table)
  expect(table).toEqual({ entries: [['ghi', 'jkl']], size: 38, most: 60 })
  readBlock(bytes('20'), 0, 1, table)
  expect(table).toEqual({ entries: [], size: 0, most: 0 })
})

it('what is malformed is null: an unknown index, a text beyond the end, a number without one', () => {
  for (const packed of ['80', 'ff ff ff ff ff ff ff', 'c0', '4003 "ab"', '40']) {
    const block = bytes(packed)
    expect(readBlock(block, 0, block.length, hpackTable()), packed).toBeNull()
  }
})

it('the Huffman code is complete', () => {
  expect(HUFFMAN_LENGTHS).toHaveLength(257)
  expect(HUFFMAN_LENGTHS.reduce((sum, length) => sum + 2 ** -length, 0)).toBe(1)
})
