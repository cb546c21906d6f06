import { describe, expect, it } from 'vitest'
import { CLIENT, type Direction, SERVER } from '../../../src/wire/dissector.ts'
import { concat } from '../../support/bytes.ts'
import { keyLogSource, TlsReading } from '../../support/tls-reading.ts'
import { ALERT, TlsWriter } from '../../support/tls-writer.ts'

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const
const big = (at: number): Uint8Array => new Uint8Array(4000 + at).fill(at)
const small = (at: number): Uint8Array => new Uint8Array(20 + at).fill(100 + at)
const CLOSE_NOTIFY = Uint8Array.of(1, 0)

/** What one side sends, in segments of this size; 0 = as it is. */
function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  if (size === 0) return [bytes]
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size))
}

describe.each(VERSIONS)('a session of %s that runs', version => {
  function begun(): { writer: TlsWriter; reading: TlsReading; early: [Direction, Uint8Array][] } {
    const writer = new TlsWriter(version)
    const early: [Direction, Uint8Array][] = writer.handshake()
    early.push([CLIENT, writer.data(CLIENT, small(1))], [SERVER, writer.data(SERVER, small(2))])
    const reading = new TlsReading(keyLogSource(writer.keyLog))
    for (const [direction, bytes] of early) reading.say(direction, bytes)
    expect(reading.data(SERVER)).toEqual(small(2))
    return { writer, reading, early }
  }

  it.each([0, 1, 3, 5, 700, 1460])('is passed over, and its end is read, in segments of %d', size => {
    const { writer, reading } = begun()
    reading.runs()
    const fromServer: Uint8Array[] = []
    for (let at = 0; at < 60; at++) fromServer.push(writer.data(SERVER, at % 5 === 4 ? small(at) : big(at)))
    fromServer.push(writer.data(SERVER, small(60)), writer.seal(SERVER, ALERT, CLOSE_NOTIFY))
    for (const piece of cut(concat(...fromServer), size)) reading.say(SERVER, piece)
    for (const piece of cut(writer.seal(CLIENT, ALERT, CLOSE_NOTIFY), size)) reading.say(CLIENT, piece)
    expect(reading.data(SERVER)).toEqual(small(2))
    reading.end()
    // Of the small ones eight are kept, an alert among them.
    const last = [29, 34, 39, 44, 49, 54, 59, 60].slice(1).map(small)
    expect(reading.data(SERVER)).toEqual(concat(small(2), ...last))
    const alerts = reading.events.filter(({ fact }) => fact.kind === 'alert')
    expect(alerts.map(({ fact, direction }) => [direction, fact])).toEqual([
      [SERVER, { kind: 'alert', level: 1, code: 0, sealed: true, length: version === 'TLSv1.2' ? 26 : 19 }],
      [CLIENT, { kind: 'alert', level: 1, code: 0, sealed: true, length: version === 'TLSv1.2' ? 26 : 19 }],
    ])
    expect(reading.complaints).toEqual([])
  })

  it('that was cut in the middle of a record is read as far as it goes', () => {
    const { writer, reading } = begun()
    reading.runs().say(CLIENT, writer.data(CLIENT, small(3)))
    const record = writer.data(SERVER, big(1))
    reading
      .say(SERVER, writer.data(SERVER, small(5)))
      .say(SERVER, record.subarray(0, 1000))
      .end()
    expect(reading.data(SERVER)).toEqual(concat(small(2), small(5)))
  })

  it('goes on behind lost bytes', () => {
    const { writer, reading } = begun()
    reading.runs().say(CLIENT, writer.data(CLIENT, small(3)))
    const lost = writer.data(SERVER, big(1))
    reading.gap(SERVER, lost.length)
    reading.say(SERVER, writer.data(SERVER, small(7))).end()
    expect(reading.data(SERVER)).toEqual(concat(small(2), small(7)))
    expect(reading.complaints).toEqual([])
  })

  it('is read on when something else than application data comes', () => {
    const { writer, reading } = begun()
    reading.runs()
    for (let at = 0; at < 20; at++) reading.say(SERVER, writer.data(SERVER, big(at)))
    if (version === 'TLSv1.3') reading.say(SERVER, writer.keyUpdate(SERVER))
    reading.say(SERVER, writer.data(SERVER, small(9))).end()
    expect(reading.data(SERVER)).toEqual(concat(small(2), small(9)))
  })
})
