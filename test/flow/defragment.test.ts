import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { tcpChecksumState } from '../../src/flow/checksum.ts'
import { Decoder } from '../../src/flow/decode.ts'
import { Defragmenter, type FragmentedDatagram } from '../../src/flow/defragment.ts'
import { Headers, KIND_FRAGMENT, KIND_TCP, KIND_UDP } from '../../src/flow/headers.ts'
import { Position } from '../../src/flow/position.ts'
import { FRAGMENT_COPY_LINGER_MS, FRAGMENT_TIMEOUT_MS } from '../../src/wire/limits.ts'
import { concat } from '../support/bytes.ts'
import { expectSane, octets } from '../support/decoding.ts'
import { ethernet, ipv4, ipv4Fragments, ipv6, type Network, tcp, udp } from '../support/packets.ts'

const NS_PER_MS = 1e6
const PAYLOAD = Uint8Array.from({ length: 100 }, (_, at) => at)
const SEGMENT = tcp({ sourcePort: 50_123, destinationPort: 3389, sequence: 5 }, PAYLOAD)
const DATAGRAM = ipv4(SEGMENT, { id: 9, dontFragment: false })

/** The payload of an IPv6 packet in pieces, each behind a fragment header. */
function ipv6Fragments(protocol: number, payload: Uint8Array, pieceBytes: number, id = 7): Network[] {
  const pieces: Network[] = []
  for (let at = 0; at < payload.length; at += pieceBytes) {
    const end = Math.min(at + pieceBytes, payload.length)
    const header = new Uint8Array(8)
    const view = new DataView(header.buffer)
    view.setUint8(0, protocol)
    view.setUint16(2, at | (end < payload.length ? 1 : 0))
    view.setUint32(4, id)
    pieces.push(ipv6({ protocol: 44, bytes: concat(header, payload.subarray(at, end)), checksumAt: -1 }))
  }
  return pieces
}

class Run {
  readonly told: FragmentedDatagram[] = []
  readonly decoder = new Decoder(datagram => this.told.push(datagram))
  private packet = 0

  /** Kinds of these packets, in order, all at one time. */
  kinds(packets: readonly Network[], timeNs = 0): number[] {
    return packets.map(network => {
      const bytes = ethernet(network)
      const kind = this.decoder.decode(bytes, 0, bytes.length, bytes.length, 1, ++this.packet, timeNs)
      expectSane(this.decoder.headers, kind)
      return kind
    })
  }

  end(): readonly FragmentedDatagram[] {
    this.decoder.flush()
    return this.told
  }

  get payload(): number[] {
    const { bytes, payload, payloadEnd } = this.decoder.headers
    return [...bytes.slice(payload, payloadEnd)]
  }

  get qualityIds(): string[] {
    return this.decoder.quality().map(note => note.id)
  }
}

describe('a datagram in pieces', () => {
  test('is one segment when the last piece came', () => {
    const run = new Run()
    expect(run.kinds(ipv4Fragments(DATAGRAM, 48))).toEqual([KIND_FRAGMENT, KIND_FRAGMENT, KIND_TCP])
    const { headers } = run.decoder
    expect([headers.sourcePort, headers.destinationPort, headers.sequence]).toEqual([50_123, 3389, 5])
    expect([headers.fragments, headers.payloadLength, headers.ipId]).toEqual([3, 100, 9])
    expect(run.payload).toEqual([...PAYLOAD])
    expect(tcpChecksumState(headers)).toBe('good')
    expect(run.end()).toEqual([
      expect.objectContaining({
        family: 4,
        protocol: 6,
        sourcePort: 50_123,
        destinationPort: 3389,
        pieces: 3,
        complete: true,
        overlaps: 0,
        firstPacket: 1,
        lastPacket: 3,
      }),
    ])
    expect(run.qualityIds).toEqual([])
  })

  test('of IPv6 is one segment too', () => {
    const run = new Run()
    const whole = ipv6(SEGMENT).bytes.slice(40)
    expect(run.kinds(ipv6Fragments(6, whole, 64))).toEqual([KIND_FRAGMENT, KIND_TCP])
    expect(run.payload).toEqual([...PAYLOAD])
    expect([run.decoder.headers.fragments, tcpChecksumState(run.decoder.headers)]).toEqual([2, 'good'])
  })

  test('of IPv6 with an extension header inside is one segment too', () => {
    const run = new Run()
    const whole = concat(octets('06 00 0104 00000000'), ipv6(SEGMENT).bytes.slice(40))
    expect(run.kinds(ipv6Fragments(60, whole, 56))).toEqual([KIND_FRAGMENT, KIND_FRAGMENT, KIND_TCP])
    expect(run.payload).toEqual([...PAYLOAD])
    expect(run.end()).toMatchObject([{ protocol: 6, sourcePort: 50_123, destinationPort: 3389 }])
  })

  test('may come in any order, with copies, in any sizes', () => {
    const pieceBytes = fc.constantFrom(8, 16, 24, 40, 64, 96)
    const order = fc.array(fc.nat(), { minLength: 40, maxLength: 40 })
    fc.assert(
      fc.property(pieceBytes, order, fc.boolean(), (size, keys, copies) => {
        const run = new Run()
        const pieces = ipv4Fragments(DATAGRAM, size)
        const shuffled = pieces.map((piece, at) => ({ piece, key: keys[at] ?? 0 })).sort((a, b) => a.key - b.key)
        const packets = shuffled.flatMap(({ piece }) => (copies ? [piece, piece] : [piece]))
        const kinds = run.kinds(copies ? packets.slice(0, -1) : packets)
        expect(kinds.slice(0, -1).every(kind => kind === KIND_FRAGMENT)).toBe(true)
        expect(kinds.at(-1)).toBe(KIND_TCP)
        expect(run.payload).toEqual([...PAYLOAD])
        expect(run.decoder.headers.fragments).toBe(pieces.length)
        if (copies) expect(run.kinds(packets.slice(-1))).toEqual([KIND_FRAGMENT])
        expect(run.end()).toMatchObject([{ complete: true, pieces: pieces.length, overlaps: 0 }])
      }),
    )
  })

  test('two at once are told apart by their identification', () => {
    const run = new Run()
    const one = ipv4Fragments(DATAGRAM, 64)
    const other = ipv4Fragments(ipv4(udp({}, PAYLOAD), { id: 10 }), 64)
    const mixed = [one[0], other[0], one[1], other[1]] as Network[]
    expect(run.kinds(mixed)).toEqual([KIND_FRAGMENT, KIND_FRAGMENT, KIND_TCP, KIND_UDP])
    expect(run.end().map(datagram => datagram.protocol)).toEqual([6, 17])
  })

  test('inside a tunnel whose packets are fragments themselves', () => {
    const run = new Run()
    const inner = ipv4Fragments(DATAGRAM, 64).map((piece, at) =>
      ipv4({ protocol: 4, bytes: piece.bytes, checksumAt: -1 }, { id: 100 + at }),
    )
    const outer = inner.flatMap(packet => ipv4Fragments(packet, 40))
    const kinds = run.kinds(outer)
    expect(kinds.slice(0, -1).every(kind => kind === KIND_FRAGMENT)).toBe(true)
    expect(kinds.at(-1)).toBe(KIND_TCP)
    expect(run.payload).toEqual([...PAYLOAD])
    expect(run.end().map(datagram => datagram.protocol)).toEqual([4, 4, 6])
  })

  test('is told about when its segment was handed out, not before', () => {
    const run = new Run()
    run.kinds(ipv4Fragments(DATAGRAM, 64))
    expect(run.told).toEqual([])
    run.kinds([ipv4(tcp({}))])
    expect(run.told).toHaveLength(1)
  })
})

describe('what is not whole', () => {
  test('is told about at the end, with the ports that were seen', () => {
    const run = new Run()
    const pieces = ipv4Fragments(DATAGRAM, 48)
    run.kinds([pieces[0], pieces[2]] as Network[])
    run.kinds([ipv4Fragments(ipv4(SEGMENT, { id: 11 }), 48)[1]] as Network[])
    expect(run.end()).toMatchObject([
      { complete: false, pieces: 2, sourcePort: 50_123 },
      { complete: false, pieces: 1, sourcePort: -1, destinationPort: -1 },
    ])
    expect(run.qualityIds).toEqual(['fragments-missing'])
  })

  test('is given up after the time-out; a piece that comes later begins anew', () => {
    const run = new Run()
    const pieces = ipv4Fragments(DATAGRAM, 64)
    run.kinds(pieces.slice(0, 1), 0)
    expect(run.kinds(pieces.slice(1), (FRAGMENT_TIMEOUT_MS + 1) * NS_PER_MS)).toEqual([KIND_FRAGMENT])
    expect(run.end().map(datagram => datagram.complete)).toEqual([false, false])
  })

  test('a piece cut by the snap length leaves a segment that is cut', () => {
    const run = new Run()
    const [first, last] = ipv4Fragments(DATAGRAM, 64).map(piece => ethernet(piece)) as [Uint8Array, Uint8Array]
    run.decoder.decode(first.slice(0, 60), 0, 60, first.length, 1, 1, 0)
    expect(run.decoder.decode(last, 0, last.length, last.length, 1, 2, 0)).toBe(KIND_TCP)
    expectSane(run.decoder.headers, KIND_TCP)
    expect([run.decoder.headers.payloadLength, run.payload]).toEqual([100, [...PAYLOAD.slice(0, 6)]])
    expect(tcpChecksumState(run.decoder.headers)).toBe('unverifiable')
  })
})

describe('copies and overlaps', () => {
  test('a copy after the datagram was complete begins no other', () => {
    const run = new Run()
    const pieces = ipv4Fragments(DATAGRAM, 64)
    run.kinds(pieces, 0)
    expect(run.kinds(pieces, FRAGMENT_COPY_LINGER_MS * NS_PER_MS)).toEqual([KIND_FRAGMENT, KIND_FRAGMENT])
    expect(run.end()).toMatchObject([{ complete: true, pieces: 2 }])
  })

  test('the same identification later is another datagram', () => {
    const run = new Run()
    const pieces = ipv4Fragments(DATAGRAM, 64)
    run.kinds(pieces, 0)
    expect(run.kinds(pieces, (FRAGMENT_COPY_LINGER_MS + 1) * NS_PER_MS)).toEqual([KIND_FRAGMENT, KIND_TCP])
    expect(run.end()).toHaveLength(2)
  })

  test('of pieces that overlap the first bytes win, and the overlap is told', () => {
    const run = new Run()
    const [first, second, third] = ipv4Fragments(DATAGRAM, 48) as [Network, Network, Network]
    const changed = ipv4Fragments(ipv4(tcp({}, new Uint8Array(100).fill(0xee)), { id: 9, dontFragment: false }), 96)[0]
    expect(run.kinds([first, changed as Network, second, third])).toEqual([
      KIND_FRAGMENT,
      KIND_FRAGMENT,
      KIND_FRAGMENT,
      KIND_TCP,
    ])
    expect(run.payload.slice(0, 28)).toEqual([...PAYLOAD.slice(0, 28)])
    expect(run.payload.slice(28, 76)).toEqual(new Array(48).fill(0xee))
    expect(run.payload.slice(76)).toEqual([...PAYLOAD.slice(76)])
    expect(run.end()[0]?.overlaps).toBeGreaterThan(0)
    expect(run.qualityIds).toEqual(['fragments-overlap'])
  })
})

describe('limits', () => {
  /** A fragment of a datagram of its own, unfinished. */
  function add(defragmenter: Defragmenter, id: number, offset: number, length: number, timeNs = 0): boolean {
    const position = new Position()
    const headers = new Headers()
    headers.family = 4
    position.bytes = new Uint8Array(20 + length)
    position.at = 20
    position.end = 20 + length
    position.wireEnd = 20 + length
    position.fragmentId = id
    position.fragmentOffset = offset
    position.fragmentMore = true
    position.fragmentHeaderEnd = 20
    return defragmenter.add(position, headers, id, timeNs)
  }

  test('the oldest datagram makes room for one more, and is told', () => {
    const told: number[] = []
    const defragmenter = new Defragmenter(datagram => told.push(datagram.firstPacket), 3)
    for (let id = 1; id <= 5; id++) add(defragmenter, id, 0, 8)
    expect(told).toEqual([1, 2])
    expect(defragmenter.dropped).toBe(2)
    defragmenter.flush()
    expect(told).toEqual([1, 2, 3, 4, 5])
  })

  test('bytes are bounded over all datagrams', () => {
    const told: number[] = []
    const defragmenter = new Defragmenter(datagram => told.push(datagram.firstPacket), 100, 20_000)
    for (let id = 1; id <= 6; id++) add(defragmenter, id, 0, 4096)
    expect(told).toEqual([1, 2])
    add(defragmenter, 7, 40_000, 8)
    expect(told).toEqual([1, 2, 3, 4, 5, 6])
    expect(defragmenter.dropped).toBe(7)
  })

  test('holes are bounded', () => {
    const defragmenter = new Defragmenter(() => {})
    for (let at = 0; at < 300; at++) add(defragmenter, 1, at * 16, 8)
    expect(defragmenter.dropped).toBe(300 - 256)
    // A piece that closes a hole still finds its place.
    add(defragmenter, 1, 8, 8)
    expect(defragmenter.dropped).toBe(300 - 256)
  })

  test('a piece of nothing belongs to no datagram', () => {
    const told: number[] = []
    const defragmenter = new Defragmenter(datagram => told.push(datagram.firstPacket))
    add(defragmenter, 1, 8, 0)
    defragmenter.flush()
    expect([told.length, defragmenter.malformed]).toEqual([0, 1])
  })
})
