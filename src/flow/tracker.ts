/**
 * Packets in, conversations out: decodes each packet, finds its flow, lets the TCP tracker look at it, and hands a
 * conversation on when it closed, went idle, or had to make room. Nothing grows with the file: closed and idle flows are
 * given up as time goes on, and every table has its limit.
 */
import { CLIENT, type Direction, type Ending, SERVER } from '../wire/dissector.ts'
import {
  FIN_LINGER_MS,
  FORGET_CLOSED_MS,
  IDLE_TCP_MS,
  IDLE_UDP_MS,
  MAX_EXCHANGES,
  MAX_FLOWS,
  MAX_ICMP_NOTES,
  MAX_JUNCTIONS,
  MAX_STACKS,
  RESET_LINGER_MS,
} from '../wire/limits.ts'
import { Assembler } from './assembler.ts'
import { conclude, ROLE_EVIDENCE, TCP } from './conclude.ts'
import type { ClosedBy, ConversationSink, FlowSummary, QualityNote, RoleEvidence } from './conversation.ts'
import { Datagrams, recogniseDatagram } from './datagrams.ts'
import { Decoder } from './decode.ts'
import type { FragmentedDatagram } from './defragment.ts'
import { Dissection } from './dissection.ts'
import { Exchange } from './exchange.ts'
import { FlowNotes } from './flow-notes.ts'
import { FlowQueue, LingerQueue } from './flow-queue.ts'
import {
  ADDRESS_HIGH,
  ADDRESS_LOW,
  CLIENT_IS_HIGH,
  CLOSING,
  CUT_PACKETS,
  DOUBLES,
  ENDED,
  FIRST_NS,
  FIRST_PACKET,
  ID,
  INTS,
  KEY,
  LAST_NS,
  LAST_PACKET,
  PACKETS,
  ROLES_MASK,
  ROLES_SHIFT,
  SAW_FIN,
  SAW_PAYLOAD,
  SAW_RESET,
  SIDE_STATE,
  STATE,
  SYN_ACK_PACKET,
  SYN_PACKET,
  sideInts,
  UNREADABLE,
} from './flow-record.ts'
import { FlowTable } from './flow-table.ts'
import { ACK, FIN, type Headers, KIND_ICMP, KIND_TCP, KIND_UDP, RST, SYN } from './headers.ts'
import { recogniseMessage } from './recognition.ts'
import { likelyServerPort, speaksAs, speaksInDatagram } from './roles.ts'
import { Stack } from './stack.ts'
import { TcpAnalysis } from './tcp-analysis.ts'
import { TcpTracker } from './tcp-tracker.ts'
import { Decryption } from './tls/decryption.ts'
import type { KeySource } from './tls/keys.ts'
import type { Watcher } from './watcher.ts'

const UDP = 17
const NS_PER_MS = 1e6
const FIN_LINGER_NS = FIN_LINGER_MS * NS_PER_MS
const RESET_LINGER_NS = RESET_LINGER_MS * NS_PER_MS
const FORGET_NS = FORGET_CLOSED_MS * NS_PER_MS
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
  /** The flow whose layers are being read, and its conversation: where its events go. */
  private current: FlowNotes | null = null
  private currentId = -1
  /** Open TCP conversations that feed a junction, by number: their events may come while another one is read. */
  private readonly joined = new Map<number, FlowNotes>()
  /** The flow whose turn it is to be looked at for eviction. */
  private hand = 0
  /** Closed flows, which late segments and resets still find; then those handed on, which swallow what comes later. */
  private readonly closedByFin = new LingerQueue(FIN_LINGER_NS)
  private readonly closedByReset = new LingerQueue(RESET_LINGER_NS)
  private readonly handedOn = new LingerQueue(FORGET_NS)
  /** Before this time none of them is due. */
  private dueNs = Number.POSITIVE_INFINITY
  /** Flows with layers, oldest first. */
  private readonly stacked = new FlowQueue()
  private stacks = 0
  /** Conversations of datagrams with layers, and datagrams that got none. */
  private exchanges = 0
  private exchangesLeftOut = 0
  private evictedFlows = 0
  private evictedStacks = 0
  private icmpLeftOut = 0
  private packets = 0

  constructor(sink: ConversationSink, options: TrackerOptions = {}) {
    this.sink = sink
    this.dissection = new Dissection(
      event => this.notesOf(event.conversation)?.events.push(event),
      log => this.notesOf(log.conversation)?.logs.push(log),
      options.watcher ?? null,
      options.keys === undefined ? null : new Decryption(options.keys),
    )
    this.dissection.joins = conversation => this.join(conversation)
    this.datagrams = new Datagrams(this.dissection)
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
    const kind = this.decoder.decode(bytes, start, end, originalLength, linkType, packet, timeNs)
    if (kind === KIND_TCP) this.tcp(this.decoder.headers, packet, timeNs, end - start < originalLength)
    else if (kind === KIND_UDP) this.udp(this.decoder.headers, packet, timeNs, end - start < originalLength)
    else if (kind === KIND_ICMP && this.decoder.headers.icmpQuotes) this.icmp(packet, timeNs)
    if (timeNs >= this.dueNs) {
      this.serve(this.closedByFin, timeNs)
      this.serve(this.closedByReset, timeNs)
      this.serve(this.handedOn, timeNs)
    }
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
    for (const flow of open) this.close(flow, this.isClosed(flow) ? 'closed' : 'end-of-capture')
    return { neighbours: this.decoder.neighbourNotes(), quality: this.quality() }
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
    this.touch(flow, packet, timeNs, cut)
    const notes = this.notes[flow] ?? null
    // It closed and was handed on: what still comes is its echo.
    if (notes === null) return
    this.current = notes
    this.currentId = table.ints[flow * INTS + ID] as number
    if (h.payloadLength > 0 && notes.stack === null) this.ready(flow, side, notes, h)
    this.segments.segment(flow, side, notes, h, packet, timeNs)
    if (h.payloadLength > 0 && notes.stack instanceof Stack && this.dissection.watcher === null)
      this.park(flow, notes, notes.stack)
    if (notes.stack?.finished === true) this.dropStack(flow, notes)
    if ((h.flags & (FIN | RST)) !== 0) this.noteClosing(flow, timeNs)
  }

  /** Encrypted without keys: a few numbers take the place of the layers. */
  private park(flow: number, notes: FlowNotes, stack: Stack): void {
    const tail = stack.tail(this.table, flow, this.table.ints[flow * INTS + ID] as number)
    if (tail === null) {
      stack.skim(this.table.ints[flow * INTS + ID] as number)
      return
    }
    notes.stack = tail
    this.stacks--
  }

  private noteClosing(flow: number, timeNs: number): void {
    const { ints } = this.table
    const at = flow * INTS + STATE
    if (((ints[at] as number) & CLOSING) !== 0 || !this.isClosed(flow)) return
    ints[at] = (ints[at] as number) | CLOSING
    const lingering = ((ints[at] as number) & SAW_RESET) !== 0 ? this.closedByReset : this.closedByFin
    this.linger(lingering, flow, timeNs)
  }

  private linger(lingering: LingerQueue, flow: number, timeNs: number): void {
    lingering.push(flow, this.table.ints[flow * INTS + ID] as number, timeNs)
    this.dueNs = Math.min(this.dueNs, lingering.dueNs)
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
        this.assignRoles(flow, speaker === CLIENT ? side : 1 - side, 'content')
      }
    }
    if (((ints[at + STATE] as number) & UNREADABLE) !== 0) return
    const midStream = ints[at + SYN_PACKET] === 0 && ints[at + SYN_ACK_PACKET] === 0
    const clientIsLow = ((ints[at + STATE] as number) & CLIENT_IS_HIGH) === 0
    const client = ints[at + (clientIsLow ? ADDRESS_LOW : ADDRESS_HIGH)] as number
    const server = ints[at + (clientIsLow ? ADDRESS_HIGH : ADDRESS_LOW)] as number
    notes.stack = new Stack(this.dissection, midStream, `${(ints[at + KEY] as number) >> 8} ${client} ${server}`)
    this.remember(flow)
  }

  private udp(h: Headers, packet: number, timeNs: number, cut: boolean): void {
    const { table } = this
    let flow = this.find(h, UDP)
    const { side } = table
    if (flow < 0) flow = this.begin(h, UDP, packet, timeNs)
    this.touch(flow, packet, timeNs, cut)
    const at = sideInts(flow, side) + PACKETS
    table.ints[at] = (table.ints[at] as number) + 1
    if (h.payloadLength === 0) return
    const dissector = recogniseDatagram(h)
    if (dissector === null) {
      this.exchange(flow, side, h, packet, timeNs)
      return
    }
    const conversation = table.ints[flow * INTS + ID] as number
    this.current = this.notes[flow] ?? null
    this.currentId = conversation
    this.datagrams.read(dissector, h, conversation, this.direction(flow, side), packet, timeNs)
  }

  /** A datagram that does not stand for itself: for the layers of its conversation, if it has any or begins one. */
  private exchange(flow: number, side: number, h: Headers, packet: number, timeNs: number): void {
    const notes = this.notes[flow] as FlowNotes
    if (notes.exchange === null) {
      if (recogniseMessage(h.bytes, h.payload, h.payloadEnd, CLIENT) === null) return
      if (this.exchanges >= MAX_EXCHANGES) {
        this.exchangesLeftOut++
        return
      }
      this.turnToClient(flow, side, notes, h)
      notes.exchange = new Exchange(this.dissection)
      this.exchanges++
    }
    this.current = notes
    const conversation = this.table.ints[flow * INTS + ID] as number
    notes.exchange.datagram(this.direction(flow, side), h, packet, timeNs, conversation)
  }

  /** What the first handshake message says of who is the client is surer than ports. */
  private turnToClient(flow: number, side: number, notes: FlowNotes, h: Headers): void {
    const speaker = speaksInDatagram(h.bytes, h.payload, h.payloadEnd)
    if (speaker === null) return
    const before = this.direction(flow, side)
    this.assignRoles(flow, speaker === CLIENT ? side : 1 - side, 'content')
    if (before !== speaker) notes.turnRound()
  }

  private icmp(packet: number, timeNs: number): void {
    const { headers, quoted, addresses } = this.decoder
    const protocol = quoted.protocol === TCP || quoted.protocol === UDP ? quoted.protocol : 0
    if (protocol === 0) return
    const flow = this.find(quoted, protocol)
    if (flow < 0) return
    const notes = this.notes[flow] ?? null
    if (notes === null) return
    notes.icmp ??= []
    if (notes.icmp.length >= MAX_ICMP_NOTES) {
      this.icmpLeftOut++
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
      direction: this.direction(flow, this.table.side),
    })
  }

  private fragments(datagram: FragmentedDatagram): void {
    if (datagram.sourcePort < 0) return
    const { family, source, destination, sourcePort, destinationPort, protocol } = datagram
    const flow = this.table.find(family, source, destination, sourcePort, destinationPort, protocol)
    if (flow < 0) return
    this.notes[flow]?.fragmented(this.direction(flow, this.table.side), datagram)
  }

  /** What this side of the record sends is the client's or the server's. */
  private direction(flow: number, side: number): Direction {
    return (side ^ ((this.table.ints[flow * INTS + STATE] as number) & CLIENT_IS_HIGH)) as Direction
  }

  private isTcp(flow: number): boolean {
    return ((this.table.ints[flow * INTS + KEY] as number) & 0xff) === TCP
  }

  private join(conversation: number): void {
    if (conversation === this.currentId && this.current !== null) this.joined.set(conversation, this.current)
  }

  /** Of the conversation itself while it is open; what comes later goes to the one that made it readable. */
  private notesOf(conversation: number): FlowNotes | null {
    if (conversation === this.currentId) return this.current
    return this.joined.get(conversation) ?? this.current
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
      this.assignRoles(flow, answer ? 1 - side : side, answer ? 'syn-ack' : 'syn')
    } else {
      const server = likelyServerPort(h.sourcePort, h.destinationPort)
      if (server === 0) this.assignRoles(flow, side, 'first-packet')
      else this.assignRoles(flow, server === h.destinationPort ? side : 1 - side, 'port')
    }
    return flow
  }

  private assignRoles(flow: number, clientSide: number, evidence: RoleEvidence): void {
    const at = flow * INTS + STATE
    const state = (this.table.ints[at] as number) & ~(CLIENT_IS_HIGH | ROLES_MASK)
    this.table.ints[at] = state | clientSide | (ROLE_EVIDENCE.indexOf(evidence) << ROLES_SHIFT)
  }

  private touch(flow: number, packet: number, timeNs: number, cut: boolean): void {
    const { ints, doubles } = this.table
    ints[flow * INTS + LAST_PACKET] = packet
    doubles[flow * DOUBLES + LAST_NS] = timeNs
    if (cut) ints[flow * INTS + CUT_PACKETS] = (ints[flow * INTS + CUT_PACKETS] as number) + 1
  }

  /** Closed flows linger without a packet for a while, are handed on, and are forgotten some time later. */
  private serve(lingering: LingerQueue, timeNs: number): void {
    const { queue } = lingering
    while (queue.length > 0) {
      const { flow, conversation } = queue
      if (this.holds(flow, conversation)) {
        const dueNs = (this.table.doubles[flow * DOUBLES + LAST_NS] as number) + lingering.lingerNs
        if (dueNs > timeNs) {
          lingering.dueNs = dueNs
          break
        }
        if (lingering === this.handedOn) this.table.remove(flow)
        else this.close(flow, 'closed')
      }
      queue.shift()
    }
    if (queue.length === 0) lingering.dueNs = Number.POSITIVE_INFINITY
    this.dueNs = Math.min(this.closedByFin.dueNs, this.closedByReset.dueNs, this.handedOn.dueNs)
  }

  /** The record still holds this TCP conversation. */
  private holds(flow: number, conversation: number): boolean {
    return this.isTcp(flow) && this.table.ints[flow * INTS + ID] === conversation
  }

  /** Looks at one flow after the other for what has gone idle. */
  private sweep(timeNs: number): void {
    const { table } = this
    if (++this.hand >= table.used) this.hand = 0
    const flow = this.hand
    const idleNs = timeNs - (table.doubles[flow * DOUBLES + LAST_NS] as number)
    if (idleNs < IDLE_UDP_NS || !table.isLive(flow)) return
    if (idleNs < IDLE_TCP_NS && this.isTcp(flow)) return
    if (((table.ints[flow * INTS + STATE] as number) & CLOSING) === 0) this.close(flow, 'idle')
  }

  private isClosed(flow: number): boolean {
    const { ints } = this.table
    if (((ints[flow * INTS + STATE] as number) & SAW_RESET) !== 0) return true
    const both = (ints[sideInts(flow, 0) + SIDE_STATE] as number) & (ints[sideInts(flow, 1) + SIDE_STATE] as number)
    return (both & SAW_FIN) !== 0
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
      this.evictedFlows++
      this.close(oldest, 'evicted')
    }
    this.sink.time(timeNs)
  }

  private close(flow: number, endedBy: ClosedBy): void {
    const { table } = this
    const notes = this.notes[flow] as FlowNotes
    const { ints, doubles } = table
    const record = flow * INTS
    if (this.isTcp(flow)) {
      this.current = notes
      this.currentId = ints[record + ID] as number
      const packet = ints[record + LAST_PACKET] as number
      const lastNs = doubles[flow * DOUBLES + LAST_NS] as number
      const clientSide = (ints[record + STATE] as number) & CLIENT_IS_HIGH
      const reset = ((ints[record + STATE] as number) & SAW_RESET) !== 0
      for (const direction of [CLIENT, SERVER] as const) {
        const side = direction === CLIENT ? clientSide : 1 - clientSide
        this.assembler.at(flow, side, direction, notes, packet, lastNs).flush()
        if (((ints[sideInts(flow, side) + SIDE_STATE] as number) & ENDED) !== 0) continue
        const how: Ending = reset ? 'rst' : 'capture'
        notes.stack?.end(direction, how, packet, lastNs, ints[record + ID] as number)
      }
      this.joined.delete(this.currentId)
    }
    if (notes.exchange !== null) {
      this.current = notes
      const lastNs = doubles[flow * DOUBLES + LAST_NS] as number
      notes.exchange.end(ints[record + LAST_PACKET] as number, lastNs, ints[record + ID] as number)
      this.exchanges--
    }
    if (notes.stack instanceof Stack) this.stacks--
    const conversation = conclude(table, this.decoder.addresses, flow, notes, endedBy)
    this.notes[flow] = null
    if (endedBy === 'closed') this.linger(this.handedOn, flow, doubles[flow * DOUBLES + LAST_NS] as number)
    else table.remove(flow)
    this.sink.conversation(conversation)
  }

  /** Bounds how many flows have layers: the oldest one gives its stack up. */
  private remember(flow: number): void {
    const { stacked } = this
    stacked.push(flow, this.table.ints[flow * INTS + ID] as number)
    this.stacks++
    // Entries whose flow has no layers any more leave when the queue grows long.
    while (stacked.length > 2 * MAX_STACKS || this.stacks > MAX_STACKS) {
      const oldest = stacked.flow
      const { conversation } = stacked
      const notes = this.holds(oldest, conversation) ? (this.notes[oldest] ?? null) : null
      stacked.shift()
      if (notes === null || !(notes.stack instanceof Stack)) continue
      if (this.stacks > MAX_STACKS) {
        this.dropStack(oldest, notes)
        this.evictedStacks++
      } else stacked.push(oldest, conversation)
    }
  }

  private dropStack(flow: number, notes: FlowNotes): void {
    if (notes.stack instanceof Stack) this.stacks--
    notes.stack = null
    this.table.ints[flow * INTS + STATE] = (this.table.ints[flow * INTS + STATE] as number) | UNREADABLE
  }

  private quality(): QualityNote[] {
    const notes = [...this.decoder.quality()]
    if (this.evictedFlows > 0) {
      notes.push({
        id: 'flow-table-full',
        says: `${this.evictedFlows} conversations were closed early: more than ${MAX_FLOWS} were open at one time`,
      })
    }
    if (this.evictedStacks > 0) {
      notes.push({
        id: 'layers-given-up',
        says: `the layers of ${this.evictedStacks} conversations were given up: more than ${MAX_STACKS} spoke at one time`,
      })
    }
    if (this.exchangesLeftOut > 0) {
      notes.push({
        id: 'datagrams-left-out',
        says: `${this.exchangesLeftOut} datagrams were not read: more than ${MAX_EXCHANGES} conversations of them were open at one time`,
      })
    }
    if (this.dissection.junctions.forgotten > 0) {
      notes.push({
        id: 'gateway-channels-unpaired',
        says: `${this.dissection.junctions.forgotten} pairs of gateway channels were forgotten and may be read apart: more were open at one time than ${MAX_JUNCTIONS}`,
      })
    }
    if (this.icmpLeftOut > 0) {
      notes.push({
        id: 'icmp-left-out',
        says: `${this.icmpLeftOut} ICMP messages were left out: their conversations have ${MAX_ICMP_NOTES} each already`,
      })
    }
    if (this.assembler.holesGivenUp > 0) {
      notes.push({
        id: 'reassembly-limit',
        says: `${this.assembler.holesGivenUp} times too much data waited behind a hole in a stream and was read without it`,
      })
    }
    return notes
  }
}
