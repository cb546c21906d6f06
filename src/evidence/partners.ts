/** Conversations that are read together. */
import type { AttemptAnalysis } from '../analysis.ts'

/** How the index numbers a conversation: twice its number, and one more where it is UDP. */
export function streamNumber({
  transport,
  stream,
}: Pick<AttemptAnalysis['members'][number], 'transport' | 'stream'>): number {
  return stream * 2 + (transport === 'udp' ? 1 : 0)
}

/** Conversations of one attempt may feed one another's layers: the channels of a gateway. */
export function partnersOf(attempts: readonly AttemptAnalysis[]): Map<number, readonly number[]> {
  const partners = new Map<number, readonly number[]>()
  for (const { members } of attempts) {
    const numbers = members.map(streamNumber)
    for (const number of numbers)
      partners.set(
        number,
        numbers.filter(other => other !== number),
      )
  }
  return partners
}
