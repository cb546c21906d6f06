import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import '../../dissectors/index.ts'
import { type Test, testText } from '../../src/inspect/filter/ast.ts'
import { compileFilter, FilterError, fieldNames, pointedAt } from '../../src/inspect/filter/filter.ts'
import { parse } from '../../src/inspect/filter/parser.ts'
import type { InspectedLayer, InspectedPacket } from '../../src/inspect/packet.ts'
import { bits, type Field, field, flag, Node, type Value } from '../../src/wire/field.ts'
import { MAX_FILTER_CHARACTERS } from '../../src/wire/limits.ts'

/** Fields of a protocol that only this test has. */
const toy = {
  root: field('toy', 'Toy', 'group'),
  code: field(
    'toy.code',
    'Code',
    'dec',
    new Map([
      [1, 'One'],
      [2, 'Two words'],
    ]),
  ),
  wide: field('toy.wide', 'Wide', 'hex'),
  flag: flag('toy.flag', 'Flag', 0x80),
  low: bits('toy.low', 'Low', 0x0f),
  text: field('toy.text', 'Text', 'text'),
  data: field('toy.data', 'Data', 'bytes'),
  v4: field('toy.v4', 'IPv4', 'ipv4'),
  v6: field('toy.v6', 'IPv6', 'ipv6'),
  mac: field('toy.mac', 'Ether', 'ether'),
  guid: field('toy.guid', 'GUID', 'guid'),
  time: field('toy.time', 'Time', 'time'),
  span: field('toy.span', 'Span', 'duration'),
  none: field('toy.none', 'None', 'group'),
  absent: field('toy.absent', 'Absent'),
}

function leaf(f: Field, value: Value, at = 0, length = 0): Node {
  return new Node(f, at, at + length, value)
}

function layer(bytes: readonly number[], ...children: Node[]): InspectedLayer {
  const tree = new Node(toy.root, 0, bytes.length, '')
  tree.children = children
  return { tree, bytes: Uint8Array.from(bytes), base: 0, source: 'packet', pdu: null }
}

const V6 = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
const BYTES = [...V6, 2, 0x42, 0xac, 0x11, 0, 2, ...Array.from({ length: 16 }, (_, n) => n), 0x47, 0x45, 0x54]
const packet: InspectedPacket = {
  number: 1,
  timeNs: 0,
  originalLength: BYTES.length,
  linkType: 1,
  interfaceId: 0,
  bytes: Uint8Array.from(BYTES),
  conversation: -1,
  transport: null,
  layers: [
    layer(
      BYTES,
      leaf(toy.code, 1),
      leaf(toy.code, 7),
      leaf(toy.wide, 0x1234_5678_9abc_def0n, 0, 8),
      leaf(toy.flag, 1),
      leaf(toy.low, 9),
      leaf(toy.text, 'Hello "World"\\ü'),
      leaf(toy.data, '', 38, 3),
      leaf(toy.v4, 0xc000_0201, 0, 4),
      leaf(toy.v6, '', 0, 16),
      leaf(toy.mac, '', 16, 6),
      leaf(toy.guid, '', 22, 16),
      leaf(toy.time, 1_795_220_300_824_428_000n),
      leaf(toy.span, 1_500_000_000n),
      leaf(toy.none, ''),
    ),
    layer([1, 2, 3], leaf(toy.code, 20), leaf(toy.v4, 0x0a00_0001, 0, 4)),
  ],
}

function matches(filter: string): boolean {
  return compileFilter(filter).matches(packet)
}

beforeAll(() => expect(fieldNames().has('toy.code')).toBe(true))

describe('what a filter means', () => {
  it.each([
    ['', true],
    ['toy', true],
    ['.toy.code == 1', true],
    ['toy.absent', false],
    ['!toy.absent', true],
    ['not not toy', true],
    ['toy.none', true],
    // Several occurrences: any for ==, all for !=.
    ['toy.code == 7', true],
    ['toy.code != 7', false],
    ['toy.code != 8', true],
    ['toy.code !== 7', true],
    ['toy.code ~= 7', true],
    ['toy.code === 7', false],
    ['toy.low === 9', true],
    ['all toy.code > 0', true],
    ['all toy.code > 1', false],
    ['any toy.code > 19', true],
    ['any toy.code != 1', true],
    ['all toy.code == 1', false],
    // Comparing with what is absent is false, whichever way.
    ['toy.absent == 1', false],
    ['toy.absent != 1', false],
    ['!(toy.absent == 1)', true],
    ['count(toy.absent) == 0', false],
    // Logic.
    ['toy or toy.absent and toy.absent', true],
    ['(toy or toy.absent) and toy.absent', false],
    ['toy xor toy.code', false],
    ['toy ^^ toy.absent', true],
    ['toy && toy.absent || toy.code == 1', true],
    // Numbers.
    ['toy.code == 0x1', true],
    ['toy.code == 024', true],
    ['toy.code == 0b111', true],
    ["toy.code == '\\x07'", true],
    ['toy.wide == 0x123456789abcdef0', true],
    ['toy.wide > 1311768467463790319', true],
    ['toy.wide & 0xff00000000000000 == 0x1200000000000000', true],
    ['toy.code == "two words"', false],
    ['toy.code == "ONE"', true],
    ['toy.flag == True', true],
    ['toy.flag == "Set"', true],
    ['toy.flag == 0', false],
    ['1 < toy.low < 10', true],
    ['9 == toy.low', true],
    ['toy.low < toy.code', true],
    ['toy.low in {1, 2..9}', true],
    ['toy.low in {10..20, 3}', false],
    ['toy.low in {toy.code}', false],
    ['all toy.code in {1, 7, 20}', true],
    // Sums.
    ['toy.low + 1 == 10', true],
    ['toy.low == 3 * {1 + 2}', true],
    ['toy.low -10 == -1', true],
    ['toy.low % 4 == 1', true],
    ['toy.low / 0 == 0', false],
    ['toy.low - 9', false],
    ['toy.low & 8', true],
    ['toy.low & 6', false],
    ['-toy.low == -9', true],
    ['abs(toy.low - 12) == 3', true],
    ['max(toy.code, 3) == 20', true],
    ['min(toy.code) == 1', true],
    ['count(toy.code) == 3', true],
    // Texts.
    ['toy.text == "Hello \\"World\\"\\\\\\u00fc"', true],
    ['toy.text contains "World"', true],
    ['toy.text contains "world"', false],
    ['lower(toy.text) contains "world"', true],
    ['toy.text matches "^hello"', true],
    ['toy.text matches "(?-i)^hello"', false],
    ['toy.text matches r"w\\w+d"', true],
    ['toy.text ~ "WORLD"', true],
    ['toy.text > "Hell"', true],
    ['toy.text[0:5] == "Hello"', true],
    ['len(toy.text) == 16', true],
    ['toy.text == Hello', false],
    // Bytes.
    ['toy.data == 47:45:54', true],
    ['toy.data == 474554', true],
    ['toy.data == 47.45.54', true],
    ['toy.data == 47-45-54', true],
    ['toy.data == "GET"', true],
    ['toy.data contains 0x45', true],
    ['toy.data[1:] == 4554', true],
    ['toy.data[-1] == 54', true],
    ['toy.data[-2:1] == 45', true],
    ['toy.data[0-1] == 4745', true],
    ['toy.data[2,0] == 5447', true],
    ['toy.data[3]', false],
    ['toy.data[1:3] == 45:54', false],
    ['toy.data[:2] == "GE"', true],
    ['toy.data[0] & 40', true],
    ['toy.data & 0f:0f:0f == 07:05:04', true],
    ['toy.data matches "^get$"', true],
    ['toy contains "GET"', true],
    ['toy[0:4] == 20:01:0d:b8', true],
    ['toy.data > 47:45', true],
    // Addresses.
    ['toy.v4 == 192.0.2.1', true],
    ['toy.v4 == 192.0.2.0/24', true],
    ['toy.v4 == 192.0.3.0/24', false],
    ['toy.v4 == 0.0.0.0/0', true],
    ['toy.v4 < 11.0.0.0', true],
    ['toy.v4 in {192.0.2.0 .. 192.0.2.9}', true],
    ['toy.v4[0] == c0', true],
    ['string(toy.v4) matches "^192"', true],
    ['toy.v6 == 2001:db8::1', true],
    ['toy.v6 == 2001:DB8::/32', true],
    ['toy.v6 == 2001:db9::/32', false],
    ['toy.v6 == 2001:db8::/33', true],
    ['toy.v6 == ::1', false],
    ['toy.mac == 02:42:ac:11:00:02', true],
    ['toy.mac == 0242ac110002', true],
    ['toy.mac[0:3] == 02-42-ac', true],
    ['toy.guid == 03020100-0504-0706-0809-0a0b0c0d0e0f', true],
    // Times.
    ['toy.time > "2026-11-21 00:18:20Z"', true],
    ['toy.time == "2026-11-21 00:18:20.824428 UTC"', true],
    ['toy.time < "2026-11-21T01:18:20.824+01:00"', false],
    ['toy.time < "Nov 22, 2026 00:00:00"', true],
    ['toy.time + 60 > "2026-11-21 00:19:20Z"', true],
    ['toy.span == 1.5', true],
    ['toy.span in {1 .. 1.6}', true],
    ['toy.span * 2 == 3', true],
    ['toy.span > -0.1', true],
    // Layers of one protocol.
    ['toy.code#2 == 20', true],
    ['toy.code#1 == 20', false],
    ['toy.code#[1-2] == 20', true],
    ['toy.v4#2 == 10.0.0.1', true],
    ['toy#3', false],
  ])('%s', (filter, expected) => {
    expect(matches(filter)).toBe(expected)
  })
})

describe('what is wrong with a filter, and where', () => {
  it.each([
    ['toy.cod == 1', /no field toy.cod; did you mean toy.code\?/, 'toy.cod'],
    ['toy and handshake.type', /no field handshake.type; did you mean .*tls.handshake.type/, 'handshake.type'],
    ['toy.code ==', /the filter ends where a field or a value is missing/, ''],
    ['(toy', /the filter ends where \) .* is missing for the \( at character 1/, ''],
    ['toy)', /\) stands where and, or/, ')'],
    ['toy toy', /toy stands where/, 'toy'],
    ['toy.code == "thre"', /neither a number nor the name of a value/, '"thre"'],
    ['toy.low == nine', /is no number/, 'nine'],
    ['toy.v4 == 10.0.1', /is no IPv4 address/, '10.0.1'],
    ['toy.v4 == 10.0.0.1/33', /prefix length beyond 32/, '10.0.0.1/33'],
    ['toy.v6 == fe80', /is no IPv6 address/, 'fe80'],
    ['toy.mac == 02:42', /is no Ethernet address/, '02:42'],
    ['toy.time > "yesterday"', /is no date and time/, '"yesterday"'],
    ['toy.span > "1"', /is no number of seconds/, '"1"'],
    ['toy.data == xyz', /are no bytes/, 'xyz'],
    ['toy.text matches "("', /regular expression/, '"("'],
    ['toy.text matches abc', /in double quotes/, 'abc'],
    ['toy.code contains "1"', /try string\(toy.code\)/, 'toy.code'],
    ['toy.text == "a', /has no closing "/, '"a'],
    ['toy.text == "\\q"', /\\q is no escape sequence/, '\\q'],
    ['toy.data[1', /has no \]/, '['],
    ['toy.data[a:b]', /is no range/, '[a:b]'],
    ['toy.low[0] == 1', /only texts and bytes have slices/, 'toy.low'],
    ['lower(toy.low) == "a"', /is not a text/, 'toy.low'],
    ['count(toy)', /no condition by itself/, 'count(toy)'],
    ['size(toy) == 1', /no function size\(\)/, 'size'],
    ['toy.low == toy.text', /can not be compared/, 'toy.text'],
    ['1 == 2', /no field 1/, '1'],
    ['toy.low in {}', /stands where a field or a value is missing/, '}'],
    ['toy.low in 5', /\{ with the values/, '5'],
    ['$' + '{toy}', /have no meaning here/, '$'],
    ['toy ; toy', /unexpected character ;/, ';'],
    ['any toy', /a comparison behind any/, ''],
    ["toy.code == 'ab'", /exactly one/, "'ab'"],
  ])('%s', (filter, says, at) => {
    const error = errorOf(filter)
    expect(error.message).toMatch(says)
    expect(filter.slice(error.range.start, error.range.end)).toBe(at)
  })

  it('is also that it is too long or too deep', () => {
    const texts = [
      `${'('.repeat(1000)}toy`,
      `toy.low ${'+ 1'.repeat(1000)}`,
      `toy${' or toy'.repeat(MAX_FILTER_CHARACTERS)}`,
    ]
    for (const text of texts) expect(errorOf(text).message).toMatch(/a limit of this tool/)
  })

  it('is shown with carets below the place', () => {
    expect(pointedAt(errorOf('toy and\ttoy.cod'))).toEqual(['toy and toy.cod', '        ^^^^^^^'])
    expect(pointedAt(errorOf('toy =='))).toEqual(['toy ==', '      ^'])
  })

  it('does not depend on how many conditions are joined', () => {
    expect(matches(Array.from({ length: 3000 }, () => 'toy.low == 1').join(' || '))).toBe(false)
  })
})

describe('any text', () => {
  const pieces = fc.constantFrom(
    ...[
      'toy',
      'toy.code',
      'toy.text',
      'toy.data',
      'toy.absent',
      'toy.v4',
      '==',
      '!=',
      '<',
      '~=',
      'in',
      '{',
      '}',
      '(',
      ')',
    ],
    ...[
      'and',
      'or',
      'not',
      'xor',
      'contains',
      'matches',
      '"a"',
      "'b'",
      '1',
      '0x10',
      '-',
      '+',
      '&',
      '[0:2]',
      '[-1]',
      '#1',
    ],
    ...['any', 'all', 'len(', 'count(', ',', '..', '10.0.0.0/8', 'fe80::1', '1.5', 'r"\\d"', '*', '!'],
  )
  const texts = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 12 }).map(some => some.join(' ')),
  )

  it('is a filter, or an error with a place in it', () => {
    fc.assert(
      fc.property(texts, text => {
        try {
          compileFilter(text).matches(packet)
        } catch (error) {
          expect(error).toBeInstanceOf(FilterError)
          const { range, message } = error as FilterError
          expect(range.start).toBeLessThanOrEqual(range.end)
          expect(range.end).toBeLessThanOrEqual(text.length)
          expect(message).not.toBe('')
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('that parses is printed so that it parses to the same', () => {
    fc.assert(
      fc.property(texts, text => {
        const test = parsed(text)
        fc.pre(test !== null)
        const again = testText(test as Test)
        expect(withoutRanges(parse(again))).toEqual(withoutRanges(test))
      }),
      { numRuns: 2000 },
    )
  })
})

function errorOf(filter: string): FilterError {
  try {
    compileFilter(filter)
  } catch (error) {
    if (error instanceof FilterError) return error
    throw error
  }
  throw new Error(`no error: ${filter}`)
}

function parsed(text: string): Test | null {
  try {
    return parse(text)
  } catch {
    return null
  }
}

function withoutRanges(test: unknown): unknown {
  return JSON.parse(JSON.stringify(test, (key, value) => (key === 'range' ? undefined : value)))
}
