import { describe, expect, it } from 'vitest'
import { holds, isExact, overheadOf, withoutSplits } from '../../src/attempt/record-sizes.ts'
import { CLIENT, type Direction, SERVER } from '../../src/wire/dissector.ts'
import { sealedDialogue } from '../support/sealed-dialogue.ts'
import { speaks } from '../support/tls-session.ts'

describe('what protection adds to a record', () => {
  it.each([
    ['TLS 1.3 AES-256-GCM', 0x0304, 0x1302, 17, 17],
    ['TLS 1.3, draft 28', 0x7f1c, 0x1301, 17, 17],
    ['TLS 1.3 ChaCha20', 0x0304, 0x1303, 17, 17],
    ['TLS 1.3 AES-128-CCM-8', 0x0304, 0x1305, 9, 9],
    ['TLS 1.2 ECDHE-RSA AES-256-GCM', 0x0303, 0xc030, 24, 24],
    ['TLS 1.2 RSA AES-128-GCM', 0x0303, 0x009c, 24, 24],
    ['TLS 1.2 ChaCha20-Poly1305', 0x0303, 0xcca8, 16, 16],
    ['TLS 1.2 AES-128-CCM', 0x0303, 0xc09c, 24, 24],
    ['TLS 1.2 AES-128-CCM-8', 0x0303, 0xc0a0, 16, 16],
    ['TLS 1.2 ECDHE AES-128-CBC SHA', 0x0303, 0xc013, 37, 52],
    ['TLS 1.2 ECDHE AES-256-CBC SHA384', 0x0303, 0xc028, 65, 80],
    ['TLS 1.0 RSA AES-128-CBC SHA', 0x0301, 0x002f, 21, 36],
    ['TLS 1.1 RSA 3DES SHA', 0x0302, 0x000a, 29, 36],
    ['TLS 1.2 RC4 SHA', 0x0303, 0x0005, 20, 20],
  ])('%s', (_name, version, suite, least, most) => {
    expect(overheadOf(version, suite)).toMatchObject({ least, most })
  })

  it('is not known of a suite of tomorrow, of a suite of another version, and of no version of TLS', () => {
    expect(overheadOf(0x0303, 0xfefe)).toBeNull()
    expect(overheadOf(0x0304, 0xc030)).toBeNull()
    expect(overheadOf(0x0002, 0xc030)).toBeNull()
  })
})

describe('the plain length of a record', () => {
  it('is told to the byte with AEAD', () => {
    const gcm = { least: 24, most: 24, splits: false }
    expect(isExact(gcm)).toBe(true)
    expect([14, 15, 16].filter(plain => holds(gcm, 39, plain))).toEqual([15])
    expect(holds(gcm, 39, 13, 17)).toBe(true)
  })

  it('is told within a block with padding', () => {
    const cbc = { least: 37, most: 52, splits: false }
    expect(isExact(cbc)).toBe(false)
    const possible = Array.from({ length: 64 }, (_, plain) => plain).filter(plain => holds(cbc, 64, plain))
    expect([possible[0], possible.at(-1), possible.length]).toEqual([12, 27, 16])
  })
})

const PLAIN = [-455, 109, -12, -8, 11, -57, 295, -700, 15, 4, -1, 0x3fff]

/** Lengths of application data records behind the handshake, with their direction. */
function recordsOf(said: readonly (readonly [Direction, Uint8Array])[]) {
  const streams = [CLIENT, SERVER].map(side =>
    said.filter(([direction]) => direction === side).map(([, bytes]) => bytes),
  )
  return streams.map(pieces => {
    const stream = Buffer.concat(pieces)
    const found: number[] = []
    for (let at = 0; at + 5 <= stream.length; at += 5 + stream.readUInt16BE(at + 3)) {
      if (stream[at] === 23) found.push(stream.readUInt16BE(at + 3))
    }
    return found
  })
}

describe.each([
  ['TLSv1', 'AES128-SHA', 0x0301, 0x002f],
  ['TLSv1.1', 'AES256-SHA', 0x0302, 0x0035],
  ['TLSv1.2', 'AES128-SHA256', 0x0303, 0x003c],
  ['TLSv1.2', 'ECDHE-RSA-AES256-SHA384', 0x0303, 0xc028],
  ['TLSv1.2', 'ECDHE-RSA-AES128-SHA', 0x0303, 0xc013],
  ['TLSv1.2', 'ECDHE-RSA-AES256-GCM-SHA384', 0x0303, 0xc030],
  ['TLSv1.2', 'ECDHE-RSA-CHACHA20-POLY1305', 0x0303, 0xcca8],
  ['TLSv1.2', 'AES128-CCM', 0x0303, 0xc09c],
  ['TLSv1.2', 'AES128-CCM8', 0x0303, 0xc0a0],
  ['TLSv1.3', 'TLS_AES_256_GCM_SHA384', 0x0304, 0x1302],
  ['TLSv1.3', 'TLS_CHACHA20_POLY1305_SHA256', 0x0304, 0x1303],
] as const)('records of OpenSSL: %s %s', (version, ciphers, number, suite) => {
  it.skipIf(!speaks(version, ciphers))('hold what was sent', async () => {
    const { said } = await sealedDialogue({ version, ciphers }, PLAIN)
    const overhead = overheadOf(number, suite)
    if (overhead === null) throw new Error('unknown suite')
    const sides = recordsOf(said)
    for (const direction of [CLIENT, SERVER] as const) {
      const sent = PLAIN.filter(length => length < 0 === (direction === CLIENT)).map(Math.abs)
      const all = (sides[direction] as number[]).map(length => ({ direction, length }))
      const whole = withoutSplits(all, overhead, one => one.length)
      // TLS 1.3: before it the Finished of the client, the flight and the tickets of the server.
      const last = whole.slice(-sent.length)
      expect(last.map(({ length }, at) => holds(overhead, length, sent[at] as number))).toEqual(sent.map(() => true))
    }
  })
})

describe('the tiny records of TLS 1.0', () => {
  const cbc = { least: 21, most: 36, splits: true }
  const records = (...lengths: number[]) =>
    lengths.map(length => ({ direction: (length < 0 ? CLIENT : SERVER) as Direction, length: Math.abs(length) }))
  const kept = (...lengths: number[]) =>
    withoutSplits(records(...lengths), cbc, one => one.length).map(one => one.length)

  it('are left out where a side writes them before each record', () => {
    expect(kept(-32, -480, 132, -32, -32, 32)).toEqual([480, 132, 32, 32])
  })

  it('are words of their own where they do not', () => {
    expect(kept(-480, 132, -32, -32, 32)).toEqual([480, 132, 32, 32, 32])
  })
})
