import { describe, expect, it } from 'vitest'
import { markdownWriter } from '../../src/report/markdown.ts'
import { markdownCode, markdownText } from '../../src/report/markdown-text.ts'
import { attemptAnalysis, captureAnalysis, diagnosisEntry } from '../support/analysis.ts'

const style = { width: 80, unicode: true, verbose: false, paint: (_colour: string, text: string) => text }

function written(given: Parameters<typeof captureAnalysis>[0] = {}): string {
  const writer = markdownWriter({ code: null, style })
  return [...writer.capture(captureAnalysis(given), 0)].join('')
}

describe('the Markdown report', () => {
  it('has the verdict, the chain, the packets that show it, what to do, and the filter', () => {
    const text = written()
    expect(text).toContain('## attempt.pcapng\n')
    expect(text).toContain('### confirmed error: nla-required\n\nThe server requires NLA')
    expect(text).toContain('**Attempt 1** TCP ✓ X.224 ✗ NLA required')
    expect(text).toContain(
      '| Packet | Time | What it shows |\n|---:|---:|---|\n| 4 | 0.001235 s | the client offers TLS |',
    )
    expect(text).toContain('**Remedy**\n\n- Let the client offer NLA')
    expect(text).toContain('**Wireshark**\n\n```\nframe.number in {4,5}\n```')
  })

  it('lists what is merely possible apart, and how often the same was found', () => {
    const diagnosis = [diagnosisEntry({ count: 12 }), diagnosisEntry({ verdict: 'possible', rule: 'clock-skew' })]
    const text = written({ diagnosis })
    expect(text).toContain('The same in 11 other attempts.')
    expect(text).toMatch(/\*\*Possible, no more\*\*\n\n- clock-skew: /)
    expect(text).not.toContain('### possible')
  })

  it('shows attempts without a finding, the first few of many', () => {
    const attempts = Array.from({ length: 9 }, (_, at) => attemptAnalysis({ id: at + 1, verdicts: [] }))
    const text = written({ attempts, diagnosis: [] })
    expect(text.match(/\*\*Attempt \d\*\*/g)).toHaveLength(5)
    expect(text).toContain('4 more attempts without a finding.')
  })

  it('says when there is no connection', () => {
    expect(written({ attempts: [], diagnosis: [] })).toContain('No Remote Desktop connection in this capture.')
  })
})

describe('text in Markdown', () => {
  it.each([
    ['a|b', 'a\\|b'],
    ['`x` <b> & c', '\\`x\\` &lt;b&gt; &amp; c'],
    ['@team #12', '@<!-- -->team #<!-- -->12'],
    ['http://a.example', 'http:<!-- -->//a.example'],
    ['1. one', '1\\. one'],
    ['- one', '\\- one'],
    ['C:\\a', 'C:\\\\a'],
    ['packet 5, 0.1 s: 100% lost', 'packet 5, 0.1 s: 100% lost'],
  ])('%s becomes %s', (text, shown) => {
    expect(markdownText(text)).toBe(shown)
  })

  it('fences code longer than any fence in it', () => {
    expect(markdownCode(['a ```` b'])).toBe('`````\na ```` b\n`````')
  })
})
