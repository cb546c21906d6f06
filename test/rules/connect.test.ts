import { describe, expect, it } from 'vitest'
import { SERVER_ADDRESS } from '../support/addresses.ts'
import { attempt, attemptWith, claims, lookup, verdictOf } from '../support/attempt.ts'
import { conversation, event, icmp, mark } from '../support/conversation.ts'

const SECOND = 1e9
const syn = (packet: number, seconds: number) => mark('syn', { packet, timeNs: seconds * SECOND })
const reset = (packet: number, seconds: number) =>
  mark('reset', { packet, timeNs: seconds * SECOND, direction: 1, sequence: 1, ipId: 0 })
const connected = () => attempt({ events: [event('negotiation-request'), event('negotiation-response')] })

describe('tcp-connect-unanswered', () => {
  const silent = (...seconds: number[]) =>
    attempt({ tcp: { marks: seconds.map((one, at) => syn(at + 1, one)) } }, { captureEndNs: 5 * SECOND })

  it('is confirmed by three SYNs over seconds in vain, or by four, and says how many', () => {
    const verdict = verdictOf('tcp-connect-unanswered', silent(0, 1, 3))
    expect(verdict.verdict).toBe('confirmed')
    expect(verdict.says).toBe('The client sent 3 SYNs to 10.0.2.2 port 3389, and nothing came back within 5 s.')
    expect(verdict.evidence.map(([place]) => place.packet)).toEqual([1, 3])
    const fast = attempt({ tcp: { marks: [0, 1, 2, 3].map(one => syn(one + 1, one)) } }, { captureEndNs: 3.1 * SECOND })
    expect(verdictOf('tcp-connect-unanswered', fast).verdict).toBe('confirmed')
  })

  it('is likely after one or two SYNs, and says what would settle it', () => {
    const once = attempt({ tcp: { marks: [syn(1, 0)] } }, { captureEndNs: 3 * SECOND })
    for (const one of [once, silent(0, 1)]) {
      const verdict = verdictOf('tcp-connect-unanswered', one)
      expect(verdict.verdict).toBe('likely')
      expect(verdict.toSettle).toContain('Capture the same attempt on the server')
    }
  })

  it('is possible after one SYN in a longer time: a client without an answer asks again', () => {
    const verdict = verdictOf('tcp-connect-unanswered', silent(0))
    expect(verdict.verdict).toBe('possible')
    expect(verdict.toSettle).toContain('The client did not ask again, as it would without an answer')
  })

  it('can not be seen where the client ends what nobody seems to have opened', () => {
    for (const kind of ['reset', 'fin'] as const) {
      const end = mark(kind, { packet: 3, timeNs: 4 * SECOND, direction: 0 })
      const ended = attempt({ tcp: { marks: [syn(1, 0), end] } }, { captureEndNs: 5 * SECOND })
      expect(verdictOf('tcp-connect-unanswered', ended).verdict).toBe('not-visible')
    }
  })

  it('does not speak of silence when the capture ends at once', () => {
    const short = attempt({ tcp: { marks: [syn(1, 0)] } }, { captureEndNs: SECOND })
    expect(verdictOf('tcp-connect-unanswered', short).verdict).toBe('not-visible')
  })

  it('is ruled out by an answer of any kind', () => {
    expect(verdictOf('tcp-connect-unanswered', connected()).verdict).toBe('ruled-out')
    const refused = attempt({ tcp: { marks: [syn(1, 0), reset(2, 0.1), syn(3, 1), reset(4, 1.1)] } })
    expect(verdictOf('tcp-connect-unanswered', refused).verdict).toBe('ruled-out')
    const late = attempt({ tcp: { marks: [syn(1, 0), syn(2, 1), syn(3, 2)] }, icmp: [icmp({ timeNs: 3 * SECOND })] })
    expect(verdictOf('tcp-connect-unanswered', late).verdict).toBe('ruled-out')
  })

  it('sees nothing without a SYN', () => {
    expect(verdictOf('tcp-connect-unanswered', attemptWith()).verdict).toBe('not-visible')
  })
})

describe('tcp-connect-refused', () => {
  it('is confirmed by a reset in answer to the SYN, and nothing else is claimed', () => {
    const refused = attempt({ tcp: { marks: [syn(1, 0), reset(2, 0.02)] } })
    expect(claims(refused)).toEqual(['tcp-connect-refused (confirmed)'])
    expect(verdictOf('tcp-connect-refused', refused).says).toContain('with a reset after 20 ms')
  })

  it('is ruled out by a SYN-ACK, even when a reset follows', () => {
    const cut = attempt({ events: [event('negotiation-request')], tcp: { marks: [reset(9, 1)] } })
    expect(verdictOf('tcp-connect-refused', cut).verdict).toBe('ruled-out')
  })

  it('sees nothing without a SYN', () => {
    expect(verdictOf('tcp-connect-refused', attemptWith()).verdict).toBe('not-visible')
  })
})

describe('connect-prohibited', () => {
  it.each([
    ['host administratively prohibited', { type: 3, code: 10 }],
    ['communication administratively prohibited', { type: 3, code: 13 }],
    ['port unreachable, which a TCP stack never says', { type: 3, code: 3 }],
    ['ICMPv6 administratively prohibited', { family: 6 as const, type: 1, code: 1 }],
  ])('is confirmed by %s', (_name, note) => {
    const refused = attempt({ tcp: { marks: [syn(1, 0), syn(2, 1)] }, icmp: [icmp({ packet: 3, ...note })] })
    expect(claims(refused)).toEqual(['connect-prohibited (confirmed)'])
  })

  it('is ruled out where the connection worked, and without such a message', () => {
    const worked = attempt({ icmp: [icmp({ type: 3, code: 13 })] }, { outcome: 'established' })
    expect(verdictOf('connect-prohibited', worked).verdict).toBe('ruled-out')
    expect(verdictOf('connect-prohibited', connected()).verdict).toBe('ruled-out')
  })
})

describe('host-unreachable', () => {
  it('is confirmed by ICMP host unreachable that comes late, behind several SYNs', () => {
    const down = attempt({
      tcp: { marks: [syn(1, 0), syn(2, 1), syn(3, 2), syn(4, 3)] },
      icmp: [icmp({ packet: 5, timeNs: 3.1 * SECOND }), icmp({ packet: 6, timeNs: 3.1 * SECOND })],
    })
    expect(claims(down)).toEqual(['host-unreachable (confirmed)'])
    expect(verdictOf('host-unreachable', down).says).toBe(
      '10.0.1.1 can not reach 10.0.2.2: ICMP host unreachable, 2 messages.',
    )
  })

  it('is confirmed by ARP that nobody answers, without any connection', () => {
    const neighbour = {
      address: SERVER_ADDRESS,
      asker: '10.0.1.2',
      requests: 3,
      firstPacket: 1,
      lastPacket: 3,
      firstNs: 0,
      lastNs: 2 * SECOND,
      answers: [],
    }
    const named = lookup({ addresses: [SERVER_ADDRESS] })
    expect(claims(attemptWith({ neighbours: [neighbour], lookups: [named] }))).toEqual(['host-unreachable (confirmed)'])
    // Without a packet to a server or a name, nothing shows that this was the user's target.
    expect(claims(attemptWith({ neighbours: [neighbour] }))).toEqual(['host-unreachable (likely)'])
    const answered = attemptWith({ neighbours: [{ ...neighbour, answers: ['02:00:00:00:00:01'] }] })
    expect(verdictOf('host-unreachable', answered).verdict).toBe('ruled-out')
  })

  it('is ruled out by a host that goes on answering', () => {
    const alive = attempt({
      events: [event('negotiation-request', {}, { packet: 20 }), event('negotiation-response', {}, { packet: 21 })],
      icmp: [icmp({ packet: 4 })],
    })
    expect(verdictOf('host-unreachable', alive).verdict).toBe('ruled-out')
  })
})

describe('dns-lookup-failed', () => {
  const failing = (...lookups: Parameters<typeof lookup>[0][]) =>
    attemptWith({ lookups: lookups.map(lookup), captureEndNs: 10 * SECOND })

  it.each([
    [3, 'NXDOMAIN'],
    [2, 'SERVFAIL'],
    [5, 'REFUSED'],
  ])('is confirmed by rcode %i', (rcode, name) => {
    const verdict = verdictOf('dns-lookup-failed', failing({ rcode, answerPacket: 2 }))
    expect(verdict.verdict).toBe('confirmed')
    expect(verdict.says).toContain(name)
  })

  it('is confirmed by repeated questions without an answer, and likely after one', () => {
    const asked = { queries: 3, lastQueryPacket: 3, lastQueryNs: 4 * SECOND }
    expect(verdictOf('dns-lookup-failed', failing(asked)).verdict).toBe('confirmed')
    expect(verdictOf('dns-lookup-failed', failing({})).verdict).toBe('likely')
  })

  it('stays silent about AAAA failures beside a good A', () => {
    const mixed = failing({ type: 28, rcode: 2 }, { rcode: 0, addresses: [SERVER_ADDRESS] })
    expect(verdictOf('dns-lookup-failed', mixed).verdict).toBe('ruled-out')
    expect(claims(mixed)).toEqual([])
  })

  it('does not take an unanswered multicast question for the failure of the resolver', () => {
    const multicast = failing({ resolver: '224.0.0.251' }, { rcode: 0, addresses: [SERVER_ADDRESS] })
    expect(verdictOf('dns-lookup-failed', multicast).verdict).toBe('ruled-out')
  })

  it('is ruled out by a connection: the client knew where to go', () => {
    const made = conversation({ tcp: { marks: [syn(1, 0)] } })
    const other = attemptWith({ lookups: [lookup({ rcode: 3 })], conversations: [made], explained: made })
    expect(verdictOf('dns-lookup-failed', other).verdict).toBe('ruled-out')
  })

  it('sees nothing where neither a question nor a connection was recorded', () => {
    expect(verdictOf('dns-lookup-failed', attemptWith()).verdict).toBe('not-visible')
  })

  it('is not decided by a question right before the capture ends', () => {
    const asked = attemptWith({ lookups: [lookup({})], captureEndNs: SECOND / 10 })
    expect(verdictOf('dns-lookup-failed', asked).verdict).toBe('not-visible')
  })
})
