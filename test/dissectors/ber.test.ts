/** X.690: identifiers, lengths, and what becomes of elements that lie. */
import { describe, expect, it } from 'vitest'
import * as ber from '../../dissectors/ber.ts'
import { elementLength } from '../../dissectors/ber-header.ts'
import { field } from '../../src/wire/field.ts'
import { MAX_BER_ELEMENTS } from '../../src/wire/limits.ts'
import { Pdu } from '../../src/wire/pdu.ts'
import { bytes } from '../support/bytes.ts'
import { Tree } from '../support/read.ts'

const group = field('t.group', 'Group', 'group')
const list = field('t.list', 'List')
const number = field('t.number', 'Number')
const text = field('t.text', 'Text', 'text')
const plain = field('t.bytes', 'Bytes', 'bytes')
const moment = field('t.time', 'Time', 'time')
const secret = field('t.secret', 'Secret (hidden)', 'group')

function reading(written: string): { pdu: Pdu; tree: Tree } {
  const said = bytes(written)
  const { buffer, byteOffset, length } = said
  const pdu = new Pdu().reset(new Uint8Array(buffer), byteOffset, byteOffset + length)
  return { pdu, tree: new Tree([pdu.watch()]) }
}

describe('how long an element is', () => {
  const lengthOf = (written: string) => {
    const said = bytes(written)
    return elementLength(said, 0, said.length)
  }

  it('is told by one octet, or by as many as its first says', () => {
    expect(lengthOf('04 03 01')).toBe(5)
    expect(lengthOf('04 81 80')).toBe(0x83)
    expect(lengthOf('30 82 01 00')).toBe(0x104)
    expect(lengthOf('30 84 00 01 00 00')).toBe(0x10006)
  })

  it('is told by the end of its contents where the length is indefinite, elements inside it too', () => {
    expect(lengthOf('30 80 04 01 00 30 80 05 00 00 00 00 00 ff')).toBe(13)
    expect(lengthOf('30 80 04 01 00 00')).toBe(0)
  })

  it('counts the octets of a large tag number', () => {
    expect(lengthOf('7f 66 02 01 00')).toBe(5)
    expect(lengthOf('bf 87 68 01')).toBe(5)
  })

  it('is not known yet, or never', () => {
    expect(lengthOf('30')).toBe(0)
    expect(lengthOf('30 82 01')).toBe(0)
    expect(lengthOf('30 85 00 00 00 00 01')).toBe(-1)
    expect(lengthOf('3f 81 81 81 81 01')).toBe(-1)
    expect(lengthOf(`30 80 ${'05 00'.repeat(MAX_BER_ELEMENTS + 1)}`)).toBe(-1)
  })
})

describe('reading', () => {
  it('gives numbers signed, or unsigned where a type has no negative ones', () => {
    const { pdu } = reading('02 01 ff 02 04 c0 00 00 6d 02 05 00 c0 00 00 6d 02 04 c0 00 00 6d')
    expect(ber.integer(pdu, number)).toBe(-1)
    expect(ber.integer(pdu, number)).toBe(-1073741715)
    expect(ber.integer(pdu, number)).toBe(-1073741715)
    expect(ber.unsigned(pdu, number)).toBe(0xc000006d)
    expect(pdu.ok).toBe(true)
  })

  it('puts elements into groups that cover their contents, and counts lists', () => {
    const { pdu, tree } = reading('30 0b a0 03 02 01 05 a1 04 30 02 05 00')
    ber.sequence(pdu, group, tag => {
      if (tag === 0xa0) ber.integer(pdu, number)
      else ber.listOf(pdu, list, () => ber.octets(pdu, plain))
    })
    expect(tree.field('t.group')).toEqual({ value: '', start: 2, end: 13 })
    expect(tree.field('t.number')).toEqual({ value: 5, start: 6, end: 7 })
    expect(tree.field('t.list')).toEqual({ value: 1, start: 11, end: 13 })
    expect(pdu.left).toBe(0)
  })

  it('goes on behind an element whatever it holds, and behind one of indefinite length', () => {
    const { pdu } = reading('30 80 04 02 "ab" 00 00 a0 02 05 00 02 01 07')
    ber.element(pdu, group, () => {})
    ber.element(pdu, null, () => {})
    expect(ber.integer(pdu, number)).toBe(7)
    expect(pdu.ok).toBe(true)
  })

  it('keeps an element that lies about its length inside the one around it', () => {
    const { pdu } = reading('30 08 a0 03 04 7f "a" a1 01 00 02 01 07')
    const parts: number[] = []
    ber.sequence(pdu, group, tag => {
      parts.push(tag)
      if (tag === 0xa0) ber.text(pdu, text)
    })
    expect(parts).toEqual([0xa0, 0xa1])
    expect(pdu.fault).toMatchObject({ field: 't.text', wanted: 0x7f, had: 1, by: 'length', byField: 'ber.length' })
    expect(ber.integer(pdu, number)).toBe(7)
  })

  it('knows identifiers, times and truth', () => {
    const { pdu, tree } = reading('06 06 2b 06 01 05 05 02 18 0f "20261126125409Z" 01 01 ff')
    expect(ber.objectId(pdu, text)).toBe('1.3.6.1.5.5.2')
    expect(ber.time(pdu, moment)).toBe(Date.UTC(2026, 10, 26, 12, 54, 9) / 1000)
    expect(ber.boolean(pdu, number)).toBe(true)
    expect(tree.field('t.time')?.value).toBe(BigInt(Date.UTC(2026, 10, 26, 12, 54, 9)) * 1_000_000n)
  })

  it('of a flag string yields 32 bits, the first one highest', () => {
    const { pdu } = reading('03 05 00 40 81 00 10 03 02 07 80')
    expect(ber.flags(pdu, plain, [])).toBe(0x40810010)
    expect(ber.flags(pdu, plain, [])).toBe(0)
    expect(pdu.ok).toBe(true)
  })

  it('ends at what is no element, and at one that is cut off', () => {
    const none = reading('30 03 ff ff ff')
    ber.sequence(none.pdu, group, () => {})
    expect(none.pdu.left).toBe(0)
    const cut = reading('30 02 a0 82')
    ber.sequence(cut.pdu, group, () => {})
    expect(cut.pdu.fault?.field).toBe('ber.identifier')
  })

  it('hides bytes, also those of which some are missing', () => {
    const { pdu, tree } = reading('04 08 "secr"')
    expect(ber.hiddenOctets(pdu, secret)).toBe(8)
    expect(tree.field('t.secret')).toEqual({ value: '', start: 2, end: 6 })
    expect(tree.fields('data.rest')).toEqual([])
    expect(pdu.fault?.wanted).toBe(4)
  })
})
