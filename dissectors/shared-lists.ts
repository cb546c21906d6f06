/** Clients of one kind offer the same lists of numbers: one read before serves again, so that a million hellos hold few. */
const SLOTS = 1024
const NOTHING: readonly number[] = []
/** The list seen last for each hash: bounded, and forgetting one costs only memory. */
const seen: (readonly number[] | undefined)[] = new Array<readonly number[] | undefined>(SLOTS).fill(undefined)

/** A list with the same numbers, perhaps one that others hold too: nobody may change it. */
export function sharedList(list: readonly number[]): readonly number[] {
  if (list.length === 0) return NOTHING
  let hash = list.length
  for (let at = 0; at < list.length; at++) hash = Math.imul(hash ^ (list[at] as number), 0x01000193)
  const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1)
  const known = seen[slot]
  if (known !== undefined && isSame(known, list)) return known
  const kept = list.slice()
  seen[slot] = kept
  return kept
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}
