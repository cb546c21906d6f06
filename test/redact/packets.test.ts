/** Where bytes lie: over segments, copies, fragments, quotes, masks and base64, and in frames cut short. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Keyed } from '../../src/redact/keyed.ts'
import { redactFile } from '../../src/redact/redact.ts'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { openBytes, read } from '../capture/build.ts'
import { concat } from '../support/bytes.ts'
import {
  ethernet,
  icmp,
  ipv4,
  ipv4Fragments,
  type Packet,
  pcap,
  SYN,
  TcpConversation,
  udp,
} from '../support/packets.ts'
import { isTsharkInstalled, tsharkFields } from '../support/tshark.ts'

const folder = mkdtempSync(join(tmpdir(), 'rdpscope-redact-packets-'))
afterAll(() => rmSync(folder, { recursive: true }))

const HEAD_BYTES = 54
const HELLO = 'GET /secretpath HTTP/1.1\r\nHost: srv1.contoso.example\r\nX-Secret: abcdef\r\n\r\n'

async function redacted(packets: readonly Packet[], snapLength?: number): Promise<Buffer[]> {
  const path = join(folder, 'in.pcap')
  writeFileSync(path, pcap(packets, 1, snapLength))
  const blocks: Uint8Array[] = []
  await redactFile(path, block => blocks.push(block), { keyed: new Keyed(Buffer.from('one')) })
  writeFileSync(join(folder, 'out.pcapng'), Buffer.concat(blocks))
  const seen = await read(await openBytes(Buffer.concat(blocks)))
  expect(seen.map(({ original }) => original)).toEqual(
    packets.map(({ bytes, originalLength }) => originalLength ?? bytes.length),
  )
  return seen.map(({ bytes }) => Buffer.from(bytes, 'hex'))
}

function payloads(frames: readonly Buffer[]): string[] {
  return frames.map(frame => frame.subarray(HEAD_BYTES).toString('latin1')).filter(text => text !== '')
}

describe('a stream', () => {
  const whole = () => new TcpConversation({ server: { address: '198.51.100.1', port: 80 } }).handshake()

  it('is redacted the same however it is cut into segments', async () => {
    const [one] = payloads((await redacted(whole().send(CLIENT, Buffer.from(HELLO)).packets())).slice(3))
    const parts = payloads((await redacted(whole().send(CLIENT, Buffer.from(HELLO), 5).packets())).slice(3))
    expect(parts.join('')).toBe(one)
    expect(one).toMatch(/^GET \/[a-z]{10} HTTP\/1\.1\r\nHost: [a-z]{3}\d\.[a-z]{7}\.[a-z]{7}\r\n/)
    expect(one).not.toMatch(/secret|contoso|abcdef/)
  })

  it('has the same bytes in each copy, also in other pieces and out of order', async () => {
    const conversation = whole().send(CLIENT, Buffer.from(HELLO), 20)
    const data = conversation.segments.filter(({ payload }) => payload.length > 0)
    const [first, second, third] = data
    if (first === undefined || second === undefined || third === undefined) throw new Error('too few segments')
    const again = { ...second, payload: concat(second.payload, third.payload) }
    conversation.segments.push(again, { ...first, payload: first.payload.subarray(0, 7) })
    const late = conversation.segments.indexOf(second)
    conversation.segments.splice(late, 1)
    conversation.segments.splice(late + 1, 0, second)
    const texts = payloads((await redacted(conversation.packets())).slice(3))
    const [one, , two] = [texts[0] as string, texts[1] as string, texts[2] as string]
    expect(texts.at(-2)).toBe(`${two}${texts[1]}`)
    expect(texts.at(-1)).toBe(one.slice(0, 7))
  })

  it('of another content in a copy shows none of it', async () => {
    const conversation = whole().send(CLIENT, Buffer.from(HELLO))
    const data = conversation.segments.find(({ payload }) => payload.length > 0)
    if (data === undefined) throw new Error('no data')
    conversation.segments.push({ ...data, payload: Buffer.from('another secret in the same place') })
    const texts = payloads((await redacted(conversation.packets())).slice(3))
    expect(texts.at(-1)).toBe((texts[0] as string).slice(0, 32))
  })

  it('may begin with SYN', async () => {
    const conversation = new TcpConversation({ server: { address: '198.51.100.1', port: 80 } })
    conversation.segment(CLIENT, SYN, Buffer.from(HELLO))
    const [one] = payloads(await redacted(conversation.packets()))
    expect(one).toMatch(/^GET \/[a-z]{10} HTTP\/1\.1\r\nHost: [a-z]{3}\d/)
  })

  it('that nobody reads is emptied', async () => {
    const conversation = new TcpConversation({ server: { address: '198.51.100.1', port: 9999 } })
      .handshake()
      .send(CLIENT, Buffer.from('a secret of nobody'))
      .send(SERVER, Buffer.from('SSH-2.0-secret\r\n'))
    const texts = payloads((await redacted(conversation.packets())).slice(3))
    expect(texts[0]).toBe('\0'.repeat(18))
    expect(texts[1]).toBe(`SSH-2${'\0'.repeat(11)}`)
  })
})

describe('a datagram in fragments', () => {
  const question = Buffer.concat([
    Buffer.from('123401000001000000000000', 'hex'),
    Buffer.from('\x04srv1\x07contoso\x07example\0\0\x01\0\x01', 'latin1'),
  ])
  const frames = (pieceBytes: number): Packet[] => {
    const whole = ipv4(udp({ sourcePort: 40_000, destinationPort: 53 }, question), { id: 77 })
    return ipv4Fragments(whole, pieceBytes).map((piece, at) => ({ timeUs: at * 1000, bytes: ethernet(piece) }))
  }

  it('is redacted as the whole, a fragment at a time, and late copies too', async () => {
    const [alone] = await redacted([
      { timeUs: 0, bytes: ethernet(ipv4(udp({ sourcePort: 40_000, destinationPort: 53 }, question), { id: 77 })) },
    ])
    const pieces = frames(16)
    const parts = await redacted([...pieces, { ...(pieces[1] as Packet), timeUs: 9000 }])
    const data = parts.map(part => part.subarray(34))
    expect(Buffer.concat(data.slice(0, -1)).equals((alone as Buffer).subarray(34))).toBe(true)
    expect(data.at(-1)?.equals(data[1] as Buffer)).toBe(true)
    expect(Buffer.concat(data).includes('contoso')).toBe(false)
  })

  it('that never became whole keeps its ports alone', async () => {
    const [first, second] = await redacted(frames(16).slice(0, 2))
    expect(first?.readUInt16BE(34)).toBe(40_000)
    expect(first?.readUInt16BE(36)).toBe(53)
    expect(first?.subarray(42).every(byte => byte === 0)).toBe(true)
    expect(second?.subarray(34).every(byte => byte === 0)).toBe(true)
  })
})

describe('other packets', () => {
  it('that are quoted keep addresses and ports, as elsewhere', async () => {
    const sent = ipv4(udp({ sourcePort: 40_000, destinationPort: 53 }, Buffer.from('a secret in a quote')), {
      source: '203.0.113.5',
      destination: '198.51.100.9',
    })
    const quote = ipv4(icmp({ type: 3, code: 3 }, sent.bytes), { source: '198.51.100.9', destination: '203.0.113.5' })
    const [one, other] = await redacted([sent, quote].map((network, at) => ({ timeUs: at, bytes: ethernet(network) })))
    const inside = other?.subarray(42) ?? Buffer.alloc(0)
    expect(inside.subarray(12, 24)).toEqual(one?.subarray(26, 38))
    expect(inside.subarray(28).every(byte => byte === 0)).toBe(true)
  })

  it('of unknown protocols and links are emptied', async () => {
    const strange = { etherType: 0x9999, bytes: Buffer.from('a secret on the link') }
    const [frame] = await redacted([{ timeUs: 0, bytes: ethernet(strange) }])
    expect(frame?.subarray(14).every(byte => byte === 0)).toBe(true)
    expect(frame?.readUInt16BE(12)).toBe(0x9999)
  })
})

describe.skipIf(!isTsharkInstalled())('tshark', () => {
  it('finds the checksums as they were: right, wrong, and left to the card', async () => {
    const packets = new TcpConversation({ server: { address: '198.51.100.1', port: 80 } })
      .handshake()
      .send(CLIENT, Buffer.from(HELLO), 7)
      .packets()
    const spoilt = packets.map(({ timeUs, bytes }, at) => {
      const copy = bytes.slice()
      if (at % 3 === 1) copy[50] = (copy[50] as number) ^ 0x41
      if (at % 5 === 2) copy[24] = (copy[24] as number) ^ 0x41
      return { timeUs, bytes: copy }
    })
    await redacted(spoilt)
    const fields = ['ip.checksum.status', 'tcp.checksum.status', '_ws.malformed'] as const
    const checks = ['tcp.check_checksum:TRUE', 'ip.check_checksum:TRUE']
    const before = await tsharkFields(join(folder, 'in.pcap'), fields, checks)
    const after = await tsharkFields(join(folder, 'out.pcapng'), fields, checks)
    expect(new Set(before.map(row => row['tcp.checksum.status']))).toEqual(new Set(['0', '1']))
    expect(after).toEqual(before)
  })
})
