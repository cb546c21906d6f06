/** How many routers a packet has passed, told from its time to live. RFC 791 section 3.2, RFC 1700 (values in use). */

/** What systems begin with: Linux and macOS 64, Windows 128, network devices 255. */
const INITIAL_TTLS: readonly number[] = [64, 128, 255]
/** No path has more routers; what would need more began with another number. */
const MOST_HOPS = 40

/** -1 when the time to live does not say. */
export function hopsOf(ttl: number): number {
  const initial = INITIAL_TTLS.find(value => value >= ttl)
  if (ttl <= 0 || initial === undefined) return -1
  return initial - ttl > MOST_HOPS ? -1 : initial - ttl
}
