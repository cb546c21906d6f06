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
import { ethernet, ipv4, ipv6, SYN, tcp, udp } from '../support/packets.ts'

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
})
