/** Addresses as text: RFC 5952 for IPv6. */

export function ipv4Text(view: DataView, at: number): string {
  return `${view.getUint8(at)}.${view.getUint8(at + 1)}.${view.getUint8(at + 2)}.${view.getUint8(at + 3)}`
}

export function ipv6Text(view: DataView, at: number): string {
  const groups: number[] = []
  for (let group = 0; group < 8; group++) groups.push(view.getUint16(at + group * 2))
  let longest = -1
  let longestLength = 1
  for (let group = 0; group < 8; group++) {
    let length = 0
    while (group + length < 8 && groups[group + length] === 0) length++
    if (length > longestLength) {
      longest = group
      longestLength = length
    }
    group += length
  }
  const text = (part: number[]) => part.map(group => group.toString(16)).join(':')
  if (longest < 0) return text(groups)
  return `${text(groups.slice(0, longest))}::${text(groups.slice(longest + longestLength))}`
}
