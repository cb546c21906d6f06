/**
 * The sample captures with something missing: begun late, ended early, packets dropped, packets cut. What is missing may
 * cost the right verdict, but must never make a wrong one that is called confirmed, nor a fault of a session that works.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Attempts } from '../../src/attempt/grouping.ts'
import { openCapture } from '../../src/capture/open.ts'
import { Tracker } from '../../src/flow/tracker.ts'
import { Diagnosis, judge } from '../../src/rules/judge.ts'

const SAMPLES = join(import.meta.dirname, '../../captures')
const rows = readFileSync(join(SAMPLES, 'truth.tsv'), 'utf8').trim().split('\n').slice(1)
const samples = rows.map(line => {
  const [name = '', , , , expected = ''] = line.split('\t')
  return { name, expected: expected.split('|') }
})

interface Packet {
  readonly bytes: Uint8Array
  readonly originalLength: number
  readonly linkType: number
  readonly timeNs: number
}

async function packetsOf(name: string): Promise<{ packets: Packet[]; startSeconds: number }> {
  const capture = await openCapture(join(SAMPLES, name))
  const packets: Packet[] = []
  do {
    while (capture.next()) {
      const { bytes, start, end, originalLength, linkType, timeNs } = capture
      packets.push({ bytes: bytes.slice(start, end), originalLength, linkType, timeNs })
    }
  } while (await capture.fill())
  await capture.close()
  return { packets, startSeconds: capture.startSeconds }
}

/** Claims above info, as `rule (word)`. */
function claimsOf(packets: readonly Packet[], startSeconds: number, snapLength = 1 << 16): string[] {
  const diagnosis = new Diagnosis()
  const attempts = new Attempts(attempt => diagnosis.add(attempt, judge(attempt)), { startSeconds: () => startSeconds })
  const tracker = new Tracker(attempts)
  const base = packets[0]?.timeNs ?? 0
  let endNs = 0
  packets.forEach(({ bytes, originalLength, linkType, timeNs }, at) => {
    endNs = timeNs - base
    tracker.packet(bytes, 0, Math.min(snapLength, bytes.length), originalLength, linkType, at + 1, endNs)
  })
  attempts.end(tracker.finish(), endNs)
  return diagnosis
    .findings()
    .filter(({ verdict, severity }) => severity !== 'info' && (verdict === 'confirmed' || verdict === 'likely'))
    .map(({ rule, verdict }) => `${rule.id} (${verdict})`)
}

/** Of what works nothing may be claimed; of what failed nothing else than the truth may be confirmed. */
function wrong(claims: readonly string[], expected: readonly string[]): string[] {
  return claims.filter(claim => {
    const [id = '', word = ''] = claim.split(' ')
    return !expected.includes(id) && (expected.includes('-') || word === '(confirmed)')
  })
}

describe.each(samples)('$name', ({ name, expected }) => {
  it('whole, is as its truth says', async () => {
    const { packets, startSeconds } = await packetsOf(name)
    const claims = claimsOf(packets, startSeconds)
    expect(wrong(claims, expected)).toEqual([])
    if (!expected.includes('-') && !expected.includes('~')) expect(expected).toContain(claims[0]?.split(' ')[0])
  })

  it('ended early, claims nothing wrong', async () => {
    const { packets, startSeconds } = await packetsOf(name)
    for (let length = 1; length < packets.length; length++) {
      const claims = claimsOf(packets.slice(0, length), startSeconds)
      // Unanswered is what it is until the router speaks up, 3 s later.
      const soFar = expected.includes('host-unreachable') ? [...expected, 'tcp-connect-unanswered'] : expected
      expect({ length, wrong: wrong(claims, soFar) }).toEqual({ length, wrong: [] })
    }
  })

  it('begun late, claims nothing wrong', async () => {
    const { packets, startSeconds } = await packetsOf(name)
    for (let from = 1; from < packets.length; from++) {
      expect({ from, wrong: wrong(claimsOf(packets.slice(from), startSeconds), expected) }).toEqual({ from, wrong: [] })
    }
  })

  it('with any one packet dropped, claims nothing wrong', async () => {
    const { packets, startSeconds } = await packetsOf(name)
    for (let without = 0; without < packets.length; without++) {
      const claims = claimsOf(packets.toSpliced(without, 1), startSeconds)
      expect({ without, wrong: wrong(claims, expected) }).toEqual({ without, wrong: [] })
    }
  })

  it('with cut packets, claims nothing wrong', async () => {
    const { packets, startSeconds } = await packetsOf(name)
    for (const snapLength of [54, 68, 80, 96, 128, 256]) {
      expect({ snapLength, wrong: wrong(claimsOf(packets, startSeconds, snapLength), expected) }).toEqual({
        snapLength,
        wrong: [],
      })
    }
  })
})
