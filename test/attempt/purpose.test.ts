import { describe, expect, it } from 'vitest'
import type { Event } from '../../src/flow/event.ts'
import { judge } from '../../src/rules/judge.ts'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { MAX_SERIES } from '../../src/wire/limits.ts'
import { type ConversationParts, event, mark, records, tls12Handshake } from '../support/conversation.ts'
import { attemptsOf, connection, established } from '../support/grouping.ts'

const leaves = { marks: [mark('fin', { direction: CLIENT })] }
const refused = { tcp: { marks: [mark('syn'), mark('reset', { direction: SERVER })] } }
const brief = (events: readonly Event[], at = 0, more: ConversationParts = {}) =>
  connection({ events, tcp: leaves, ...more }, at)
const purposes = (...all: Parameters<typeof attemptsOf>[0]) => attemptsOf(all).attempts.map(one => one.purpose)
/** What is found above mere information in any of the attempts. */
const found = (...all: Parameters<typeof attemptsOf>[0]) =>
  attemptsOf(all).attempts.flatMap(one =>
    judge(one)
      .filter(({ verdict, severity }) => (verdict === 'confirmed' || verdict === 'likely') && severity !== 'info')
      .map(({ rule }) => rule.id),
  )
const serverFlight = tls12Handshake().slice(0, 4)
const asks = (protocols: number) => event('negotiation-request', { protocols })
const takes = (selected: number) => event('negotiation-response', { selected })

describe('a probe', () => {
  it.each([
    ['a connection without a byte', []],
    ['a connection request that is confirmed and left at once', [asks(3), takes(2)]],
    ['TLS alone on the RDP port, left behind the certificate', serverFlight],
  ])('is %s, and no finding', (_name, events) => {
    expect(purposes(brief(events))).toEqual(['probe'])
    expect(found(brief(events))).toEqual([])
  })

  it('left by a reset as by a FIN', () => {
    const reset = brief([], 0, { tcp: { marks: [mark('reset', { direction: CLIENT })] } })
    expect(purposes(reset)).toEqual(['probe'])
  })

  it.each([
    ['a SYN that is refused', connection(refused), 'tcp-connect-refused'],
    [
      'a SYN that nobody answers',
      connection({ tcp: { marks: [mark('syn'), mark('syn', { timeNs: 1e9 }), mark('syn', { timeNs: 3e9 })] } }),
      'tcp-connect-unanswered',
    ],
    ['a refused protocol', brief([asks(1), event('negotiation-failure', { code: 5 })]), 'nla-required'],
    ['a selection that was not offered', brief([asks(2), takes(1)]), 'security-negotiation-failed'],
    ['a selection of less than the client wants', brief([asks(3), takes(1)]), 'security-negotiation-failed'],
    [
      'a certificate that is refused behind the negotiation',
      brief([
        asks(1),
        takes(1),
        ...tls12Handshake('other.lab.test'),
        event('alert', { level: 1, code: 0 }, { direction: CLIENT }),
      ]),
      'tls-certificate-name-mismatch',
    ],
  ] as const)('is not %s: the one thing that the client tried is the answer', (_name, one, rule) => {
    expect(purposes(one)).toEqual(['connection'])
    expect(found(one)).toContain(rule)
  })

  it('is not a person who takes time to say no, nor one whom the server leaves', () => {
    const slow = { tcp: { marks: [mark('fin', { direction: CLIENT, timeNs: 8e9 })] } }
    expect(purposes(brief([asks(3), takes(2)], 0, slow))).toEqual(['connection'])
    expect(purposes(brief([], 0, { tcp: { marks: [mark('fin', { direction: CLIENT, timeNs: 8e9 })] } }))).toEqual([
      'connection',
    ])
    expect(purposes(brief([asks(3), takes(2)], 0, { tcp: { marks: [mark('fin', { direction: SERVER })] } }))).toEqual([
      'connection',
    ])
  })

  it('is not what leads to a session, or went on in TLS', () => {
    expect(purposes(brief([asks(3), takes(2)]), established(1))).toEqual(['connection'])
    const wentOn = [...tls12Handshake(), ...records(-100, 100)]
    expect(purposes(brief(wentOn))).toEqual(['connection'])
  })

  it('comes by the clock where TLS without a name, or a refusal, would else be a failure', () => {
    const gateway = { server: { port: 443 } }
    const nameless = [event('client-hello', { serverName: '' }), ...serverFlight.slice(1)]
    const at = (times: readonly number[]) => times.map(time => brief(nameless, time, gateway))
    expect(new Set(purposes(...at([0, 20, 40.2, 60])))).toEqual(new Set(['probe']))
    expect(new Set(purposes(...at([0, 20, 53, 60])))).toEqual(new Set(['connection']))
    expect(new Set(purposes(...at([0, 20, 40])))).toEqual(new Set(['connection']))
    const named = [0, 20, 40, 60].map(time => brief(serverFlight, time, gateway))
    expect(new Set(purposes(...named))).toEqual(new Set(['connection']))
  })

  it('by the clock that finds the port closed is no finding; a kiosk that tries by the clock is one', () => {
    const checks = [0, 20, 40, 60].map(time => brief([asks(3), takes(2)], time))
    expect(found(...checks, connection(refused, 80))).toEqual([])
    const kiosk = [0, 20, 40, 60].map(time => connection(refused, time))
    expect(found(...kiosk)).toContain('tcp-connect-refused')
  })

  it('beside real attempts is left out, and the capture says so', () => {
    const { attempts, grouped } = attemptsOf([brief([]), brief([], 5), established(10)])
    expect(attempts.map(one => one.purpose)).toEqual(['connection'])
    expect(grouped.quality).toEqual([
      {
        id: 'probes-left-out',
        says: '2 connections without a byte are no attempts: probes, as monitors make them',
      },
    ])
  })
})

describe('a scan', () => {
  it('lists what the server speaks: one offer after the other, and nothing done with what is taken', () => {
    const offers = [
      brief([asks(0), event('negotiation-failure', { code: 5 })], 0),
      brief([asks(1), takes(1)], 0.2),
      brief([asks(3), takes(2)], 0.4),
      brief([asks(0x0b), takes(8)], 0.6),
    ]
    expect(new Set(purposes(...offers))).toEqual(new Set(['scan']))
    expect(found(...offers)).toEqual([])
    const suites = [1, 2, 3, 4, 5].map(suite =>
      brief([asks(1), takes(1), event('client-hello', { suites: [suite] }), event('server-hello', { suite })], suite),
    )
    expect(new Set(purposes(...suites))).toEqual(new Set(['scan']))
  })

  it('is not a client that falls back until it is taken', () => {
    const refusal = (protocols: number, at: number) =>
      brief([asks(protocols), event('negotiation-failure', { code: 2 })], at)
    expect(purposes(refusal(11, 0), refusal(3, 0.1), refusal(1, 0.2), refusal(0, 0.3))).toEqual(['connection'])
    expect(found(refusal(11, 0), refusal(3, 0.1), refusal(1, 0.2), refusal(0, 0.3))).not.toEqual([])
  })

  it('is told by what only scanners ask for', () => {
    const failure = event('negotiation-failure', { code: 5 })
    expect(purposes(brief([asks(8), failure]))).toEqual(['scan'])
    expect(purposes(brief([asks(4), failure]))).toEqual(['scan'])
    expect(purposes(brief([event('negotiation-request', { cookie: 'nmap' }), failure]))).toEqual(['scan'])
    const redirected = event('negotiation-request', { protocols: 4, routingToken: 'Cookie: msts=1.2.0' })
    expect(purposes(brief([redirected, failure]))).toEqual(['connection'])
  })

  it('asks many hosts in a row, in RDP as with SYNs', () => {
    const many = Array.from({ length: 12 }, (_, at) =>
      brief([asks(1), event('negotiation-failure', { code: 5 })], at / 10, { server: { address: `10.0.3.${at}` } }),
    )
    expect(new Set(purposes(...many))).toEqual(new Set(['scan']))
    const slow = many.map((_, at) =>
      brief([asks(1), event('negotiation-failure', { code: 5 })], at * 5, { server: { address: `10.0.3.${at}` } }),
    )
    expect(new Set(purposes(...slow))).toEqual(new Set(['connection']))
  })

  it('of other ports and hosts does not hide what its client tries on the RDP port', () => {
    const web = Array.from({ length: 12 }, (_, at) =>
      connection({ server: { address: `203.0.113.${at}`, port: 443 }, ...refused }, at / 10),
    )
    const { attempts, grouped } = attemptsOf([...web, connection(refused, 0.5)])
    expect(attempts.map(one => [one.server.port, one.purpose])).toEqual([[3389, 'connection']])
    expect(grouped.quality.map(note => note.id)).toEqual(['scan-left-out'])
    expect(grouped.quality[0]?.says).toMatch(
      /^\d+ connections are no attempts: their clients, 10\.0\.1\.2 first, knock/,
    )
  })

  it('is not a network out of reach, in which each program waits and asks again', () => {
    const waits = (at: number) => ({
      tcp: { marks: [0, 1, 3].map(after => mark('syn', { timeNs: (at + after) * 1e9 })) },
    })
    const all = Array.from({ length: 12 }, (_, at) =>
      connection({ server: { address: `10.0.3.${at}` }, ...waits(at / 10) }, at / 10),
    )
    expect(new Set(purposes(...all))).toEqual(new Set(['connection']))
    expect(purposes(...all)).toHaveLength(12)
  })

  it('of more clients than are compared is not concluded from', () => {
    const many = Array.from({ length: MAX_SERIES + 2 }, (_, at) =>
      brief([], 0, { client: { address: `10.${at >> 8}.${at & 255}.1` } }),
    )
    expect(attemptsOf(many).grouped.quality.find(note => note.id === 'series-lost')?.says).toMatch(/^2 brief/)
  })
})
