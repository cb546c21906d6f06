/**
 * How the quality of a capture weakens verdicts, in one place. A rule says what its verdict rests on (see {@link Ground}); the
 * table here says which shortcomings of a capture can make up such a picture. Then proof becomes at most likely, with the
 * reason in its sentence, or nothing is claimed at all.
 */
import { qualityMeaning } from '../codes/quality.ts'
import type { Ground, VerdictWord } from './rule.ts'

/** 'blocked': the picture means nothing any more. */
type Effect = 'likely' | 'blocked'

interface Weakness {
  /** Of the quality note. */
  readonly id: string
  readonly of: Readonly<Partial<Record<Ground, Effect>>>
  /** What else the picture may be, as a clause. */
  readonly because: string
}

/** In the order in which they are given as reasons. */
const WEAKNESSES: readonly Weakness[] = [
  {
    id: 'one-sided',
    of: { silence: 'blocked', absence: 'blocked', loss: 'likely' },
    because: 'the capture holds the packets of one side only, so that what the other one said is not to be seen',
  },
  {
    id: 'drops',
    of: { silence: 'likely', absence: 'likely', loss: 'likely' },
    because: 'the recorder lost packets of this attempt, and what is missing here may be among them',
  },
  {
    id: 'recorder-drops',
    of: { silence: 'likely', absence: 'likely', loss: 'likely' },
    because: 'the recorder dropped packets, and what is missing here may be among them',
  },
  {
    id: 'snap-length',
    of: { absence: 'likely' },
    because: 'packets were cut when they were recorded, and what is missing here may lie in what was cut',
  },
  {
    id: 'headers-cut',
    of: { silence: 'likely', absence: 'likely' },
    because: 'packets were cut within their headers, and an answer may be among them',
  },
  {
    id: 'no-syn',
    of: { absence: 'likely' },
    because: 'the capture began in the middle of the connection, and what is missing here may have been said before',
  },
  {
    id: 'events-lost',
    of: { absence: 'likely' },
    because: 'the middle of the connection was left out, and what is missing here may lie there',
  },
  {
    id: 'one-port',
    of: { beside: 'likely' },
    because: 'the capture holds packets of one port alone, so that ICMP and ARP were most likely filtered out',
  },
  {
    id: 'several-points',
    of: { sender: 'likely', loss: 'likely' },
    because:
      'packets were recorded before and behind a router, so that one packet appears more than once and with different times to live',
  },
  {
    id: 'duplicates',
    of: { loss: 'likely' },
    because: 'packets were recorded twice, and a copy that comes late looks like a resend',
  },
  {
    id: 'offload',
    of: { size: 'likely' },
    because: 'the network card cuts segments behind the recorder, so that those on the wire may have been smaller',
  },
  {
    id: 'clock-back',
    of: { silence: 'likely', absence: 'likely', time: 'likely' },
    because: 'the clock of the recorder went back, so that neither times nor the order of packets are sure',
  },
  {
    id: 'clock-leap',
    of: { silence: 'likely', time: 'likely', lasting: 'likely' },
    because: 'the time leaps ahead inside a connection: the clock was set, or files were put together',
  },
  {
    id: 'evicted',
    of: { silence: 'likely', absence: 'likely', lasting: 'likely' },
    because: 'the connection was given up before its end, and what is missing here may have come later',
  },
  {
    id: 'ends-open',
    of: { lasting: 'likely' },
    because: 'the capture ends while the connection is open, and it may have recovered later',
  },
]

/** What a verdict, however it is kept, must have to be weakened. */
export interface Weighed {
  readonly verdict: VerdictWord
  readonly says: string
  readonly toSettle: string
  readonly restsOn: readonly Ground[]
}

/** The verdict as far as a capture with these notes carries it; the same object where they do not touch it. */
export function weakened<V extends Weighed>(verdict: V, notes: readonly { readonly id: string }[]): V {
  if (verdict.restsOn.length === 0 || notes.length === 0 || verdict.verdict === 'not-visible') return verdict
  let found: Weakness | null = null
  let effect: Effect | null = null
  for (const weakness of WEAKNESSES) {
    if (!notes.some(note => note.id === weakness.id)) continue
    const here = effectOn(weakness, verdict.restsOn)
    if (here === null || (effect !== null && here !== 'blocked')) continue
    found = weakness
    effect = here
    if (here === 'blocked') break
  }
  if (found === null) return verdict
  if (effect === 'blocked' || verdict.verdict === 'ruled-out') return hidden(verdict, found)
  const { id, because } = found
  if (verdict.verdict === 'confirmed') {
    const says = `${verdict.says} Only likely, because ${because}.`
    return { ...verdict, verdict: 'likely', says, toSettle: joined(verdict.toSettle, qualityMeaning(id).remedy) }
  }
  // It was no proof before; what it can not exclude has become more, once for a note on the attempt and on the capture.
  const besides = `Besides, ${because}.`
  const isSaid = verdict.toSettle.includes(besides) || verdict.says.includes(because)
  return isSaid ? verdict : { ...verdict, toSettle: joined(verdict.toSettle, besides) }
}

function effectOn({ of }: Weakness, restsOn: readonly Ground[]): Effect | null {
  let effect: Effect | null = null
  for (const ground of restsOn) {
    const here = of[ground]
    if (here === 'blocked') return here
    effect ??= here ?? null
  }
  return effect
}

function hidden<V extends Weighed>(verdict: V, { id, because }: Weakness): V {
  const says = `${because.charAt(0).toUpperCase()}${because.slice(1)}.`
  const seen = 'evidence' in verdict ? { evidence: [] } : null
  return { ...verdict, ...seen, verdict: 'not-visible', says, toSettle: qualityMeaning(id).remedy }
}

function joined(text: string, more: string): string {
  return [text, more].filter(part => part !== '').join(' ')
}
