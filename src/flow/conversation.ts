/**
 * What the flow room hands on when a conversation closes, is evicted, or the capture ends. Plain data; times are
 * nanoseconds since the first packet of the capture; packet numbers as in Wireshark (from 1).
 */
import type { Direction } from '../wire/dissector.ts'
import type { Event } from './event.ts'

export interface Endpoint {
  /** As text: 192.0.2.1, 2001:db8::1. */
  readonly address: string
  readonly port: number
}

/** How we know who the client is. */
export type RoleEvidence = 'syn' | 'syn-ack' | 'content' | 'port' | 'first-packet'

/** What a noteworthy TCP segment was. The names mean what tcp.analysis.* means in Wireshark. */
export type MarkKind =
  | 'syn'
  | 'syn-ack'
  | 'handshake-ack'
  | 'fin'
  | 'reset'
  | 'retransmission'
  | 'fast-retransmission'
  | 'spurious-retransmission'
  | 'out-of-order'
  | 'lost-segment'
  | 'acked-unseen'
  | 'zero-window'
  | 'zero-window-probe'
  | 'window-full'
  | 'keep-alive'
  /** The same packet seen twice by the recorder (mirror port): no resend. */
  | 'duplicate'

export interface TcpMark {
  readonly kind: MarkKind
  readonly packet: number
  readonly timeNs: number
  readonly direction: Direction
  /** Relative to the side's initial sequence number (SYN = 0), as Wireshark shows it. */
  readonly sequence: number
  readonly acknowledgement: number
  /** Payload bytes on the wire. */
  readonly length: number
  /** SYN, RST, FIN ... as in the header. */
  readonly flags: number
  readonly window: number
  readonly ttl: number
  /** IP identification (-1 in IPv6), and its distance to that side's packet before (0 when there was none). */
  readonly ipId: number
  readonly ipIdStep: number
  /** The segment carries the TCP timestamp option. */
  readonly timestamps: boolean
  /** Milliseconds since that side's last new data, -1 when there was none. */
  readonly sinceNewDataMs: number
  /** A reset: its sequence number lies where the receiver would accept it. */
  readonly inWindow: boolean
  /** Sent while the other side kept its window closed: a resend then asks for room, nothing was lost. */
  readonly intoClosedWindow: boolean
  /** Hardware address of the link that it came from, as one number of 48 bits; -1 where the link has none. */
  readonly hardware: number
  /** A retransmission: the receiver's D-SACK or an ACK seen before shows that it was needless. */
  readonly needless: boolean
}

/** A time in which one side kept its receive window closed (RFC 9293 section 3.8.6.1). */
export interface ClosedWindow {
  /** Its first packet with window 0, and the last one before the window opened again. */
  readonly firstPacket: number
  readonly firstNs: number
  readonly lastPacket: number
  readonly lastNs: number
  /** The packet that opened it again; 0 when none did. */
  readonly openedPacket: number
  readonly openedNs: number
  /** What the other side sent meanwhile to ask for room: probes and resends. */
  readonly probes: number
}

/** A stretch of 10 s and more in which neither side sent payload; TCP keep-alives are none. */
export interface PayloadPause {
  /** The last payload before, and the payload that ended it. */
  readonly fromPacket: number
  readonly fromNs: number
  readonly untilPacket: number
  readonly untilNs: number
  /** Who ended it. */
  readonly direction: Direction
}

/** A segment whose checksum is wrong, and what became of it. */
export interface DamagedSegment {
  readonly packet: number
  readonly timeNs: number
  readonly direction: Direction
  /** Payload bytes on the wire. */
  readonly length: number
  /** The other side acknowledged its bytes before they were sent again: it had no fault there. */
  readonly acknowledged: boolean
  /** The same bytes sent again; 0 when they were not. */
  readonly resentPacket: number
  readonly resentNs: number
  /** The resend has the right checksum. */
  readonly resentGood: boolean
}

/** One side of a TCP connection, as a sender. */
export interface TcpSide {
  readonly packets: number
  /** Segments with payload, and payload bytes without resends. */
  readonly segments: number
  readonly bytes: number
  /** Largest payload, and the largest that the other side acknowledged. */
  readonly largestSegment: number
  readonly largestAcknowledged: number
  /** The option of the SYN; -1 when not seen. */
  readonly mss: number
  /** The sequence number of its SYN, which most translators of addresses leave as it is; -1 when not seen. */
  readonly initialSequence: number
  readonly windowScale: number
  readonly sackPermitted: boolean
  readonly timestamps: boolean
  readonly firstDataPacket: number
  readonly firstDataNs: number
  readonly lastDataPacket: number
  readonly lastDataNs: number
  readonly lastPacket: number
  readonly lastNs: number
  /** When its last acknowledgement that moved forward was seen; -1 when never. */
  readonly lastProgressNs: number
  /** Bytes sent (with SYN and FIN) that the other side never acknowledged in this capture. */
  readonly unacknowledged: number
  /** How often the oldest unacknowledged bytes were sent again, with which payload size, and the packets (first and last). */
  readonly stalledResends: number
  readonly stalledLength: number
  readonly stalledFirstPacket: number
  readonly stalledLastPacket: number
  readonly stalledFirstNs: number
  readonly stalledLastNs: number
  /** The other side acknowledged selectively (SACK) beyond the stalled or missing bytes. */
  readonly sackBeyondHole: boolean
  /** Counts by tcp.analysis.* flag. */
  readonly retransmissions: number
  readonly fastRetransmissions: number
  readonly spuriousRetransmissions: number
  /** Of all three: proven needless by D-SACK or by an earlier ACK, or resends of SYN and FIN. */
  readonly needlessRetransmissions: number
  readonly outOfOrder: number
  readonly duplicateAcks: number
  readonly lostSegments: number
  readonly ackedUnseen: number
  readonly zeroWindows: number
  readonly windowFulls: number
  readonly keepAlives: number
  readonly mirrorDuplicates: number
  /** Copies of its packets have another time to live than the packet that came first: taken on both sides of a router. */
  readonly copiesHopped: boolean
  /** Time to live of its packets, copies and all: least and most, without those that end something (resets and FINs). */
  readonly ttlLeast: number
  readonly ttlMost: number
  /** Its packets whose IP identification follows on that of the packet before: all but the first of a sender that counts. */
  readonly ipIdsInRow: number
  /** Its packets that came as IP fragments. */
  readonly fragmented: number
  /** Window of its last packet, scaled. */
  readonly lastWindow: number
  /** The longest time in which it kept its window closed; null when it never did. */
  readonly closedWindow: ClosedWindow | null
  /**
   * Segments with payload, and SYNs, of which the checksum was verified: the first ones of the connection, and some
   * behind each resend. Of them: wrong, and left to the network card (it covers the addresses alone).
   */
  readonly verified: number
  readonly wrongChecksums: number
  readonly offloadedChecksums: number
}

export interface TcpFacts {
  /** First packets of the handshake; 0 when not seen. */
  readonly synPacket: number
  readonly synNs: number
  readonly synAckPacket: number
  readonly synAckNs: number
  readonly ackPacket: number
  readonly ackNs: number
  /** How many SYNs the client sent (mirror copies not counted). */
  readonly syns: number
  readonly synAcks: number
  /** SYN to the ACK that ends the handshake; -1 when not seen. */
  readonly initialRoundTripMs: number
  /** The client's and the server's side. */
  readonly sides: readonly [TcpSide, TcpSide]
  /** In packet order; the first half of what was noted, and the last. */
  readonly marks: readonly TcpMark[]
  /** Marks that did not fit in between. */
  readonly marksLost: number
  /** The last of them, in packet order. */
  readonly pauses: readonly PayloadPause[]
  /** The first of them, in packet order. */
  readonly damaged: readonly DamagedSegment[]
}

/** An ICMP or ICMPv6 message that quotes a packet of this conversation. */
export interface IcmpNote {
  readonly packet: number
  readonly timeNs: number
  readonly family: 4 | 6
  readonly type: number
  readonly code: number
  /** Who sent it. */
  readonly from: string
  /** Next-hop MTU of "fragmentation needed" and "packet too big"; 0 otherwise. */
  readonly mtu: number
  /** Direction of the packet that it quotes. */
  readonly direction: Direction
}

/** IP fragments of this conversation's packets, counted a direction. */
export interface FragmentNote {
  readonly direction: Direction
  readonly datagrams: number
  /** All of them complete at the capture point. */
  readonly complete: number
  readonly firstPacket: number
  readonly lastPacket: number
  readonly firstNs: number
  readonly lastNs: number
  readonly overlaps: number
}

/** By what a VPN's outer packets are told: they hold the inner ones encrypted. */
export type TunnelKind = 'esp' | 'ipsec' | 'wireguard' | 'openvpn' | 'l2tp' | 'sstp'

/** The outer packets between the two ends of a VPN. */
export interface TunnelNote {
  readonly kind: TunnelKind
  /** Who spoke first, as a rule the client, and the other end. */
  readonly ends: readonly [string, string]
  readonly packets: readonly [number, number]
  readonly firstPacket: number
  readonly firstNs: number
  /** Of each end: its last packet; 0 when it sent none. */
  readonly lastPackets: readonly [number, number]
  readonly lastNs: readonly [number, number]
}

export type ClosedBy = 'end-of-capture' | 'closed' | 'idle' | 'evicted' | 'ports-reused'

export interface Conversation {
  /** In order of first appearance, TCP and UDP apart: tcp.stream, udp.stream. */
  readonly id: number
  readonly transport: 'tcp' | 'udp'
  readonly client: Endpoint
  readonly server: Endpoint
  readonly roles: RoleEvidence
  readonly firstPacket: number
  readonly lastPacket: number
  readonly firstNs: number
  readonly lastNs: number
  /** Packets a direction. */
  readonly packets: readonly [number, number]
  readonly tcp: TcpFacts | null
  /** In packet order. */
  readonly events: readonly Event[]
  /** Events that did not fit. */
  readonly eventsLost: number
  readonly icmp: readonly IcmpNote[]
  readonly fragments: readonly FragmentNote[]
  /** Packets of it that the snap length cut. */
  readonly cutPackets: number
  /** Last packet a direction and its time; 0 where there was none. */
  readonly lastPackets: readonly [number, number]
  readonly lastTimesNs: readonly [number, number]
  /** Datagrams of a VPN, by its first one; null otherwise. */
  readonly tunnel: TunnelKind | null
  /** The most by which its time went back from one packet to the next; 0 when it never did. */
  readonly stepBackNs: number
  /** The longest pause that is more than any firewall or host waits for (IDLE_TCP_MS); 0 when there was none. */
  readonly leapNs: number
  readonly endedBy: ClosedBy
}

/** An address asked for with ARP or neighbour discovery, and whether somebody answered. */
export interface NeighbourNote {
  readonly address: string
  readonly asker: string
  readonly requests: number
  readonly firstPacket: number
  readonly lastPacket: number
  readonly firstNs: number
  readonly lastNs: number
  /** Hardware addresses that answered. */
  readonly answers: readonly string[]
}

/** One hardware address that claimed an IP address with ARP or neighbour discovery. */
export interface AddressClaim {
  /** 00:11:22:aa:bb:cc */
  readonly hardware: string
  /** How often it claimed, and how often of that unasked: announcements (RFC 5227 section 3). */
  readonly claims: number
  readonly announcements: number
  readonly firstPacket: number
  readonly firstNs: number
  readonly lastPacket: number
  readonly lastNs: number
  /** How many IP addresses it claims in this capture: a router that answers for others (RFC 1027) claims many. */
  readonly addresses: number
}

/** An IP address that more than one hardware address claimed. */
export interface ContestedAddress {
  readonly address: string
  readonly claims: readonly AddressClaim[]
  /** Times that one claimed again within a minute although another had claimed in between: both are there. */
  readonly returns: number
  /** Questions to which two of them answered within a second. */
  readonly doubleAnswers: number
  /** The first return or double answer; 0 when there was none. */
  readonly packet: number
  readonly timeNs: number
}

/** Something that weakens verdicts, or a limit that was reached. */
export interface QualityNote {
  readonly id: string
  readonly says: string
}

/** Where the flow room hands its results to. */
export interface ConversationSink {
  /** It closed, was evicted, or the capture ended. Not in order of time. */
  conversation(conversation: Conversation): void
  /** Time has come so far: what was quiet for long can be judged. */
  time(nowNs: number): void
}

/** What is known only when the whole capture was read. */
export interface FlowSummary {
  readonly neighbours: readonly NeighbourNote[]
  readonly contested: readonly ContestedAddress[]
  /** VPN packets without ports (ESP); those over UDP are conversations. */
  readonly tunnels: readonly TunnelNote[]
  readonly quality: readonly QualityNote[]
}
