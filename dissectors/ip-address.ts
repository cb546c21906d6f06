/** Addresses as text, from their bytes. RFC 5952 for IPv6. */

/** Four bytes: `192.0.2.1`. */
export function ipv4Text(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`
}

/** Sixteen bytes: `2001:db8::1`. The longest run of two or more zero groups is left out. */
export function ipv6Text(bytes: Uint8Array, at: number): string {
  const groups: number[] = []
  for (let n = 0; n < 16; n += 2) groups.push(((bytes[at + n] as number) << 8) | (bytes[at + n + 1] as number))
  let runStart = -1
  let runLength = 1
  for (let from = 0; from < 8; from++) {
    let length = 0
    while (from + length < 8 && groups[from + length] === 0) length++
    if (length > runLength) {
      runStart = from
      runLength = length
    }
  }
  const text = (part: number[]): string => part.map(group => group.toString(16)).join(':')
  if (runStart < 0) return text(groups)
  return `${text(groups.slice(0, runStart))}::${text(groups.slice(runStart + runLength))}`
}
