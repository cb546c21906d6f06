/** Addresses and prefixes as people write them: 192.0.2.7, 10.0.0.0/8, 2001:db8::/32. */
import { BlockList, isIP } from 'node:net'

/** What is to be said of a text that is none. */
export const NO_PREFIX = 'is no address: write 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32'

/** Whether an address lies in the prefix; null when it is none. */
export function inPrefix(prefix: string): ((address: string) => boolean) | null {
  const [address = '', length, ...rest] = prefix.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0 || address.includes('%')) return null
  const most = version === 4 ? 32 : 128
  const bits = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN
  if (!(bits <= most)) return null
  const list = new BlockList()
  list.addSubnet(address, bits, version === 4 ? 'ipv4' : 'ipv6')
  return one => isIP(one) === version && list.check(one, version === 4 ? 'ipv4' : 'ipv6')
}
