/** What a filter decides before there is a tree must be what it decides with the whole tree. */
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCapture } from '../../src/capture/open.ts'
import { compileFilter, type Filter } from '../../src/inspect/filter/filter.ts'
import { HeaderSource } from '../../src/inspect/filter/source.ts'
import { type InspectOptions, inspect } from '../../src/inspect/inspect.ts'
import type { InspectedPacket } from '../../src/inspect/packet.ts'

const CAPTURES = [
  'direct-tls13-login-ok.pcapng',
  'net-delay-jitter-loss5-dup-reorder.pcapng',
  'net-fragments-dropped-at-client.pcapng',
  'gw-websocket-ntlm-ok.pcapng',
].map(name => resolve(import.meta.dirname, '../../captures', name))
const FILTERS = [
  'tcp',
  'not tcp',
  'udp or arp',
  'ip and not tcp',
  'ipv6',
  'icmp',
  'eth and frame.number > 3',
  'frame.number in {1..5, 10}',
  'frame.len == frame.cap_len',
  'frame.len > 500 and tcp.len < 1000',
  'frame.time_relative > 0.02',
  'frame.time > "2026-11-21 00:18:20.83Z"',
  'frame.time_epoch < 1795220300.83',
  'ip.addr == 10.0.1.2',
  'ip.src == 10.0.1.0/24 and ip.dst != 10.0.2.2',
  'ip.ttl < 64',
  'ip.proto == 6',
  'tcp.port == 3389',
  'tcp.srcport > 4000',
  'udp.port == 53',
  'tcp.flags.syn == 1',
  'tcp.flags.ack == 0 or tcp.flags.reset == 1',
  'tcp.flags == 0x18',
  'tcp.flags & 2',
  'tcp.len > 0',
  'tcp.len',
  'tcp.stream == 0',
  'tcp.stream == 1',
  'tcp.seq == 0',
  'tcp.analysis.flags',
  'tcp contains "mstshash"',
  'ip.src#2 == 10.0.1.2',
  'tls.handshake.type == 1 and tcp.dstport == 443',
  'tls.handshake.type == 1 or tcp.flags.syn == 1',
  'not (tls or tcp.len == 0)',
  'count(ip.addr) == 2',
  'tcp.flags.syn == 1 xor tcp.flags.ack == 1',
  'data',
]

describe.each(CAPTURES)('%s', path => {
  const whole = inspected(path)
  it.each(FILTERS)('%s', async text => {
    const filter = compileFilter(text)
    const all = await whole
    const early = await inspected(path, { filter })
    const numbers = (packets: readonly InspectedPacket[]) =>
      packets.filter(packet => filter.matches(packet)).map(({ number }) => number)
    expect(numbers(early)).toEqual(numbers(all))
  })
})

it('is decided early where headers are enough', async () => {
  const path = CAPTURES[0] as string
  const given = async (text: string) => (await inspected(path, { filter: compileFilter(text) })).length
  expect(await given('tcp.flags.syn == 1')).toBe(2)
  expect(await given('tcp.stream == 7 and tls.handshake.type == 1')).toBe(0)
  const [first] = await inspected(path)
  expect(decided(compileFilter('arp and not ip'), first as InspectedPacket)).toBe(true)
  expect(decided(compileFilter('arp and tls'), first as InspectedPacket)).toBeUndefined()
  expect(decided(compileFilter('ip and tls'), first as InspectedPacket)).toBe(false)
})

function decided(filter: Filter, { layers }: InspectedPacket): boolean | undefined {
  return filter.decides(new HeaderSource(layers, filter.fields))
}

async function inspected(path: string, options: InspectOptions = {}): Promise<InspectedPacket[]> {
  const capture = await openCapture(path)
  const packets: InspectedPacket[] = []
  for await (const packet of inspect(capture, options)) packets.push(packet)
  await capture.close()
  return packets
}
