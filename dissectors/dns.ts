import { datagram } from '../src/wire/dissector.ts'
export interface DnsRecord {
  readonly name: string
  readonly type: number
  /** An address (A, AAAA), a name (CNAME, PTR, SRV target), otherwise ''. */
  readonly data: string
  readonly ttlSeconds: number
}
export interface DnsMessage {
  readonly kind: 'dns-query' | 'dns-response'
  readonly id: number
  /** Of the first question. */
  readonly name: string
  readonly type: number
  readonly rcode: number
  readonly truncated: boolean
  readonly answers: readonly DnsRecord[]
  readonly complete: boolean
}
export type DnsFact = DnsMessage
export const dns = datagram<DnsFact>(null as never)
