/** Names of DNS where they stand: labels, each behind its length, up to the root or a pointer. RFC 1035 sections 3.1, 4.1.4. */
import type { NameMap } from './names.ts'
import { encoded } from './texts.ts'

const POINTER = 0xc0

/** @param name all of it, also what a pointer leads to: names of reverse lookups are parts of addresses */
export function redactDnsName(bytes: Uint8Array, name: string, names: NameMap): Uint8Array {
  const out = Uint8Array.from(bytes)
  const labels = name.split('.')
  for (let at = 0, number = 0; at < bytes.length; number++) {
    const size = bytes[at] as number
    if (size === 0 || size >= POINTER) {
      // Nothing of a name stands behind its end.
      out.fill(0, at + (size === 0 ? 1 : 2))
      break
    }
    const end = Math.min(at + 1 + size, bytes.length)
    const label = bytes.subarray(at + 1, end)
    // Dots inside a label are escaped in the name: then it is none of a reverse lookup, and numbers do not matter.
    const mapped = encoded(label, text => names.label(text, labels, number))
    out.fill(0x78, at + 1, end)
    out.set(mapped.subarray(0, label.length), at + 1)
    at = end
  }
  return out
}
