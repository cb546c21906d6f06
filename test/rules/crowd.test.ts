import { describe, expect, it } from 'vitest'
import { type Crowd, NO_CROWD, type Source } from '../../src/attempt/crowd.ts'
import { SERVER } from '../../src/wire/dissector.ts'
import { attempt, verdictOf } from '../support/attempt.ts'
import { event, mark, records, tls12Handshake } from '../support/conversation.ts'

const request = event('negotiation-request')
const closes = { marks: [mark('fin', { direction: SERVER })] }
const minute = (number: number, packet = 7) => ({ number, packet, timeNs: 1e9 })
const places = (...seconds: readonly number[]) => seconds.map(at => ({ packet: at * 10, timeNs: at * 1e9 }))
const source = (values: Partial<Source> = {}): Source => ({
  address: '203.0.113.66',
  packet: 3,
  timeNs: 0,
  asked: 70,
  tries: 70,
  sessions: 0,
  names: [],
  busiest: minute(70),
  ...values,
})
const names = (number: number) => Array.from({ length: number }, (_, at) => `user${at}`)
const among = (crowd: Partial<Crowd>, values: Parameters<typeof attempt>[1] = {}) =>
  attempt({ events: [request], tcp: closes }, { crowd: { ...NO_CROWD, ...crowd }, ...values })

describe('rdp-brute-force', () => {
  const verdict = (crowd: Partial<Crowd>) => verdictOf('rdp-brute-force', among(crowd))

  it('is confirmed by many names at a high rate from one client', () => {
    const {
      verdict: word,
      says,
      evidence,
    } = verdict({ persistent: [source({ names: names(12) })], busiest: minute(75, 9) })
    expect(word).toBe('confirmed')
    expect(says).toBe(
      '203.0.113.66 tries one logon after the other on 10.0.2.2: 70 short connections within a minute under 12 names ("user0", "user1", "user2", "user3", "user4" ...), and no session.',
    )
    expect(evidence.map(([place]) => place.packet)).toEqual([3, 9])
  })

  it('is likely with fewer names or tries', () => {
    expect(verdict({ persistent: [source()] }).verdict).toBe('likely')
    expect(verdict({ persistent: [source({ names: names(3), busiest: minute(20) })] }).verdict).toBe('likely')
    const several = [source(), source({ address: '203.0.113.67', busiest: minute(90) })]
    expect(verdict({ persistent: several }).says).toMatch(/^203\.0\.113\.67 .* and 1 other client like it\.$/)
  })

  it('is likely from many clients that try again and again, or under the same names', () => {
    const many = { busiestTries: minute(25, 11), trying: 12, sources: 20 }
    const each = Array.from({ length: 12 }, (_, at) =>
      source({ address: `203.0.113.${at}`, tries: 4, busiest: minute(2) }),
    )
    const { verdict: word, says, evidence } = verdict({ ...many, persistent: each, names: names(2) })
    expect(word).toBe('likely')
    expect(says).toBe(
      '12 clients try to log on to 10.0.2.2 and never get a session: up to 25 short connections a minute under 2 names ("user0", "user1").',
    )
    expect(evidence[0]?.[0].packet).toBe(11)
    expect(verdict({ ...many, persistent: each }).verdict).toBe('likely')
    expect(verdict({ ...many, names: names(6) }).verdict).toBe('likely')
  })

  it('is only possible where each of them comes with a name of its own: nobody can log on, perhaps', () => {
    const many = { busiestTries: minute(25), trying: 12, sources: 20 }
    expect(verdict({ ...many, names: names(12) }).verdict).toBe('possible')
    expect(verdict({ ...many, names: [] }).verdict).toBe('possible')
    expect(verdict({ ...many, tryingAndIn: 3 }).verdict).toBe('ruled-out')
    expect(verdict({ ...many, busiestTries: minute(19) }).verdict).toBe('ruled-out')
  })

  it('is ruled out by a script under one name, by those who get a session, and by quiet', () => {
    expect(verdict({ persistent: [source({ names: ['svc'], busiest: minute(30) })], sources: 2 }).verdict).toBe(
      'ruled-out',
    )
    expect(verdict({ persistent: [source({ sessions: 1 })], sources: 2 }).verdict).toBe('ruled-out')
    expect(verdict({ sources: 5 }).verdict).toBe('ruled-out')
  })

  it('is not visible in the capture of one client', () => {
    expect(verdict({ sources: 1 })).toMatchObject({ verdict: 'not-visible' })
    expect(verdict({}).toSettle).toContain('4625')
  })
})

describe('server-connection-limit', () => {
  const verdict = (crowd: Partial<Crowd>, values: Parameters<typeof attempt>[1] = {}) =>
    verdictOf('server-connection-limit', among(crowd, values))
  const addresses = (number: number) => new Set(names(number))
  const busy = {
    unconfirmed: places(1, 3, 5),
    unconfirmedSources: addresses(3),
    confirmed: 9,
    busiest: minute(15),
    sources: 9,
  }
  const between = { firstConfirmNs: 0, lastConfirmNs: 6e9 }

  it('is confirmed by connections of many clients that stay half open', () => {
    const flood = { halfOpen: minute(80), halfOpenSources: addresses(30) }
    expect(verdict(flood)).toMatchObject({ verdict: 'confirmed' })
    expect(verdict(flood).says).toContain(
      '80 connections to port 3389 of 10.0.2.2 stay half open within one minute, from 30',
    )
    expect(verdict({ ...flood, halfOpen: minute(20) }).verdict).toBe('ruled-out')
    expect(verdict({ ...flood, halfOpenSources: addresses(1) }).verdict).toBe('not-visible')
  })

  it('is likely when requests of several clients stay without a confirm between others that get one', () => {
    const { verdict: word, evidence, toSettle } = verdict({ ...busy, ...between })
    expect(word).toBe('likely')
    expect(evidence.map(([place]) => place.packet)).toEqual([10, 50])
    expect(toSettle).toContain('1006')
    expect(verdict({ ...busy, firstConfirmNs: 0, lastConfirmNs: 0.5e9 }).says).toContain(
      'answers 9 others shortly before',
    )
    expect(verdict({ ...busy, ...between, busiest: minute(4) }).verdict).toBe('possible')
  })

  it('is ruled out where nobody is answered, where one client alone is not, and where this one is', () => {
    expect(verdict({ ...busy, confirmed: 0 }).verdict).toBe('ruled-out')
    expect(verdict({ ...busy, firstConfirmNs: 70e9, lastConfirmNs: 90e9 }).verdict).toBe('ruled-out')
    expect(verdict({ ...busy, ...between, unconfirmedSources: addresses(1) }).verdict).toBe('ruled-out')
    const answered = attempt(
      { events: [request, event('negotiation-response')], tcp: closes },
      { crowd: { ...NO_CROWD, ...busy, ...between } },
    )
    expect(verdictOf('server-connection-limit', answered).verdict).toBe('ruled-out')
  })

  it('is not visible in the capture of one client', () => {
    expect(verdict({ sources: 1 }).verdict).toBe('not-visible')
  })
})

describe('session-aborted-by-server, beside other connections to the same port', () => {
  const cutAt = 30e9
  const session = (crowd: Partial<Crowd>, endNs = cutAt) =>
    verdictOf(
      'session-aborted-by-server',
      attempt(
        {
          events: [request, event('negotiation-response'), ...tls12Handshake(), ...records(-479, 133, -500, 900)],
          tcp: { marks: [mark('reset', { direction: SERVER, packet: 300, timeNs: endNs })] },
        },
        { crowd: { ...NO_CROWD, ...crowd } },
      ),
    )
  const cut = (seconds: number, client: string, stream = 5) => ({
    packet: 301,
    timeNs: seconds * 1e9,
    client,
    stream,
  })

  it('tells that others were cut at the same instant, and that the service came back', () => {
    const { verdict, says, evidence } = session({
      cuts: [cut(30, '10.0.1.2', 0), cut(30.4, '10.0.1.7'), cut(30.2, '10.0.1.8'), cut(99, '10.0.1.9')],
      refused: places(20, 33, 60),
      accepted: places(1, 32, 47),
    })
    expect(verdict).toBe('confirmed')
    expect(says).toMatch(
      / It ended 2 other connections of 2 clients within 400 ms of this one\. A SYN to the same port was refused 3 s after the end and one was accepted again 17 s after it: the service or the host was restarted\.$/,
    )
    expect(evidence.map(([place]) => place.packet).slice(1)).toEqual([300, 301, 301, 330, 470])
  })

  it('does not, where only this one was cut and nobody refused', () => {
    // A whole interval of silence, and nothing that speaks for a restart, would be a time-out.
    const { verdict, says } = session({ cuts: [cut(37, '10.0.1.2', 0)], accepted: places(38) }, 37e9)
    expect(verdict).toBe('confirmed')
    expect(says).not.toMatch(/other connection|SYN/)
    expect(session({ refused: places(33) }).says).toMatch(/refused 3 s after the end: the service was gone\.$/)
  })
})
