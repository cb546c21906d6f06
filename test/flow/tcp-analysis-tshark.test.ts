/**
 * tshark is the judge: the flags of every TCP segment, and which connection it belongs to. What differs is listed below
 * with its reason; everything else must agree packet by packet.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { CaptureError } from '../../src/capture/error.ts'
import { type AnalysedPacket, analysedSegments } from '../support/tcp-flows.ts'
import { type JudgedPacket, judgement, judges } from '../support/tcp-tshark.ts'
import { walk, walkCapture } from '../support/tcp-walk.ts'

const CAPTURES = join(import.meta.dirname, '../../../shared/captures')
const PROCESSES = 2

/** Why packets differ, and how many of them in which capture. No flag differs for a reason of its own. */
const EXPLAINED: readonly { readonly why: string; readonly packets: Readonly<Record<string, number>> }[] = [
  {
    why: 'the frame ends before the length in its IP header: tshark believes the frame, we the header (as the ACKs do)',
    packets: {
      'public/the-tcpdump-group+tcpdump/tests/kday7.pcap': 1,
      'public/zeek+zeek/testing/btest/Traces/pppoe-over-qinq.pcap': 13,
      'public/zeek+zeek/testing/btest/Traces/tcp/reassembly.pcap': 8,
      'public/zeek+zeek/testing/btest/Traces/tunnels/gtp/gtp9_unknown_or_too_short_payload.pcap': 1,
    },
  },
  {
    why: 'some segments are inside IPComp, which only tshark inflates: for us they are missing',
    packets: {
      'public/the-tcpdump-group+libpcap/tests/filter/AH-IPcomp-IPv4.pcap': 7,
      'public/the-tcpdump-group+libpcap/tests/filter/AH-IPcomp-IPv6.pcap': 10,
    },
  },
  {
    why: 'segments of more than 64 KiB (IP length 0, segmentation offload): tshark 4.0 does not read them',
    packets: {
      'public/the-tcpdump-group+tcpdump/tests/bigtcp-ipv4-geneve-ipv4.pcap': 1,
      'public/the-tcpdump-group+tcpdump/tests/bigtcp-ipv4-vxlan-ipv4.pcap': 1,
      'public/the-tcpdump-group+tcpdump/tests/bigtcp-ipv6-geneve-ipv4.pcap': 1,
      'public/the-tcpdump-group+tcpdump/tests/bigtcp-ipv6-vxlan-ipv4.pcap': 1,
      'public/the-tcpdump-group+tcpdump/tests/bigtcp-ipv6-vxlan-ipv6.pcap': 1,
      'public/the-tcpdump-group+tcpdump/tests/bigtcp-ipv6.pcap': 1,
    },
  },
  {
    why: 'a link layer that we do not read: ARCNET, IP over InfiniBand',
    packets: {
      'public/the-tcpdump-group+libpcap/tests/filter/arcnet-rfc1051-arp-icmp-http.pcap': 5,
      'public/the-tcpdump-group+libpcap/tests/filter/arcnet-rfc1201-arp-icmp-http.pcap': 3,
      'public/the-tcpdump-group+tcpdump/tests/arcnet-rfc1051-arp-icmp-http.pcap': 14,
      'public/the-tcpdump-group+tcpdump/tests/ipoib.pcap': 20,
    },
  },
  {
    why: 'a tunnel that we do not read: AYIYA, CAPWAP, 802.11 in GRE',
    packets: {
      'public/ntop+nDPI/tests/cfgs/default/pcap/capwap_data.pcapng': 14,
      'public/zeek+zeek/testing/btest/Traces/tunnels/ayiya3.pcap': 21,
      'public/zeek+zeek/testing/btest/Traces/tunnels/gre-aruba-amsdu.pcap': 1,
    },
  },
  {
    why: 'headers sampled by sFlow, several in one packet: no traffic of this capture',
    packets: {
      'public/OISF+suricata-verify/tests/filestore-5408/input.pcap': 1,
      'public/seladb+PcapPlusPlus/Tests/ExamplesTest/pcap_examples/tcp-reassembly.pcap': 1,
      'public/the-tcpdump-group+tcpdump/tests/sflow_expanded.pcap': 1,
    },
  },
  {
    why: 'no TCP header: its length is below 20 bytes or beyond the packet; tshark names it before it gives up',
    packets: {
      'public/ntop+nDPI/tests/cfgs/default/pcap/fuzz-2006-06-26-2594.pcap': 1,
      'public/ntop+nDPI/tests/cfgs/default/pcap/ip_fragmented_garbage.pcap': 2,
    },
  },
  {
    why: 'the first fragment of a datagram, cut by the snap length: tshark shows its header without analysing it',
    packets: { 'public/the-tcpdump-group+tcpdump/tests/bgp-bgp_capabilities_print-oobr-1.pcap': 1 },
  },
]

describe.skipIf(!judges())('TCP analysis against tshark (needs version 4.0)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tcp-analysis-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each([
    { seed: 1, connections: 300, length: 40 },
    { seed: 2, connections: 1000, length: 10 },
    { seed: 3, connections: 20, length: 800 },
  ])('agrees on random segments: $connections connections of $length (seed $seed)', async ({ seed, ...size }) => {
    const segments = walk(seed, size.connections, size.length)
    const path = join(folder, `walk-${seed}.pcap`)
    writeFileSync(path, walkCapture(segments))
    const ours = await analysedSegments(path)
    expect(ours.size).toBe(segments.length)
    const theirs = await judgement(path)
    expect(differences(ours, theirs)).toEqual([])
    expect([...ours.values()].map(packet => packet.stream)).toEqual([...theirs.values()].map(inner))
  })

  describe.skipIf(!existsSync(CAPTURES))('with the captures in ../shared', () => {
    it('agrees on every lab capture', async () => {
      const { packets, different } = await compareAll('lab')
      expect(different).toEqual([])
      expect(packets).toBeGreaterThan(3000)
    })

    it('agrees on every public capture, except where a reason is listed', async () => {
      const expected = new Map(EXPLAINED.flatMap(({ packets }) => Object.entries(packets)))
      const unexplained: string[] = []
      const counts = new Map<string, number>()
      const { packets, different } = await compareAll('public')
      for (const { path, differs } of different) {
        counts.set(path, differs.length)
        if (expected.get(path) !== differs.length) unexplained.push(path, ...differs)
      }
      expect(unexplained).toEqual([])
      expect(packets).toBeGreaterThan(14_000)
      expect([...counts.keys()].sort()).toEqual([...expected.keys()].sort())
    })
  })
})

interface Comparison {
  /** Below the folder of captures. */
  readonly path: string
  readonly differs: readonly string[]
}

/** How many segments were compared, and the captures that differ. A capture without TCP, or that we can not open, is no business of this test. */
async function compareAll(folder: string): Promise<{ packets: number; different: Comparison[] }> {
  const explained = new Set(EXPLAINED.flatMap(({ packets }) => Object.keys(packets)))
  const paths = readdirSync(join(CAPTURES, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && !entry.name.endsWith('.tsv'))
    .map(entry => join(entry.parentPath, entry.name).slice(CAPTURES.length + 1))
    .sort()
  const different: Comparison[] = []
  let packets = 0
  const compareNext = async (): Promise<void> => {
    for (let path = paths.shift(); path !== undefined; path = paths.shift()) {
      const ours = await segmentsOf(join(CAPTURES, path))
      if (ours.size === 0 && !explained.has(path)) continue
      const differs = differences(ours, await judgement(join(CAPTURES, path)))
      packets += ours.size
      if (differs.length > 0) different.push({ path, differs })
    }
  }
  await Promise.all(Array.from({ length: PROCESSES }, compareNext))
  return { packets, different }
}

async function segmentsOf(path: string): Promise<Map<number, AnalysedPacket>> {
  try {
    return await analysedSegments(path)
  } catch (error) {
    if (error instanceof CaptureError) return new Map()
    throw error
  }
}

/** One line for each packet that differs. */
function differences(ours: Map<number, AnalysedPacket>, theirs: Map<number, JudgedPacket>): string[] {
  const lines: string[] = []
  for (const [number, packet] of ours) {
    const judged = theirs.get(number)
    const flags = packet.flags.join(' ')
    if (judged === undefined) lines.push(`packet ${number} is TCP for us alone`)
    else if (judged.flags.join(' ') !== flags)
      lines.push(`packet ${number}: [${flags}], tshark [${judged.flags.join(' ')}]`)
  }
  for (const [number, packet] of theirs) {
    // An ICMP error quotes the header of a segment: tshark counts it, and looks up its connection, but it is no segment.
    if (!packet.icmp && !ours.has(number)) lines.push(`packet ${number} is TCP for tshark alone`)
  }
  return [...lines, ...streamDifferences(ours, theirs)]
}

/** Connections come in the same order; tshark has more numbers, for headers that are quoted or in outer tunnels. */
function streamDifferences(ours: Map<number, AnalysedPacket>, theirs: Map<number, JudgedPacket>): string[] {
  const lines: string[] = []
  const numbers: number[] = []
  for (const [number, packet] of ours) {
    const judged = theirs.get(number)
    if (judged === undefined) continue
    const stream = inner(judged)
    const known = numbers[packet.stream]
    if (known === undefined && stream > (numbers[packet.stream - 1] ?? -1)) numbers[packet.stream] = stream
    else if (known !== stream) lines.push(`packet ${number}: connection ${packet.stream}, tshark ${stream}`)
  }
  return lines
}

function inner(packet: JudgedPacket): number {
  return packet.streams.at(-1) ?? -1
}
