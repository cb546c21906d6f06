/** Headers that nobody reads field by field (src/inspect/bare-headers.ts): which of their bytes stay. */
import { u16le } from '../flow/integers.ts'
import type { AddressMap } from './addresses.ts'

/** Those that hold numbers alone. */
const NUMBERS = new Set(
  'raw chdlc fr enc prism radiotap wlancap ppp_direction cmd etag vntag macsec nsh etherip erspan pwethcw l2tp gtp vxlan'.split(
    ' ',
  ),
)
const HARDWARE_BYTES = 6
/** Of IEEE 802.11 frames (9.2.3): where addresses lie, and how long a header is at most. */
const WLAN_ADDRESSES = [4, 10, 16, 24]
const WLAN_HEADER_BYTES = 24
const LONGEST_WLAN_HEADER = 36

/**
 * @param bytes of the header
 * @param goesOn another header follows; otherwise the rest of the packet counts to this one
 * @returns a redacted copy; null for a protocol that is none of these
 */
export function redactBareHeader(
  name: string,
  bytes: Uint8Array,
  goesOn: boolean,
  addresses: AddressMap,
): Uint8Array | null {
  const out = new Uint8Array(bytes.length)
  const keep = (start: number, end: number): void => out.set(bytes.subarray(start, end), start)
  if (name === 'wlan') {
    const length = goesOn ? Math.min(bytes.length, LONGEST_WLAN_HEADER) : Math.min(bytes.length, WLAN_HEADER_BYTES)
    const hasFourth = ((bytes[1] ?? 0) & 3) === 3 && goesOn
    keep(0, length)
    if (goesOn) keep(length, bytes.length)
    for (const at of hasFourth ? WLAN_ADDRESSES : WLAN_ADDRESSES.slice(0, 3)) {
      const end = Math.min(at + HARDWARE_BYTES, length)
      if (end > at) out.set(addresses.hardware(bytes.subarray(at, end)), at)
    }
    return out
  }
  if (NUMBERS.has(name)) {
    if (goesOn) keep(0, bytes.length)
    return out
  }
  const kept = PARTS[name]?.(bytes)
  if (kept === undefined) return null
  if (goesOn) for (const [start, end] of kept) keep(start, Math.min(end, bytes.length))
  return out
}

type Ranges = [start: number, end: number][]

/** Those with names or addresses in them. */
const PARTS: Readonly<Record<string, (bytes: Uint8Array) => Ranges>> = {
  // Without the name of the interface, of the process, and its number.
  pktap: () => [
    [0, 12],
    [36, 52],
  ],
  // Without the names of interface and rule set.
  pflog: bytes => [
    [0, 4],
    [36, bytes.length],
  ],
  nflog: bytes => [[0, 4], ...typed(bytes, 4, at => [u16le(bytes, at), 4], 4)],
  ppi: bytes => [[0, 8], ...typed(bytes, 8, at => [4 + u16le(bytes, at + 2), 4], 1)],
  geneve: bytes => [[0, 8], ...typed(bytes, 8, at => [4 + 4 * ((bytes[at + 3] ?? 0) & 0x1f), 4], 1)],
  // The tag of the service; the addresses behind it go.
  ieee8021ah: () => [[0, 4]],
  teredo: () => [[0, 2]],
}

/**
 * Heads of values that follow one another.
 * @param sizes reads four bytes, which are there
 * @param align of the next one
 */
function typed(
  bytes: Uint8Array,
  from: number,
  sizes: (at: number) => [all: number, head: number],
  align: number,
): Ranges {
  const ranges: Ranges = []
  for (let at = from; at + 4 <= bytes.length; ) {
    const [all, head] = sizes(at)
    ranges.push([at, at + head])
    at += Math.max(4, Math.ceil(all / align) * align)
  }
  return ranges
}
