/**
 * Where the hot decode stands in a packet: which header comes next, how far the captured bytes reach, and how far the
 * packet reached on the wire. One object, reused.
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

const NO_BYTES = new Uint8Array(0)

export class Position {
  bytes: Uint8Array = NO_BYTES
  /** Where the next header starts. */
  at = 0
  /** End of what was captured, and of what was there on the wire; `wireEnd` may lie behind the bytes. */
  end = 0
  wireEnd = 0
  next = STOP_UNKNOWN

  /** Of a fragment: offset and length of its piece are those of the payload at `at`. */
  fragmentId = 0
  fragmentOffset = 0
  fragmentMore = false
  /** IP protocol of the whole datagram. In IPv6 only the first fragment says it surely. */
  fragmentProtocol = 0
  /** End of the headers that belong to each fragment (IPv6: without the fragment header). */
  fragmentHeaderEnd = 0
}

/** Moves on by so many bytes, when they are there. */
export function step(position: Position, length: number, next: number): void {
  if (position.end - position.at < length) {
    position.next = STOP_CUT
    return
  }
  position.at += length
  position.next = next
}

/** What follows a header that names a link type: DLT_RAW of the recording system is a raw link. */
export function nestedLink(linkType: number): number {
  return linkType >= 0 && linkType < LINK ? LINK + linkType : STOP_UNKNOWN
}
