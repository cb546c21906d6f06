import { describe, expect, it } from 'vitest'
import { jsonCapture, jsonHead, jsonReport, jsonTail } from '../../src/report/json.ts'
import { isoTime } from '../../src/report/time.ts'
import { attemptAnalysis, captureAnalysis, verdictAnalysis } from '../support/analysis.ts'

describe('the JSON report', () => {
  it('has the fields of rdpscope/report@1', () => {
    const report = JSON.parse(jsonReport([captureAnalysis()]))
    expect(report).toMatchObject({
      schema: 'rdpscope/report@1',
      tool: { name: 'rdpscope' },
      captures: [
        {
          path: 'attempt.pcapng',
          format: 'pcapng',
          packets: 7,
          bytes: 1208,
          start: '2025-11-21T00:00:00.000005000Z',
          end: '2025-11-21T00:00:00.003005000Z',
          error: null,
          quality: [],
          attempts: [
            {
              id: 1,
              transport: 'direct',
              client: { address: '192.0.2.10', port: 50000 },
              server: { address: '198.51.100.20', port: 3389, name: 'rdp.example' },
              start: '2025-11-21T00:00:00.000005000Z',
              outcome: 'failed',
              closedBy: { side: 'server', how: 'fin', packet: 6 },
            },
          ],
          diagnosis: [{ rule: 'nla-required', verdict: 'confirmed', severity: 'error', attempts: [1] }],
        },
      ],
    })
    expect(report.captures[0].attempts[0].milestones[1]).toEqual({
      id: 'tcp',
      state: 'reached',
      packet: 3,
      inferred: false,
    })
    expect(report.captures[0].attempts[0].chain).toBe('TCP ✓ X.224 ✗ NLA required')
    expect(report.captures[0].attempts[0].verdicts[2]).toMatchObject({
      rule: 'packet-loss',
      settledBy: ['on-both-ends'],
    })
    expect(report.captures[0].attempts[0].verdicts[0]).toEqual({
      rule: 'nla-required',
      verdict: 'confirmed',
      severity: 'error',
      says: 'the server requires NLA and the client did not offer it',
      short: 'NLA required',
      evidence: [
        { packet: 4, time: '2025-11-21T00:00:00.001239567Z', timeNs: 1_234_567, says: 'the client offers TLS' },
        {
          packet: 5,
          time: '2025-11-21T00:00:00.002350678Z',
          timeNs: 2_345_678,
          says: 'the server answers: NLA is required (failure code 5)',
        },
      ],
      filter: 'frame.number in {4,5}',
      remedy: 'Let the client offer NLA: enablecredsspsupport:i:1 in the .rdp file.',
      toSettle: null,
      settledBy: [],
      restsOn: [],
    })
  })

  it('is the same document in pieces and at once, for none, one and several captures', () => {
    for (const captures of [[], [captureAnalysis()], [captureAnalysis(), captureAnalysis({ path: 'b.pcap' })]]) {
      const pieces = [jsonHead(), ...captures.flatMap((one, at) => [...jsonCapture(one, at)]), jsonTail()].join('')
      expect(pieces).toBe(jsonReport(captures))
      expect(JSON.parse(pieces).captures).toHaveLength(captures.length)
    }
  })

  it('tells why a capture could not be read', () => {
    const error = { code: 'not-a-capture', message: 'notes.txt: text', remedy: 'give a capture' }
    const [capture] = JSON.parse(jsonReport([captureAnalysis({ error, format: '', start: null })])).captures
    expect(capture).toMatchObject({ error, start: null, end: null })
  })

  it('writes what strangers wrote as escapes', () => {
    const attempts = [attemptAnalysis({ verdicts: [verdictAnalysis({ says: 'name \x1b[2J\x9b \u202e' })] })]
    const text = jsonReport([captureAnalysis({ attempts })])
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u)
    expect(JSON.parse(text).captures[0].attempts[0].verdicts[0].says).toBe('name \x1b[2J\x9b \u202e')
  })

  it('tells what a closing packet says of its sender, what the attempt is for, and its connections', () => {
    const sender = {
      authenticity: 'foreign',
      signs: ['its IP identification is 0'],
      hops: -1,
      whereabouts: '',
    } as const
    const closing = { side: 'server', how: 'rst', packet: 6, timeNs: 0, sender } as const
    const client = { address: '192.0.2.10', port: 50_000 }
    const server = { address: '198.51.100.20', port: 3389 }
    const ends = { client, server, firstPacket: 1, lastPacket: 9 }
    const members = [{ part: 'after', outcome: 'failed', transport: 'tcp', stream: 3, ...ends }] as const
    const attempts = [attemptAnalysis({ closing, members, purpose: 'probe' }), attemptAnalysis()]
    const [first, second] = JSON.parse(jsonReport([captureAnalysis({ attempts })])).captures[0].attempts
    expect(first).toMatchObject({ purpose: 'probe', connections: members })
    expect(first.closedBy).toMatchObject({
      authenticity: 'foreign',
      signs: sender.signs,
      hops: null,
      whereabouts: null,
    })
    expect(second.closedBy).not.toHaveProperty('authenticity')
  })
})

describe('isoTime', () => {
  it('keeps nanoseconds that a double could not hold', () => {
    expect(isoTime({ seconds: 1_763_683_200, nanoseconds: 999_999_999 }, 2)).toBe('2025-11-21T00:00:01.000000001Z')
  })

  it('goes back before the first packet', () => {
    expect(isoTime({ seconds: 10, nanoseconds: 0 }, -1)).toBe('1970-01-01T00:00:09.999999999Z')
  })

  it('is null where no calendar has such a time', () => {
    expect(isoTime({ seconds: 1e15, nanoseconds: 0 }, 0)).toBeNull()
    expect(isoTime({ seconds: Number.NaN, nanoseconds: 0 }, 0)).toBeNull()
  })
})
