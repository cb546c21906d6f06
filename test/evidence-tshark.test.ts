/** The packets that a verdict names exist, and the filter beside it gives exactly those, by tshark on the recorded file. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { analyzeFile } from '../src/analyze.ts'
import { isTsharkInstalled, tsharkMatches } from './support/tshark.ts'

const SHARED = join(import.meta.dirname, '../../shared/captures')
/** Captures of strangers in which something is found. */
const FOUND = readFileSync(join(import.meta.dirname, 'public/findings.tsv'), 'utf8')
  .trimEnd()
  .split('\n')
  .slice(1)
  .map(row => join(SHARED, 'public', row.split('\t')[0] as string))
const paths = [
  ...capturesIn(join(import.meta.dirname, '../captures')),
  ...capturesIn(join(SHARED, 'lab')),
  ...new Set(FOUND.filter(path => existsSync(path))),
]
const CLAIMS: readonly string[] = ['confirmed', 'likely']

describe.skipIf(!isTsharkInstalled())('the evidence of every claim', () => {
  it.each(paths.map(path => [path.replace(/^.*captures\//, ''), path]))('%s', async (_name, path) => {
    const { attempts, packets } = await analyzeFile(path)
    const claims = attempts.flatMap(({ verdicts }) => verdicts).filter(({ verdict }) => CLAIMS.includes(verdict))
    for (const { rule, evidence } of claims) {
      expect(evidence, rule).not.toEqual([])
      for (const { packet } of evidence)
        expect(packet >= 1 && packet <= packets, `${rule}: packet ${packet}`).toBe(true)
    }
    if (claims.length === 0) return
    const filters = [...new Set(claims.map(({ filter }) => filter))]
    const selected = tsharkMatches(path, filters)
    for (const { rule, filter, evidence } of claims) {
      const named = [...new Set(evidence.map(({ packet }) => packet))].sort((a, b) => a - b)
      expect(selected.get(filter), `${rule}: ${filter}`).toEqual(named)
    }
  })
})

function capturesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter(name => /\.pcap(ng)?$/.test(name))
    .sort()
    .map(name => join(folder, name))
}
