/**
 * Every field of every packet that both the tool and tshark know, over the captures of this repository and those recorded
 * in the lab. The public ones are compared by test/public/compare-public.ts.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { judges } from '../support/tcp-tshark.ts'
import { compareFolder } from './compare-folder.ts'
import { Comparer } from './comparison.ts'
import { KnownDifferences } from './known-differences.ts'

const OWN = join(import.meta.dirname, '../../captures')
const LAB = join(import.meta.dirname, '../../../shared/captures/lab')
/** That so much was compared at least: a comparison of nothing finds no difference. */
const OWN_OCCURRENCES = 4000
const LAB_OCCURRENCES = 40_000

describe.skipIf(!judges())('field trees against tshark (needs version 4.0)', () => {
  const list = new KnownDifferences()

  it('agrees on the captures of this repository, except where a reason is listed', async () => {
    const compared = await compareFolder(OWN, 'captures/', new Comparer(), list)
    console.log(`captures/: ${compared.captures} captures, ${compared.packets} packets, ${compared.occurrences} fields`)
    expect([...compared.unexplained, ...list.unused('captures/')]).toEqual([])
    expect(compared.captures).toBeGreaterThanOrEqual(16)
    expect(compared.occurrences).toBeGreaterThan(OWN_OCCURRENCES)
  })

  it.skipIf(!existsSync(LAB))('agrees on the lab captures, except where a reason is listed', async () => {
    const compared = await compareFolder(LAB, 'lab/', new Comparer(), list)
    console.log(`lab: ${compared.captures} captures, ${compared.packets} packets, ${compared.occurrences} fields`)
    expect([...compared.unexplained, ...list.unused('lab/')]).toEqual([])
    expect(compared.captures).toBeGreaterThanOrEqual(78)
    expect(compared.occurrences).toBeGreaterThan(LAB_OCCURRENCES)
  })
})
