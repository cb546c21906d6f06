/** Display filters against tshark: the same packets of the same captures. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCapture } from '../../src/capture/open.ts'
import { compileFilter } from '../../src/inspect/filter/filter.ts'
import { inspect } from '../../src/inspect/inspect.ts'
import type { InspectedPacket } from '../../src/inspect/packet.ts'
import { isTsharkInstalled, tsharkMatches } from '../support/tshark.ts'

const SAMPLES = resolve(import.meta.dirname, '../../captures')
/** More captures, which are not part of this repository. */
const LAB = resolve(import.meta.dirname, '../../../shared/captures/lab')

/** Captures, the protocol that tshark is told to expect on the RDP port, and filters. */
const CASES: readonly (readonly [capture: string, port3389: 'tls' | 'tpkt', filters: readonly string[]])[] = [
  [
    'direct-tls13-login-ok.pcapng',
    'tls',
    [
      'tls.handshake.type == 1',
      'tls.handshake.type == "Client Hello"',
      'tls.handshake.type == "client hello" or tls.handshake.type eq 0x0b',
      'tls.handshake.type in {20, "Client Hello"}',
      'tls.handshake.type in {1..2}',
      'tls.handshake.type in {0b10, 11 .. 20}',
      'not tls.handshake.type in {1}',
      '!tls.handshake',
      'tls.handshake.type != 1',
      'tls.handshake.type !== 1',
      'tls.handshake.type ~= 1',
      'tls.handshake.type === 1',
      'any tls.handshake.type > 11',
      'all tls.handshake.type > 3',
      'tls.handshake.type >= 013',
      "tls.handshake.type == '\\x01'",
      'tls.handshake.version == 0x0303',
      'tls.handshake.version ne 771',
      'tls.handshake.version == "TLS 1.2"',
      'tls.handshake.version & 0xff00',
      'tls.handshake.version & 0x00ff == 3',
      'tls.handshake.type + 1 == 3',
      'tls.handshake.type * {1 + 1} == 4',
      'tls.handshake.type -1 == 0',
      'tls.handshake.type % 2 == 0',
      'tls.handshake.type / 2 == 1',
      'tls.handshake.extensions_server_name',
      'tls.handshake.extensions_server_name == "rdp.lab.test"',
      'tls.handshake.extensions_server_name == rdp.lab.test',
      'tls.handshake.extensions_server_name == "RDP.LAB.TEST"',
      'lower(tls.handshake.extensions_server_name) == "rdp.lab.test"',
      'upper(tls.handshake.extensions_server_name) == "RDP.LAB.TEST"',
      'tls.handshake.extensions_server_name contains "lab"',
      'tls.handshake.extensions_server_name contains "LAB"',
      'tls.handshake.extensions_server_name matches "LAB\\\\.t.st$"',
      'tls.handshake.extensions_server_name matches r"^rdp\\.\\w+"',
      'tls.handshake.extensions_server_name matches "(?-i)LAB"',
      'tls.handshake.extensions_server_name matches "^[[:alpha:]]+[.]"',
      'tls.handshake.extensions_server_name[0:3] == "rdp"',
      'tls.handshake.extensions_server_name[0:3] == 72:64:70',
      'tls.handshake.extensions_server_name[-4:] == "test"',
      'tls.handshake.extensions_server_name[4-6] == "lab"',
      'tls.handshake.extensions_server_name[:3] == "rdp"',
      'tls.handshake.extensions_server_name[0,4,8-9] == "rlte"',
      'tls.handshake.extensions_server_name[40]',
      'tls.handshake.extensions_server_name > "rdp"',
      'tls.handshake.extensions_server_name < "rdp"',
      'len(tls.handshake.extensions_server_name) == 12',
      'tls.handshake.random[0:2] == 28:86',
      'tls.handshake.random[0:2] == 2886',
      'tls.handshake.random[0] == 0x28',
      'tls.handshake.random[0:2] == 28.86',
      'tls.handshake.random contains 51:58',
      'tls.handshake.random matches "X"',
      'tls.handshake.random[0] & 0f',
      'len(tls.handshake.random) > 31',
      'count(tls.handshake.ciphersuite) == 31',
      'count(tls.handshake.ciphersuite) == 1 and tls.handshake.ciphersuite == 0x1302',
      'tls.handshake.ciphersuite in {0x1301, 0xc02c .. 0xc030}',
      'all tls.handshake.ciphersuite < 0x2000',
      'max(tls.handshake.ciphersuite) > 0xccaa',
      'min(tls.handshake.ciphersuite) == 0x2f',
      'tls.handshake.session_id == tls.handshake.session_id',
      'tls.handshake.random != tls.handshake.session_id',
      'tls.handshake.cipher_suites_length > tls.handshake.session_id_length',
      'tls.handshake.cipher_suites_length > 2 and tls.handshake.type < 12',
      'tls.handshake.type and (tls.handshake.version or tls.alert_message)',
      'tls.handshake.type < 3 && !(tls.handshake.type == 1) || tls.handshake.type == 20',
      'string(tls.handshake.type) matches "^1.$"',
      'string(tls.handshake.version) == "771"',
      'abs(tls.handshake.type - 3) == 2',
      '-tls.handshake.type < -11',
    ],
  ],
  [
    'direct-cert-expired.pcapng',
    'tls',
    [
      'tls.record.content_type',
      'tls.handshake',
      'tls.record.content_type == 21 or tls.record.length < 30',
      'tls.record.content_type == 21',
      'tls.record.content_type == "Handshake"',
      'tls.record.version == 0x0303 and not tls.handshake',
      'tls.handshake.certificate',
      'tls.handshake.certificate[0:2] == 30:82',
      'tls.handshake.certificate contains "lab"',
      'tls.handshake.certificate contains 55:04:03',
      'tls.handshake.certificates_length > 500',
      'tls.handshake.comp_methods_length == 1 || tls.change_cipher_spec',
    ],
  ],
  [
    'proxy-squid-connect-407.pcapng',
    'tls',
    [
      'http',
      'http.request',
      'http.request.method == "CONNECT"',
      'http.request.method == CONNECT',
      'http.request.method in {"GET", "CONNECT"}',
      'http.request.uri matches "gw[.]lab"',
      'http.response.code == 407',
      'http.response.code >= 400 && http.response.code < 500',
      'http.response.phrase contains "Proxy"',
      'http.host == "gw.lab.test:443"',
      'http.server matches "^squid/\\\\d"',
      'http.request.method || http.response.code',
    ],
  ],
  [
    'nla-server-client-tls.pcapng',
    'tpkt',
    [
      'tpkt',
      'tpkt.length > 19',
      'cotp.type == 0x0e',
      'cotp.type == "CC Connect Confirm"',
      'rdp.neg_type == 1',
      'rdp.neg_type == "RDP Negotiation Failure"',
      'rdp.negReq.requestedProtocols == 1',
      'rdp.negReq.requestedProtocols & 1 and not rdp.negReq.requestedProtocols & 2',
      'rdp.negFailure.failureCode == 5',
      'rdp.rt_cookie contains "mstshash"',
    ],
  ],
]

const HEADER_CASES: typeof CASES = [
  [
    'net-delay-jitter-loss5-dup-reorder.pcapng',
    'tls',
    [
      'tcp',
      'eth and ip',
      'arp',
      'not arp',
      'udp',
      'ip.addr == 10.0.1.2',
      'ip.src == 10.0.1.2',
      'ip.dst != 10.0.1.2',
      '!(ip.addr == 10.0.1.2)',
      'ip.addr != 10.0.1.2',
      'ip.addr == 10.0.2.0/24',
      'ip.src in {10.0.1.0 .. 10.0.1.255}',
      'ip.src[0:2] == 0a:00',
      'ip.ttl < 64',
      'ip.proto == 6',
      'ip.proto == "TCP"',
      'ip.flags.df == 1',
      'ip.id == ip.id',
      'ip.len > 1000',
      'tcp.port == 3389',
      'tcp.port in {80, 443, 3000..4000}',
      'tcp.srcport == 3389',
      'tcp.dstport > tcp.srcport',
      'tcp.port != 3389',
      'any tcp.port == 3389',
      'all tcp.port > 1024',
      'tcp.flags.syn == 1',
      'tcp.flags.syn == 1 and tcp.flags.ack == 0',
      'tcp.flags & 0x02',
      'tcp.flags == 0x018',
      'tcp.flags.reset == True',
      'tcp.flags.fin == 1 or tcp.flags.reset == 1',
      'tcp.len > 0',
      'tcp.len > 500 && tcp.len < 1400',
      'tcp.seq == 0',
      'tcp.seq > 1000',
      'tcp.ack == 1',
      'tcp.stream == 0',
      'tcp.stream eq 1',
      'tcp.window_size > 60000',
      'tcp.window_size_value < 100',
      'tcp.options.mss_val == 1460',
      'tcp.options.sack_perm',
      'tcp.options.sack',
      'tcp.hdr_len > 32',
      'tcp.analysis.flags',
      'tcp.analysis.retransmission',
      'tcp.analysis.retransmission or tcp.analysis.fast_retransmission',
      'tcp.analysis.duplicate_ack',
      'tcp.analysis.lost_segment',
      'tcp.analysis.out_of_order',
      'not tcp.analysis.flags and tcp.len > 0',
      'tcp.analysis.ack_rtt > 0.01',
      'frame.number == 5',
      'frame.number in {1..4, 9}',
      'frame.number >= 10 and frame.number <= 20',
      'frame.number % 7 == 0',
      'frame.number & 1',
      'frame.len > 1000',
      'frame.cap_len == frame.len',
      'frame.len == ip.len + 14',
      'frame.time_relative > 1',
      'frame.time_relative in {0.5 .. 1.5}',
      'frame.time_delta > 0.1',
      'frame.time_epoch > 1795220300',
      'frame.time >= "2026-11-21 00:20:47"',
      'frame.time < "Nov 21, 2026 00:20:47"',
      'frame contains "mstshash"',
      'frame[12:2] == 08:00',
      'frame[-1] == 00',
      'frame.protocols contains "ethertype:ip"',
      'eth.addr == 02:00:00:00:01:02',
      'eth.src[0:3] == 02:00:00',
      'eth.dst == ff:ff:ff:ff:ff:ff',
      'eth.type == 0x0800',
      'eth.src == eth.dst',
      'ip.src == ip.dst',
      'ip.addr#1 == 10.0.1.2',
      'tcp.port#[1] == 3389',
      'count(ip.addr) == 2',
      'count(tcp.options.sack_le) > 1',
      'max(tcp.srcport, tcp.dstport) > 50000',
      'string(ip.src) matches "^10\\\\.0\\\\.1"',
      'string(tcp.port) == "3389"',
      'tcp.checksum',
      'tcp.payload',
      'len(tcp.payload) > 100',
      'tcp.payload[0:2] == 03:00',
      'tcp.payload contains "Cookie"',
    ],
  ],
]

/** The tool puts a stream together before it reads it. */
const IN_ORDER = ['-o', 'tcp.reassemble_out_of_order:TRUE']

const isInstalled = isTsharkInstalled()

describe.skipIf(!isInstalled)('display filters give the packets that tshark gives', () => {
  for (const [capture, port3389, filters] of [...CASES, ...HEADER_CASES]) {
    const path = pathOf(capture)
    describe.skipIf(!existsSync(path))(`of ${capture}`, () => {
      const judge = once(() => tsharkMatches(path, filters, [...IN_ORDER, '-d', `tcp.port==3389,${port3389}`]))
      const packets = once(() => inspected(path))
      it.each(filters)('%s', async filter => {
        const compiled = compileFilter(filter)
        const ours = (await packets()).filter(packet => compiled.matches(packet)).map(({ number }) => number)
        expect(ours).toEqual(judge().get(filter))
      })
    })
  }

  it('are enough, and of captures that are here', () => {
    const here = [...CASES, ...HEADER_CASES]
      .filter(([capture]) => existsSync(pathOf(capture)))
      .flatMap(([, , filters]) => filters)
    expect(here.length).toBeGreaterThan(60)
  })
})

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

function pathOf(capture: string): string {
  const sample = join(SAMPLES, capture)
  return existsSync(sample) ? sample : join(LAB, capture)
}

async function inspected(path: string): Promise<InspectedPacket[]> {
  const capture = await openCapture(path)
  const packets: InspectedPacket[] = []
  for await (const packet of inspect(capture)) packets.push(packet)
  await capture.close()
  return packets
}
