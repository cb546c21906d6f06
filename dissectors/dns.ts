/**
 * DNS over UDP, and the two that have the same form: multicast DNS and link-local multicast name resolution.
 *
 * RFC 1035 section 4.2.1, RFC 6762 section 18, RFC 4795 section 2.1.
 */
import { type Datagram, datagram, LIKELY, NO } from '../src/wire/dissector.ts'
import { type DnsMessage, type DnsVariant, looksLikeDns, readMessage } from './dns-message.ts'

export type { DnsMessage } from './dns-message.ts'
export type DnsFact = DnsMessage

export const dns = variant('dns', 'Domain Name System', 53, 'RFC 1035 4.2.1')
export const mdns = variant('mdns', 'Multicast Domain Name System', 5353, 'RFC 6762 18')
export const llmnr = variant('llmnr', 'Link-local Multicast Name Resolution', 5355, 'RFC 4795 2.1')

function variant(name: DnsVariant, title: string, ownPort: number, spec: string): Datagram<DnsFact> {
  return datagram<DnsFact>({
    name,
    title,
    spec: [spec],

    probe(bytes, start, end, port) {
      return port === ownPort && looksLikeDns(bytes, start, end) ? LIKELY : NO
    },

    read(pdu, _direction, out) {
      readMessage(pdu, name, out)
    },
  })
}
