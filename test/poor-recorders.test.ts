/**
 * The stories of `test/scenarios/` as poor recorders would have written them down: with packets missing, cut, doubled or in
 * disorder, one side alone, or a part of the time. They may hide what happened; they must not make up something else.
 */
import { describe, expect, it } from 'vitest'
import { analyze } from '../src/analyze.ts'
import { openBytes } from './capture/build.ts'
import { scenarios } from './scenarios/index.ts'
import { HEALTHY, type Scenario } from './scenarios/language/scenario.ts'
import { STORY_BEGINS_MS, Wire } from './scenarios/language/wire.ts'
import { type Packet, pcap } from './support/packets.ts'
import { type PoorRecorder, poorRecorders } from './support/poor-recorders.ts'
import { Random } from './support/random.ts'

const cases = poorRecorders.map(recorder => [recorder.name, recorder] as const)

describe('a recorder that', () => {
  it.each(cases)('%s proves nothing that the story does not tell', async (_, recorder) => {
    const wrong: string[] = []
    for (const scenario of scenarios) {
      const known = new Set([...namedBy(scenario), ...(await claimed(told(scenario), ['confirmed', 'likely']))])
      for (const packets of recorded(scenario, recorder)) {
        const proven = await claimed(packets, ['confirmed'])
        wrong.push(...proven.filter(rule => !known.has(rule)).map(rule => `${rule}: ${scenario.name}`))
      }
    }
    expect(wrong).toEqual([])
  })

  it.each(cases)('%s makes no fault likely where nothing was wrong', async (_, recorder) => {
    const wrong: string[] = []
    for (const scenario of scenarios.filter(isHealthy)) {
      for (const packets of recorded(scenario, recorder)) {
        const said = await claimed(packets, ['confirmed', 'likely'])
        wrong.push(...said.map(rule => `${rule}: ${scenario.name}`))
      }
    }
    expect(wrong).toEqual([])
  })
})

function isHealthy({ withKeys, withoutKeys = withKeys }: Scenario): boolean {
  return withKeys === HEALTHY && withoutKeys === HEALTHY
}

function namedBy({ withKeys, withoutKeys = withKeys }: Scenario): string[] {
  return [withKeys, withoutKeys].flatMap(({ finds = {}, mayAlso = [], mayGuess = [] }) => [
    ...Object.keys(finds),
    ...mayAlso,
    ...mayGuess,
  ])
}

function told({ story, name }: Scenario): Packet[] {
  const wire = new Wire(name.length)
  story(wire)
  return wire.packets()
}

function recorded(scenario: Scenario, recorder: PoorRecorder): Packet[][] {
  const packets = told(scenario)
  return Array.from({ length: recorder.variants }, (_, variant) =>
    recorder.records(packets, new Random(packets.length * 31 + variant + 1)),
  ).filter(({ length }) => length > 0)
}

/** Rules that claim more than information, in these words. */
async function claimed(packets: readonly Packet[], words: readonly string[]): Promise<string[]> {
  const dated = packets.map(packet => ({ ...packet, timeUs: STORY_BEGINS_MS * 1000 + packet.timeUs }))
  const { diagnosis } = await analyze(await openBytes(pcap(dated)), 'story')
  return diagnosis
    .filter(({ verdict, severity }) => severity !== 'info' && words.includes(verdict))
    .map(({ rule }) => rule)
}
