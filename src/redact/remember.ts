/** Maps of what was worked out before, within bounds. */

/** Puts it down, and forgets all before it where they are `most` already. @returns the value */
export function remember<K, V>(known: Map<K, V>, key: K, value: V, most: number): V {
  if (known.size >= most) known.clear()
  known.set(key, value)
  return value
}
