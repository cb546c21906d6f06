/** The headers that are read field by field, by what the header before them says: see src/wire/following.ts. */
import {
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  ETHERTYPE_MPLS,
  ETHERTYPE_PPPOE_SESSION,
  IP_PROTOCOL,
  LINK,
  NEXT_ETHERNET,
  NEXT_LLC,
  NEXT_PPP,
  PROTOCOL_AUTHENTICATION,
  PROTOCOL_DESTINATION_OPTIONS,
  PROTOCOL_FRAGMENT,
  PROTOCOL_GRE,
  PROTOCOL_HOP_BY_HOP,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  PROTOCOL_IPV4,
  PROTOCOL_IPV6,
  PROTOCOL_MPLS,
  PROTOCOL_ROUTING,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from '../src/wire/following.ts'
import type { Header } from '../src/wire/header.ts'
import { arp } from './arp.ts'
import { ethernet } from './ethernet.ts'
import { gre } from './gre.ts'
import { icmp } from './icmp.ts'
import { icmpv6 } from './icmpv6.ts'
import { ipv4 } from './ipv4.ts'
import { ipv6 } from './ipv6.ts'
import { authenticationHeader, destinationOptions, fragmentHeader, hopByHop, routingHeader } from './ipv6-extensions.ts'
import { linuxCooked, linuxCooked2 } from './linux-cooked.ts'
import { llc } from './llc.ts'
import { hostLoopback, networkLoopback } from './loopback.ts'
import { mpls } from './mpls.ts'
import { ppp, pppoe } from './ppp.ts'
import { tcp } from './tcp.ts'
import { udp } from './udp.ts'
import { serviceVlan, vlan } from './vlan.ts'

export const headerDissectors: ReadonlyMap<number, Header> = new Map([
  [LINK, hostLoopback],
  [NEXT_ETHERNET, ethernet],
  [NEXT_PPP, ppp],
  [LINK + 11, llc],
  [LINK + 50, ppp],
  [NEXT_LLC, llc],
  [LINK + 108, networkLoopback],
  [LINK + 113, linuxCooked],
  [LINK + 276, linuxCooked2],
  [ETHERTYPE_IPV4, ipv4],
  [ETHERTYPE_ARP, arp],
  [0x8100, vlan],
  [ETHERTYPE_IPV6, ipv6],
  [ETHERTYPE_MPLS, mpls],
  [0x8848, mpls],
  [ETHERTYPE_PPPOE_SESSION, pppoe],
  [0x88a8, serviceVlan],
  [0x9100, vlan],
  [0x9200, vlan],
  [0x9300, vlan],
  [IP_PROTOCOL + PROTOCOL_HOP_BY_HOP, hopByHop],
  [IP_PROTOCOL + PROTOCOL_ICMP, icmp],
  [IP_PROTOCOL + PROTOCOL_IPV4, ipv4],
  [IP_PROTOCOL + PROTOCOL_TCP, tcp],
  [IP_PROTOCOL + PROTOCOL_UDP, udp],
  [IP_PROTOCOL + PROTOCOL_IPV6, ipv6],
  [IP_PROTOCOL + PROTOCOL_ROUTING, routingHeader],
  [IP_PROTOCOL + PROTOCOL_FRAGMENT, fragmentHeader],
  [IP_PROTOCOL + PROTOCOL_GRE, gre],
  [IP_PROTOCOL + PROTOCOL_AUTHENTICATION, authenticationHeader],
  [IP_PROTOCOL + PROTOCOL_ICMPV6, icmpv6],
  [IP_PROTOCOL + PROTOCOL_DESTINATION_OPTIONS, destinationOptions],
  [IP_PROTOCOL + PROTOCOL_MPLS, mpls],
])
