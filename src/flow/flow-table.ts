/**
 * The live flows: records in typed arrays, found through hash chains. No object a flow until something about it is worth
 * a note. Both directions of a connection share one record.
 */
import type { Direction } from '../wire/dissector.ts'
import type { RoleEvidence } from './conversation.ts'
import {
  ADDRESS_HIGH,
  ADDRESS_LOW,
  CLIENT_IS_HIGH,
  DOUBLES,
  ID,
  INTS,
  KEY,
  NEXT,
  PORTS,
  ROLE_EVIDENCE,
  ROLES_MASK,
  ROLES_SHIFT,
  SAW_FIN,
  SAW_RESET,
  SIDE_STATE,
  STATE,
  sideInts,
  TCP,
} from './flow-record.ts'

const FIRST_CAPACITY = 1024
/** Nobody can write a capture whose flows all share one chain. It decides nothing that is seen outside. */
const SEED = (Math.random() * 0x7fffffff) | 0

export class FlowTable {
  ints = new Int32Array(FIRST_CAPACITY * INTS)
  doubles = new Float64Array(FIRST_CAPACITY * DOUBLES)
  capacity = FIRST_CAPACITY
  count = 0
  /** Which side the sender of the packet looked up last is. */
  side = 0
  private heads = new Int32Array(FIRST_CAPACITY * 2).fill(-1)
  /** Records that were given back, linked through NEXT. */
  private free = -1
  /** Records from here on were never used. */
  private fresh = 0
  // The key of the packet at hand.
  private key = 0
  private low = 0
  private high = 0
  private ports = 0

  /** The flow of a packet with these addresses (as in Headers) and ports, or -1. Sets {@link side} to the sender's. */
  find(
    family: number,
    source: number,
    destination: number,
    sourcePort: number,
    destinationPort: number,
    protocol: number,
  ): number {
    const lower = source < destination || (source === destination && sourcePort <= destinationPort)
    this.side = lower ? 0 : 1
    const low = lower ? source : destination
    const high = lower ? destination : source
    const ports = lower ? (sourcePort << 16) | destinationPort : (destinationPort << 16) | sourcePort
    const key = (family << 8) | protocol
    this.key = key
    this.low = low
    this.high = high
    this.ports = ports
    const { ints } = this
    let flow = this.heads[this.bucket(key, low, high, ports)] as number
    while (flow >= 0) {
      const at = flow * INTS
      if (
        ints[at + PORTS] === ports &&
        ints[at + ADDRESS_LOW] === low &&
        ints[at + ADDRESS_HIGH] === high &&
        ints[at + KEY] === key
      ) {
        return flow
      }
      flow = ints[at + NEXT] as number
    }
    return -1
  }

  /** A record for the packet that was looked up last, all zero but for its key. */
  add(): number {
    let flow = this.free
    if (flow >= 0) this.free = this.ints[flow * INTS + NEXT] as number
    else {
      if (this.fresh === this.capacity) this.grow()
      flow = this.fresh++
    }
    const { ints, key, low, high, ports } = this
    const at = flow * INTS
    ints.fill(0, at, at + INTS)
    this.doubles.fill(0, flow * DOUBLES, (flow + 1) * DOUBLES)
    ints[at + KEY] = key
    ints[at + ADDRESS_LOW] = low
    ints[at + ADDRESS_HIGH] = high
    ints[at + PORTS] = ports
    const bucket = this.bucket(key, low, high, ports)
    ints[at + NEXT] = this.heads[bucket] as number
    this.heads[bucket] = flow
    this.count++
    return flow
  }

  remove(flow: number): void {
    const { ints, heads } = this
    const at = flow * INTS
    const bucket = this.bucketOf(flow)
    const next = ints[at + NEXT] as number
    if (heads[bucket] === flow) heads[bucket] = next
    else {
      let before = heads[bucket] as number
      while (ints[before * INTS + NEXT] !== flow) before = ints[before * INTS + NEXT] as number
      ints[before * INTS + NEXT] = next
    }
    ints[at + KEY] = 0
    ints[at + NEXT] = this.free
    this.free = flow
    this.count--
  }

  isLive(flow: number): boolean {
    return this.ints[flow * INTS + KEY] !== 0
  }

  isTcp(flow: number): boolean {
    return ((this.ints[flow * INTS + KEY] as number) & 0xff) === TCP
  }

  /** The record still holds this TCP conversation. */
  holds(flow: number, conversation: number): boolean {
    return this.isTcp(flow) && this.ints[flow * INTS + ID] === conversation
  }

  /** It was reset, or both sides said that they are done. */
  isClosed(flow: number): boolean {
    const { ints } = this
    if (((ints[flow * INTS + STATE] as number) & SAW_RESET) !== 0) return true
    const both = (ints[sideInts(flow, 0) + SIDE_STATE] as number) & (ints[sideInts(flow, 1) + SIDE_STATE] as number)
    return (both & SAW_FIN) !== 0
  }

  /** What this side of the record sends is the client's or the server's. */
  direction(flow: number, side: number): Direction {
    return (side ^ ((this.ints[flow * INTS + STATE] as number) & CLIENT_IS_HIGH)) as Direction
  }

  assignRoles(flow: number, clientSide: number, evidence: RoleEvidence): void {
    const at = flow * INTS + STATE
    const state = (this.ints[at] as number) & ~(CLIENT_IS_HIGH | ROLES_MASK)
    this.ints[at] = state | clientSide | (ROLE_EVIDENCE.indexOf(evidence) << ROLES_SHIFT)
  }

  /** Records below this number were used at some time. */
  get used(): number {
    return this.fresh
  }

  private bucket(key: number, low: number, high: number, ports: number): number {
    let hash = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b) ^ Math.imul(ports ^ key ^ SEED, 0xc2b2ae35)
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    return (hash ^ (hash >>> 13)) & (this.heads.length - 1)
  }

  private bucketOf(flow: number): number {
    const at = flow * INTS
    const { ints } = this
    return this.bucket(
      ints[at + KEY] as number,
      ints[at + ADDRESS_LOW] as number,
      ints[at + ADDRESS_HIGH] as number,
      ints[at + PORTS] as number,
    )
  }

  private grow(): void {
    this.capacity *= 2
    const ints = new Int32Array(this.capacity * INTS)
    ints.set(this.ints)
    this.ints = ints
    const doubles = new Float64Array(this.capacity * DOUBLES)
    doubles.set(this.doubles)
    this.doubles = doubles
    this.heads = new Int32Array(this.capacity * 2).fill(-1)
    for (let flow = 0; flow < this.fresh; flow++) {
      if (!this.isLive(flow)) continue
      const bucket = this.bucketOf(flow)
      ints[flow * INTS + NEXT] = this.heads[bucket] as number
      this.heads[bucket] = flow
    }
  }
}
