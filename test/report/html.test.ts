import { describe, expect, it } from 'vitest'
import type { CaptureAnalysis } from '../../src/analysis.ts'
import type { Exhibits } from '../../src/report/exhibits.ts'
import { tsharkCommand } from '../../src/report/html/commands.ts'
import { htmlWriter } from '../../src/report/html.ts'
import { rules } from '../../src/rules/index.ts'
import { attemptAnalysis, captureAnalysis, diagnosisEntry, verdictAnalysis } from '../support/analysis.ts'

async function written(captures: readonly CaptureAnalysis[], exhibits?: Exhibits): Promise<string> {
  const writer = await htmlWriter({ code: null, rules })
  const pieces = captures.map((capture, index) => [...writer.capture(capture, index, exhibits)].join(''))
  return writer.head() + pieces.join('') + writer.tail()
}

/** What a reader sees, with the tags gone. */
const read = (page: string) =>
  page
    .replace(/<head>.*?<\/head>|<script>.*?<\/script>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')

describe('the HTML report of one capture', () => {
  it('says first what failed, how sure that is, whom to ask and what to do, then proves it', async () => {
    const page = await written([captureAnalysis()])
    const text = read(page)
    const order = [
      'Confirmed error nla-required',
      'The server requires Network Level Authentication, and the client did not offer it',
      'Connection TCP : passed',
      'Negotiation X.224 : failed NLA required',
      'How sure Confirmed. The capture shows it.',
      'Whom to ask Desktop support',
      'What to do Let the client offer NLA',
      '192.0.2.10:50000',
      'Proof',
      'The server answers: NLA is required (failure code 5).',
      'frame.number in {4,5}',
      'Attempt 1: failed',
      '1 cause ruled out',
      '1 cause that this capture can not show',
      'A capture on client and server at the same time.',
      'How good the capture is',
    ].map(part => [part, text.indexOf(part.replaceAll('&', '&amp;'))] as const)
    expect(order.filter(([, at]) => at < 0)).toEqual([])
    expect(order.map(([, at]) => at)).toEqual(order.map(([, at]) => at).sort((a, b) => a - b))
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/)
    expect(page).toContain('<title>The server requires Network Level Authentication')
    expect(page).not.toContain('<script')
    expect(page).toContain("default-src 'none'; style-src 'sha256-")
  })

  it('is calm about a session that worked', async () => {
    const attempts = [attemptAnalysis({ outcome: 'established', verdicts: [] })]
    const attemptCounts = { established: 1, failed: 0, unfinished: 0 }
    const text = read(await written([captureAnalysis({ attempts, attemptCounts, diagnosis: [] })]))
    expect(text).toContain('No fault found The connection worked')
    expect(text).not.toContain('What to do')
  })

  it('names captures that would tell where nothing explains a failure', async () => {
    const hidden = verdictAnalysis({
      verdict: 'not-visible',
      toSettle: 'a capture there',
      settledBy: [{ id: 'on-server', title: 'on the server' }],
    })
    const attempts = [attemptAnalysis({ verdicts: [hidden] })]
    const text = read(await written([captureAnalysis({ attempts, diagnosis: [] })]))
    expect(text).toContain('The connection failed, and the capture does not show why')
    expect(text).toContain('What would tell A capture on the server')
  })

  it('says that a file could not be read, and up to where another was', async () => {
    const error = { code: 'truncated', message: 'ends at offset 100', remedy: 'record it anew' }
    const none = { established: 0, failed: 0, unfinished: 0 }
    const nothing = { error, format: '', attempts: [], diagnosis: [], attemptCounts: none }
    expect(read(await written([captureAnalysis(nothing)]))).toMatch(
      /could not be read .*Ends at offset 100; record it anew\./,
    )
    expect(read(await written([captureAnalysis({ error })]))).toContain('Read up to here: Ends at offset 100')
  })

  it('counts what a policy excuses among no findings, and says that it is excused', async () => {
    const reason = 'the <b>old</b> site'
    const excuse = { kind: 'ignored', reason, expires: null } as const
    const policy = {
      fails: false,
      ignored: [{ reason, expires: null, count: 1 }],
      lapsed: [],
      known: null,
      expectations: [],
    }
    const ignored = { ...captureAnalysis(), diagnosis: [{ ...diagnosisEntry(), excuse }], policy }
    const page = await written([ignored])
    expect(read(page)).toContain('The connection failed, and the capture does not show why')
    expect(page).toContain('<b>Ignored:</b> 1 finding: the &lt;b&gt;old&lt;/b&gt; site')
  })

  it('tells how to open the packets that it does not show', async () => {
    expect(read(await written([captureAnalysis()]))).toContain('rdpscope decode -T tree --packet 4,5 attempt.pcapng')
  })
})

describe('the HTML report of several captures', () => {
  const healthy = captureAnalysis({
    path: 'folder/healthy.pcapng',
    attempts: [attemptAnalysis({ outcome: 'established', verdicts: [] })],
    attemptCounts: { established: 1, failed: 0, unfinished: 0 },
    diagnosis: [],
  })
  const gateway = captureAnalysis({
    path: 'gateway.pcapng',
    attempts: [
      attemptAnalysis({
        transport: 'gateway-http',
        serverName: 'gw.example',
        client: { address: '192.0.2.77', port: 1 },
      }),
    ],
    diagnosis: [diagnosisEntry({ verdict: 'likely' })],
  })

  it('opens with what they come to, by cause, client, gateway, server and hour', async () => {
    const page = await written([captureAnalysis(), healthy, gateway])
    const text = read(page)
    expect(text).toContain('3 captures, 2 with findings 3 attempts to connect: 2 failed, 1 worked.')
    expect(text).toMatch(/Causes .*nla-required confirmed error 1 1 Desktop support .*nla-required likely error 1 1/)
    expect(text).toMatch(/By client .*192\.0\.2\.10 2 1 nla-required 192\.0\.2\.77 1 1 nla-required/)
    expect(text).toMatch(/By gateway .*gw\.example \(198\.51\.100\.20:3389\) 1 1 nla-required/)
    expect(text).toMatch(/By server .*rdp\.example \(198\.51\.100\.20:3389\) 2 1 nla-required/)
    expect(text).toMatch(/By hour .*2025-11-21 00:00 UTC 3 2 nla-required ×2/)
  })

  it('lists first what is to be looked at, by paths that tell captures apart', async () => {
    const paths = ['all/one/a.pcap', 'all/two/a.pcap', 'all/b.pcap']
    const [a, b, c] = [healthy, gateway, captureAnalysis()].map((one, at) => ({ ...one, path: paths[at] ?? '' }))
    if (a === undefined || b === undefined || c === undefined) throw new Error('three captures')
    const page = await written([a, b, c])
    const names = [...page.matchAll(/<a href="#c(\d)">([^<]*)<\/a>/g)].map(([, nth, name]) => `${nth} ${name}`)
    expect(names).toEqual(['3 b.pcap', '2 two/a.pcap', '1 one/a.pcap'])
    const apart = await written([
      { ...a, path: '/a.pcap' },
      { ...b, path: 'b.pcap' },
    ])
    expect(apart).toMatch(/>b\.pcap<.*>\/a\.pcap</s)
  })

  it('links each capture with its section, and no two things have one name', async () => {
    const page = await written([captureAnalysis(), healthy, gateway])
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const links = [...page.matchAll(/href="#([^"]*)"/g)].map(([, id]) => id as string)
    expect(links).toEqual(expect.arrayContaining(['c1', 'c2', 'c3', 'captures']))
    expect(links.filter(id => !ids.includes(id))).toEqual([])
  })

  it('leaves details out where there is no room for them, and says so', async () => {
    const says = 'x'.repeat(200_000)
    const attempts = Array.from({ length: 20 }, (_, at) =>
      attemptAnalysis({ id: at + 1, verdicts: [verdictAnalysis({ verdict: 'ruled-out', says })] }),
    )
    const large = captureAnalysis({ attempts, diagnosis: [] })
    const page = await written(Array.from({ length: 10 }, () => large))
    expect(page.length).toBeLessThan(40_000_000)
    expect(page.match(/The report has no room for the details/g)?.length).toBeGreaterThan(0)
    expect(page.match(/<section class="capture"/g)).toHaveLength(10)
  })
})

describe('the command for tshark', () => {
  it.each([
    ['a.pcapng', 'tcp.flags.reset == 1', "tshark -r a.pcapng -Y 'tcp.flags.reset == 1'"],
    ["it's here.pcap", 'tls', "tshark -r 'it'\\''s here.pcap' -Y tls"],
    ['-x.pcap', 'tls', 'tshark -r ./-x.pcap -Y tls'],
    ['$(rm -rf ~).pcap', 'a`b`', "tshark -r '$(rm -rf ~).pcap' -Y 'a`b`'"],
  ])('of %s', (path, filter, command) => {
    expect(tsharkCommand(path, filter)).toBe(command)
  })
})
