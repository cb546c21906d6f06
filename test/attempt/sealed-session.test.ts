import { describe, expect, it } from 'vitest'
import { overheadOf } from '../../src/attempt/record-sizes.ts'
import { type LogonKind, readNestedSession, readSealedSession } from '../../src/attempt/sealed-session.ts'
import { sightingsOf } from '../../src/attempt/sightings.ts'
import { conversation, records, session, tls12Handshake, tls13Handshake } from '../support/conversation.ts'

/** Sealed lengths of a suite, as its sender makes them. */
interface Suite {
  readonly name: string
  readonly version: number
  readonly suite: number
  seal(plain: number): number
}
const aead = (name: string, version: number, suite: number, added: number): Suite => ({
  name,
  version,
  suite,
  seal: plain => plain + added,
})
const cbc = (name: string, version: number, suite: number, iv: number, mac: number, macOutside = false): Suite => ({
  name,
  version,
  suite,
  seal: plain => iv + (macOutside ? padded(plain) + mac : padded(plain + mac)),
})
const padded = (length: number) => 16 * Math.floor(length / 16) + 16
const GCM = aead('TLS 1.2 AES-256-GCM', 0x0303, 0xc030, 24)
const TLS13 = aead('TLS 1.3 AES-256-GCM SHA-384', 0x0304, 0x1302, 17)
const AEAD = [
  GCM,
  TLS13,
  aead('TLS 1.2 ChaCha20', 0x0303, 0xcca8, 16),
  aead('TLS 1.2 AES-128-CCM-8', 0x0303, 0xc0a0, 16),
  aead('TLS 1.2 AES-256-CCM', 0x0303, 0xc0ad, 24),
]
const CBC = [
  cbc('TLS 1.2 AES-128-CBC SHA', 0x0303, 0xc013, 16, 20),
  cbc('TLS 1.2 AES-256-CBC SHA, encrypt-then-MAC', 0x0303, 0xc014, 16, 20, true),
  cbc('TLS 1.2 AES-128-CBC SHA256', 0x0303, 0xc027, 16, 32),
  cbc('TLS 1.2 AES-256-CBC SHA384', 0x0303, 0xc028, 16, 48),
  cbc('TLS 1.2 AES-256-CBC SHA384, encrypt-then-MAC', 0x0303, 0xc028, 16, 48, true),
  cbc('TLS 1.0 AES-128-CBC SHA', 0x0301, 0xc013, 0, 20),
]

/** Application data of a direct connection, as the attempt room sees it. */
function sealed(handshake: typeof tls12Handshake, ...lengths: number[]) {
  const one = conversation({ events: [...records(), ...handshake(), ...records(...lengths)] })
  return sightingsOf(one).outer?.records ?? []
}
const plus = (suite: Suite, ...plain: number[]) =>
  plain.map(length => (length < 0 ? -suite.seal(-length) : suite.seal(length)))
/** What a session of these plain lengths looks like. */
const read = (suite: Suite, plain: readonly number[], logon: LogonKind = 'none') =>
  readSealedSession(sealed(tls12Handshake, ...plus(suite, ...plain)), overheadOf(suite.version, suite.suite), logon)

describe('a session behind TLS', () => {
  it.each(AEAD)('is active with the Font Map: $name', suite => {
    const found = read(suite, session())
    expect(found.mcs?.packet).toBeDefined()
    expect(found.clientInfo).not.toBeNull()
    expect(found.licence).not.toBeNull()
    expect(found.active).toMatchObject({ fact: { length: suite.seal(40) } })
    expect(found).toMatchObject({ exact: true, sized: true, logon: null, logonRefusal: null, errorInfo: null })
  })

  it.each(CBC)('is active with the Font Map, within a block: $name', suite => {
    const found = read(suite, session())
    for (const step of [found.mcs, found.clientInfo, found.licence, found.active]) expect(step).not.toBeNull()
    expect(found.active?.packet).toBeGreaterThan(found.licence?.packet ?? 0)
    expect(found).toMatchObject({ exact: false, sized: false, farewell: null })
  })

  it('passes over the session tickets of TLS 1.3', () => {
    const records = sealed(tls13Handshake, 250, 250, ...plus(TLS13, ...session()))
    expect(readSealedSession(records, overheadOf(0x0304, 0x1302)).active).not.toBeNull()
  })

  it('is not active while one of the four answers is missing', () => {
    for (const suite of [...AEAD, ...CBC]) expect(read(suite, session().slice(0, -1)).active, suite.name).toBeNull()
  })

  it('is not active when the client never sent its Font List', () => {
    const withoutClient = session().filter(length => length >= 0 || ![-37, -41].includes(length))
    expect(read(GCM, withoutClient).active).toBeNull()
  })

  it('does not take joins of many channels for a finalization', () => {
    const joins = Array.from({ length: 20 }, () => [-12, 15]).flat()
    for (const suite of [...AEAD, ...CBC]) {
      const found = read(suite, [-455, 109, -12, -8, 11, ...joins])
      expect(found.mcs, suite.name).not.toBeNull()
      expect(found, suite.name).toMatchObject({ clientInfo: null, licence: null, active: null })
    }
  })

  it('allows for persistent key lists before the Font List', () => {
    const withKeys = session().flatMap((length, at, all) =>
      length === -41 && all[at + 1] !== -41 ? [-600, -300, length] : [length],
    )
    expect(read(GCM, withKeys).active).not.toBeNull()
  })

  it('is told by its shape alone where the suite is not known, and then nothing is exact', () => {
    const lengths = [-484, 132, -36, -36, 36, -36, 36, -372, 372, -180, 68, 452, -516, -68, -68, -68, -68]
    const answers = [68, 68, 68, 68, 36]
    const found = readSealedSession(sealed(tls12Handshake, ...lengths, ...answers), null)
    expect(found.active).not.toBeNull()
    expect(found.exact).toBe(false)
    expect(found.mcs).toBeNull()
    expect(readSealedSession(sealed(tls12Handshake, ...lengths), null).active).toBeNull()
  })

  it('does not take channel joins sent in a row for a finalization where the suite is not known', () => {
    const joins = [-484, 132, -48, -48, 48, -48, -48, -48, -48, -48, 48, 48, 48, 48, 48]
    expect(readSealedSession(sealed(tls12Handshake, ...joins), null).active).toBeNull()
  })

  it('ends in order when the last word of the server has the size of an ultimatum', () => {
    expect(read(GCM, [...session(), 36, 9]).farewell).toMatchObject({ fact: { length: 33 } })
    expect(read(GCM, [...session(), 36, 9, 100]).farewell).toBeNull()
  })

  it('claims nothing for a few records', () => {
    expect(read(GCM, [-61, 61])).toMatchObject({ active: null, mcs: null, exact: true })
    expect(read(GCM, [])).toMatchObject({ active: null, mcs: null, exact: true })
  })

  it('is read in the order of the stream when segments overtook one another', () => {
    const inOrder = records(...plus(GCM, ...session()))
    const placed = inOrder.map((event, at) => ({ ...event, at: at * 1000, packet: 100 + at, first: 100 + at }))
    // The last three answers come before the first one.
    const moved = placed.map((event, at) =>
      at === placed.length - 4 ? { ...event, packet: 100 + placed.length, first: 100 + placed.length } : event,
    )
    const one = conversation({ events: [...tls12Handshake(), ...moved.sort((a, b) => a.packet - b.packet)] })
    expect(
      readSealedSession(sightingsOf(one).outer?.records ?? [], overheadOf(GCM.version, GCM.suite)).active,
    ).not.toBeNull()
  })
})

/** Plain lengths of a logon up to the proof of the password, and of what comes behind it. */
const NTLM = [-57, 295, -700]
const CREDENTIALS = [91, -130]
const KERBEROS = [-1900, 180, -110]
const USER_TO_USER = [-175, 1351, -1887, 227, -110]
const EARLY = 4
const ERROR = 15

describe('the logon behind TLS', () => {
  it.each([
    ['NTLM', [...NTLM, ...CREDENTIALS]],
    ['Kerberos', [...KERBEROS, ...CREDENTIALS]],
    ['Kerberos, user to user', [...USER_TO_USER, ...CREDENTIALS]],
    ['a smart card', [...USER_TO_USER, 91, -900]],
  ])('succeeds with the early authorization result, or with what the client sends behind it: %s', (_name, rounds) => {
    for (const suite of [...AEAD, ...CBC]) {
      const early = read(suite, [...rounds, EARLY, ...session()], 'early')
      expect(early.logon, suite.name).toMatchObject({ fact: { length: suite.seal(EARLY) } })
      const plain = read(suite, [...rounds, ...session()], 'plain')
      expect(plain.logon, suite.name).toMatchObject({ fact: { length: suite.seal(455) } })
      for (const found of [early, plain]) {
        expect(found.logonRefusal, suite.name).toBeNull()
        for (const step of [found.mcs, found.licence, found.active]) expect(step, suite.name).not.toBeNull()
      }
    }
  })

  it('is told by what lies before Connect Initial where the negotiation is not in the capture', () => {
    expect(read(GCM, [...NTLM, ...CREDENTIALS, EARLY, ...session()], 'unknown').logon).not.toBeNull()
    expect(read(GCM, session(), 'unknown').logon).toBeNull()
  })

  it('has succeeded when the client goes on, however soon it ends', () => {
    const found = read(GCM, [...NTLM, ...CREDENTIALS, EARLY, -462], 'early')
    expect(found.logon).toMatchObject({ fact: { length: 28 } })
    expect(found.mcs).toBeNull()
  })

  it.each([
    ['the password', NTLM],
    ['the ticket', [-1900]],
    ['the key', KERBEROS],
    ['a ticket of its own', USER_TO_USER.slice(0, 3)],
  ])('is refused with the size of an error code behind %s', (_name, rounds) => {
    for (const suite of AEAD) {
      const found = read(suite, [...rounds, ERROR], 'early')
      expect(found.logonRefusal, suite.name).toMatchObject({
        how: 'error',
        answer: { fact: { length: suite.seal(ERROR) } },
      })
      expect(found.logon, suite.name).toBeNull()
    }
  })

  it('is denied with the size of an early authorization result, behind which the client leaves', () => {
    for (const suite of AEAD) {
      expect(read(suite, [...NTLM, ...CREDENTIALS, EARLY], 'early').logonRefusal?.how, suite.name).toBe('denied')
      // Where none was agreed on, or before the credentials, nothing has this size.
      expect(read(suite, [...NTLM, ...CREDENTIALS, EARLY], 'plain').logonRefusal, suite.name).toBeNull()
      expect(read(suite, [...NTLM, EARLY], 'early').logonRefusal, suite.name).toBeNull()
    }
  })

  it.each(CBC)('leaves open which of both where padding hides it: $name', suite => {
    expect(read(suite, [...NTLM, ERROR], 'early').logonRefusal?.how).toBe('error')
    const how = read(suite, [...NTLM, ...CREDENTIALS, EARLY], 'early').logonRefusal?.how
    expect(['denied', 'either']).toContain(how)
    // The block that holds 4 bytes holds 15 as well, unless the MAC lies before it ends.
    expect(how).toBe(suite.seal(EARLY) === suite.seal(ERROR) ? 'either' : 'denied')
  })

  it.each<[string, number[], LogonKind]>([
    ['the server went on', [...NTLM, 91], 'early'],
    ['the client had the last word', [...NTLM, ERROR, -57], 'early'],
    ['there was no logon', [...NTLM, ERROR], 'none'],
    ['the negotiation is not in the capture', [...NTLM, ERROR], 'unknown'],
    ['nothing as long as a proof of the password was sent', [-57, 295, -90, ERROR], 'early'],
    ['a word too short for a logon was sent', [-57, 295, -700, 91, -8, ERROR], 'early'],
    ['the server said two things', [...NTLM, 295, ERROR], 'early'],
    ['MCS had begun', [...NTLM, ...CREDENTIALS, EARLY, -455, 109, -12, -8, 11, -12, 15], 'early'],
    [
      'there were more messages than a logon has',
      [...Array.from({ length: 7 }, () => [-300, 300]).flat(), -300, ERROR],
      'early',
    ],
  ])('is not called refused when %s', (_name, lengths, kind) => {
    for (const suite of [...AEAD, ...CBC]) expect(read(suite, lengths, kind).logonRefusal, suite.name).toBeNull()
  })
})

describe('the opening of a session', () => {
  const OPENED = [-455, 109, -12, -8, 11, -12, 15, -12, 15]

  it.each([...AEAD, ...CBC])('is told step by step: $name', suite => {
    const steps = (...more: number[]) => {
      const { mcs, clientInfo, licence, errorInfo } = read(suite, [...OPENED, ...more])
      return [mcs, clientInfo, licence, errorInfo].map(step => step !== null)
    }
    expect(steps()).toEqual([true, false, false, false])
    expect(steps(-351)).toEqual([true, true, false, false])
    expect(steps(-351, 34)).toEqual([true, true, true, false])
    expect(steps(-351, 36, 9)).toEqual([true, true, false, true])
    expect(steps(-351, 34, 36, 9)).toEqual([true, true, true, true])
    expect(steps(-351, 34, 425, -482, 37, 9)).toEqual([true, true, true, true])
  })

  it('is told as well where the server skips channel joins', () => {
    const { mcs, clientInfo, licence } = read(GCM, [-455, 109, -12, -8, 11, -351, 34])
    for (const step of [mcs, clientInfo, licence]) expect(step).not.toBeNull()
  })

  it('takes no question of the network measurement for a licence', () => {
    expect(read(GCM, [...OPENED, -351, 24, -24, 26]).licence).toBeNull()
    expect(read(GCM, [...OPENED, -351, 24, -24, 34]).licence).toMatchObject({ fact: { length: 58 } })
  })

  it('is MCS with Attach User, though nobody answered it', () => {
    expect(read(GCM, [-455, 109, -12, -8]).mcs).toMatchObject({ fact: { length: 133 } })
  })

  it('is no MCS without a Connect Initial, or without an answer to it', () => {
    expect(read(GCM, [-57, 295, -12, -8, 11]).mcs).toBeNull()
    expect(read(GCM, [-455, -12, -8, 11]).mcs).toBeNull()
  })

  it('gives no reason with a Synchronize, whether or not the server went on behind it', () => {
    expect(read(GCM, session()).errorInfo).toBeNull()
    expect(read(GCM, session().slice(0, -3)).errorInfo).toBeNull()
  })
})

describe('a session in the tunnel of a gateway', () => {
  const before = [-350, 376, -754, 172, -280, -36, 27, -39, 35, -41, 43, -65, 41, -79, 37]
  const clients = [-545, -99, -103, -103, -103]

  it('is active with the client finalization and what the server then sends', () => {
    const found = readNestedSession(sealed(tls13Handshake, ...before, ...clients, 339, 242))
    expect(found.active?.fact).toMatchObject({ length: 339 })
  })

  it('is not active when the server only refuses', () => {
    expect(readNestedSession(sealed(tls13Handshake, ...before, ...clients, 100, 72)).active).toBeNull()
  })

  it('is not active when the client stopped before', () => {
    expect(readNestedSession(sealed(tls13Handshake, ...before, -545, -99, -103, 2000, 2000)).active).toBeNull()
  })
})
