/** Sessions of Node's own TLS, suite by suite, decrypted with their key log or the server's RSA key. */
import { afterAll, describe, expect, it } from 'vitest'
import { CLIENT, SERVER } from '../../../src/wire/dissector.ts'
import { keyLogSource, rsaSource, TlsReading } from '../../support/tls-reading.ts'
import {
  FROM_CLIENT,
  FROM_SERVER,
  type Recorded,
  RSA_KEY,
  recordSession,
  Server,
  speaks,
} from '../../support/tls-session.ts'

const TLS_1_2_SUITES = [
  ...['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'AES128-CCM', 'AES256-CCM8', 'ARIA256-GCM-SHA384'],
  ...['AES128-SHA', 'AES256-SHA', 'AES128-SHA256', 'AES256-SHA256', 'CAMELLIA128-SHA', 'CAMELLIA256-SHA256'],
  ...['DES-CBC3-SHA', 'DES-CBC-SHA', 'RC4-SHA', 'RC4-MD5', 'NULL-SHA', 'NULL-SHA256', 'NULL-MD5'],
  ...['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ...['ECDHE-RSA-CHACHA20-POLY1305', 'DHE-RSA-CHACHA20-POLY1305', 'ECDHE-ECDSA-AES128-CCM', 'ECDHE-ECDSA-AES128-CCM8'],
  ...['ECDHE-RSA-AES256-SHA384', 'ECDHE-ECDSA-AES128-SHA256', 'ECDHE-RSA-CAMELLIA256-SHA384', 'DHE-RSA-AES256-CCM'],
  ...['ECDHE-ARIA128-GCM-SHA256', 'ADH-AES128-SHA', 'AECDH-AES256-SHA'],
]
const OLD_SUITES = [
  'AES128-SHA',
  'AES256-SHA',
  'CAMELLIA256-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'NULL-SHA',
]
const TLS_1_3_SUITES = [
  ...['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'],
  ...['TLS_AES_128_CCM_SHA256', 'TLS_AES_128_CCM_8_SHA256'],
]
const SESSIONS = [
  ...TLS_1_3_SUITES.map(suite => ['TLSv1.3', suite] as const),
  ...TLS_1_2_SUITES.map(suite => ['TLSv1.2', suite] as const),
  ...OLD_SUITES.flatMap(suite => [['TLSv1.1', suite] as const, ['TLSv1', suite] as const]),
]

describe('a session is decrypted', () => {
  it.each(SESSIONS)('%s %s', async (version, ciphers) => {
    if (!speaks(version, ciphers)) {
      console.log(`skipped: this Node can not speak ${version} with ${ciphers}`)
      return
    }
    const recorded = await recordSession({ version, ciphers })
    expect(recorded.version).toBe(version)
    isRead(recorded, keyLogSource(recorded.keyLog))
    // Static RSA: the server's key does as well.
    if (/^TLS_RSA_/.test(recorded.cipher)) isRead(recorded, rsaSource(RSA_KEY))
  })
})

function isRead(recorded: Recorded, source: ReturnType<typeof keyLogSource>): void {
  const reading = new TlsReading(source)
  for (const [direction, bytes] of recorded.said) reading.say(direction, bytes)
  reading.end()
  expect(reading.complaints).toEqual([])
  expect(Buffer.compare(reading.data(CLIENT), FROM_CLIENT)).toBe(0)
  expect(Buffer.compare(reading.data(SERVER), FROM_SERVER)).toBe(0)
  expect(reading.events.filter(({ fact }) => fact.kind === 'handshake' && fact.type === -1)).toEqual([])
  expect(reading.events.filter(({ fact }) => fact.kind === 'alert' && fact.code === -1)).toEqual([])
}

describe('a session that is resumed', () => {
  const servers: Server[] = []
  afterAll(() => {
    for (const server of servers) server.close()
  })

  it.each([
    ['TLSv1.3', 'TLS_AES_256_GCM_SHA384', false],
    ['TLSv1.2', 'AES128-GCM-SHA256', false],
    ['TLSv1.2', 'AES128-GCM-SHA256', true],
    ['TLSv1', 'AES128-SHA', true],
  ] as const)('%s %s, without tickets: %s', async (version, ciphers, withoutTickets) => {
    const options = { version, ciphers, withoutTickets }
    const server = new Server(options)
    servers.push(server)
    const first = await recordSession({ ...options, server })
    const second = await recordSession({ ...options, server, session: first.session })
    expect([first.resumed, second.resumed]).toEqual([false, true])
    isRead(second, keyLogSource(second.keyLog))
    if (version === 'TLSv1.3') return
    // The key of the server opens the first; what was learnt there opens the second.
    const source = rsaSource(RSA_KEY)
    isRead(first, source)
    isRead(second, source)
    expect(reasons(second, rsaSource(RSA_KEY))).not.toEqual([])
  })
})

function reasons(recorded: Recorded, source: ReturnType<typeof keyLogSource>): string[] {
  const reading = new TlsReading(source)
  for (const [direction, bytes] of recorded.said) reading.say(direction, bytes)
  return reading.end().complaints
}
