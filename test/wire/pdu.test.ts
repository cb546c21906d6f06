/** The cursor: groups without a node, parts of plain bytes, trees under another name. */
import { describe, expect, it } from 'vitest'
import { field, flag } from '../../src/wire/field.ts'
import { Pdu } from '../../src/wire/pdu.ts'
import { Tree } from '../support/read.ts'

const group = field('t.group', 'Group', 'group')
const count = field('t.count', 'Count')
const byte = field('t.byte', 'Byte')
const plain = field('t.plain', 'Plain', 'bytes')
const length = field('t.length', 'Length')
const high = flag('t.high', 'High', 0x8000_0000)
const low = flag('t.low', 'Low', 1)

const over = (...bytes: number[]) => new Pdu().reset(Uint8Array.from(bytes), 0, bytes.length)

describe('a bound without a node', () => {
  it('holds reading in, and leaves what it reads in the group around it', () => {
    const pdu = over(1, 2, 3, 4, 5)
    const root = pdu.watch()
    pdu.sized(group, 4, length)
    pdu.bounded(2, length)
    pdu.u8(byte)
    pdu.end()
    pdu.u8(byte)
    pdu.end()
    pdu.u8(byte)
    const tree = new Tree([root])
    expect(tree.field('t.group')).toEqual({ value: '', start: 0, end: 4 })
    expect(tree.fields('t.byte').map(({ value }) => value)).toEqual([1, 3, 5])
    expect(tree.field('t.length')).toBeUndefined()
    expect([root.start, root.end]).toEqual([0, 5])
  })

  it('is faulty where it is longer than what is there, by the field that gave its length', () => {
    const pdu = over(1, 2)
    pdu.bounded(3, length)
    pdu.u8(byte)
    pdu.end()
    expect(pdu.fault).toMatchObject({ field: 't.length', wanted: 3, had: 2, by: 'frame' })
    expect(pdu.left).toBe(0)
  })
})

it('a group may have a value: how many things it holds', () => {
  const pdu = over(1, 2)
  const root = pdu.watch()
  pdu.sized(count, 2, length, 2)
  pdu.u8(byte)
  pdu.end()
  expect(new Tree([root]).field('t.count')).toEqual({ value: 2, start: 0, end: 2 })
})

it('bits are parts of plain bytes too, the first one highest, up to four', () => {
  const pdu = over(0x80, 0, 0, 1, 0x80, 0, 0, 0, 1)
  const root = pdu.watch()
  pdu.mark(plain, 4)
  pdu.bits(high, low)
  pdu.mark(plain, 5)
  pdu.bits(high, low)
  const tree = new Tree([root])
  expect(tree.fields('t.high')).toEqual([{ value: 1, start: 0, end: 4 }])
  expect(tree.fields('t.low')).toEqual([{ value: 1, start: 0, end: 4 }])
})

it('a tree takes the name of the protocol that its PDU turned out to be', () => {
  const pdu = over(1)
  const root = pdu.watch()
  pdu.retitle(group)
  expect(root.field).toBe(group)
  const unwatched = over(1)
  unwatched.retitle(group)
  expect(unwatched.u8(byte)).toBe(1)
})
