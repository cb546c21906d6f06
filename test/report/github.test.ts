import { describe, expect, it } from 'vitest'
import type { CaptureAnalysis } from '../../src/analysis.ts'
import { githubWriter } from '../../src/report/github.ts'
import { githubSummaryWriter } from '../../src/report/github-summary.ts'
import { captureAnalysis, diagnosisEntry } from '../support/analysis.ts'

const style = { width: 80, unicode: true, verbose: false, paint: (_colour: string, text: string) => text }

function annotations(captures: readonly CaptureAnalysis[]): string[] {
  const writer = githubWriter({ folder: '/home/somebody' })
  const text = [writer.head(), ...captures.flatMap((one, at) => [...writer.capture(one, at)]), writer.tail()].join('')
  return text.trimEnd().split('\n')
}

function summary(captures: readonly CaptureAnalysis[]): string {
  const writer = githubSummaryWriter({ code: null, style })
  return [writer.head(), ...captures.flatMap((one, at) => [...writer.capture(one, at)]), writer.tail()].join('')
}

describe('annotations', () => {
  it('name the capture within the checkout, the rule and its verdict, and escape what GitHub reads', () => {
    const says = '50% of it: lost, all'
    const capture = captureAnalysis({ path: '/home/somebody/a,b:c%.pcap', diagnosis: [diagnosisEntry({ says })] })
    const [line] = annotations([capture])
    expect(line).toMatch(
      /^::error file=a%2Cb%3Ac%25\.pcap,title=nla-required \(confirmed\)::50%25 of it: lost, all\.%0AAttempt 1\.%0AWireshark: /,
    )
  })

  it('are ten errors and ten warnings at most, nine notices, and a last one about the rest', () => {
    const captures = (['error', 'warning', 'info'] as const).flatMap(severity =>
      Array.from({ length: 15 }, () => captureAnalysis({ diagnosis: [diagnosisEntry({ severity })] })),
    )
    const lines = annotations(captures)
    const ofKind = (kind: string) => lines.filter(line => line.startsWith(`::${kind} `)).length
    expect([ofKind('error'), ofKind('warning'), ofKind('notice')]).toEqual([10, 10, 10])
    expect(lines.at(-1)).toBe('::notice title=rdpscope::16 more findings: GitHub shows ten of a kind in a step')
  })
})

describe('the summary of a job', () => {
  it('tells captures with findings in full, and counts the others', () => {
    const healthy = captureAnalysis({ path: 'healthy.pcap', diagnosis: [diagnosisEntry({ severity: 'info' })] })
    const text = summary([captureAnalysis(), healthy])
    expect(text).toContain('### confirmed error: nla-required')
    expect(text).not.toContain('healthy.pcap')
    expect(text).toMatch(/\n2 captures scanned, 1 with findings\.\n$/)
  })

  it('stays below what GitHub takes', () => {
    const long = captureAnalysis({ diagnosis: [diagnosisEntry({ says: '\u2713'.repeat(10_000) })] })
    const text = summary(Array.from({ length: 60 }, () => long))
    expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024)
    expect(text).toMatch(/no room for \d+ of them/)
  })
})
