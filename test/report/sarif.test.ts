import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { CaptureAnalysis } from '../../src/analysis.ts'
import { sarifWriter } from '../../src/report/sarif.ts'
import { rules } from '../../src/rules/index.ts'
import { attemptAnalysis, captureAnalysis, diagnosisEntry, verdictAnalysis } from '../support/analysis.ts'
import { sarifFaults } from '../support/standards.ts'

function written(captures: Iterable<CaptureAnalysis>): string {
  const writer = sarifWriter({ folder: '/home/somebody/project', rules })
  const pieces = [writer.head()]
  let index = 0
  for (const capture of captures) pieces.push(...writer.capture(capture, index++))
  pieces.push(writer.tail())
  return pieces.join('')
}

function runOf(...captures: CaptureAnalysis[]) {
  const sarif = JSON.parse(written(captures))
  expect(sarifFaults(sarif)).toEqual([])
  return sarif.runs[0]
}

describe('SARIF', () => {
  it('has a result for what was found, and none for what was ruled out or not visible', () => {
    const run = runOf(captureAnalysis())
    expect(run.results).toHaveLength(1)
    expect(run.results[0]).toMatchObject({
      ruleId: 'nla-required',
      level: 'error',
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'attempt.pcapng' },
            region: { startLine: 1, byteOffset: 0, byteLength: 0 },
          },
        },
      ],
      properties: { verdict: 'confirmed', packets: [4, 5], filter: 'frame.number in {4,5}', attempts: [1] },
    })
    expect(run.invocations).toEqual([{ executionSuccessful: true, toolExecutionNotifications: [] }])
  })

  it.each([
    ['confirmed', 'error', 'error'],
    ['likely', 'warning', 'warning'],
    ['confirmed', 'info', 'note'],
    ['possible', 'error', 'note'],
  ] as const)('%s %s is a result of level %s', (verdict, severity, level) => {
    const attempts = [attemptAnalysis({ verdicts: [verdictAnalysis({ verdict, severity })] })]
    expect(runOf(captureAnalysis({ attempts })).results[0].level).toBe(level)
  })

  it('describes the rules that results name, in whole texts that GitHub takes', () => {
    const verdicts = rules.map(({ id }) => verdictAnalysis({ rule: id }))
    const run = runOf(captureAnalysis({ attempts: [attemptAnalysis({ verdicts })], diagnosis: [] }))
    const described = run.tool.driver.rules
    expect(described.map(({ id }: { id: string }) => id)).toEqual(rules.map(({ id }) => id))
    for (const { shortDescription, fullDescription, help, properties } of described) {
      expect(shortDescription.text.length).toBeLessThanOrEqual(1024)
      expect(fullDescription.text.length).toBeLessThanOrEqual(1024)
      expect(help.text).toContain('Remedy: ')
      expect(help.markdown).toContain('**Remedy**')
      expect(properties.tags.length).toBeLessThanOrEqual(10)
    }
  })

  it('keeps its fingerprints when packets, times and ports are others', () => {
    const again = attemptAnalysis({
      id: 7,
      client: { address: '192.0.2.10', port: 61_000 },
      startNs: 9e9,
      milestones: attemptAnalysis().milestones.map(milestone => ({ ...milestone, packet: milestone.packet + 100 })),
      verdicts: [verdictAnalysis({ evidence: [{ packet: 104, timeNs: 9e9, says: 'the client offers TLS' }] })],
    })
    const [first] = runOf(captureAnalysis()).results
    const [second] = runOf(captureAnalysis({ path: 'renamed.pcapng', attempts: [again] })).results
    expect(second.partialFingerprints).toEqual(first.partialFingerprints)
    expect(first.partialFingerprints['attempt/v1']).toBe('nla-required|192.0.2.10|198.51.100.20:3389|rdp.example|tcp')
  })

  it.each([
    ['the server', { server: { address: '198.51.100.21', port: 3389 } }],
    ['the port of the server', { server: { address: '198.51.100.20', port: 3390 } }],
    ['the name of the server', { serverName: 'other.example' }],
    ['the client', { client: { address: '192.0.2.11', port: 50_000 } }],
    ['the last step', { milestones: [{ id: 'nla', state: 'reached', packet: 9 }] }],
    ['the rule', { verdicts: [verdictAnalysis({ rule: 'clock-skew' })] }],
  ] as const)('has another fingerprint when %s is another', (_what, given) => {
    const [first] = runOf(captureAnalysis()).results
    const [other] = runOf(captureAnalysis({ attempts: [attemptAnalysis(given)] })).results
    expect(other.partialFingerprints['attempt/v1']).not.toBe(first.partialFingerprints['attempt/v1'])
    expect(other.partialFingerprints.primaryLocationLineHash).not.toBe(
      first.partialFingerprints.primaryLocationLineHash,
    )
  })

  it('tells once what was found fifty times between the same ends', () => {
    const attempts = Array.from({ length: 50 }, (_, at) => attemptAnalysis({ id: at + 1 }))
    const { results } = runOf(captureAnalysis({ attempts }))
    expect(results).toHaveLength(1)
    expect(results[0].occurrenceCount).toBe(50)
  })

  it.each([
    ['./a b/c#1.pcapng', 'a%20b/c%231.pcapng'],
    ['/home/somebody/project/x.pcap', 'x.pcap'],
    ['/captures/x%41.pcap', 'file:///captures/x%2541.pcap'],
    ['http://x/y', 'http%3A//x/y'],
    ['\ud800.pcap', '%EF%BF%BD.pcap'],
  ])('names %s as %s', (path, uri) => {
    const [result] = runOf(captureAnalysis({ path })).results
    expect(result.locations[0].physicalLocation.artifactLocation.uri).toBe(uri)
  })

  it('notifies of captures that could not be read, and of attempts that are not listed', () => {
    const error = { code: 'not-a-capture', message: 'notes.txt: text', remedy: 'give a capture' }
    const counts = { established: 0, failed: 5000, unfinished: 0 }
    const run = runOf(captureAnalysis({ error, attempts: [] }), captureAnalysis({ attemptCounts: counts }))
    const [{ executionSuccessful, toolExecutionNotifications }] = run.invocations
    expect(executionSuccessful).toBe(false)
    expect(toolExecutionNotifications).toMatchObject([
      { level: 'error', descriptor: { id: 'not-a-capture' } },
      { level: 'warning', descriptor: { id: 'attempts-not-listed' } },
    ])
  })

  it('stays within what GitHub takes, and says what it left out', () => {
    const text = written(manyFindings(26_000))
    const [run] = JSON.parse(text).runs
    expect(run.results.length).toBeLessThanOrEqual(25_000)
    expect(gzipSync(text).length).toBeLessThan(10e6)
    const left = 26_000 - run.results.length
    const [notice] = run.invocations[0].toolExecutionNotifications
    expect(notice.message.text).toMatch(new RegExp(`^${left} results are left out`))
  })
})

/** Each between other ends, with names that pack badly. */
function* manyFindings(count: number): Generator<CaptureAnalysis> {
  let state = 1
  const noise = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state.toString(36)
  }
  for (let at = 0; at < count; at++) {
    const serverName = Array.from({ length: 20 }, noise).join('')
    const verdicts = [verdictAnalysis({ says: `${serverName} requires NLA` })]
    const attempts = [attemptAnalysis({ serverName, verdicts })]
    yield captureAnalysis({ path: `${noise()}/${at}.pcapng`, attempts, diagnosis: [diagnosisEntry()] })
  }
}
