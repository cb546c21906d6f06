import { describe, expect, it } from 'vitest'
import type { AttemptAnalysis } from '../../src/analysis.ts'
import { textReport } from '../../src/report/text.ts'
import type { TextStyle } from '../../src/report/text-style.ts'
import { attemptAnalysis, captureAnalysis, chainLink, diagnosisEntry, verdictAnalysis } from '../support/analysis.ts'

const plain: TextStyle = { width: 80, unicode: true, verbose: false, paint: (_colour, text) => text }

describe('the text report', () => {
  it('puts the verdict first, then the attempt, its proof and the remedy', () => {
    expect(textReport(captureAnalysis(), plain)).toMatchInlineSnapshot(`
      "attempt.pcapng
      pcapng, 7 packets, 1.2 kB, from 2025-11-21 00:00:00.000005 UTC, 0.003 s long

      CONFIRMED error: nla-required
      The server requires NLA and the client did not offer it.
        Attempt 1   TCP ✓ X.224 ✗ NLA required
        From        192.0.2.10:50000 to 198.51.100.20:3389 (rdp.example), direct,
                    failed; begins at 0.000000 s
        Closed by   the server, with FIN, packet 6, 0.002400 s
        Evidence    packet 4, 0.001235 s: the client offers TLS
                    packet 5, 0.002346 s: the server answers: NLA is required (failure
                    code 5)
        Wireshark   frame.number in {4,5}
        Remedy      Let the client offer NLA: enablecredsspsupport:i:1 in the .rdp
                    file.

        Ruled out   1 other cause of attempt 1 by this capture; 1 more can not be seen
                    in it (--verbose lists them)

      "
    `)
  })

  it('tells what was ruled out in whole sentences when asked', () => {
    expect(textReport(captureAnalysis(), { ...plain, verbose: true })).toMatchInlineSnapshot(`
      "attempt.pcapng
      pcapng, 7 packets, 1.2 kB, from 2025-11-21 00:00:00.000005 UTC, 0.003 s long

      CONFIRMED error: nla-required
      The server requires NLA and the client did not offer it.
        Attempt 1   TCP ✓ X.224 ✗ NLA required
        From        192.0.2.10:50000 to 198.51.100.20:3389 (rdp.example), direct,
                    failed; begins at 0.000000 s
        Closed by   the server, with FIN, packet 6, 0.002400 s
        Evidence    packet 4, 0.001235 s: the client offers TLS
                    packet 5, 0.002346 s: the server answers: NLA is required (failure
                    code 5)
        Wireshark   frame.number in {4,5}
        Remedy      Let the client offer NLA: enablecredsspsupport:i:1 in the .rdp
                    file.

      Ruled out in attempt 1:
        tcp-connect-refused: The connection was made.

      Not visible in attempt 1:
        packet-loss: Too few packets. To settle: tcpdump for a longer time.

      "
    `)
  })

  it('says so when nothing is wrong', () => {
    const attempts = [
      attemptAnalysis({
        outcome: 'established',
        chain: [chainLink({ step: 'active' })],
        closing: { side: 'client', how: 'close-notify', packet: 44, timeNs: 1e9 },
        verdicts: [],
      }),
    ]
    const healthy = captureAnalysis({
      attempts,
      diagnosis: [],
      attemptCounts: { established: 1, failed: 0, unfinished: 0 },
    })
    expect(textReport(healthy, plain)).toMatchInlineSnapshot(`
      "attempt.pcapng
      pcapng, 7 packets, 1.2 kB, from 2025-11-21 00:00:00.000005 UTC, 0.003 s long

        Attempt 1   session ✓
        From        192.0.2.10:50000 to 198.51.100.20:3389 (rdp.example), direct,
                    established; begins at 0.000000 s
        Closed by   the client, with a TLS close_notify, packet 44, 1.000000 s
        Result      nothing wrong found

      "
    `)
  })

  it('says so when there is no Remote Desktop in the capture', () => {
    const empty = captureAnalysis({
      attempts: [],
      diagnosis: [],
      attemptCounts: { established: 0, failed: 0, unfinished: 0 },
    })
    expect(textReport(empty, plain)).toMatchInlineSnapshot(`
      "attempt.pcapng
      pcapng, 7 packets, 1.2 kB, from 2025-11-21 00:00:00.000005 UTC, 0.003 s long

      No Remote Desktop connection in this capture.

      "
    `)
  })

  it('keeps every line within the width', () => {
    for (const width of [40, 60, 100]) {
      for (const line of textReport(captureAnalysis(), { ...plain, width, verbose: true }).split('\n')) {
        // Only a single word may be longer.
        if (line.length > width) expect(line.trim().split(' ').length).toBeLessThanOrEqual(4)
      }
    }
  })

  it('uses plain letters where the terminal has no others', () => {
    const text = textReport(captureAnalysis(), { ...plain, unicode: false })
    expect(text).toContain('TCP ok X.224 FAILED NLA required')
    expect(text).toMatch(/^[\x20-\x7e\n]*$/)
  })

  it('says once what a quality note means and what to do', () => {
    const note = { id: 'drops', means: 'A gap may be its own.', remedy: 'Use a larger buffer.' }
    const analysis = captureAnalysis({
      quality: [{ ...note, says: 'the recorder dropped 3 packets' }],
      attempts: [attemptAnalysis({ quality: [{ ...note, says: 'packets are missing' }] })],
    })
    const text = textReport(analysis, { ...plain, width: 200 })
    expect(text).toContain('drops: The recorder dropped 3 packets. A gap may be its own. Use a larger buffer.\n')
    expect(text).toContain('drops: attempt 1: packets are missing\n')
  })

  it('says what weakens an attempt of which nothing is claimed, but not of one that worked', () => {
    const quality = [{ id: 'one-sided', says: 'only the client was recorded', means: '', remedy: '' }]
    const said = (outcome: AttemptAnalysis['outcome']) =>
      textReport(
        captureAnalysis({ attempts: [attemptAnalysis({ outcome, quality, verdicts: [] })], diagnosis: [] }),
        plain,
      ).includes('one-sided: attempt 1: only the client was recorded')
    expect([said('failed'), said('unfinished'), said('established')]).toEqual([true, true, false])
  })

  it('tells what several rules say in the same words once', () => {
    const same = {
      verdict: 'not-visible',
      says: 'one side is missing',
      toSettle: 'Mirror both.',
      evidence: [],
    } as const
    const verdicts = [
      verdictAnalysis({ ...same, rule: 'packet-loss' }),
      verdictAnalysis({ ...same, rule: 'slow-path', says: 'no handshake' }),
      verdictAnalysis({ ...same, rule: 'license-refused' }),
    ]
    const attempts = [attemptAnalysis({ verdicts })]
    expect(textReport(captureAnalysis({ attempts, diagnosis: [] }), { ...plain, verbose: true })).toContain(
      [
        'Not visible in attempt 1:',
        '  packet-loss, license-refused:',
        '    One side is missing. To settle: Mirror both.',
        '  slow-path: No handshake. To settle: Mirror both.',
        '',
      ].join('\n'),
    )
  })

  it('lets no escape sequence of a capture through', () => {
    const hostile = '\x1b]0;owned\x07\x9b2J'
    const says = `name ${hostile}`
    const analysis = captureAnalysis({
      path: `${hostile}.pcap`,
      quality: [{ id: 'x', says, means: says, remedy: says }],
      attempts: [
        attemptAnalysis({
          serverName: hostile,
          quality: [{ id: 'y', says, means: '', remedy: '' }],
          verdicts: [
            verdictAnalysis({
              says,
              evidence: [{ packet: 1, timeNs: 0, says }],
              filter: says,
              remedy: [says],
              toSettle: says,
            }),
            verdictAnalysis({ rule: 'packet-loss', verdict: 'ruled-out', says }),
          ],
        }),
      ],
      diagnosis: [diagnosisEntry({ says }), diagnosisEntry({ rule: 'slow-path', verdict: 'possible', says })],
      error: { code: 'damaged', message: says, remedy: says },
    })
    for (const verbose of [false, true]) {
      expect(textReport(analysis, { ...plain, verbose }).replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
    }
  })

  it('tells an attempt once, however many findings it has', () => {
    const both = captureAnalysis({
      diagnosis: [diagnosisEntry(), diagnosisEntry({ rule: 'packet-loss', verdict: 'likely', severity: 'warning' })],
    })
    const text = textReport(both, plain)
    expect(text.match(/X\.224 ✗/g)).toHaveLength(1)
    expect(text).toContain('see above')
  })

  it('names the captures that would show what this one hides, where nothing is proven', () => {
    const unproven = attemptAnalysis({
      verdicts: [
        verdictAnalysis({
          verdict: 'likely',
          toSettle: 'a capture there',
          settledBy: [{ id: 'on-server', title: 'on the server' }],
        }),
        verdictAnalysis({
          rule: 'packet-loss',
          verdict: 'not-visible',
          severity: 'warning',
          toSettle: 'both of them',
          settledBy: [{ id: 'on-both-ends', title: 'on client and server at the same time' }],
        }),
      ],
    })
    const again = attemptAnalysis({ ...unproven, id: 2 })
    const analysis = captureAnalysis({ attempts: [unproven, again], diagnosis: [] })
    const text = textReport(analysis, plain)
    expect(text).toContain('- a capture on the server: nla-required\n')
    expect(text).toContain('- a capture on client and server at the same time: packet-loss\n')
    expect(text.match(/Would show/g), 'told once').toHaveLength(1)
    expect(textReport(captureAnalysis(), plain)).not.toContain('Would show')
  })

  it('says once what its signs mean', () => {
    const chain = [chainLink({ step: 'tcp' }), chainLink({ step: 'nla', inferred: true })]
    const attempts = [attemptAnalysis({ chain }), attemptAnalysis({ id: 2, chain })]
    const text = textReport(captureAnalysis({ attempts }), plain)
    expect(text.match(/Steps: ✓~ was told from record sizes/g)).toHaveLength(1)
  })

  it('names the other attempts with the same finding', () => {
    const many = captureAnalysis({
      attempts: [attemptAnalysis(), attemptAnalysis({ id: 2 })],
      attemptCounts: { established: 0, failed: 2, unfinished: 0 },
      diagnosis: [diagnosisEntry({ attempts: [1, 2], count: 2 })],
    })
    expect(textReport(many, plain).replaceAll(/\s+/g, ' ')).toContain('(the same in 1 other attempt: 2)')
  })

  it('still names a finding whose attempt is not listed any more', () => {
    const text = textReport(
      captureAnalysis({ attempts: [], diagnosis: [diagnosisEntry({ attempts: [20_000] })] }),
      plain,
    )
    expect(text).toContain('CONFIRMED error: nla-required')
  })
})
