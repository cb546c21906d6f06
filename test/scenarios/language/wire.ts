/**
 * The network of a story: hosts, a clock, and the tap that writes down what passes. Frames get the time to live and the
 * IP identification that their sender would have there, and come out as a pcapng file with its secrets.
 * draft-ietf-opsawg-pcapng, RFC 826.
 */
import { Blocks } from '../../capture/build.ts'
import {
  arp,
  ethernet,
  ipv4,
  ipv4Fragments,
  type Network,
  type Packet,
  type Transport,
  udp,
} from '../../support/packets.ts'
import { Random } from '../../support/random.ts'

/** Monday, 30 November 2026, 09:14:07 UTC. */
export const STORY_BEGINS_MS = Date.UTC(2026, 10, 30, 9, 14, 7)
const DECRYPTION_SECRETS = 10
const TLS_KEY_LOG = 0x544c_534b
const IPV4_BYTES = 20
/** Whose stack it is: its time to live, and whether it uses TCP timestamps. */
const TIME_TO_LIVE = { windows: 128, linux: 64, device: 255 } as const

export interface Host {
  readonly name: string
  readonly address: string
  /** The last byte of its hardware address. */
  readonly hardware: number
  readonly system: keyof typeof TIME_TO_LIVE
  /** Routers between it and hosts of other networks. */
  readonly hops: number
}

/** What the tap may see of a packet besides what its sender meant. */
export interface Disguise {
  /** As the tap sees it. */
  readonly ttl?: number
  readonly ipId?: number
  /** Another station on the local network sends it. */
  readonly hardware?: number
  /** Changes bytes of the finished frame: damage on the way. */
  readonly spoils?: (frame: Uint8Array) => void
}

interface Written {
  readonly timeUs: number
  readonly sender: string
  /** More than one where it travels in fragments. */
  readonly frames: (ipId: number) => readonly Uint8Array[]
}

export class Wire {
  readonly random: Random
  /** Since the story began. */
  nowUs = 0
  /** Each packet is cut to so many bytes. */
  snapLength = 262_144
  /** Larger datagrams pass the tap in fragments. */
  mtuBytes = 65_535
  /** Of a datagram in fragments only the first is written down: what a filter by port does. RFC 791 3.2. */
  filtersByPort = false
  private written: Written[] = []
  private readonly secrets: string[] = []
  private waiting: (() => void)[] = []
  private tapped: Host | null = null
  private numbers = 0

  constructor(seed = 1) {
    this.random = new Random(seed)
  }

  /** Where it was recorded: on this host's interface. */
  tapAt(host: Host): this {
    this.tapped = host
    return this
  }

  /** 1, 2, 3: what tells things of one story apart. */
  nextNumber(): number {
    return ++this.numbers
  }

  get tap(): Host {
    if (this.tapped === null) throw new Error('say where the story is recorded: wire.tapAt(host)')
    return this.tapped
  }

  later(us: number): this {
    this.nowUs += us
    return this
  }

  /** Silence: what is owed is paid first, as delayed acknowledgements are. */
  pause(seconds: number): this {
    const until = this.nowUs + Math.round(seconds * 1e6)
    for (const pay of this.waiting) pay()
    this.nowUs = Math.max(this.nowUs, until)
    return this
  }

  /** Called when the story pauses. */
  whenQuiet(pay: () => void): void {
    this.waiting.push(pay)
  }

  /** A story beside this one, from the same moment: the clock goes back afterwards. */
  meanwhile(tell: () => void): this {
    const { nowUs, waiting } = this
    this.waiting = []
    tell()
    for (const pay of this.waiting) pay()
    this.nowUs = nowUs
    this.waiting = waiting
    return this
  }

  isNear(host: Host): boolean {
    return host === this.tap || isSameNetwork(host, this.tap)
  }

  /** An IP packet passes the tap. */
  carries(from: Host, to: Host, transport: Transport, disguise: Disguise = {}): void {
    const ttl = disguise.ttl ?? TIME_TO_LIVE[from.system] - (this.isNear(from) ? 0 : from.hops)
    const { mtuBytes, filtersByPort } = this
    const isWhole = IPV4_BYTES + transport.bytes.length <= mtuBytes
    const header = { source: from.address, destination: to.address, ttl, dontFragment: isWhole }
    this.put(from.name, ipId => {
      const network = ipv4(transport, { ...header, id: disguise.ipId ?? ipId })
      const pieces = isWhole ? [network] : ipv4Fragments(network, (mtuBytes - IPV4_BYTES) & ~7)
      return pieces.slice(0, filtersByPort ? 1 : pieces.length).map(piece => this.framed(from, to, piece, disguise))
    })
  }

  /** Any datagram that is already one: a fragment, a quoted packet. */
  carriesNetwork(from: Host, to: Host, network: Network): void {
    this.put('', () => [this.framed(from, to, network, {})])
  }

  /** One UDP datagram. */
  datagram(from: Host, to: Host, ports: readonly [source: number, destination: number], payload: Uint8Array): this {
    this.carries(from, to, udp({ sourcePort: ports[0], destinationPort: ports[1] }, payload))
    return this.later(25)
  }

  /** `asker` wants to know who has this address. */
  asksWhoHas(asker: Host, address: string): this {
    return this.arp(1, asker.hardware, asker.address, 0, address, 0xff)
  }

  /** This station says that the address is its own. */
  claims(hardware: number, address: string, to: Host): this {
    return this.arp(2, hardware, address, to.hardware, to.address, to.hardware)
  }

  /** RFC 5227: an announcement to everybody. */
  announces(hardware: number, address: string): this {
    return this.arp(1, hardware, address, 0, address, 0xff)
  }

  /** What all others sent was not recorded. @param name of a host */
  keepsOnly(name: string): this {
    this.written = this.written.filter(({ sender }) => sender === name)
    return this
  }

  /** What came before was not recorded. */
  beginsAfter(seconds: number): this {
    this.written = this.written.filter(({ timeUs }) => timeUs >= seconds * 1e6)
    return this
  }

  keeps(keyLog: string): void {
    this.secrets.push(keyLog)
  }

  get keyLog(): string {
    return this.secrets.join('')
  }

  capture(withKeys: boolean): Uint8Array {
    const blocks = new Blocks()
    const parts = [blocks.section(), blocks.interface(1, this.snapLength)]
    if (withKeys && this.secrets.length > 0) parts.push(secretsBlock(blocks, this.keyLog))
    for (const { timeUs, bytes } of this.packets()) {
      const ticks = BigInt(STORY_BEGINS_MS) * 1000n + BigInt(timeUs)
      parts.push(blocks.packet(0, ticks, bytes.subarray(0, this.snapLength), bytes.length))
    }
    return Buffer.concat(parts)
  }

  /** What passed the tap, whole and in order. Times are those since the story began. */
  packets(): Packet[] {
    const packets: Packet[] = []
    const nextId = new Map<string, number>()
    const inOrder = [...this.written].sort((a, b) => a.timeUs - b.timeUs)
    for (const { timeUs, sender, frames } of inOrder) {
      const ipId = nextId.get(sender) ?? 4096 + ((sender.length * 7919 + sender.charCodeAt(0) * 131) % 40_000)
      nextId.set(sender, (ipId + 1) & 0xffff)
      for (const bytes of frames(ipId)) packets.push({ timeUs, bytes })
    }
    return packets
  }

  private arp(operation: 1 | 2, sender: number, address: string, target: number, wanted: string, to: number): this {
    const network = arp(operation, [sender, address], [target, wanted])
    this.put('', () => [ethernet(network, [sender, to])])
    return this.later(30)
  }

  private put(sender: string, frames: Written['frames']): void {
    this.written.push({ timeUs: this.nowUs, sender, frames })
  }

  /** Through the router where one of the two is far. */
  private framed(from: Host, to: Host, network: Network, { hardware, spoils }: Disguise): Uint8Array {
    const source = this.isNear(from) ? from.hardware : ROUTER
    const destination = this.isNear(to) ? to.hardware : ROUTER
    const frame = ethernet(network, [hardware ?? source, destination])
    spoils?.(frame)
    return frame
  }
}

/** The hardware address of the way out. */
const ROUTER = 1

/** The client of most stories: a PC with Windows in the office. */
export function pc(values: Partial<Host> = {}): Host {
  return { name: 'pc', address: '10.20.1.37', hardware: 0x37, system: 'windows', hops: 2, ...values }
}

/** The server of most stories: a session host with Windows, two routers away. */
export function sessionHost(values: Partial<Host> = {}): Host {
  return { name: 'rdsh01.corp.example', address: '10.40.7.15', hardware: 0x15, system: 'windows', hops: 2, ...values }
}

function isSameNetwork(one: Host, other: Host): boolean {
  const network = ({ address }: Host) => address.slice(0, address.lastIndexOf('.'))
  return network(one) === network(other)
}

function secretsBlock(blocks: Blocks, keyLog: string): Uint8Array {
  const secrets = new TextEncoder().encode(keyLog)
  return blocks.block(DECRYPTION_SECRETS, blocks.writer().u32(TLS_KEY_LOG, secrets.length).bytes(secrets).pad(4).done())
}
