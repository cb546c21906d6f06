/**
 * Holds the whole way against stories whose truth is known because they were written (`test/scenarios/`): causes that no
 * recorded capture shows, and their healthy twins. tshark judges the captures themselves and the filters of the verdicts.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { AttemptAnalysis, CaptureAnalysis, VerdictAnalysis } from '../src/analysis.ts'
import { analyze } from '../src/analyze.ts'
import { rules } from '../src/rules/index.ts'
import { openBytes } from './capture/build.ts'
import { scenarios } from './scenarios/index.ts'
import type { Expectation, Scenario } from './scenarios/language/scenario.ts'
import { Wire } from './scenarios/language/wire.ts'
import { isTsharkInstalled, tsharkMatches } from './support/tshark.ts'

const known = new Set(rules.map(({ id }) => id))
const CLAIMS: readonly string[] = ['confirmed', 'likely', 'possible']
/** TLS behind X.224 and on the ports of gateways is decoded by tshark only when told so. */
const DECODE_AS = ['-d', 'tcp.port==3389,tls', '-d', 'tcp.port==443,tls', '-o', 'http.desegment_body:FALSE']

/** Without both hellos nothing can be decrypted. */
const HELLOS = ['tls.handshake.type == 1', 'tls.handshake.type == 2'] as const
/** What lies within TLS. */
const INSIDE = 'credssp || t125 || rdp || http'

const folder = mkdtempSync(join(tmpdir(), 'rdpscope-scenarios-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('each scenario has a name of its own', () => {
  const names = scenarios.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

it('no scenario awaits a rule that is there, or expects one that is not', () => {
  for (const { name, awaits = [], withKeys, withoutKeys } of scenarios) {
    expect(
      awaits.filter(id => known.has(id)),
      `${name}: remove the mark`,
    ).toEqual([])
    const named = [withKeys, withoutKeys ?? withKeys].flatMap(
      ({ finds = {}, mayAlso = [], mayGuess = [], first = [] }) =>
        [Object.keys(finds), mayAlso, mayGuess, first].flat(),
    )
    expect(
      named.filter(id => !known.has(id) && !awaits.includes(id)),
      name,
    ).toEqual([])
  }
})

describe('the verdicts are those of the story', () => {
  it.each(namedOf(scenarios.filter(({ notSeenYet }) => notSeenYet === undefined)))('%s', (_name, one) => holdsAll(one))

  // Marked: these fail until the project sees what they tell. Then the mark is to be removed.
  it.fails.each(namedOf(scenarios.filter(({ notSeenYet }) => notSeenYet !== undefined)))('%s', (_name, one) =>
    holdsAll(one),
  )
})

// Skips where tshark is not installed.
describe.skipIf(!isTsharkInstalled())('tshark finds what the verdicts name, and nothing malformed', () => {
  it.each(namedOf(scenarios))('%s', async (_name, one) => {
    const path = join(folder, 'story.pcapng')
    const wire = told(one)
    writeFileSync(path, wire.capture(true))
    const analyses = [await analysisOf(wire, true), await analysisOf(wire, false)]
    const verdicts = analyses.flatMap(claimsOf).filter(({ evidence }) => evidence.length > 0)
    const malformed = '_ws.malformed'
    const found = tsharkMatches(
      path,
      [malformed, ...HELLOS, INSIDE, ...verdicts.map(({ filter }) => filter)],
      DECODE_AS,
    )
    if (one.isMalformed !== true) expect(found.get(malformed), 'malformed packets').toEqual([])
    const hasKeys =
      wire.keyLog !== '' && one.isMalformed !== true && HELLOS.every(hello => found.get(hello)?.length !== 0)
    if (hasKeys) expect(found.get(INSIDE), 'decrypted packets').not.toEqual([])
    for (const { rule, filter, evidence } of verdicts) {
      const named = [...new Set(evidence.map(({ packet }) => packet))].sort((a, b) => a - b)
      expect(found.get(filter), `${rule}: ${filter}`).toEqual(named)
    }
  })
})

function namedOf(list: readonly Scenario[]): (readonly [name: string, one: Scenario])[] {
  return list.map(one => [one.name, one] as const)
}

async function holdsAll(one: Scenario): Promise<void> {
  const { withKeys, withoutKeys = withKeys } = one
  // Who has no better name for an end says that the client left.
  const instead = (one.awaits ?? []).some(id => !known.has(id)) ? ['client-aborted'] : []
  const wire = told(one)
  holds(await analysisOf(wire, true), withKeys, instead, 'with keys')
  holds(await analysisOf(wire, false), withoutKeys, instead, 'without keys')
}

function told({ story, name }: Scenario): Wire {
  const wire = new Wire(name.length)
  story(wire)
  return wire
}

async function analysisOf(wire: Wire, withKeys: boolean): Promise<CaptureAnalysis> {
  return analyze(await openBytes(new Uint8Array(wire.capture(withKeys))), 'story')
}

function claimsOf({ attempts }: CaptureAnalysis): VerdictAnalysis[] {
  return attempts.flatMap(({ verdicts }) => verdicts).filter(({ verdict }) => CLAIMS.includes(verdict))
}

function holds(analysis: CaptureAnalysis, expected: Expectation, instead: readonly string[], which: string): void {
  const said = `${which}: ${summary(analysis)}`
  const { finds = {}, mayAlso = [], mayGuess = [], first } = expected
  expect(analysis.error, said).toBeNull()
  holdsOutcomes(analysis.attempts, expected, said)
  for (const [id, words] of Object.entries(finds)) {
    if (!known.has(id)) continue
    const allowed = [words].flat()
    const given = analysis.attempts.flatMap(({ verdicts }) => verdicts.filter(({ rule }) => rule === id))
    expect(
      given.map(({ verdict }) => verdict).some(word => allowed.includes(word)),
      `${id}, ${said}`,
    ).toBe(true)
  }
  const loud = analysis.diagnosis.filter(({ severity }) => severity !== 'info')
  const allowed = [...Object.keys(finds), ...mayAlso, ...mayGuess, ...instead]
  expect(
    loud.map(({ rule }) => rule).filter(rule => !allowed.includes(rule)),
    said,
  ).toEqual([])
  const proven = analysis.diagnosis.filter(({ verdict }) => verdict === 'confirmed').map(({ rule }) => rule)
  expect(
    proven.filter(rule => mayGuess.includes(rule)),
    said,
  ).toEqual([])
  if (first !== undefined && known.has(first)) expect(loud[0]?.rule, said).toBe(first)
  holdsEvidence(analysis)
}

function holdsOutcomes(attempts: readonly AttemptAnalysis[], { outcome }: Expectation, said: string): void {
  if (outcome === 'any') return
  const outcomes = attempts.map(attempt => attempt.outcome)
  if (typeof outcome !== 'string') expect(outcomes, said).toEqual(outcome)
  else expect(new Set(outcomes), said).toEqual(new Set([outcome]))
}

/** Packets that exist, at times within the capture. */
function holdsEvidence(analysis: CaptureAnalysis): void {
  for (const { packet, timeNs, says } of claimsOf(analysis).flatMap(({ evidence }) => evidence)) {
    expect(packet, says).toBeGreaterThanOrEqual(1)
    expect(packet, says).toBeLessThanOrEqual(analysis.packets)
    expect(timeNs, says).toBeGreaterThanOrEqual(0)
    expect(timeNs, says).toBeLessThanOrEqual(analysis.endNs)
  }
}

/** For the message of a failed test. */
function summary({ attempts, diagnosis }: CaptureAnalysis): string {
  const outcomes = attempts.map(({ outcome, transport }) => `${transport} ${outcome}`).join(', ')
  const claims = diagnosis.map(({ rule, verdict, severity }) => `${rule} ${verdict} (${severity})`).join(', ')
  return `${outcomes || 'no attempt'}; ${claims || 'nothing claimed'}`
}
