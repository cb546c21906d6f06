/** DNS response codes and record types. RFC 1035 section 4.1.1, RFC 6895 section 2.3. */
import { codeTable, symbolOf } from './table.ts'

export const dnsRcodes = codeTable(
  {
    id: 'dns-rcode',
    title: 'DNS response code',
    layer: 'DNS',
    source: 'RFC 1035 section 4.1.1, RFC 6895 section 2.3',
    tier: 'specification',
    hexDigits: 0,
  },
  [
    [0, 'NOERROR', 'no error'],
    [1, 'FORMERR', 'the resolver could not read the query'],
    [2, 'SERVFAIL', 'the resolver failed: its own upstream, or DNSSEC validation'],
    [3, 'NXDOMAIN', 'the name does not exist'],
    [4, 'NOTIMP', 'the resolver does not support this kind of query'],
    [5, 'REFUSED', 'the resolver refuses to answer: policy'],
    [6, 'YXDOMAIN', 'a name exists that should not'],
    [7, 'YXRRSET', 'a record set exists that should not'],
    [8, 'NXRRSET', 'a record set that should exist does not'],
    [9, 'NOTAUTH', 'the server is not authoritative for the zone'],
    [10, 'NOTZONE', 'the name is not in the zone'],
  ],
)

export const recordTypes: ReadonlyMap<number, string> = new Map([
  [1, 'A'],
  [2, 'NS'],
  [5, 'CNAME'],
  [6, 'SOA'],
  [12, 'PTR'],
  [15, 'MX'],
  [16, 'TXT'],
  [28, 'AAAA'],
  [33, 'SRV'],
  [64, 'SVCB'],
  [65, 'HTTPS'],
])

/** `NXDOMAIN`; the number where it is unknown. */
export function rcodeName(rcode: number): string {
  return symbolOf(dnsRcodes, rcode)
}

/** `AAAA`; `TYPE65280` where it is unknown, as RFC 3597 section 5 writes it. */
export function recordTypeName(type: number): string {
  return recordTypes.get(type) ?? `TYPE${type}`
}
