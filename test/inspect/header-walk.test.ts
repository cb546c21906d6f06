/**
 * The readings of headers against the hot decode: the same addresses, ports, flags and payload, of packets from captures,
 * damaged in every way. And what the trees hold, packet by packet.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openCapture } from '../../src/capture/open.ts'
import { Decoder } from '../../src/flow/decode.ts'
import { KIND_TCP, KIND_UDP } from '../../src/flow/headers.ts'
import { HeaderWalk, type Walk } from '../../src/inspect/header-walk.ts'
import type { Node, Value } from '../../src/wire/field.ts'
import { bytes as bytesOf, concat } from '../support/bytes.ts'
import { ACK, ethernet, icmp, ipv4, ipv6, SYN, tcp, udp } from '../support/packets.ts'

const CAPTURES = join(import.meta.dirname, '../../captures')
const LINK_TYPES = [0, 1, 9, 50, 100, 101, 105, 107, 108, 113, 119, 127, 163, 192, 204, 219, 228, 229, 239, 258, 276]
const RUNS = 600

interface Raw {
  readonly bytes: Uint8Array
  readonly originalLength: number
  readonly linkType: number
}

async function packetsOf(name: string): Promise<Raw[]> {
  const capture = await openCapture(join(CAPTURES, name))
  const packets: Raw[] = []
  do {
    while (capture.next()) {
      const { start, end, originalLength, linkType } = capture
      packets.push({ bytes: capture.bytes.slice(start, end), originalLength, linkType })
    }
  } while (await capture.fill())
  await capture.close()
  return packets
}

/** Both readers, which remember what came before: fragments, and connections. */
class Both {
  private readonly decoder = new Decoder()
  private readonly headers = new HeaderWalk()
  private number = 0

  /** '' when both say the same. */
  difference({ bytes, originalLength, linkType }: Raw): string {
    const number = ++this.number
    const kind = this.decoder.decode(bytes, 0, bytes.length, originalLength, linkType, number, number)
    const walk = this.headers.walk({ bytes, originalLength, linkType, fcsLength: -1, number, timeNs: number })
    const unsound = walk.layers.map(layer => layerFault(layer.tree, layer.bytes.length)).find(fault => fault !== '')
    if (unsound !== undefined) return unsound
    const transport = kind === KIND_TCP ? 'tcp' : kind === KIND_UDP ? 'udp' : null
    if (walk.transport !== transport) return `transport ${walk.transport}, not ${transport}`
    if (transport === null || walk.payload === null) return ''
    return this.transportDifference(walk, transport)
  }

  private transportDifference(walk: Walk, transport: 'tcp' | 'udp'): string {
    const h = this.decoder.headers
    const { payload } = walk
    if (payload === null) return 'no payload'
    const found: string[] = []
    const same = (what: string, ours: Value | undefined, hot: Value) => {
      if (ours !== hot) found.push(`${what} ${ours}, not ${hot}`)
    }
    same('payload start', payload.start, h.payload)
    same('payload end', payload.end, h.payloadEnd)
    same('source port', last(walk, `${transport}.srcport`), h.sourcePort)
    same('destination port', last(walk, `${transport}.dstport`), h.destinationPort)
    if (h.family === 4) {
      same('source', last(walk, 'ip.src'), h.source >>> 0)
      same('destination', last(walk, 'ip.dst'), h.destination >>> 0)
      same('ttl', last(walk, 'ip.ttl'), h.ttl)
      same('id', last(walk, 'ip.id'), h.ipId)
    } else same('hop limit', last(walk, 'ipv6.hlim'), h.ttl)
    if (transport === 'tcp') {
      same('sequence', last(walk, 'tcp.seq_raw'), h.sequence >>> 0)
      same('acknowledgement', last(walk, 'tcp.ack_raw'), h.acknowledgement >>> 0)
      same('flags', last(walk, 'tcp.flags'), h.flags)
      same('window', last(walk, 'tcp.window_size_value'), h.window)
      same('length', last(walk, 'tcp.len'), h.payloadLength)
    }
    return found.join('; ')
  }
}

/** The innermost one. */
function last(walk: Walk, name: string): Value | undefined {
  let value: Value | undefined
  const visit = (node: Node): void => {
    if (node.field.name === name) value = node.value
    for (const child of node.children ?? []) visit(child)
  }
  for (const layer of walk.layers) visit(layer.tree)
  return value
}

/** Fields of a header that lie behind it: what it carries, and what follows that. */
const BEHIND = /^(tcp|udp)\.payload$|\.(padding|trailer|fcs)$/

function layerFault(root: Node, length: number): string {
  const visit = (node: Node, parent: Node | null): string => {
    const isInside = node.start <= node.end && node.start >= 0 && node.end <= length
    const isNested = parent === null || (parent.start <= node.start && node.end <= parent.end)
    if (!isInside || (!isNested && !BEHIND.test(node.field.name))) {
      return `${node.field.name} ${node.start}..${node.end} in ${parent?.field.name} ${parent?.start}..${parent?.end}`
    }
    for (const child of node.children ?? []) {
      const fault = visit(child, node)
      if (fault !== '') return fault
    }
    return ''
  }
  return visit(root, null)
}

describe('readings of headers and the hot decode', () => {
  const names = readdirSync(CAPTURES).filter(name => name.endsWith('.pcapng'))

  it.each(names)('say the same of %s', async name => {
    const both = new Both()
    const found: string[] = []
    for (const [at, packet] of (await packetsOf(name)).entries()) {
      const difference = both.difference(packet)
      if (difference !== '') found.push(`#${at + 1} ${difference}`)
    }
    expect(found).toEqual([])
  })

  it('say the same of packets cut, and with bits turned over', async () => {
    const packets = await packetsOf('net-fragments-dropped-at-client.pcapng')
    const samples = [...packets.slice(0, 40), ...made()]
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.nat(),
        fc.array(fc.tuple(fc.nat(), fc.nat(7)), { maxLength: 4 }),
        fc.boolean(),
        ({ bytes, originalLength, linkType }, cut, flips, isCut) => {
          const changed = bytes.slice(0, isCut ? cut % (bytes.length + 1) : bytes.length)
          for (const [at, bit] of flips) {
            if (changed.length > 0) changed[at % Math.min(changed.length, 80)]! ^= 1 << bit
          }
          expect(new Both().difference({ bytes: changed, originalLength, linkType })).toBe('')
        },
      ),
      { numRuns: RUNS },
    )
  })

  it('survive any bytes of any link type', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(...LINK_TYPES), (bytes, linkType) => {
        expect(new Both().difference({ bytes, originalLength: bytes.length, linkType })).toBe('')
      }),
      { numRuns: RUNS },
    )
  })
})

function made(): Raw[] {
  const packets = [
    ethernet(ipv4(tcp({ flags: SYN, options: [2, 4, 5, 180, 1, 3, 3, 8, 4, 2] }), {})),
    ethernet(ipv6(tcp({}, new Uint8Array(30)), {})),
    ethernet(ipv4(udp({}, new Uint8Array(20)), {})),
    ethernet(ipv6(udp({}, new Uint8Array(20)), {})),
  ]
  return packets.map(bytes => ({ bytes, originalLength: bytes.length, linkType: 1 }))
}

describe('layers of headers', () => {
  const walked = (bytes: Uint8Array) =>
    new HeaderWalk().walk({ bytes, originalLength: bytes.length, linkType: 1, fcsLength: -1, number: 1, timeNs: 0 })

  it('are named from the outside in', () => {
    const walk = walked(ethernet(ipv4(tcp({ flags: SYN }), {})))
    expect(walk.protocols.join(':')).toBe('eth:ethertype:ip:tcp')
    expect(walk.layers.map(({ tree: { field, start, end } }) => [field.name, start, end])).toEqual([
      ['eth', 0, 14],
      ['ip', 14, 34],
      ['tcp', 34, 54],
    ])
    expect(walk).toMatchObject({ conversation: 0, transport: 'tcp', payload: { start: 54, end: 54 } })
  })

  it('count conversations as they come, and show numbers relative to the first one', () => {
    const headers = new HeaderWalk()
    const walk = (port: number, number: number) => {
      const bytes = ethernet(ipv4(tcp({ sourcePort: port, flags: SYN, sequence: 4000 }), {}))
      return headers.walk({ bytes, originalLength: bytes.length, linkType: 1, fcsLength: -1, number, timeNs: 0 })
    }
    expect([walk(1025, 1), walk(1026, 2), walk(1025, 3)].map(({ conversation }) => conversation)).toEqual([0, 1, 0])
    expect(last(walk(1027, 4), 'tcp.seq')).toBe(0)
    expect(last(walk(1027, 5), 'tcp.seq_raw')).toBe(4000)
  })

  it('end an IPv6 header of options where its length says, whatever an option says of itself', () => {
    // A home address of one byte, in a header of 24: what is behind it would be read as UDP three bytes too early.
    const options = bytesOf(`11 02 01 02 00 00 c9 01 ${'20'.repeat(16)}`)
    const datagram = udp({ sourcePort: 30_000, destinationPort: 13_000 }, new Uint8Array(4)).bytes
    const bytes = ethernet(ipv6({ protocol: 60, bytes: concat(options, datagram), checksumAt: -1 }, {}))
    expect(new Both().difference({ bytes, originalLength: bytes.length, linkType: 1 })).toBe('')
    expect(last(walked(bytes), 'udp.srcport')).toBe(30_000)
  })

  it('tell the padding of a short frame from what is behind it, counted from its first byte also behind tags', () => {
    const plain = ethernet(ipv4(tcp({}), {}))
    const tag = bytesOf('81 00 00 05')
    const tagged = (tags: number, behind: Uint8Array) =>
      concat(plain.subarray(0, 12), ...new Array<Uint8Array>(tags).fill(tag), plain.subarray(12), behind)
    const found = (bytes: Uint8Array) => {
      const names: string[] = []
      const visit = (node: Node): void => {
        if (BEHIND.test(node.field.name)) names.push(`${node.field.name} ${node.end - node.start}`)
        for (const child of node.children ?? []) visit(child)
      }
      for (const layer of walked(bytes).layers) visit(layer.tree)
      return names
    }
    expect(found(tagged(1, new Uint8Array(6)))).toEqual(['eth.padding 2', 'vlan.trailer 4'])
    expect(found(tagged(2, new Uint8Array(6)))).toEqual(['vlan.trailer 6'])
  })

  it('show an experiment in the options, and fast open where it is one', () => {
    const options = [254, 12, 0xf9, 0x89, 1, 2, 3, 4, 5, 6, 7, 8]
    const walk = walked(ethernet(ipv4(tcp({ flags: SYN, options }), {})))
    expect(last(walk, 'tcp.options.experimental.exid')).toBe(0xf989)
    expect(last(walk, 'tcp.options.tfo.cookie')).toBeDefined()
    const other = walked(ethernet(ipv4(tcp({ flags: SYN, options: [253, 6, 0x12, 0x34, 9, 9] }), {})))
    expect(last(other, 'tcp.options.tfo.cookie')).toBeUndefined()
    expect(last(other, 'tcp.options.experimental.data')).toBeDefined()
  })

  it('show of a quoted segment its payload and the scale of its window', () => {
    const headers = new HeaderWalk()
    const ends = { source: '192.0.2.1', destination: '198.51.100.1' }
    const walk = (bytes: Uint8Array, number: number) =>
      headers.walk({ bytes, originalLength: bytes.length, linkType: 1, fcsLength: -1, number, timeNs: number })
    const ports = { sourcePort: 50_000, destinationPort: 3389 }
    const back = { sourcePort: 3389, destinationPort: 50_000 }
    const opposite = { source: ends.destination, destination: ends.source }
    walk(ethernet(ipv4(tcp({ ...ports, flags: SYN, sequence: 10, options: [3, 3, 7] }), ends)), 1)
    const synAck = tcp({ ...back, flags: SYN | ACK, sequence: 90, acknowledgement: 11, options: [3, 3, 2] })
    walk(ethernet(ipv4(synAck, opposite)), 2)
    walk(ethernet(ipv4(tcp({ ...ports, sequence: 11, acknowledgement: 91 }), ends)), 3)
    const sent = ipv4(tcp({ ...ports, sequence: 11, acknowledgement: 91 }, new Uint8Array(1400)), ends)
    walk(ethernet(sent), 4)
    const quote = walk(ethernet(ipv4(icmp({ type: 3, code: 4, rest: 1400 }, sent.bytes.subarray(0, 548)), {})), 5)
    expect(last(quote, 'tcp.window_size_scalefactor')).toBe(128)
    const quoted = quote.layers.find(({ tree }) => tree.field.name === 'tcp')?.tree.children
    expect(quoted?.find(({ field }) => field.name === 'tcp.payload')).toMatchObject({
      start: 14 + 20 + 8 + 40,
      end: 14 + 20 + 8 + 548,
    })
    expect(last(quote, 'tcp.stream')).toBe(0)
    expect(quote.payload).toBeNull()
  })

  it('give a segment that was sent again the time since the oldest that is not acknowledged', () => {
    const headers = new HeaderWalk()
    const walk = (sequence: number, number: number) => {
      const bytes = ethernet(ipv4(tcp({ sequence, acknowledgement: 1 }, new Uint8Array(100)), {}))
      const timeNs = number * 1e9
      return headers.walk({ bytes, originalLength: bytes.length, linkType: 1, fcsLength: -1, number, timeNs })
    }
    for (const [at, sequence] of [1000, 1100, 1200].entries()) walk(sequence, at + 1)
    const again = walk(1100, 4)
    expect(last(again, 'tcp.analysis.rto_frame')).toBe(1)
    expect(last(again, 'tcp.analysis.rto')).toBe(3e9)
  })
})
