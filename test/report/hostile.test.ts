/** What strangers write into captures and file names does nothing in any format. */
import { parse } from 'csv-parse/sync'
import { lexer, type Token, walkTokens } from 'marked'
import { describe, expect, it } from 'vitest'
import { assess } from '../../src/policy/assess.ts'
import type { AssessedCapture } from '../../src/policy/assessment.ts'
import type { ReportSettings } from '../../src/report/format.ts'
import { formats } from '../../src/report/formats.ts'
import { rules } from '../../src/rules/index.ts'
import { attemptAnalysis, captureAnalysis, chainLink, diagnosisEntry, verdictAnalysis } from '../support/analysis.ts'
import { ignore, policyOf } from '../support/policy.ts'
import { junitFaults, reportFaults, sarifFaults } from '../support/standards.ts'

const HOSTILE = [
  'first\n::error::owned',
  'first\r\n%0A::error file=x::owned',
  ']]> <![CDATA[',
  '<script>alert(1)</script>',
  '</failure></testcase>',
  "=cmd|' /C calc'!A0",
  '-2+3',
  '+1',
  '@SUM(1)',
  '\t=1',
  '\r=1',
  ' =1',
  'a;=1+1',
  '| --- | --- |\n| x | y |',
  '"quoted", \'twice\'',
  '\x00\x07\x1b[2J\x9b31m\x7f',
  'hey @everyone, #1, GH-12, !3, see http://evil.example or www.evil.example or mailto:a@evil.example',
  '```\n# heading\n```',
  '# heading',
  '- item',
  '1. item',
  '> quotation',
  '---',
  '[x](javascript:alert(1)) ![y](http://evil.example/z.png)',
  '--> <!-- &amp; &#64;',
  '\u202egnp.exe\u2028\ufffe\uffff\ud800 \udc00',
  '$x$ ~~gone~~ **loud** _soft_ `code`',
  '../../../etc/passwd?x=1#y',
  'C:\\captures\\a.pcap',
] as const

const settings: ReportSettings = {
  code: null,
  style: { width: 80, unicode: true, verbose: true, paint: (_colour, text) => text },
  unreadableTold: false,
  folder: '/home/somebody',
  rules,
  shard: null,
}

/** Everywhere that text from a capture may stand. */
function hostileCapture(text: string): AssessedCapture {
  const evidence = [{ packet: 4, timeNs: 1, says: text }]
  const verdict = verdictAnalysis({ says: text, short: text, evidence, filter: text, remedy: [text], toSettle: text })
  const attempts = [
    attemptAnalysis({ serverName: text, verdicts: [verdict], chain: [chainLink({ step: 'tcp', says: text })] }),
    attemptAnalysis({ id: 2, serverName: text, verdicts: [{ ...verdict, rule: 'slow-path' }] }),
  ]
  const capture = captureAnalysis({
    path: text,
    attempts,
    error: { code: 'truncated', message: text, remedy: text },
    quality: [{ id: 'drops', says: text, means: text, remedy: text }],
    diagnosis: [
      diagnosisEntry({ says: text }),
      diagnosisEntry({ says: text, verdict: 'possible', rule: 'clock-skew' }),
      diagnosisEntry({ says: text, rule: 'slow-path', attempts: [2] }),
    ],
  })
  return assess(capture, policyOf({ ignores: [ignore({ rule: 'slow-path', reason: text })] }))
}

async function written(name: string, captures: readonly AssessedCapture[]): Promise<string> {
  const format = formats.find(one => one.name === name)
  const writer = await format?.writer(settings)
  if (writer === undefined) throw new Error(`no format is called ${name}`)
  const pieces = captures.map((capture, index) => [...writer.capture(capture, index)].join(''))
  return writer.head() + pieces.join('') + writer.tail()
}

describe.each(formats.map(({ name }) => name))('%s', name => {
  it('has no control byte, mark of direction or half of a character but its own line ends', async () => {
    const text = await written(name, HOSTILE.map(hostileCapture))
    expect(text.length).toBeGreaterThan(HOSTILE.length)
    expect(text.replaceAll(/\r?\n/g, '')).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2028\u2029]/u)
  })
})

describe.each(HOSTILE.map(text => [JSON.stringify(text), text]))('%s', (_shown, text) => {
  const capture = hostileCapture(text)

  it('is a value in JSON and JSON lines', async () => {
    for (const name of ['json', 'jsonl']) {
      const report = JSON.parse(await written(name, [capture]))
      expect(reportFaults(report)).toEqual([])
      expect(report.captures[0].path).toBe(text)
      expect(report.captures[0].attempts[0].verdicts[0].filter).toBe(text)
      expect(report.captures[0].policy.ignored[0].reason).toBe(text)
    }
  })

  it('leaves SARIF valid, its location a relative reference', async () => {
    const sarif = JSON.parse(await written('sarif', [capture]))
    expect(sarifFaults(sarif)).toEqual([])
    const { uri } = sarif.runs[0].results[0].locations[0].physicalLocation.artifactLocation
    expect(uri).toMatch(/^([\w\-.~/]|%[0-9A-F]{2})+$/)
  })

  it('is text in JUnit', async () => {
    const xml = await written('junit', [capture])
    expect(await junitFaults(xml)).toEqual([])
    expect(xml.match(/<(testcase|failure|error) /g)).toEqual(
      ['<testcase ', '<failure ', '<testcase ', '<testcase ', '<error '].filter(Boolean),
    )
  })

  it('gives no command of its own in GitHub annotations', async () => {
    const lines = (await written('github', [capture])).trimEnd().split('\n')
    expect(lines.pop()).toBe('::notice title=rdpscope::1 finding ignored, expected, or known from the baseline')
    expect(lines).toHaveLength(3)
    for (const line of lines) expect(line).toMatch(/^::(error|notice) file=[^:,\n]*,title=[^:,\n]*::([^%]|%25|%0A)+$/)
  })

  it('is shown as it is in Markdown', async () => {
    for (const name of ['md', 'github-summary']) {
      const tokens: Token[] = []
      walkTokens(lexer(await written(name, [capture])), token => {
        tokens.push(token)
      })
      const kinds = new Set(tokens.map(({ type }) => type))
      for (const kind of ['link', 'image', 'em', 'del', 'codespan', 'blockquote', 'hr', 'br']) {
        expect(kinds).not.toContain(kind)
      }
      expect(tokens.filter(({ type, raw }) => type === 'html' && raw !== '<!-- -->')).toEqual([])
      expect(tokens.filter(({ type }) => type === 'code')).toHaveLength(1)
      expect(tokens.filter(({ type }) => type === 'heading')).toHaveLength(name === 'md' ? 2 : 3)
      expect(tokens.flatMap(token => (token.type === 'table' ? [token.rows.length] : []))).toEqual([1])
      expect(tokens.filter(({ type }) => type === 'list')).toHaveLength(5)
      const prose = tokens.flatMap(token =>
        token.type === 'text' && !('tokens' in token && token.tokens) ? [token.raw] : [],
      )
      expect(prose.join(' ')).not.toMatch(/[@#]\w|:\/\/|\bwww\./i)
    }
  })

  it('adds no element and no attribute to HTML', async () => {
    const tags = (page: string) =>
      [...page.matchAll(/<(\/?[a-z0-9]+)((?: [a-z-]+(?:="[^"]*")?)*)\/?>/g)].map(
        ([, name, attributes]) => `${name} ${attributes?.replaceAll(/="[^"]*"/g, '')}`,
      )
    const page = await written('html', [capture, capture])
    expect(tags(page)).toEqual(tags(await written('html', [hostileCapture('plain'), hostileCapture('plain')])))
    expect(page.replace(/<(style|script)>.*?<\/\1>/gs, '').replaceAll(/<[^<>]*>/g, '')).not.toMatch(/[<>]/)
  })

  it('is no formula in CSV', async () => {
    const rows: string[][] = parse(await written('csv', [capture]), { record_delimiter: '\r\n' })
    expect(rows).toHaveLength(4)
    for (const row of rows) {
      expect(row).toHaveLength(rows[0]?.length ?? 0)
      for (const cell of row) expect(cell).not.toMatch(/^\s*[=+\-@]|;\s*[=+\-@]/)
    }
  })
})
