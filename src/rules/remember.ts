/** Several rules take the same look at one attempt, one rule after the other: the last look is remembered. */
import type { Attempt } from '../attempt/attempt.ts'

export function rememberLast<T>(look: (attempt: Attempt) => T): (attempt: Attempt) => T {
  let last: { readonly attempt: Attempt; readonly seen: T } | null = null
  return attempt => {
    if (last?.attempt !== attempt) last = { attempt, seen: look(attempt) }
    return last.seen
  }
}
