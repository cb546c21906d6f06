import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sharedList } from '../../dissectors/shared-lists.ts'

describe('shared lists', () => {
  it('hold the numbers asked for, whatever was shared before', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { maxLength: 40 }), list => {
        expect(sharedList(list)).toEqual(list)
      }),
    )
  })

  it('are one list for the same numbers', () => {
    expect(sharedList([0xc02f, 0xc030])).toBe(sharedList([0xc02f, 0xc030]))
  })

  it('do not change with the list that was given', () => {
    const list = [1, 2, 3]
    const shared = sharedList(list)
    list.push(4)
    expect(shared).toEqual([1, 2, 3])
  })
})
