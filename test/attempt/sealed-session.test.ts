import { describe, expect, it } from 'vitest'
import { readNestedSession, readSealedSession, sealOverhead } from '../../src/attempt/sealed-session.ts'
import { sightingsOf } from '../../src/attempt/sightings.ts'
import { conversation, records, session, tls12Handshake, tls13Handshake } from '../support/conversation.ts'

const GCM = 24
const TLS13 = 17

/** Application data of a direct connection, as the attempt room sees it. */
function sealed(handshake: typeof tls12Handshake, ...lengths: number[]) {
  const one = conversation({ events: [...records(), ...handshake(), ...records(...lengths)] })
  return sightingsOf(one).outer?.records ?? []
}
const plus = (overhead: number, ...plain: number[]) =>
  plain.map(length => (length < 0 ? length - overhead : length + overhead))

describe('what protection adds to a record', () => {
  it.each([
    ['TLS 1.3 AES-256-GCM', 0x0304, 0x1302, 17],
    ['TLS 1.3, draft 28', 0x7f1c, 0x1301, 17],
    ['TLS 1.3 AES-128-CCM-8', 0x0304, 0x1305, 9],
    ['TLS 1.2 ECDHE-RSA AES-256-GCM', 0x0303, 0xc030, 24],
    ['TLS 1.2 RSA AES-128-GCM', 0x0303, 0x009c, 24],
    ['TLS 1.2 ChaCha20-Poly1305', 0x0303, 0xcca8, 16],
    ['TLS 1.2 AES-128-CCM-8', 0x0303, 0xc0a0, 16],
    ['TLS 1.2 ECDHE AES-128-CBC', 0x0303, 0xc013, -1],
    ['TLS 1.0', 0x0301, 0x002f, -1],
    ['a suite of tomorrow', 0x0303, 0xfefe, -1],
  ])('%s', (_name, version, suite, expected) => {
    expect(sealOverhead(version, suite)).toBe(expected)
  })
})

describe('a session behind TLS', () => {
  it.each([
    ['TLS 1.2', tls12Handshake, GCM],
    ['TLS 1.3', tls13Handshake, TLS13],
  ] as const)('is active with the Font Map: %s', (_name, handshake, overhead) => {
    const read = readSealedSession(sealed(handshake, ...plus(overhead, ...session())), overhead)
    expect(read.mcs).not.toBeNull()
    expect(read.licence).not.toBeNull()
    expect(read.active?.fact).toMatchObject({ length: 40 + overhead })
    expect(read.exact).toBe(true)
  })

  it('is not active while one of the four answers is missing', () => {
    const lengths = plus(GCM, ...session()).slice(0, -1)
    expect(readSealedSession(sealed(tls12Handshake, ...lengths), GCM).active).toBeNull()
  })

  it('is not active when the client never sent its Font List', () => {
    const withoutClient = session().filter(length => length >= 0 || ![-37, -41].includes(length))
    expect(readSealedSession(sealed(tls12Handshake, ...plus(GCM, ...withoutClient)), GCM).active).toBeNull()
  })

  it('does not take joins of many channels for a finalization', () => {
    const joins = Array.from({ length: 20 }, () => [-12, 15]).flat()
    const read = readSealedSession(sealed(tls12Handshake, ...plus(GCM, -455, 109, -12, -8, 11, ...joins)), GCM)
    expect(read.mcs).not.toBeNull()
    expect(read.licence).toBeNull()
    expect(read.active).toBeNull()
  })

  it('allows for persistent key lists before the Font List', () => {
    const withKeys = session().flatMap((length, at, all) =>
      length === -41 && all[at + 1] !== -41 ? [-600, -300, length] : [length],
    )
    expect(readSealedSession(sealed(tls12Handshake, ...plus(GCM, ...withKeys)), GCM).active).not.toBeNull()
  })

  it('is told by its shape where CBC pads the sizes, and then nothing is exact', () => {
    const lengths = [-484, 132, -36, -36, 36, -36, 36, -372, 372, -180, 68, 452, -516, -68, -68, -68, -68]
    const answers = [68, 68, 68, 68, 36]
    const read = readSealedSession(sealed(tls12Handshake, ...lengths, ...answers), -1)
    expect(read.active).not.toBeNull()
    expect(read.exact).toBe(false)
    expect(read.mcs).toBeNull()
    expect(readSealedSession(sealed(tls12Handshake, ...lengths), -1).active).toBeNull()
  })

  it('does not take channel joins sent in a row for a finalization under CBC', () => {
    const joins = [-484, 132, -48, -48, 48, -48, -48, -48, -48, -48, 48, 48, 48, 48, 48]
    expect(readSealedSession(sealed(tls12Handshake, ...joins), -1).active).toBeNull()
  })

  it('ends in order when the last word of the server has the size of an ultimatum', () => {
    const lengths = plus(GCM, ...session(), 36, 9)
    expect(readSealedSession(sealed(tls12Handshake, ...lengths), GCM).farewell?.fact).toMatchObject({ length: 33 })
    expect(readSealedSession(sealed(tls12Handshake, ...lengths, 100), GCM).farewell).toBeNull()
  })

  it('claims nothing for a few records', () => {
    expect(readSealedSession(sealed(tls12Handshake, -61, 61), GCM)).toMatchObject({ active: null, exact: true })
  })

  it('is read in the order of the stream when segments overtook one another', () => {
    const inOrder = records(...plus(GCM, ...session()))
    const placed = inOrder.map((event, at) => ({ ...event, at: at * 1000, packet: 100 + at, first: 100 + at }))
    // The last three answers come before the first one.
    const moved = placed.map((event, at) =>
      at === placed.length - 4 ? { ...event, packet: 100 + placed.length, first: 100 + placed.length } : event,
    )
    const one = conversation({ events: [...tls12Handshake(), ...moved.sort((a, b) => a.packet - b.packet)] })
    expect(readSealedSession(sightingsOf(one).outer?.records ?? [], GCM).active).not.toBeNull()
  })
})

describe('a session in the tunnel of a gateway', () => {
  const before = [-350, 376, -754, 172, -280, -36, 27, -39, 35, -41, 43, -65, 41, -79, 37]
  const clients = [-545, -99, -103, -103, -103]

  it('is active with the client finalization and what the server then sends', () => {
    const read = readNestedSession(sealed(tls13Handshake, ...before, ...clients, 339, 242))
    expect(read.active?.fact).toMatchObject({ length: 339 })
  })

  it('is not active when the server only refuses', () => {
    expect(readNestedSession(sealed(tls13Handshake, ...before, ...clients, 100, 72)).active).toBeNull()
  })

  it('is not active when the client stopped before', () => {
    expect(readNestedSession(sealed(tls13Handshake, ...before, -545, -99, -103, 2000, 2000)).active).toBeNull()
  })
})
