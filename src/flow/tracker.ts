/**
 * Packets in, conversations out: decodes each packet, finds its flow, lets the TCP tracker look at it, and hands a
 * conversation on when it closed, went idle, or had to make room. Nothing grows with the file: closed and idle flows are
 * given up as time goes on, and every table has its limit.
 */
import { CLIENT, type Direction, type Ending, SERVER } from '../wire/dissector.ts'
import { IDLE_TCP_MS, IDLE_UDP_MS, MAX_FLOWS, MAX_ICMP_NOTES } from '../wire/limits.ts'
import { Assembler } from './assembler.ts'
import { Attribution } from './attribution.ts'
import { conclude } from './conclude.ts'
import type { ClosedBy, ConversationSink, FlowSummary, RoleEvidence } from './conversation.ts'
import { Datagrams, recogniseDatagram } from './datagrams.ts'
import { Decoder } from './decode.ts'
import type { FragmentedDatagram } from './defragment.ts'
import { Dissection } from './dissection.ts'
import { Exchanges } from './exchanges.ts'
import { FlowNotes } from './flow-notes.ts'
import { FlowQuality } from './flow-quality.ts'
import {
  CLIENT_IS_HIGH,
  CLOSING,
  CUT_PACKETS,
  DOUBLES,
  ENDED,
  FIRST_NS,
  FIRST_PACKET,
  ID,
  INTS,
  LAST_NS,
  LAST_PACKET,
  LEAP_NS,
  PACKETS,
  ROLE_EVIDENCE,
  ROLES_MASK,
  ROLES_SHIFT,
  SAW_PAYLOAD,
  SAW_RESET,
  SIDE_LAST_NS,
  SIDE_LAST_PACKET,
  SIDE_STATE,
  STATE,
  STEP_BACK_NS,
  sideDoubles,
  sideInts,
  TCP,
} from './flow-record.ts'
import { FlowTable } from './flow-table.ts'
import { ACK, FIN, type Headers, KIND_FRAGMENT, KIND_ICMP, KIND_TCP, KIND_UDP, RST, SYN } from './headers.ts'
import { Lingering } from './lingering.ts'
import { likelyServerPort, speaksAs } from './roles.ts'
import { Stack } from './stack.ts'
import { Stacks } from './stacks.ts'
import { TcpAnalysis } from './tcp-analysis.ts'
import { TcpTracker } from './tcp-tracker.ts'
import { Decryption } from './tls/decryption.ts'
import type { KeySource } from './tls/keys.ts'
import { vpnOverUdp } from './vpn.ts'
import type { Watcher } from './watcher.ts'

const UDP = 17
const NS_PER_MS = 1e6
const IDLE_TCP_NS = IDLE_TCP_MS * NS_PER_MS
const IDLE_UDP_NS = IDLE_UDP_MS * NS_PER_MS
/** How often a flow is looked at for having gone idle. */
const SWEEP_EVERY_PACKETS = 8
/** How often the attempts hear what time it is. */
const TIME_EVERY_PACKETS = 1024
/** Flows looked at for making room when the table is full. */
const ROOM_CANDIDATES = 16

export interface TrackerOptions {
  /** Whoever wants the field trees of what is read. */
  readonly watcher?: Watcher
  /** Secrets that TLS is decrypted with. */
  readonly keys?: KeySource
}

export class Tracker {
  private readonly sink: ConversationSink
  private readonly decoder = new Decoder(datagram => this.fragments(datagram))
  private readonly table = new FlowTable()
  private readonly analysis = new TcpAnalysis()
  private readonly assembler = new Assembler(this.table)
  private readonly segments = new TcpTracker(this.table, this.analysis, this.assembler)
  private readonly dissection: Dissection
  private readonly datagrams: Datagrams
  /** Records that the analysis has room for. */
  private analysed = 0
  /** Parallel to the records of the table; a record given back leaves null. */
  private readonly notes: (FlowNotes | null)[] = []
  private conversations: [tcp: number, udp: number] = [0, 0]
  private readonly attribution = new Attribution()
  private readonly quality = new FlowQuality()
  /** The flow whose turn it is to be looked at for eviction. */
  private hand = 0
  private readonly lingering = new Lingering(this.table, flow => this.close(flow, 'closed'))
  private readonly stacks: Stacks
  private readonly exchanges: Exchanges
  private packets = 0
  /**
   * The conversation of the packet just taken, or that an ICMP message speaks of, for whoever keeps an index of packets: twice its number, and one more where
   * it is UDP; -1 for none, -2 for a fragment of a datagram that is not whole yet.
   */
  stream = -1

  constructor(sink: ConversationSink, options: TrackerOptions = {}) {
    this.sink = sink
    this.dissection = new Dissection(
      event => this.attribution.notesOf(event.conversation)?.events.push(event),
      log => this.attribution.notesOf(log.conversation)?.logs.push(log),
      options.watcher ?? null,
      options.keys === undefined ? null : new Decryption(options.keys),
    )
    this.dissection.joins = conversation => this.attribution.join(conversation)
    this.datagrams = new Datagrams(this.dissection)
    this.stacks = new Stacks(this.table, this.notes, this.dissection, this.quality)
    this.exchanges = new Exchanges(this.table, this.dissection, this.attribution, this.quality)
  }

  /** bytes[start, end) of a packet that had `originalLength` bytes on the wire. */
  packet(
    bytes: Uint8Array,
    start: number,
    end: number,
    originalLength: number,
    linkType: number,
    packet: number,
    timeNs: number,
  ): void {
    this.stream = -1
    const kind = this.decoder.decode(bytes, start, end, originalLength, linkType, packet, timeNs)
    if (kind === KIND_FRAGMENT) this.stream = -2
    if (kind === KIND_TCP) this.tcp(this.decoder.headers, packet, timeNs, end - start < originalLength)
    else if (kind === KIND_UDP) this.udp(this.decoder.headers, packet, timeNs, end - start < originalLength)
    else if (kind === KIND_ICMP && this.decoder.headers.icmpQuotes) this.icmp(packet, timeNs)
    if (timeNs >= this.lingering.dueNs) this.lingering.serve(timeNs)
    this.packets++
    if ((this.packets & (SWEEP_EVERY_PACKETS - 1)) === 0) this.sweep(timeNs)
    if ((this.packets & (TIME_EVERY_PACKETS - 1)) === 0) this.sink.time(timeNs)
  }

  /** The capture is read: all that is open is handed on, in the order of its first packets. */
  finish(): FlowSummary {
    this.decoder.flush()
    const open: number[] = []
    for (let flow = 0; flow < this.table.used; flow++) {
      if (this.table.isLive(flow) && (this.notes[flow] ?? null) !== null) open.push(flow)
    }
    const { ints } = this.table
    open.sort((a, b) => (ints[a * INTS + FIRST_PACKET] as number) - (ints[b * INTS + FIRST_PACKET] as number))
    for (const flow of open) this.close(flow, this.table.isClosed(flow) ? 'closed' : 'end-of-capture')
    const limits = this.quality.notes(this.dissection.junctions.forgotten, this.assembler.holesGivenUp)
    return {
      neighbours: this.decoder.neighbourNotes(),
      contested: this.decoder.contestedAddresses(),
      tunnels: this.decoder.tunnelNotes(),
      quality: [...this.decoder.quality(), ...limits],
    }
  }

  private tcp(h: Headers, packet: number, timeNs: number, cut: boolean): void {
    const { table } = this
    let flow = this.find(h, TCP)
    let { side } = table
    if (flow >= 0 && (h.flags & SYN) !== 0 && this.analysis.reusesPorts(flow, side as Direction, h)) {
      if (this.notes[flow] === null) table.remove(flow)
      else this.close(flow, 'ports-reused')
      flow = this.find(h, TCP)
      side = table.side
    }
    if (flow < 0) flow = this.begin(h, TCP, packet, timeNs)
    this.stream = (table.ints[flow * INTS + ID] as number) * 2
    this.touch(flow, packet, timeNs, cut)
    const notes = this.notes[flow] ?? null
    // It closed and was handed on: what still comes is its echo.
    if (notes === null) return
    this.attribution.reads(notes, table.ints[flow * INTS + ID] as number, true)
    if (h.payloadLength > 0 && notes.stack === null) this.ready(flow, side, notes, h)
    this.segments.segment(flow, side, notes, h, packet, timeNs)
    if (h.payloadLength > 0 && notes.stack instanceof Stack && this.dissection.watcher === null)
      this.stacks.park(flow, notes, notes.stack)
    if (notes.stack?.finished === true) this.stacks.drop(flow, notes)
    if ((h.flags & (FIN | RST)) !== 0) this.noteClosing(flow, timeNs)
  }

  private noteClosing(flow: number, timeNs: number): void {
    const { ints } = this.table
    const at = flow * INTS + STATE
    if (((ints[at] as number) & CLOSING) !== 0 || !this.table.isClosed(flow)) return
    ints[at] = (ints[at] as number) | CLOSING
    this.lingering.closed(flow, ((ints[at] as number) & SAW_RESET) !== 0, timeNs)
  }

  /** Before the first payload byte is read: who is the client, and a stack of layers. */
  private ready(flow: number, side: number, notes: FlowNotes, h: Headers): void {
    const { ints } = this.table
    const at = flow * INTS
    const state = ints[at + STATE] as number
    if ((state & SAW_PAYLOAD) === 0) {
      ints[at + STATE] = state | SAW_PAYLOAD
      const roles = ROLE_EVIDENCE[(state & ROLES_MASK) >> ROLES_SHIFT] as RoleEvidence
      const speaker = speaksAs(h.bytes, h.payload, h.payloadEnd)
      if (speaker !== null && (roles === 'first-packet' || roles === 'port')) {
        this.table.assignRoles(flow, speaker === CLIENT ? side : 1 - side, 'content')
      }
    }
    this.stacks.open(flow, notes)
  }

  private udp(h: Headers, packet: number, timeNs: number, cut: boolean): void {
    const { table } = this
    let flow = this.find(h, UDP)
    const { side } = table
    if (flow < 0) {
      flow = this.begin(h, UDP, packet, timeNs)
      const notes = this.notes[flow] ?? null
      if (notes !== null) notes.tunnel = vpnOverUdp(h)
    }
    this.stream = (table.ints[flow * INTS + ID] as number) * 2 + 1
    this.touch(flow, packet, timeNs, cut)
    const me = sideInts(flow, side)
    table.ints[me + PACKETS] = (table.ints[me + PACKETS] as number) + 1
    table.ints[me + SIDE_LAST_PACKET] = packet
    table.doubles[sideDoubles(flow, side) + SIDE_LAST_NS] = timeNs
    if (h.payloadLength === 0) return
    const dissector = recogniseDatagram(h)
    if (dissector === null) {
      this.exchanges.datagram(flow, side, this.notes[flow] as FlowNotes, h, packet, timeNs)
      return
    }
    const conversation = table.ints[flow * INTS + ID] as number
    this.attribution.reads(this.notes[flow] ?? null, conversation, false)
    this.datagrams.read(dissector, h, conversation, this.table.direction(flow, side), packet, timeNs)
  }

  private icmp(packet: number, timeNs: number): void {
    const { headers, quoted, addresses } = this.decoder
    const protocol = quoted.protocol === TCP || quoted.protocol === UDP ? quoted.protocol : 0
    if (protocol === 0) return
    const flow = this.find(quoted, protocol)
    if (flow < 0) return
    this.stream = (this.table.ints[flow * INTS + ID] as number) * 2 + (protocol === UDP ? 1 : 0)
    const notes = this.notes[flow] ?? null
    if (notes === null) return
    notes.icmp ??= []
    if (notes.icmp.length >= MAX_ICMP_NOTES) {
      this.quality.icmpLeftOut++
      return
    }
    notes.icmp.push({
      packet,
      timeNs,
      family: headers.family === 6 ? 6 : 4,
      type: headers.icmpType,
      code: headers.icmpCode,
      from: addresses.text(headers.family, headers.source),
      mtu: headers.icmpMtu,
      direction: this.table.direction(flow, this.table.side),
    })
  }

  private fragments(datagram: FragmentedDatagram): void {
    if (datagram.sourcePort < 0) return
    const { family, source, destination, sourcePort, destinationPort, protocol } = datagram
    const flow = this.table.find(family, source, destination, sourcePort, destinationPort, protocol)
    if (flow < 0) return
    this.notes[flow]?.fragmented(this.table.direction(flow, this.table.side), datagram)
  }

  private find(h: Headers, protocol: number): number {
    return this.table.find(h.family, h.source, h.destination, h.sourcePort, h.destinationPort, protocol)
  }

  private begin(h: Headers, protocol: number, packet: number, timeNs: number): number {
    const { table } = this
    if (table.count >= MAX_FLOWS) this.makeRoom(timeNs)
    // More are looked at than come, or the table would only grow.
    this.sweep(timeNs)
    this.sweep(timeNs)
    this.find(h, protocol)
    const { side } = table
    const flow = table.add()
    const record = flow * INTS
    if (protocol === TCP) {
      if (this.analysed < table.capacity) {
        this.analysed = table.capacity
        this.analysis.grow(this.analysed)
      }
      this.analysis.reset(flow)
    }
    table.ints[record + ID] = this.conversations[protocol === TCP ? 0 : 1]++
    table.ints[record + FIRST_PACKET] = packet
    table.doubles[flow * DOUBLES + FIRST_NS] = timeNs
    this.notes[flow] = new FlowNotes()
    if (protocol === TCP && (h.flags & SYN) !== 0) {
      const answer = (h.flags & ACK) !== 0
      this.table.assignRoles(flow, answer ? 1 - side : side, answer ? 'syn-ack' : 'syn')
    } else {
      const server = likelyServerPort(h.sourcePort, h.destinationPort)
      if (server === 0) this.table.assignRoles(flow, side, 'first-packet')
      else this.table.assignRoles(flow, server === h.destinationPort ? side : 1 - side, 'port')
    }
    return flow
  }

  private touch(flow: number, packet: number, timeNs: number, cut: boolean): void {
    const { ints, doubles } = this.table
    const at = flow * DOUBLES + LAST_NS
    const stepNs = timeNs - (doubles[at] as number)
    if ((stepNs < 0 || stepNs > IDLE_TCP_NS) && ints[flow * INTS + LAST_PACKET] !== 0) this.noteStep(flow, stepNs)
    ints[flow * INTS + LAST_PACKET] = packet
    doubles[at] = timeNs
    if (cut) ints[flow * INTS + CUT_PACKETS] = (ints[flow * INTS + CUT_PACKETS] as number) + 1
  }

  /** Time went back, or leapt ahead. */
  private noteStep(flow: number, stepNs: number): void {
    const { doubles } = this.table
    const at = flow * DOUBLES + (stepNs < 0 ? STEP_BACK_NS : LEAP_NS)
    doubles[at] = Math.max(doubles[at] as number, Math.abs(stepNs))
  }

  /** Looks at one flow after the other for what has gone idle. */
  private sweep(timeNs: number): void {
    const { table } = this
    if (++this.hand >= table.used) this.hand = 0
    const flow = this.hand
    const idleNs = timeNs - (table.doubles[flow * DOUBLES + LAST_NS] as number)
    if (idleNs < IDLE_UDP_NS || !table.isLive(flow)) return
    if (idleNs < IDLE_TCP_NS && this.table.isTcp(flow)) return
    if (((table.ints[flow * INTS + STATE] as number) & CLOSING) === 0) this.close(flow, 'idle')
  }

  /** The table is full: of a few flows the one idle for longest goes. */
  private makeRoom(timeNs: number): void {
    const { table } = this
    let oldest = -1
    let oldestNs = Number.POSITIVE_INFINITY
    for (let looked = 0; looked < ROOM_CANDIDATES; ) {
      if (++this.hand >= table.used) this.hand = 0
      if (!table.isLive(this.hand)) continue
      looked++
      const lastNs = table.doubles[this.hand * DOUBLES + LAST_NS] as number
      if (lastNs >= oldestNs) continue
      oldestNs = lastNs
      oldest = this.hand
    }
    if (this.notes[oldest] === null) table.remove(oldest)
    else {
      this.quality.evictedFlows++
      this.close(oldest, 'evicted')
    }
    this.sink.time(timeNs)
  }

  private close(flow: number, endedBy: ClosedBy): void {
    const { table } = this
    const notes = this.notes[flow] as FlowNotes
    const { ints, doubles } = table
    const record = flow * INTS
    if (this.table.isTcp(flow)) {
      const conversation = ints[record + ID] as number
      this.attribution.reads(notes, conversation, true)
      const packet = ints[record + LAST_PACKET] as number
      const lastNs = doubles[flow * DOUBLES + LAST_NS] as number
      const clientSide = (ints[record + STATE] as number) & CLIENT_IS_HIGH
      const reset = ((ints[record + STATE] as number) & SAW_RESET) !== 0
      this.segments.finish(flow, side => table.direction(flow, side), notes)
      for (const direction of [CLIENT, SERVER] as const) {
        const side = direction === CLIENT ? clientSide : 1 - clientSide
        this.assembler.at(flow, side, direction, notes, packet, lastNs).flush()
        if (((ints[sideInts(flow, side) + SIDE_STATE] as number) & ENDED) !== 0) continue
        const how: Ending = reset ? 'rst' : 'capture'
        notes.stack?.end(direction, how, packet, lastNs, conversation)
      }
      this.attribution.leave(conversation)
    }
    this.exchanges.end(flow, notes)
    this.stacks.closed(notes)
    const conversation = conclude(table, this.decoder.addresses, flow, notes, endedBy)
    this.notes[flow] = null
    if (endedBy === 'closed') this.lingering.handedOn(flow, doubles[flow * DOUBLES + LAST_NS] as number)
    else table.remove(flow)
    this.sink.conversation(conversation)
  }
}
