/**
 * The hot decode against tshark, packet by packet: the innermost addresses, ports, TCP fields and lengths, over all lab
 * captures and a sample of the public ones that holds every link type. Skips where tshark or the captures are absent.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Capture } from '../../src/capture/cursor.ts'
import { openCapture } from '../../src/capture/open.ts'
import { Decoder } from '../../src/flow/decode.ts'
import { KIND_ARP, KIND_FRAGMENT, KIND_ICMP, KIND_OTHER, KIND_TCP, KIND_UDP } from '../../src/flow/headers.ts'
import { expectSane } from '../support/decoding.ts'
import { isTsharkInstalled, type Row, tsharkFields } from '../support/tshark.ts'

const CAPTURES = join(import.meta.dirname, '../../../shared/captures')
/** Of the public captures of one link type the first few, then every so many. */
const FIRST_OF_A_LINK_TYPE = 3
const EVERY = 10
/** Always of the sample: what the first ones of a link type would not hold. */
const WANTED = /tunnels\/|frag|vlan|mpls|ppp|gre|erspan/i

const FIELDS = [
  'frame.protocols',
  'ip.src',
  'ip.dst',
  'ipv6.src',
  'ipv6.dst',
  'ip.id',
  'ip.ttl',
  'ipv6.hlim',
  'tcp.srcport',
  'tcp.dstport',
  'tcp.seq_raw',
  'tcp.ack_raw',
  'tcp.flags',
  'tcp.window_size_value',
  'tcp.len',
  'tcp.hdr_len',
  'tcp.options.mss_val',
  'tcp.options.wscale.shift',
  'tcp.options.timestamp.tsval',
  'tcp.options.sack.count',
  'udp.srcport',
  'udp.dstport',
  'udp.length',
  'icmp.type',
  'icmpv6.type',
] as const
type Judgement = Row<(typeof FIELDS)[number]>

/** What is inside these is data of theirs (samples, quotes), compressed, or a tunnel that the tool does not follow. */
const NOT_FOLLOWED = [
  'sflow',
  'openflow',
  'ipcomp',
  'capwap.data',
  'lisp',
  'lisp-data',
  'nhrp',
  'ayiya',
  'gtpprime',
  'arcnet',
  'ipnet',
  'ipoib',
]

const JUMBOGRAM = 'tshark reads no further into a jumbogram'
const TOO_MANY_HEADERS = 'more headers inside one another than the tool follows'
const NESTED = 'fragments whose datagram is a fragment again: tshark does not put the inner one together'
const SHORT = 'an ICMPv6 header of less than four bytes'
/** Files in which the two differ for a reason of their own. */
const EXPLAINED: Readonly<Record<string, string>> = {
  'public/OISF+suricata-verify/tests/ipv6-evasion/ipv6-malformed-fragments-11/frag-11.pcap': TOO_MANY_HEADERS,
  'public/OISF+suricata-verify/tests/ipv6-evasion/ipv6-malformed-fragments-28/frag-28.pcap': SHORT,
  'public/OISF+suricata-verify/tests/ipv6-evasion/ipv6-malformed-fragments-35/frag-35.pcap': NESTED,
  'public/OISF+suricata-verify/tests/ipv6-evasion/ipv6-malformed-fragments-36/frag-36.pcap': NESTED,
  'public/the-tcpdump-group+libpcap/tests/filter/ipv6_ext_headers.pcap': TOO_MANY_HEADERS,
  'public/the-tcpdump-group+tcpdump/tests/bigtcp-ipv4-geneve-ipv4.pcap': JUMBOGRAM,
  'public/the-tcpdump-group+tcpdump/tests/bigtcp-ipv4-vxlan-ipv4.pcap': JUMBOGRAM,
  'public/the-tcpdump-group+tcpdump/tests/bigtcp-ipv6-geneve-ipv4.pcap': JUMBOGRAM,
  'public/the-tcpdump-group+tcpdump/tests/bigtcp-ipv6-vxlan-ipv4.pcap': JUMBOGRAM,
  'public/the-tcpdump-group+tcpdump/tests/bigtcp-ipv6-vxlan-ipv6.pcap': JUMBOGRAM,
  'public/the-tcpdump-group+tcpdump/tests/bigtcp-ipv6.pcap': JUMBOGRAM,
  'public/zeek+zeek/testing/btest/Traces/ipv6-mobility-dst-opts.pcap': 'tshark stops at an option that lies',
  'public/zeek+zeek/testing/btest/Traces/pbb-recursive-frames.pcapng': TOO_MANY_HEADERS,
  'public/zeek+zeek/testing/btest/Traces/pppoe-over-qinq.pcap': 'PPPoE says less than IP: tshark believes PPPoE',
  'public/zeek+zeek/testing/btest/Traces/tunnels/gre-aruba-amsdu.pcap': '802.11 aggregates in GRE are not followed',
}

const isPossible = isTsharkInstalled() && existsSync(CAPTURES)
if (!isPossible) console.warn('skipped: needs tshark and ../shared/captures')

describe.skipIf(!isPossible)('packet by packet as tshark', async () => {
  test.each(isPossible ? await sample() : [])('%s', async path => {
    const rows = await tsharkFields(join(CAPTURES, path), FIELDS, ['ip.defragment:TRUE', 'ipv6.defragment:TRUE'])
    const decoder = new Decoder()
    const found: string[] = []
    let packets = 0
    let judged = 0
    await forEachPacket(join(CAPTURES, path), capture => {
      const { bytes, start, end, originalLength, linkType, number, timeNs } = capture
      const kind = decoder.decode(bytes, start, end, originalLength, linkType, number, timeNs)
      expectSane(decoder.headers, kind)
      packets++
      // Records that are no packets take numbers too.
      const row = rows[number - 1]
      if (row === undefined) return
      judged++
      for (const text of differences(decoder, row)) found.push(`#${number} ${text} (${row['frame.protocols']})`)
    })
    expect(packets).toBeGreaterThan(0)
    if (rows.length > 0) expect(judged).toBeGreaterThan(0)
    if (EXPLAINED[path] === undefined) expect(found).toEqual([])
    else expect(found).not.toEqual([])
  })
})

async function forEachPacket(path: string, see: (capture: Capture) => void): Promise<void> {
  const capture = await openCapture(path)
  for (;;) {
    while (capture.next()) see(capture)
    if (!(await capture.fill())) break
  }
  await capture.close()
}

/** Relative to CAPTURES. */
async function sample(): Promise<string[]> {
  const chosen: string[] = []
  const seen = new Map<number, number>()
  for (const entry of readdirSync(CAPTURES, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(pcap|pcapng|cap|dmp)$/.test(entry.name)) continue
    const path = relative(CAPTURES, join(entry.parentPath, entry.name))
    const linkType = await firstLinkType(join(CAPTURES, path))
    if (linkType < 0) continue
    const count = (seen.get(linkType) ?? 0) + 1
    seen.set(linkType, count)
    const isSample = count <= FIRST_OF_A_LINK_TYPE || count % EVERY === 0
    if (isSample || path.startsWith('lab') || WANTED.test(path) || EXPLAINED[path] !== undefined) chosen.push(path)
  }
  return chosen.sort()
}

/** -1 when it can not be read or holds no packet. */
async function firstLinkType(path: string): Promise<number> {
  try {
    const capture = await openCapture(path)
    let isThere = capture.next()
    while (!isThere && (await capture.fill())) isThere = capture.next()
    const linkType = isThere ? capture.linkType : -1
    await capture.close()
    return linkType
  } catch {
    return -1
  }
}

/** What the two say differently about one packet. */
function differences(decoder: Decoder, row: Judgement): string[] {
  const { headers, quoted } = decoder
  const protocols = row['frame.protocols'].split(':')
  if (protocols.some(protocol => NOT_FOLLOWED.includes(protocol))) return []
  const expected = expectedKind(protocols)
  if (isExplained(headers.kind, expected, row) || isBubble(protocols)) return []
  if (headers.kind !== expected) return [`kind ${headers.kind}, not ${expected}`]
  if (expected === KIND_OTHER || expected === KIND_ARP) return []
  const control = protocols.findIndex(protocol => protocol === 'icmp' || protocol === 'icmpv6')
  const lastIp = Math.max(protocols.lastIndexOf('ip'), protocols.lastIndexOf('ipv6'))
  const isQuoting = expected === KIND_ICMP && lastIp > control
  const differs = compare()
  if (expected === KIND_ICMP) {
    const name = headers.family === 6 ? 'icmpv6' : 'icmp'
    const isOnlyOne = protocols.indexOf(name) === protocols.lastIndexOf(name)
    if (isOnlyOne) differs('type', headers.icmpType, row[`${name}.type`] || headers.icmpType)
    const hasPorts = protocols.slice(control).some(protocol => protocol === 'tcp' || protocol === 'udp')
    // Some quotes hold too little, or not what they say.
    if (isQuoting && headers.icmpQuotes !== hasPorts) differs('quotes', headers.icmpQuotes, hasPorts)
  }
  if (isQuoting && !headers.icmpQuotes) return differs.found
  const inner = isQuoting ? quoted : headers
  const family = protocols.lastIndexOf('ip') > protocols.lastIndexOf('ipv6') ? 4 : 6
  differs('family', inner.family, family)
  const ip = family === 4 ? (['ip.src', 'ip.dst', 'ip.ttl'] as const) : (['ipv6.src', 'ipv6.dst', 'ipv6.hlim'] as const)
  differs(ip[0], plain(decoder.addresses.text(family, inner.source)), plain(row[ip[0]]))
  differs(ip[1], plain(decoder.addresses.text(family, inner.destination)), plain(row[ip[1]]))
  differs(ip[2], inner.ttl, row[ip[2]])
  if (family === 4) differs('ip.id', inner.ipId, row['ip.id'])
  if (inner.kind === KIND_TCP) {
    differs('tcp.srcport', inner.sourcePort, row['tcp.srcport'])
    differs('tcp.dstport', inner.destinationPort, row['tcp.dstport'])
    if (row['tcp.seq_raw'] !== '') differs('tcp.seq_raw', inner.sequence >>> 0, row['tcp.seq_raw'])
  }
  if (inner.kind === KIND_UDP) {
    differs('udp.srcport', inner.sourcePort, row['udp.srcport'])
    differs('udp.dstport', inner.destinationPort, row['udp.dstport'])
  }
  if (headers.kind === KIND_TCP) {
    differs('tcp.ack_raw', headers.acknowledgement >>> 0, row['tcp.ack_raw'])
    differs('tcp.flags', headers.flags, row['tcp.flags'])
    differs('tcp.window_size_value', headers.window, row['tcp.window_size_value'])
    differs('mss', headers.mss, row['tcp.options.mss_val'] || -1)
    differs('window scale', headers.windowScale, row['tcp.options.wscale.shift'] || -1)
    differs('timestamps', headers.hasTimestamps, row['tcp.options.timestamp.tsval'] !== '')
    if (headers.hasTimestamps) differs('tsval', headers.timestampValue >>> 0, row['tcp.options.timestamp.tsval'])
    differs('sack', headers.sackBlocks, row['tcp.options.sack.count'] || 0)
    // Where IP says more than the frame had, tshark believes the frame.
    const captured = headers.payloadEnd - headers.payload
    const isBeyondFrame = headers.payloadLength > captured && Number(row['tcp.len']) < headers.payloadLength
    if (!isBeyondFrame) differs('tcp.len', headers.payloadLength, row['tcp.len'])
  }
  // A length that lies, or stands for a jumbogram, is shown by tshark as it is.
  const length = Number(row['udp.length'])
  if (headers.kind === KIND_UDP && length >= 8 && length < headers.payloadLength + 8) {
    differs('udp.length', headers.payloadLength + 8, length)
  }
  return differs.found
}

function compare() {
  const found: string[] = []
  const differs = (what: string, ours: number | string | boolean, theirs: number | string | boolean) => {
    const isSame = typeof ours === 'number' ? ours === Number(theirs) : ours === theirs
    if (!isSame) found.push(`${what}: ${ours}, not ${theirs}`)
  }
  return Object.assign(differs, { found })
}

/** The innermost one, but of what an ICMP message quotes. */
function expectedKind(protocols: readonly string[]): number {
  let kind = KIND_OTHER
  for (const protocol of protocols) {
    if (protocol === 'icmp' || protocol === 'icmpv6') return KIND_ICMP
    if (protocol === 'tcp') kind = KIND_TCP
    if (protocol === 'udp') kind = KIND_UDP
    if (protocol === 'arp') kind = KIND_ARP
  }
  return kind
}

/** Kinds of difference that are right. */
function isExplained(kind: number, expected: number, row: Judgement): boolean {
  // Ours waits for the other fragments; tshark reads the first one where the capture cut it.
  if (kind === KIND_FRAGMENT) return true
  // ARP for other hardware than Ethernet, or another question than for an address.
  if (kind === KIND_OTHER && expected === KIND_ARP) return true
  // A header that is cut or lies: tshark shows what there is of it, but no length of the payload.
  if (kind === KIND_OTHER && expected === KIND_TCP) {
    return row['tcp.len'] === '' || (row['tcp.hdr_len'] !== '' && Number(row['tcp.hdr_len']) < 20)
  }
  if (kind === KIND_OTHER && expected === KIND_UDP) return row['udp.length'] === '' || Number(row['udp.length']) < 8
  if (kind === KIND_OTHER && expected === KIND_ICMP) return row['icmp.type'] === '' && row['icmpv6.type'] === ''
  return false
}

/** An IPv6 packet of nothing keeps a Teredo address open: ours leaves the datagram as it is. */
function isBubble(protocols: readonly string[]): boolean {
  return protocols.at(-1) === 'ipv6' && protocols.at(-2) === 'teredo'
}

/** An IPv6 address without the mixed notation, on which the two have different tastes. */
function plain(address: string): string {
  return address.includes(':') ? new URL(`http://[${address}]/`).hostname : address
}
