/**
 * Where the hot decode stands in a packet: which header comes next, how far the captured bytes reach, and how far the
 * packet reached on the wire. One object, reused.
 */
import { NO_BYTES } from '../wire/bytes.ts'
import { LINK, STOP_CUT, STOP_UNKNOWN } from '../wire/following.ts'

/** The numbers that `next` holds. */
export {
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  ETHERTYPE_MPLS,
  ETHERTYPE_NSH,
  ETHERTYPE_PPPOE_SESSION,
  IP_PROTOCOL,
  LINK,
  NEXT_ETHERNET,
  NEXT_FRAGMENT,
  NEXT_LLC,
  NEXT_PPP,
  NEXT_RAW_IP,
  NEXT_WLAN,
  STOP_CUT,
  STOP_DONE,
  STOP_MALFORMED,
  STOP_TOO_DEEP,
  STOP_UNKNOWN,
} from '../wire/following.ts'

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
