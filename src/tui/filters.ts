/** Display filters that views make. */

/** @param stream twice its number, and one more where it is UDP. */
export function streamFilter(stream: number): string {
  return `${stream % 2 === 0 ? 'tcp' : 'udp'}.stream == ${stream >> 1}`
}

export function addressFilter(address: string): string {
  return address.includes(':') ? `ipv6.addr == ${address}` : `ip.addr == ${address}`
}
