/** What is remembered of one conversation of RDP-UDP, whatever its version. Plain data. */
import type { Out } from '../src/wire/dissector.ts'

/** One side, as a sender. */
export interface RdpudpSide {
  /** Number of its first source datagram; -1 before it is known. */
  first: number
  /** The latest source datagram, counted from the first one; -1 before there was one. */
  latest: number
  data: number
  dataBytes: number
  repeated: number
  fec: number
  acknowledgements: number
  /** The latest datagram of the other side that its acknowledgements told of; -1 before one did. */
  told: number
  received: number
  missing: number
}

export interface RdpudpState {
  /** A packet of the handshake was seen: what follows is RDP-UDP too. */
  began: boolean
  lossy: boolean
  /** Both sides speak the second transport from now on. */
  second: boolean
  sides: [RdpudpSide, RdpudpSide]
  /** Somebody listens above. */
  opened: boolean
}

export function rdpudpState(): RdpudpState {
  return { began: false, lossy: false, second: false, sides: [side(), side()], opened: false }
}

function side(): RdpudpSide {
  return {
    first: -1,
    latest: -1,
    data: 0,
    dataBytes: 0,
    repeated: 0,
    fec: 0,
    acknowledgements: 0,
    told: -1,
    received: 0,
    missing: 0,
  }
}

/** @param number of the datagram, counted from the side's first one */
export function countData(side: RdpudpSide, number: number, length: number): void {
  side.data++
  side.dataBytes += length
  if (number <= side.latest) side.repeated++
  else side.latest = number
}

/**
 * A run of datagrams of the other side that arrived, or did not. The same ones are told of again and again: each counts
 * once, as it was first told.
 * @param width bits of the numbers, which wrap around
 */
export function noteRun(side: RdpudpSide, first: number, run: number, arrived: boolean, width: 16 | 32): void {
  if (run === 0) return
  const last = wrapped(first + run - 1, width)
  const ahead = side.told < 0 ? run : distance(side.told, last, width)
  if (ahead <= 0) return
  const fresh = Math.min(run, ahead)
  if (arrived) side.received += fresh
  else side.missing += fresh
  side.told = last
}

function wrapped(number: number, width: 16 | 32): number {
  return width === 32 ? number >>> 0 : number & 0xffff
}

/** How far the second number lies ahead of the first one, the shorter way round. */
export function distance(from: number, to: number, width: 16 | 32): number {
  return width === 32 ? (to - from) | 0 : ((to - from) << 16) >> 16
}

/**
 * Source data for the layer above. Reliable: a piece of a stream, by its number. Lossy: a message of its own.
 * @param from where the bytes lie in those that the datagram was given in
 */
export function handUp(
  state: RdpudpState,
  out: Out<never>,
  bytes: Uint8Array,
  start: number,
  end: number,
  from: number,
  number: number,
): void {
  if (start === end) return
  if (!state.opened) {
    state.opened = true
    const inside = { protocol: 'rdpemt' }
    out.open(0, state.lossy ? { protocol: 'dtls', inside } : { protocol: 'tls', inside, ordered: true })
  }
  const to = from + end - start
  if (state.lossy) out.payload(0, bytes, start, end, from, to)
  else if (number >= 0) out.payload(0, bytes, start, end, from, to, number)
}
