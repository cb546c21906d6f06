/**
 * IP datagrams put together from their fragments (RFC 791 section 3.2, RFC 8200 section 4.5). Bytes that came first win
 * where fragments overlap. A piece that comes again with the same bytes is a copy of the recorder, no overlap.
 *
 * All datagrams share one result buffer: what `add` delivers is valid until the next packet.
 */
import {
  FRAGMENT_COPY_LINGER_MS,
  FRAGMENT_TIMEOUT_MS,
  MAX_FRAGMENT_BYTES,
  MAX_FRAGMENT_HOLES,
  MAX_FRAGMENTED_DATAGRAMS,
} from '../wire/limits.ts'
import type { Headers } from './headers.ts'
import { u16be } from './integers.ts'
import { PROTOCOL_TCP, PROTOCOL_UDP } from './ip.ts'
import { IP_PROTOCOL, type Position } from './position.ts'

const NS_PER_MS = 1e6
/** Offset field 13 bits of 8 bytes, and a piece of the largest packet behind it. */
const MAX_DATAGRAM_BYTES = 0xfff8 + 0xffff
/** Headers before the payload: IPv4 has at most 60 bytes, IPv6 40 and extensions. */
const MAX_HEADER_BYTES = 512
const FIRST_CAPACITY = 4096

/** What became of one datagram that came in fragments. */
export interface FragmentedDatagram {
  readonly family: number
  /** As in {@link Headers}. */
  readonly source: number
  readonly destination: number
  readonly protocol: number
  /** From the first fragment; -1 when it was not seen or has no ports. */
  readonly sourcePort: number
  readonly destinationPort: number
  /** Fragments seen, without copies. */
  readonly pieces: number
  readonly complete: boolean
  /** Pieces that contradict what was there before. */
  readonly overlaps: number
  readonly firstPacket: number
  readonly lastPacket: number
  readonly firstNs: number
  readonly lastNs: number
}

/** A datagram that waits for its pieces. */
class Assembly implements FragmentedDatagram {
  readonly family: number
  readonly source: number
  readonly destination: number
  protocol: number
  sourcePort = -1
  destinationPort = -1
  pieces = 0
  complete = false
  overlaps = 0
  readonly firstPacket: number
  lastPacket = 0
  readonly firstNs: number
  lastNs = 0

  header: Uint8Array | null = null
  payload: Uint8Array | null = null
  /** What was seen of it: sorted, not touching one another. */
  readonly starts: number[] = []
  readonly ends: number[] = []
  /** -1 until the last fragment came. */
  total = -1
  /** The snap length cut a piece there: behind it the bytes are not known. */
  knownEnd = MAX_DATAGRAM_BYTES

  constructor(headers: Headers, packet: number, timeNs: number) {
    this.family = headers.family
    this.source = headers.source
    this.destination = headers.destination
    this.protocol = headers.protocol
    this.firstPacket = packet
    this.firstNs = timeNs
  }
}

export class Defragmenter {
  /** Datagrams given up, and pieces passed over, because a limit was reached. */
  dropped = 0
  /** Pieces without a payload, or behind the end of the largest datagram. */
  malformed = 0
  /** Datagrams with overlaps, and datagrams that were never completed. */
  overlapping = 0
  incomplete = 0
  /** Completed by the packet before. */
  untold: Assembly | null = null
  private readonly done: (datagram: FragmentedDatagram) => void
  private readonly limit: number
  private readonly byteLimit: number
  /** Unfinished, oldest first. */
  private readonly assemblies = new Map<string, Assembly>()
  /** When which one was completed, oldest first: copies of its pieces may still come. */
  private readonly completed = new Map<string, number>()
  private heldBytes = 0
  private result: Uint8Array = new Uint8Array(0)

  /** @param done is told about each datagram once: when it is complete, times out, makes room, or at the end. */
  constructor(
    done: (datagram: FragmentedDatagram) => void,
    limit = MAX_FRAGMENTED_DATAGRAMS,
    byteLimit = MAX_FRAGMENT_BYTES,
  ) {
    this.done = done
    this.limit = limit
    this.byteLimit = byteLimit
  }

  /**
   * Takes the fragment at `position`.
   * @returns true when the datagram is complete: `position` stands at its payload then, in a buffer of its own, with a
   * copy of the first fragment's IP header before it.
   */
  add(position: Position, headers: Headers, packet: number, timeNs: number): boolean {
    // An inner datagram was completed by the same packet.
    this.tellCompleted()
    this.expire(timeNs)
    const start = position.fragmentOffset
    const length = position.wireEnd - position.at
    if (length <= 0 || start + length > MAX_DATAGRAM_BYTES) {
      this.malformed++
      return false
    }
    const key = keyOf(position, headers)
    if (this.completed.has(key)) return false
    const assembly = this.find(key, headers, packet, timeNs)
    if (!this.reserve(assembly, start + length)) {
      this.dropped++
      return false
    }
    assembly.lastPacket = packet
    assembly.lastNs = timeNs
    if (!this.place(assembly, position, start, length)) return false
    if (start === 0 && assembly.header === null) this.first(assembly, position, headers)
    if (!position.fragmentMore) {
      if (assembly.total >= 0 && assembly.total !== start + length) assembly.overlaps++
      else assembly.total = start + length
    }
    const isWhole =
      assembly.starts.length === 1 && assembly.starts[0] === 0 && (assembly.ends[0] as number) >= assembly.total
    if (!isWhole || assembly.total < 0 || assembly.header === null) return false
    this.deliver(key, assembly, position, headers)
    return true
  }

  /** Gives up what has waited for too long. */
  expire(nowNs: number): void {
    for (const [key, assembly] of this.assemblies) {
      if (nowNs - assembly.firstNs <= FRAGMENT_TIMEOUT_MS * NS_PER_MS) break
      this.remove(key, assembly)
    }
    for (const [key, completedNs] of this.completed) {
      if (nowNs - completedNs <= FRAGMENT_COPY_LINGER_MS * NS_PER_MS) break
      this.completed.delete(key)
    }
  }

  /** The completed datagram has extension headers before its ports: only now they are known. */
  identify(headers: Headers): void {
    const datagram = this.untold
    if (datagram === null || datagram.sourcePort >= 0) return
    if (datagram.source !== headers.source || datagram.destination !== headers.destination) return
    datagram.protocol = headers.protocol
    datagram.sourcePort = headers.sourcePort
    datagram.destinationPort = headers.destinationPort
  }

  /** Whoever takes the datagrams has seen the completed one as a packet by now. */
  tellCompleted(): void {
    if (this.untold !== null) this.tell(this.untold)
    this.untold = null
  }

  /** The capture ends: everything unfinished is told. */
  flush(): void {
    this.tellCompleted()
    for (const [key, assembly] of this.assemblies) this.remove(key, assembly)
  }

  private find(key: string, headers: Headers, packet: number, timeNs: number): Assembly {
    const known = this.assemblies.get(key)
    if (known !== undefined) return known
    if (this.assemblies.size >= this.limit) this.evict(null)
    const assembly = new Assembly(headers, packet, timeNs)
    this.assemblies.set(key, assembly)
    return assembly
  }

  /** Makes room for so many bytes of payload. */
  private reserve(assembly: Assembly, wanted: number): boolean {
    const had = assembly.payload?.length ?? 0
    if (wanted <= had) return true
    const capacity = Math.min(Math.max(wanted, had * 2, FIRST_CAPACITY), MAX_DATAGRAM_BYTES)
    while (this.heldBytes + capacity - had > this.byteLimit) if (!this.evict(assembly)) return false
    const larger = new Uint8Array(capacity)
    if (assembly.payload !== null) larger.set(assembly.payload)
    assembly.payload = larger
    this.heldBytes += capacity - had
    return true
  }

  /** @returns false when it is a copy of what is there, or there are too many holes. */
  private place(assembly: Assembly, position: Position, start: number, length: number): boolean {
    const { starts, ends } = assembly
    const payload = assembly.payload as Uint8Array
    const end = start + length
    const captured = Math.min(length, Math.max(0, position.end - position.at))
    let first = 0
    while (first < starts.length && (ends[first] as number) < start) first++
    let last = first
    let isInside = false
    let isTouched = false
    let at = start
    // Runs through the ranges that touch the piece, and copies what lies between them: first bytes win.
    for (; last < starts.length && (starts[last] as number) <= end; last++) {
      const rangeStart = starts[last] as number
      const rangeEnd = ends[last] as number
      if (rangeStart <= start && rangeEnd >= end) isInside = true
      if (rangeStart < end && rangeEnd > start) isTouched = true
      copy(position, payload, start, captured, at, Math.min(rangeStart, end))
      at = Math.max(at, rangeEnd)
    }
    if (isInside && isSame(position, payload, start, Math.min(captured, assembly.knownEnd - start))) return false
    if (isTouched) assembly.overlaps++
    if (last === first && starts.length >= MAX_FRAGMENT_HOLES) {
      this.dropped++
      return false
    }
    copy(position, payload, start, captured, at, end)
    if (captured < length) assembly.knownEnd = Math.min(assembly.knownEnd, start + captured)
    const mergedStart = last > first ? Math.min(start, starts[first] as number) : start
    const mergedEnd = last > first ? Math.max(end, ends[last - 1] as number) : end
    starts.splice(first, last - first, mergedStart)
    ends.splice(first, last - first, mergedEnd)
    assembly.pieces++
    return true
  }

  /** What only the first fragment holds: the header, the protocol, the ports. */
  private first(assembly: Assembly, position: Position, headers: Headers): void {
    const { bytes, at } = position
    const headerEnd = Math.min(position.fragmentHeaderEnd, headers.ipStart + MAX_HEADER_BYTES)
    assembly.header = bytes.slice(headers.ipStart, headerEnd)
    assembly.protocol = position.fragmentProtocol
    const hasPorts = assembly.protocol === PROTOCOL_TCP || assembly.protocol === PROTOCOL_UDP
    if (!hasPorts || position.end - at < 4) return
    assembly.sourcePort = u16be(bytes, at)
    assembly.destinationPort = u16be(bytes, at + 2)
  }

  private deliver(key: string, assembly: Assembly, position: Position, headers: Headers): void {
    if (this.result.length === 0) this.result = new Uint8Array(MAX_HEADER_BYTES + MAX_DATAGRAM_BYTES)
    const header = assembly.header as Uint8Array
    const payload = assembly.payload as Uint8Array
    const known = Math.min(assembly.total, assembly.knownEnd)
    this.result.set(header)
    this.result.set(known < payload.length ? payload.subarray(0, known) : payload, header.length)
    position.bytes = this.result
    position.at = header.length
    position.end = header.length + known
    position.wireEnd = header.length + assembly.total
    position.next = IP_PROTOCOL + assembly.protocol
    headers.bytes = this.result
    headers.ipStart = 0
    headers.protocol = assembly.protocol
    headers.fragments = assembly.pieces
    assembly.complete = true
    this.assemblies.delete(key)
    this.release(assembly)
    this.linger(key, assembly.lastNs)
    this.untold = assembly
  }

  private linger(key: string, nowNs: number): void {
    if (this.completed.size >= this.limit) {
      for (const oldest of this.completed.keys()) {
        this.completed.delete(oldest)
        break
      }
    }
    this.completed.set(key, nowNs)
  }

  /** The oldest makes room. @returns false when there is none but `keep`. */
  private evict(keep: Assembly | null): boolean {
    for (const [key, assembly] of this.assemblies) {
      if (assembly === keep) continue
      this.dropped++
      this.remove(key, assembly)
      return true
    }
    return false
  }

  private remove(key: string, assembly: Assembly): void {
    this.assemblies.delete(key)
    this.release(assembly)
    this.incomplete++
    this.tell(assembly)
  }

  private release(assembly: Assembly): void {
    this.heldBytes -= assembly.payload?.length ?? 0
    assembly.payload = null
  }

  private tell(assembly: FragmentedDatagram): void {
    this.overlapping += assembly.overlaps > 0 ? 1 : 0
    this.done({
      family: assembly.family,
      source: assembly.source,
      destination: assembly.destination,
      protocol: assembly.protocol,
      sourcePort: assembly.sourcePort,
      destinationPort: assembly.destinationPort,
      pieces: assembly.pieces,
      complete: assembly.complete,
      overlaps: assembly.overlaps,
      firstPacket: assembly.firstPacket,
      lastPacket: assembly.lastPacket,
      firstNs: assembly.firstNs,
      lastNs: assembly.lastNs,
    })
  }
}

/** IPv6 leaves the protocol out: only the first fragment knows it (RFC 8200 section 4.5). */
function keyOf(position: Position, headers: Headers): string {
  const protocol = headers.family === 6 ? '' : position.fragmentProtocol
  return `${headers.family} ${headers.source} ${headers.destination} ${position.fragmentId} ${protocol}`
}

/** The part [from, to) of the datagram, out of a piece that starts at `start` and of which so much was captured. */
function copy(
  position: Position,
  payload: Uint8Array,
  start: number,
  captured: number,
  from: number,
  to: number,
): void {
  const end = Math.min(to, start + captured)
  const origin = position.at - start
  for (let at = from; at < end; at++) payload[at] = position.bytes[origin + at] as number
}

function isSame(position: Position, payload: Uint8Array, start: number, length: number): boolean {
  for (let at = 0; at < length; at++) if (payload[start + at] !== position.bytes[position.at + at]) return false
  return true
}
