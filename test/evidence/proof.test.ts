/** The packets that prove findings, judged by themselves, give the same findings. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { analyzeFile, type CaptureAnalysis, KeySource } from '../../src/analyze.ts'
import { proofOf } from '../../src/evidence/proof.ts'
import { type ReadCapture, readCapture } from '../../src/evidence/read.ts'
import { savePackets } from '../../src/evidence/saving.ts'

const folder = mkdtempSync(join(tmpdir(), 'rdpscope-proof-'))
afterAll(() => rmSync(folder, { recursive: true }))

const SAMPLES = readdirSync('captures').filter(name => name.endsWith('.pcapng'))

async function reading<T>(name: string, use: (read: ReadCapture) => T | Promise<T>): Promise<T> {
  const read = await readCapture(`captures/${name}`, { keys: null })
  try {
    return await use(read)
  } finally {
    read.capture.close()
  }
}

const claims = ({ diagnosis }: CaptureAnalysis) =>
  diagnosis.map(({ rule, verdict, severity, outcome, count, says }) => ({
    rule,
    verdict,
    severity,
    outcome,
    count,
    says,
  }))

describe('readCapture', () => {
  it('finds what analyzeFile finds', async () => {
    const path = 'captures/net-fragments-dropped-at-client.pcapng'
    const { analysis } = await reading('net-fragments-dropped-at-client.pcapng', read => read)
    const ladders = await analyzeFile(path, { ladders: true })
    expect(analysis).toEqual(ladders)
  })
})

describe('the evidence of a capture', () => {
  it.each(SAMPLES)('%s: saved and scanned again, it gives the same findings', name =>
    reading(name, async ({ analysis, capture }) => {
      const proof = proofOf(capture, analysis, null)
      if (analysis.diagnosis.length === 0) {
        expect(proof).toBeNull()
        return
      }
      expect(proof?.isSame).toBe(true)
      const path = join(folder, name)
      await savePackets(capture, analysis.attempts, proof?.rows ?? [], path, { withKeys: true })
      expect(claims(await analyzeFile(path))).toEqual(claims(analysis))
    }),
  )

  it.each([
    ['net-syn-blackhole.pcapng', 'named', 6],
    ['nla-server-client-tls.pcapng', 'named', 10],
    ['net-dpi-rst-clienthello.pcapng', 'messages', 11],
  ])('%s: packets that prove nothing are left out', (name, kind, packets) =>
    reading(name, ({ analysis, capture }) => {
      const proof = proofOf(capture, analysis, null)
      expect(proof?.kind).toBe(kind)
      expect(capture.index.count).toBe(packets)
      expect(proof?.rows.length).toBeLessThan(packets)
      const named = analysis.attempts.flatMap(({ verdicts }) =>
        verdicts.filter(({ verdict }) => verdict === 'likely' || verdict === 'confirmed'),
      )
      const numbers = proof?.rows.map(row => capture.index.number(row)) ?? []
      for (const { evidence } of named) for (const { packet } of evidence) expect(numbers).toContain(packet)
    }),
  )

  it('goes without the keys of the capture where that is wanted, and says whether it still proves all', () =>
    reading('direct-server-killed-in-session.pcapng', async ({ analysis, capture }) => {
      const proof = proofOf(capture, analysis, new KeySource(null, []))
      const path = join(folder, 'without.pcapng')
      await savePackets(capture, analysis.attempts, proof?.rows ?? [], path, { withKeys: false })
      expect(readFileSync(path, 'latin1')).not.toMatch(/CLIENT_RANDOM|TRAFFIC_SECRET/)
      const again = claims(await analyzeFile(path))
      const isSame = JSON.stringify(again) === JSON.stringify(claims(analysis))
      expect(proof?.isSame).toBe(isSame)
    }))

  it('names the packet by its number in the capture where that is another one', () =>
    reading('nla-server-client-tls.pcapng', async ({ analysis, capture }) => {
      const proof = proofOf(capture, analysis, null)
      const path = join(folder, 'numbered.pcapng')
      await savePackets(capture, analysis.attempts, proof?.rows ?? [], path, { withKeys: false })
      const text = readFileSync(path, 'latin1')
      expect(text).toContain('nla-required (confirmed): The server answers: NLA is required')
      expect(text).toContain('packet 6 of the original capture')
    }))
})
