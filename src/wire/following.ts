/**
 * What follows a header, as one number: an EtherType, a link type, or what an IP header carries; below zero, why nothing is
 * followed. The hot decode and the readings of headers speak of it in the same numbers.
 */

/** Below this, `next` is an EtherType (IEEE 802). */
export const LINK = 0x1_0000
/** LINK + a LINKTYPE_ number (tcpdump.org/linktypes.html). */
export const NEXT_ETHERNET = LINK + 1
export const NEXT_PPP = LINK + 9
/** IEEE 802.2 LLC: the number of RFC 1483, which has LLC alone. */
export const NEXT_LLC = LINK + 100
export const NEXT_RAW_IP = LINK + 101
export const NEXT_WLAN = LINK + 105
/** IP_PROTOCOL + what an IP header carries (IANA protocol numbers). */
export const IP_PROTOCOL = 0x2_0000
/** A piece of a datagram: see the fragment fields of {@link Position}. */
export const NEXT_FRAGMENT = 0x3_0000

/** Nothing that the tool follows. */
export const STOP_UNKNOWN = -1
/** Too little of it is there. */
export const STOP_CUT = -2
/** The header contradicts itself. */
export const STOP_MALFORMED = -3
/** More headers inside one another than the tool follows. */
export const STOP_TOO_DEEP = -4
/** Complete: the headers say what it is. */
export const STOP_DONE = -5

export const ETHERTYPE_IPV4 = 0x0800
export const ETHERTYPE_ARP = 0x0806
export const ETHERTYPE_IPV6 = 0x86dd
export const ETHERTYPE_MPLS = 0x8847
/** Network service header, RFC 8300. */
export const ETHERTYPE_NSH = 0x894f
export const ETHERTYPE_PPPOE_SESSION = 0x8864

/** IANA protocol numbers. */
export const PROTOCOL_ICMP = 1
export const PROTOCOL_IPV4 = 4
export const PROTOCOL_TCP = 6
export const PROTOCOL_UDP = 17
export const PROTOCOL_IPV6 = 41
export const PROTOCOL_GRE = 47
export const PROTOCOL_ESP = 50
export const PROTOCOL_ICMPV6 = 58
export const PROTOCOL_NONE = 59
export const PROTOCOL_ETHERIP = 97
export const PROTOCOL_MPLS = 137
export const PROTOCOL_ETHERNET = 143
export const PROTOCOL_HOP_BY_HOP = 0
export const PROTOCOL_ROUTING = 43
export const PROTOCOL_FRAGMENT = 44
export const PROTOCOL_AUTHENTICATION = 51
export const PROTOCOL_DESTINATION_OPTIONS = 60
export const PROTOCOL_MOBILITY = 135
export const PROTOCOL_HIP = 139
export const PROTOCOL_SHIM6 = 140
