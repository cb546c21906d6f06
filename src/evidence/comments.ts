/** What findings say of packets, as comments in a capture file. */
import type { AttemptAnalysis } from '../analysis.ts'
import { isClaim } from '../policy/threshold.ts'

/** By packet number: confirmed and likely verdicts. */
export function commentsOf(attempts: readonly AttemptAnalysis[]): Map<number, string[]> {
  const comments = new Map<number, string[]>()
  for (const { verdicts } of attempts) {
    for (const { rule, verdict, evidence } of verdicts) {
      if (!isClaim({ verdict })) continue
      for (const { packet, says } of evidence) {
        const texts = comments.get(packet) ?? []
        texts.push(`${rule} (${verdict}): ${says}`)
        comments.set(packet, texts)
      }
    }
  }
  return comments
}
