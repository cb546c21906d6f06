/** Where a layer's bytes come from: stretches, already resolved down to the TCP stream. Plain data. */

export interface Stretch {
  /** Position in the layer's bytes of that direction, and how many. */
  at: number
  length: number
  /** Packets that carried the first and the last of these bytes; when the last one came. */
  first: number
  last: number
  /** Packet that completed the PDU of the layer below that they came in; before it nobody could read them. */
  whole: number
  timeNs: number
  conversation: number
  /** Offset in the TCP stream of that direction. */
  low: number
  /** Byte for byte; otherwise (decrypted) the whole stretch comes from the whole range. */
  exact: boolean
}

/** The stretch that holds this position, or the one before it. */
export function stretchAt(stretches: readonly Stretch[], position: number): Stretch | undefined {
  let at = stretches.length - 1
  while (at > 0 && (stretches[at] as Stretch).at > position) at--
  return stretches[at]
}

/** Appends to `to` the origins of [start, end), which become `length` bytes at `at` of the layer above. */
export function copyStretches(
  from: readonly Stretch[],
  start: number,
  end: number,
  to: Stretch[],
  at: number,
  length: number,
): void {
  const head = stretchAt(from, start)
  if (head === undefined) return
  if (length === end - start && head.at + head.length >= end) {
    // Nearly always: all of it lies in one stretch.
    const low = head.exact ? head.low + start - head.at : head.low
    const { first, last, whole, timeNs, conversation, exact } = head
    to.push({ at, length, first, last, whole, timeNs, conversation, low, exact })
    return
  }
  if (length !== end - start) {
    const tail = stretchAt(from, Math.max(start, end - 1)) as Stretch
    const low = head.exact ? head.low + start - head.at : head.low
    to.push({ ...tail, at, length, first: head.first, low, exact: false })
    return
  }
  for (let index = from.indexOf(head); index < from.length; index++) {
    const stretch = from[index] as Stretch
    if (stretch.at >= end) break
    const begin = Math.max(start, stretch.at)
    const stop = Math.min(end, stretch.at + stretch.length)
    if (stop <= begin) continue
    const low = stretch.exact ? stretch.low + begin - stretch.at : stretch.low
    to.push({ ...stretch, at: at + begin - start, length: stop - begin, low })
  }
}
