/** ICMP and ICMPv6 messages that speak about a connection. RFC 792, RFC 1122 3.2.2, RFC 1812 5.2.7, RFC 4443. */

const unreachable4: ReadonlyMap<number, string> = new Map([
  [0, 'network unreachable'],
  [1, 'host unreachable'],
  [2, 'protocol unreachable'],
  [3, 'port unreachable'],
  [4, 'fragmentation needed'],
  [5, 'source route failed'],
  [6, 'destination network unknown'],
  [7, 'destination host unknown'],
  [9, 'network administratively prohibited'],
  [10, 'host administratively prohibited'],
  [11, 'network unreachable for this type of service'],
  [12, 'host unreachable for this type of service'],
  [13, 'communication administratively prohibited'],
])

const unreachable6: ReadonlyMap<number, string> = new Map([
  [0, 'no route to destination'],
  [1, 'communication administratively prohibited'],
  [2, 'beyond scope of source address'],
  [3, 'address unreachable'],
  [4, 'port unreachable'],
  [5, 'source address failed ingress or egress policy'],
  [6, 'reject route to destination'],
])

/** `host unreachable`; `ICMP type 3 code 99` where it has no name. */
export function icmpName(family: 4 | 6, type: number, code: number): string {
  const name = family === 4 ? icmp4Name(type, code) : icmp6Name(type, code)
  return name ?? `${family === 4 ? 'ICMP' : 'ICMPv6'} type ${type} code ${code}`
}

function icmp4Name(type: number, code: number): string | undefined {
  if (type === 3) return unreachable4.get(code)
  if (type === 4) return 'source quench'
  if (type === 5) return 'redirect'
  if (type === 11) return code === 1 ? 'fragment reassembly time exceeded' : 'time to live exceeded'
  return type === 12 ? 'parameter problem' : undefined
}

function icmp6Name(type: number, code: number): string | undefined {
  if (type === 1) return unreachable6.get(code)
  if (type === 2) return 'packet too big'
  if (type === 3) return code === 1 ? 'fragment reassembly time exceeded' : 'hop limit exceeded'
  return type === 4 ? 'parameter problem' : undefined
}
