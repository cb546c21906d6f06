/** What poor recorders make of the packets that pass them. Each is deterministic for its chance. */
import type { Packet } from './packets.ts'
import type { Random } from './random.ts'

export interface PoorRecorder {
  readonly name: string
  /** How many of them there are, with other chances. */
  readonly variants: number
  records(packets: readonly Packet[], chance: Random): Packet[]
}

const ETHERNET_BYTES = 14
const SOURCE = [ETHERNET_BYTES + 12, ETHERNET_BYTES + 16] as const

/** Loses this share of the packets, one by one. */
const losing = (percent: number): PoorRecorder => ({
  name: `loses ${percent} % of the packets`,
  variants: 3,
  records: (packets, chance) => packets.filter(() => chance.below(100) >= percent),
})

const cutting = (bytes: number): PoorRecorder => ({
  name: `keeps ${bytes} bytes of each packet`,
  variants: 1,
  records: packets =>
    packets.map(packet => ({
      ...packet,
      bytes: packet.bytes.subarray(0, bytes),
      originalLength: packet.originalLength ?? packet.bytes.length,
    })),
})

/** Of the two hosts only the one that is seen first, or all but that one. */
const hearing = (first: boolean): PoorRecorder => ({
  name: first ? 'hears the side that began' : 'hears the side that did not begin',
  variants: 1,
  records: packets => packets.filter(packet => (sourceOf(packet) === sourceOf(packets[0])) === first),
})

export const poorRecorders: readonly PoorRecorder[] = [
  losing(5),
  losing(20),
  {
    name: 'loses a few packets in a row',
    variants: 3,
    records: (packets, chance) => {
      const from = chance.below(packets.length)
      const until = from + 3 + chance.below(10)
      return packets.filter((_, at) => at < from || at >= until)
    },
  },
  hearing(true),
  hearing(false),
  {
    name: 'begins late',
    variants: 3,
    records: (packets, chance) => packets.slice(chance.below(Math.ceil(packets.length * 0.8))),
  },
  {
    name: 'ends early',
    variants: 3,
    records: (packets, chance) => packets.slice(0, 1 + chance.below(packets.length)),
  },
  cutting(96),
  cutting(68),
  {
    name: 'writes each packet twice, as a mirror port does',
    variants: 1,
    records: packets => packets.flatMap(packet => [packet, packet]),
  },
  {
    name: 'writes neighbours in another order, each with the time when it came',
    variants: 3,
    records: shuffled,
  },
  {
    name: 'takes the time when it writes, after neighbours were exchanged',
    variants: 3,
    records: (packets, chance) =>
      shuffled(packets, chance).map((packet, at) => ({ ...packet, timeUs: packets[at]?.timeUs ?? 0 })),
  },
  {
    name: 'has a clock of milliseconds',
    variants: 1,
    records: packets => packets.map(packet => ({ ...packet, timeUs: Math.floor(packet.timeUs / 1e3) * 1e3 })),
  },
  {
    name: 'has a clock of seconds',
    variants: 1,
    records: packets => packets.map(packet => ({ ...packet, timeUs: Math.floor(packet.timeUs / 1e6) * 1e6 })),
  },
]

/** Nobody moves more than two places. */
function shuffled(packets: readonly Packet[], chance: Random): Packet[] {
  return packets
    .map((packet, at) => ({ packet, place: at + chance.below(250) / 100 }))
    .sort((a, b) => a.place - b.place)
    .map(({ packet }) => packet)
}

function sourceOf(packet: Packet | undefined): string {
  return packet?.bytes.subarray(...SOURCE).join('.') ?? ''
}
