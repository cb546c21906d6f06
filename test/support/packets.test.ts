import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import {
  ethernet,
  icmp,
  ipv4,
  ipv4Fragments,
  ipv6,
  type Packet,
  pcap,
  splitSegment,
  TcpConversation,
  tcp,
  udp,
  vlan,
} from './packets.ts'

const hasTshark = spawnSync('tshark', ['--version']).status === 0
const payload = Uint8Array.from({ length: 101 }, (_, index) => index)

/** One row a packet, one column a field. */
function tshark(packets: readonly Packet[], fields: readonly string[]): string[][] {
  const folder = mkdtempSync(join(tmpdir(), 'rdpscope-'))
  try {
    const file = join(folder, 'made.pcap')
    writeFileSync(file, pcap(packets))
    const checks = ['ip', 'tcp', 'udp'].flatMap(protocol => ['-o', `${protocol}.check_checksum:TRUE`])
    const wanted = fields.flatMap(name => ['-e', name])
    const run = spawnSync('tshark', ['-r', file, ...checks, '-T', 'fields', ...wanted], { encoding: 'utf8' })
    if (run.status !== 0) throw new Error(run.stderr)
    const rows = run.stdout.split('\n').slice(0, -1)
    return rows.map(row => row.split('\t'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const at = (bytes: Uint8Array): Packet => ({ timeUs: 1_700_000_000_000_000, bytes })

describe.skipIf(!hasTshark)('packets made by hand (needs tshark as the judge)', () => {
  it('have checksums that tshark finds good, over IPv4, IPv6 and a VLAN tag', () => {
    const made = [
      ethernet(ipv4(tcp({ sequence: 1, acknowledgement: 2 }, payload))),
      ethernet(ipv6(tcp({ options: [2, 4, 5, 0xb4] }, payload))),
      ethernet(vlan(7, ipv4(udp({ destinationPort: 4000 }, payload)))),
      ethernet(ipv6(udp({ destinationPort: 4000 }))),
      ethernet(ipv4(icmp({ type: 3, code: 4, rest: 1400 }, ipv4(tcp({}, payload)).bytes))),
    ].map(at)
    const rows = tshark(made, [
      'ip.checksum.status',
      'tcp.checksum.status',
      'udp.checksum.status',
      'icmp.checksum.status',
    ])
    // 1 = good; of the packet that ICMP quotes tshark gives a status too.
    expect(rows).toEqual([
      ['1', '1', '', ''],
      ['', '1', '', ''],
      ['1', '', '1', ''],
      ['', '', '1', ''],
      ['1,1', '1', '', '1'],
    ])
  })

  it('come in fragments that tshark puts together', () => {
    const pieces = ipv4Fragments(ipv4(udp({ destinationPort: 4000 }, payload), { dontFragment: false }), 40)
    const rows = tshark(
      pieces.map(piece => at(ethernet(piece))),
      ['ip.fragment.count', 'udp.length', 'udp.checksum.status'],
    )
    expect(rows).toEqual([
      ['', '', ''],
      ['', '', ''],
      ['3', '109', '1'],
    ])
  })

  it('make a conversation without a single remark of the TCP analysis', () => {
    const conversation = new TcpConversation({ initial: [0xffff_fff0, 5] })
    conversation.handshake().send(CLIENT, payload, 30).send(SERVER, payload).close(CLIENT)
    const rows = tshark(conversation.packets(), ['tcp.flags', 'tcp.seq', 'tcp.ack', 'tcp.len', 'tcp.analysis.flags'])
    expect(rows).toEqual([
      ['0x0002', '0', '0', '0', ''],
      ['0x0012', '0', '1', '0', ''],
      ['0x0010', '1', '1', '0', ''],
      ['0x0010', '1', '1', '30', ''],
      ['0x0010', '31', '1', '30', ''],
      ['0x0010', '61', '1', '30', ''],
      ['0x0018', '91', '1', '11', ''],
      ['0x0010', '1', '102', '0', ''],
      ['0x0018', '1', '102', '101', ''],
      ['0x0010', '102', '102', '0', ''],
      ['0x0011', '102', '102', '0', ''],
      ['0x0011', '102', '103', '0', ''],
      ['0x0010', '103', '103', '0', ''],
    ])
  })
})

describe('splitting a segment', () => {
  it('keeps its bytes and their places', () => {
    const segment = new TcpConversation({ initial: [0xffff_fff0, 0] }).send(CLIENT, payload).segments[0]!
    const [first, second] = splitSegment(segment, 20)
    expect([first.sequence, first.payload.length, first.flags]).toEqual([0xffff_fff0, 20, 0x10])
    expect([second.sequence, second.payload.length, second.flags]).toEqual([4, 81, 0x18])
    expect(() => splitSegment(segment, 101)).toThrow('inside')
  })
})
