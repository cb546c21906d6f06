/** Captures of poor quality: proof becomes likely with the reason in its sentence, or nothing is claimed. */
import { describe, expect, it } from 'vitest'
import type { Attempt } from '../../src/attempt/attempt.ts'
import { qualityOf } from '../../src/attempt/quality.ts'
import { qualities } from '../../src/codes/quality.ts'
import { rules } from '../../src/rules/index.ts'
import { Diagnosis, judge } from '../../src/rules/judge.ts'
import { confirmed, type Ground, likely, possible, resting, ruledOut, type Verdict } from '../../src/rules/rule.ts'
import { weakened } from '../../src/rules/weakening.ts'
import { attempt, attemptWith } from '../support/attempt.ts'
import {
  type ConversationParts,
  conversation,
  event,
  icmp,
  mark,
  records,
  tls12Handshake,
} from '../support/conversation.ts'

const SECOND = 1e9
const at = (packet: number, seconds: number, values = {}) => ({ packet, timeNs: seconds * SECOND, ...values })
const notes = (...ids: string[]) => ids.map(id => ({ id, says: id }))

/** The attempt with the notes that its own connection gives, and with others. */
function judged(id: string, parts: ConversationParts, ...ids: string[]) {
  const one = conversation(parts)
  const made = attemptWith({ conversations: [one], explained: one, quality: [...qualityOf([one]), ...notes(...ids)] })
  return verdictIn(id, made)
}

function verdictIn(id: string, one: Attempt) {
  const found = judge(one).find(verdict => verdict.rule.id === id)
  if (found === undefined) throw new Error(`no rule ${id}`)
  return found
}

const SILENT_REQUEST: ConversationParts = {
  events: [event('negotiation-request', {}, at(4, 0.03))],
  tcp: { marks: [mark('reset', at(6, 15))] },
  clientSide: { bytes: 19 },
}
const CLOSED_REQUEST: ConversationParts = {
  events: [event('negotiation-request', {}, at(4, 0.03))],
  tcp: { marks: [mark('fin', at(6, 0.05, { direction: 1 }))] },
}
const GONE: ConversationParts = {
  events: [
    event('negotiation-request'),
    event('negotiation-response'),
    ...tls12Handshake(),
    ...records(-81, 319, -735),
  ],
  tcp: {
    marks: [1, 2, 4].map((seconds, index) => mark('retransmission', at(40 + index, 10 + seconds, { length: 500 }))),
  },
  clientSide: { lastPacket: 42, lastNs: 14 * SECOND, stalledResends: 3, stalledLength: 500, unacknowledged: 500 },
}
const LOSSY: ConversationParts = {
  events: [
    event('negotiation-request'),
    event('negotiation-response'),
    ...tls12Handshake(),
    ...records(-81, 319, -735),
  ],
  tcp: {
    marks: [1, 2, 3, 4].map(index =>
      mark('retransmission', at(30 + index, 1 + index, { length: 500, sequence: 1000 * index, direction: 1 })),
    ),
  },
  clientSide: { lastPacket: 50, lastNs: 9 * SECOND },
  serverSide: { segments: 60, retransmissions: 4 },
}

describe('a whole capture', () => {
  it.each([
    ['x224-no-confirm', SILENT_REQUEST],
    ['x224-no-confirm', CLOSED_REQUEST],
    ['connection-state-lost', GONE],
    ['packet-loss', LOSSY],
  ])('leaves %s as it is', (id, parts) => {
    expect(judged(id, parts)).toMatchObject({ verdict: 'confirmed', toSettle: '' })
    expect(judged(id, parts).says).not.toContain('Only likely')
  })
})

describe('packets of one side only', () => {
  it('leave an unanswered request without a verdict, and say which capture settles it', () => {
    const one = judged('x224-no-confirm', SILENT_REQUEST, 'one-sided')
    expect(one).toMatchObject({ verdict: 'not-visible', evidence: [] })
    expect(one.says).toMatch(/^The capture holds the packets of one side only/)
    expect(one.toSettle).toContain('SPAN')
  })

  it('leave a ClientHello without an answer undecided', () => {
    const parts: ConversationParts = {
      events: [event('client-hello', {}, at(4, 0)), event('alert', { code: 0 }, at(9, 70, { direction: 0 }))],
    }
    expect(judged('tls-handshake-unanswered', parts).verdict).toBe('confirmed')
    expect(judged('tls-handshake-unanswered', parts, 'one-sided').verdict).toBe('not-visible')
  })

  it('leave no claim that an end came without a farewell', () => {
    const parts: ConversationParts = {
      events: [...(GONE.events ?? [])],
      tcp: { marks: [mark('fin', at(60, 37, { direction: 1 }))] },
    }
    expect(judged('session-aborted-by-server', parts).verdict).toBe('confirmed')
    expect(judged('session-aborted-by-server', parts, 'one-sided').verdict).toBe('not-visible')
  })
})

describe('what is ruled out because nothing says it', () => {
  const OPEN_SESSION: ConversationParts = { events: [...(GONE.events ?? [])] }

  it.each<[string, ConversationParts]>([
    ['connect-prohibited', SILENT_REQUEST],
    ['host-unreachable', SILENT_REQUEST],
    ['ip-fragments-lost', SILENT_REQUEST],
    ['middlebox-reset', OPEN_SESSION],
    ['server-certificate-unusable', SILENT_REQUEST],
    ['license-refused', SILENT_REQUEST],
    ['server-denied', SILENT_REQUEST],
    ['packet-loss', OPEN_SESSION],
    ['server-overloaded', OPEN_SESSION],
    ['connection-state-lost', LOSSY],
  ])('is not to be seen where one side is missing, or the recorder lost packets: %s', (id, parts) => {
    expect(judged(id, parts).verdict).toBe('ruled-out')
    for (const note of ['one-sided', 'drops', 'recorder-drops']) {
      expect(judged(id, parts, note), note).toMatchObject({ verdict: 'not-visible' })
    }
  })

  it('stays ruled out where packets are there, though cut: what is said of packets needs no content', () => {
    for (const id of ['connect-prohibited', 'middlebox-reset', 'packet-loss'])
      expect(judged(id, OPEN_SESSION, 'snap-length').verdict, id).toBe('ruled-out')
    expect(judged('license-refused', SILENT_REQUEST, 'snap-length').verdict).toBe('not-visible')
  })

  it('stays ruled out where a packet shows it', () => {
    for (const id of ['tcp-connect-unanswered', 'tcp-connect-refused', 'tls-handshake-unanswered', 'x224-no-confirm'])
      expect(judged(id, LOSSY, 'one-sided', 'drops', 'snap-length').verdict, id).toBe('ruled-out')
  })
})

describe('what makes proof only likely, with the reason', () => {
  it.each<[string, ConversationParts, string, RegExp]>([
    ['x224-no-confirm', CLOSED_REQUEST, 'drops', /Only likely, because the recorder lost packets/],
    ['x224-no-confirm', CLOSED_REQUEST, 'snap-length', /Only likely, because packets were cut/],
    ['x224-no-confirm', SILENT_REQUEST, 'clock-back', /Only likely, because the clock of the recorder went back/],
    ['connection-state-lost', GONE, 'ends-open', /Only likely, because the capture ends while the connection is open/],
    ['connection-state-lost', GONE, 'evicted', /Only likely, because the connection was given up/],
    ['packet-loss', LOSSY, 'drops', /Only likely, because the recorder lost packets/],
    ['packet-loss', LOSSY, 'duplicates', /Only likely, because packets were recorded twice/],
    ['packet-loss', LOSSY, 'several-points', /Only likely, because packets were recorded before and behind a router/],
  ])('%s: %#', (id, parts, note, reason) => {
    const one = judged(id, parts, note)
    expect(one.verdict).toBe('likely')
    expect(one.says).toMatch(reason)
    expect(one.evidence.length).toBeGreaterThan(0)
    expect(one.toSettle).not.toBe('')
  })

  it('is nothing that could not make up the picture', () => {
    expect(judged('x224-no-confirm', SILENT_REQUEST, 'duplicates', 'offload', 'no-syn').verdict).toBe('confirmed')
    expect(judged('connection-state-lost', GONE, 'snap-length', 'offload').verdict).toBe('confirmed')
    expect(judged('packet-loss', LOSSY, 'ends-open', 'snap-length', 'offload').verdict).toBe('confirmed')
  })

  it('is nothing where the server says it in so many words', () => {
    const every = [...qualities.keys()]
    const refused: ConversationParts = {
      events: [event('negotiation-request', { protocols: 1 }), event('negotiation-failure', { code: 5 })],
    }
    expect(judged('nla-required', refused, ...every)).toMatchObject({ verdict: 'confirmed', toSettle: '' })
    const disconnected = {
      events: [event('negotiation-request'), event('x224-disconnect', {}, { direction: 1 })],
    } as const
    expect(judged('x224-no-confirm', disconnected, ...every).verdict).toBe('confirmed')
  })
})

describe('sizes behind segmentation offload', () => {
  const parts: ConversationParts = {
    events: [...(GONE.events ?? [])],
    icmp: [icmp({ code: 4, mtu: 1200, direction: 1, ...at(30, 2) })],
    serverSide: {
      largestSegment: 1448,
      largestAcknowledged: 400,
      unacknowledged: 1448,
      stalledResends: 3,
      stalledLength: 1448,
      stalledFirstPacket: 31,
      stalledLastPacket: 33,
      stalledFirstNs: 2.5 * SECOND,
      stalledLastNs: 6 * SECOND,
    },
  }

  it('do not prove that a sender did not heed "fragmentation needed"', () => {
    expect(judged('path-mtu-black-hole', parts).verdict).toBe('confirmed')
    const one = judged('path-mtu-black-hole', parts, 'offload')
    expect(one.verdict).toBe('likely')
    expect(one.says).toContain('the network card cuts segments')
  })

  it('and without the acknowledgements of the other side nothing is claimed', () => {
    const stalled = { ...parts, icmp: [], clientSide: { lastPacket: 34, lastNs: 7 * SECOND } }
    expect(judged('path-mtu-black-hole', stalled).verdict).toBe('likely')
    expect(judged('path-mtu-black-hole', stalled, 'one-sided').verdict).toBe('not-visible')
    expect(judged('path-mtu-black-hole', stalled, 'recorder-drops').toSettle).toContain(
      'Besides, the recorder dropped packets',
    )
  })
})

describe('copies from both sides of a router', () => {
  const reset = (ttl: number): ConversationParts => ({
    events: [event('negotiation-request'), event('negotiation-response')],
    tcp: { marks: [mark('reset', at(20, 1, { direction: 1, ttl }))] },
    serverSide: { ttlLeast: 126, ttlMost: 127, copiesHopped: true },
  })

  it('make no forged reset of one that has lost a hop, and rule none out either', () => {
    const one = judged('middlebox-reset', reset(126))
    expect(one.verdict).toBe('not-visible')
    expect(one.says).toContain('before and behind a router')
    expect(one.toSettle).toContain('one interface')
  })

  it('leave one with a time to live of its own likely', () => {
    expect(judged('middlebox-reset', reset(64))).toMatchObject({ verdict: 'likely' })
    expect(judged('middlebox-reset', { ...reset(126), serverSide: { ttlLeast: 127, ttlMost: 127 } }).verdict).toBe(
      'likely',
    )
  })
})

describe('notes on the whole capture, known at its end', () => {
  it('weaken what was judged before, and join it to what is only likely anyway', () => {
    const diagnosis = new Diagnosis()
    const first = attempt(SILENT_REQUEST, { id: 1 })
    const second = attempt(SILENT_REQUEST, { id: 2, quality: notes('drops') })
    for (const one of [second, first]) diagnosis.add(one, judge(one))
    const lines = (...ids: string[]) =>
      diagnosis
        .findings(notes(...ids))
        .filter(({ rule }) => rule.id === 'x224-no-confirm')
        .map(({ verdict, attempts, count }) => [verdict, attempts, count])
    expect(lines()).toEqual([
      ['confirmed', [1], 1],
      ['likely', [2], 1],
    ])
    expect(lines('recorder-drops')).toEqual([['likely', [1, 2], 2]])
    // Asked again without the note, the answer is as before.
    expect(lines()).toHaveLength(2)
    const [finding] = diagnosis.findings(notes('recorder-drops'))
    expect(finding?.says).toContain('Only likely, because the recorder dropped packets')
  })
})

describe('the seam', () => {
  const judgedVerdict = (verdict: Verdict, on: readonly Ground[]) => ({ ...verdict, restsOn: on })

  it('leaves the same object where no note touches a verdict', () => {
    const verdict = judgedVerdict(confirmed('So it is.'), ['silence'])
    expect(weakened(verdict, [])).toBe(verdict)
    expect(weakened(verdict, notes('offload'))).toBe(verdict)
    const read = judgedVerdict(confirmed('So it is.'), [])
    expect(weakened(read, notes('one-sided'))).toBe(read)
  })

  it('lets what blocks go before what only weakens, and a possibility no further down', () => {
    const one = weakened(judgedVerdict(confirmed('So it is.'), ['loss', 'absence']), notes('drops', 'one-sided'))
    expect(one.verdict).toBe('not-visible')
    expect(weakened(judgedVerdict(possible('Perhaps.', ''), ['silence']), notes('drops')).verdict).toBe('possible')
    expect(weakened(judgedVerdict(likely('Likely.', 'Look.'), ['silence']), notes('drops'))).toMatchObject({
      verdict: 'likely',
      says: 'Likely.',
      toSettle: expect.stringMatching(/^Look\. Besides, the recorder lost packets/),
    })
  })

  it('says so once, where the attempt and the capture have the same note', () => {
    const once = weakened(judgedVerdict(likely('Likely.', 'Look.'), ['time']), notes('clock-back'))
    expect(once.toSettle).toMatch(/^Look\. Besides, the clock/)
    expect(weakened(once, notes('clock-back'))).toBe(once)
    const proven = weakened(judgedVerdict(confirmed('So it is.'), ['time']), notes('clock-back'))
    expect(weakened(proven, notes('clock-back'))).toBe(proven)
  })

  it('rules out nothing that a note hides, where a rule says that it rests on something', () => {
    expect(weakened(judgedVerdict(ruledOut('It is not.'), ['sender']), notes('several-points')).verdict).toBe(
      'not-visible',
    )
  })

  it('takes what a rule rests on for its claims, and nothing for what it rules out, unless a verdict says otherwise', () => {
    const silent = judge(attempt(SILENT_REQUEST)).find(one => one.rule.id === 'x224-no-confirm')
    expect(silent?.restsOn).toEqual(['silence'])
    const lost = judge(attempt(GONE)).find(one => one.rule.id === 'connection-state-lost')
    expect(lost?.restsOn).toEqual(['silence', 'lasting'])
    const answered = judge(attempt(LOSSY)).find(one => one.rule.id === 'tcp-connect-unanswered')
    expect(answered).toMatchObject({ verdict: 'ruled-out', restsOn: [] })
    const open = judge(attempt(LOSSY)).find(one => one.rule.id === 'connection-state-lost')
    expect(open).toMatchObject({ verdict: 'ruled-out', restsOn: ['silence'] })
    expect(resting([], confirmed('Read.')).restsOn).toEqual([])
  })

  it('knows of each note that weakens something how to record again', () => {
    const grounds = [...new Set(rules.flatMap(rule => rule.restsOn ?? []))]
    for (const id of qualities.keys()) {
      const one = weakened(judgedVerdict(confirmed('So it is.'), grounds), notes(id))
      if (one.verdict !== 'confirmed') expect(one.toSettle, id).not.toBe('')
    }
  })
})
