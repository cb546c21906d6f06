/**
 * Every rule is seen to claim, to rule out and to say that it can not see, in captures read from their first byte: the stories
 * of `test/scenarios/`, the samples, and those recorded in the lab.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { CaptureAnalysis } from '../src/analysis.ts'
import { analyze, analyzeFile } from '../src/analyze.ts'
import { rules } from '../src/rules/index.ts'
import { openBytes } from './capture/build.ts'
import { scenarios } from './scenarios/index.ts'
import { Wire } from './scenarios/language/wire.ts'

const SAMPLES = join(import.meta.dirname, '../captures')
const LAB = join(import.meta.dirname, '../../shared/captures/lab')
const WORDS = ['claimed', 'ruled-out', 'not-visible'] as const
type Word = (typeof WORDS)[number]

/** What only recorded captures outside the project show: no story tells it. */
const CLAIMED_IN_LAB = [
  'security-negotiation-failed',
  'tls-cipher-mismatch',
  'tls-certificate-name-mismatch',
  'tls-handshake-unanswered',
  'gateway-http-error',
  'gateway-auth-failed',
  'gateway-response-malformed',
  'gateway-websocket-refused',
  'tls-version-deprecated',
]

it('each rule speaks in each of its words', async () => {
  const heard = new Map<string, Set<Word>>(rules.map(({ id }) => [id, new Set()]))
  const listen = ({ attempts }: CaptureAnalysis) => {
    for (const { rule, verdict } of attempts.flatMap(({ verdicts }) => verdicts)) {
      const isClaim = verdict === 'confirmed' || verdict === 'likely'
      if (isClaim) heard.get(rule)?.add('claimed')
      else if (verdict !== 'possible') heard.get(rule)?.add(verdict)
    }
  }
  const folders = [SAMPLES, LAB].filter(existsSync)
  const files = folders.flatMap(folder => readdirSync(folder).map(name => join(folder, name)))
  for (const path of files.filter(one => /\.pcap(ng)?$/.test(one))) listen(await analyzeFile(path))
  for (const { name, story } of scenarios) {
    const wire = new Wire(name.length)
    story(wire)
    for (const withKeys of [true, false]) {
      listen(await analyze(await openBytes(new Uint8Array(wire.capture(withKeys))), 'story'))
    }
  }
  const silent = [...heard].flatMap(([id, words]) =>
    WORDS.filter(word => !words.has(word)).map(word => `${id}: ${word}`),
  )
  expect(silent).toEqual(existsSync(LAB) ? [] : CLAIMED_IN_LAB.map(id => `${id}: claimed`))
})
