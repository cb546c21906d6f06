import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KeySource } from '../../../src/flow/tls/keys.ts'
import { CLIENT, type Direction, opposite, SERVER } from '../../../src/wire/dissector.ts'
import { concat } from '../../support/bytes.ts'
import { keyLogSource, TlsReading } from '../../support/tls-reading.ts'
import { ALERT, TlsWriter } from '../../support/tls-writer.ts'

type Said = (readonly [direction: Direction, bytes: Uint8Array])[]
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const
const text = (words: string): Uint8Array => new Uint8Array(new TextEncoder().encode(words))

function read(said: Said, source: KeySource): TlsReading {
  const reading = new TlsReading(source)
  for (const [direction, bytes] of said) reading.say(direction, bytes)
  return reading.end()
}

function session(version: (typeof VERSIONS)[number], words = 12): { writer: TlsWriter; said: Said } {
  const writer = new TlsWriter(version)
  const said: Said = writer.handshake()
  for (let at = 0; at < words; at++) {
    said.push([CLIENT, writer.data(CLIENT, text(`question ${at};`))])
    said.push([SERVER, writer.data(SERVER, text(`answer ${at};`))])
  }
  said.push([SERVER, writer.seal(SERVER, ALERT, Uint8Array.of(1, 0))])
  return { writer, said }
}

const numbered = (word: string, numbers: readonly number[]): string => numbers.map(at => `${word} ${at};`).join('')
const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at)
const string = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

describe.each(VERSIONS)('%s', version => {
  it('is the same however it is cut into segments', () => {
    const { writer, said } = session(version)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 90 }), size => {
        const cut = said.flatMap(([direction, bytes]) => {
          const count = Math.ceil(bytes.length / size)
          return upTo(count).map(at => [direction, bytes.subarray(at * size, (at + 1) * size)] as const)
        })
        const reading = read(cut, keyLogSource(writer.keyLog))
        expect(string(reading.data(CLIENT))).toBe(numbered('question', upTo(12)))
        expect(string(reading.data(SERVER))).toBe(numbered('answer', upTo(12)))
        expect(reading.events.map(({ fact }) => fact)).toContainEqual(
          expect.objectContaining({ kind: 'alert', level: 1, code: 0, sealed: true }),
        )
      }),
      { numRuns: 25 },
    )
  })

  it('goes on behind any lost records, and says nothing when all others open', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 5 }), (first, count) => {
        const { writer, said } = session(version)
        const reading = new TlsReading(keyLogSource(writer.keyLog))
        let seen = 0
        for (const [direction, bytes] of said) {
          const isLost = direction === SERVER && string(bytes.subarray(0, 1)) === '\x17' && ++seen > 0
          const number = seen - (version === 'TLSv1.3' ? 3 : 1)
          if (isLost && number >= first && number < first + count) reading.gap(direction, bytes.length)
          else reading.say(direction, bytes)
        }
        reading.end()
        const left = upTo(12).filter(at => at < first || at >= first + count)
        expect(string(reading.data(SERVER))).toBe(numbered('answer', left))
        expect(string(reading.data(CLIENT))).toBe(numbered('question', upTo(12)))
        expect(reading.complaints).toEqual([])
      }),
      { numRuns: 20 },
    )
  })

  it('reports a record that does not authenticate, and goes on', () => {
    const { writer, said } = session(version)
    const at = said.length - 8
    const damaged = said.map(([direction, bytes], index) => {
      if (index !== at) return [direction, bytes] as const
      const changed = new Uint8Array(bytes)
      changed[20] = (changed[20] as number) ^ 1
      return [direction, changed] as const
    })
    const reading = read(damaged, keyLogSource(writer.keyLog))
    expect(reading.complaints).toEqual([expect.stringContaining('do not authenticate')])
    const broken = (said[at] as Said[number])[0]
    const whole = opposite(broken)
    expect(string(reading.data(whole)).match(/;/g)).toHaveLength(12)
    expect(string(reading.data(broken)).match(/;/g)).toHaveLength(11)
  })

  it('survives any bits turned over', () => {
    const { writer, said } = session(version, 3)
    const turns = fc.tuple(fc.nat(said.length - 1), fc.nat(400), fc.nat(7))
    fc.assert(
      fc.property(fc.array(turns, { minLength: 1, maxLength: 6 }), flips => {
        const changed = said.map(([direction, bytes]) => [direction, new Uint8Array(bytes)] as const)
        for (const [message, at, bit] of flips) {
          const bytes = (changed[message] as (typeof changed)[0])[1]
          bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ (1 << bit)
        }
        read(changed, keyLogSource(writer.keyLog))
      }),
      { numRuns: 60 },
    )
  })

  it('without its secrets is left alone, and says why where there are others', () => {
    const { said } = session(version)
    const other = new TlsWriter(version, 7)
    other.handshake()
    const reading = read(said, keyLogSource(other.keyLog))
    expect(reading.complaints).toEqual(['there is no secret for its client random'])
    expect(reading.data(CLIENT)).toHaveLength(0)
    expect(read(said, keyLogSource('')).complaints).toEqual([])
  })

  it('says that its handshake is not in the capture', () => {
    const { writer, said } = session(version)
    const reading = new TlsReading(keyLogSource(writer.keyLog), true)
    for (const [direction, bytes] of said.slice(-6)) reading.say(direction, bytes)
    expect(reading.end().complaints).toEqual(['the beginning of its handshake is not in the capture'])
  })

  it('with wrong secrets is given up before long', () => {
    const { writer, said } = session(version, 40)
    const wrong = writer.keyLog.replace(/[0-9a-f]{8}$/gm, '00000000')
    const reading = read(said, keyLogSource(wrong))
    expect(reading.complaints).toHaveLength(1)
    expect(reading.events.filter(({ fact }) => fact.kind === 'malformed')).toEqual([])
    expect(reading.data(CLIENT)).toHaveLength(0)
  })
})

describe('TLS 1.3', () => {
  it('changes its keys with each update, in each direction for itself', () => {
    const writer = new TlsWriter('TLSv1.3')
    const said: Said = writer.handshake()
    for (let at = 0; at < 5; at++) {
      said.push([SERVER, writer.data(SERVER, text(`answer ${at};`))], [SERVER, writer.keyUpdate(SERVER)])
      said.push([CLIENT, writer.data(CLIENT, text(`question ${at};`))])
      if (at === 2) said.push([CLIENT, writer.keyUpdate(CLIENT)])
    }
    const reading = read(said, keyLogSource(writer.keyLog))
    expect(string(reading.data(SERVER))).toBe(numbered('answer', upTo(5)))
    expect(string(reading.data(CLIENT))).toBe(numbered('question', upTo(5)))
  })

  it('is found again when a key update or a Finished was lost', () => {
    const writer = new TlsWriter('TLSv1.3')
    const handshake = writer.handshake()
    const reading = new TlsReading(keyLogSource(writer.keyLog))
    handshake.forEach(([direction, bytes], at) => {
      // The server's Finished is the last but one.
      if (at === handshake.length - 2) reading.gap(direction, bytes.length)
      else reading.say(direction, bytes)
    })
    reading.say(SERVER, writer.data(SERVER, text('behind Finished;')))
    reading.gap(SERVER, writer.keyUpdate(SERVER).length)
    reading.say(SERVER, writer.data(SERVER, text('behind an update;'))).end()
    expect(string(reading.data(SERVER))).toBe('behind Finished;behind an update;')
    expect(reading.complaints).toEqual([])
  })

  it.each(['accepted', 'refused'] as const)('reads early data that is %s', fate => {
    const writer = new TlsWriter('TLSv1.3')
    const said: Said = [[CLIENT, writer.clientHello(true)]]
    writer.useSecret(CLIENT, 'CLIENT_EARLY_TRAFFIC_SECRET')
    said.push([CLIENT, writer.data(CLIENT, text('early;'))], [CLIENT, writer.data(CLIENT, text('birds;'))])
    said.push([SERVER, writer.serverHello()])
    writer.useSecret(SERVER, 'SERVER_HANDSHAKE_TRAFFIC_SECRET')
    said.push([SERVER, writer.finished(SERVER)])
    if (fate === 'accepted') said.push([CLIENT, writer.endOfEarlyData()])
    writer.useSecret(CLIENT, 'CLIENT_HANDSHAKE_TRAFFIC_SECRET')
    said.push([CLIENT, writer.finished(CLIENT)])
    said.push([CLIENT, writer.data(CLIENT, text('late;'))], [SERVER, writer.data(SERVER, text('yes;'))])
    const reading = read(said, keyLogSource(writer.keyLog))
    expect(string(reading.data(CLIENT))).toBe('early;birds;late;')
    expect(string(reading.data(SERVER))).toBe('yes;')
    expect(reading.complaints).toEqual([])
  })

  it('is decrypted behind a HelloRetryRequest', () => {
    const writer = new TlsWriter('TLSv1.3')
    const said: Said = [
      [CLIENT, writer.clientHello()],
      [SERVER, writer.serverHello(true)],
      ...writer.handshake(),
      [CLIENT, writer.data(CLIENT, text('once more;'))],
    ]
    const reading = read(said, keyLogSource(writer.keyLog))
    expect(string(reading.data(CLIENT))).toBe('once more;')
  })

  it('with the secrets of application data alone is decrypted behind the handshake', () => {
    const { writer, said } = session('TLSv1.3')
    const some = writer.keyLog.replace(/^.*HANDSHAKE.*$/gm, '')
    const reading = read(said, keyLogSource(some))
    expect(string(reading.data(SERVER))).toBe(numbered('answer', upTo(12)))
    expect(string(reading.data(CLIENT))).toBe(numbered('question', upTo(12)))
  })
})

describe('secrets', () => {
  it('never reach an event', () => {
    for (const version of VERSIONS) {
      const { writer, said } = session(version)
      const { events } = read(said, keyLogSource(writer.keyLog))
      const told = JSON.stringify(events)
      for (const [secret = ''] of writer.keyLog.matchAll(/[0-9a-f]{64,96}$/gm)) expect(told).not.toContain(secret)
    }
  })

  it('open TLS inside TLS, each layer by itself', () => {
    const outer = new TlsWriter('TLSv1.2', 1)
    const inner = new TlsWriter('TLSv1.3', 2)
    const said: Said = outer.handshake()
    for (const [direction, bytes] of inner.handshake()) said.push([direction, outer.data(direction, bytes)])
    said.push([CLIENT, outer.data(CLIENT, inner.data(CLIENT, text('GET / HTTP/1.1\r\n\r\n')))])
    const reading = read(said, keyLogSource(outer.keyLog + inner.keyLog))
    const request = reading.events.find(({ fact }) => fact.kind === 'http-request')
    expect(request?.path).toBe('tcp/tls/tls/http1')
    expect(concat(reading.data(CLIENT)).length).toBeGreaterThan(0)
  })
})
