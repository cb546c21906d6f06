/** Other programs read the same files: pcap-parser packet for packet, capinfos and tshark over captures of others. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { type ParsedPacket, parse } from 'pcap-parser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CaptureError } from '../../src/capture/error.ts'
import { openCapture } from '../../src/capture/open.ts'
import { chunked, openBytes, pcap, read, type Seen } from './build.ts'

function byPcapParser(file: Uint8Array): Promise<ParsedPacket[]> {
  return new Promise((done, fail) => {
    const packets: ParsedPacket[] = []
    parse(Readable.from(chunked(Buffer.from(file), 100)))
      .on('packet', (packet: ParsedPacket) => packets.push(packet))
      .on('error', fail)
      .on('end', () => done(packets))
  })
}

it('agrees with pcap-parser packet for packet on classic pcap', async () => {
  const packet = fc.record({
    seconds: fc.integer({ min: 1_700_000_000, max: 1_705_000_000 }),
    fraction: fc.nat(999_999),
    data: fc.uint8Array({ maxLength: 200 }),
    cut: fc.nat(2000),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(packet, { maxLength: 20 }), fc.boolean(), async (packets, littleEndian) => {
      const file = pcap(
        packets.map(({ cut, ...rest }) => ({ ...rest, original: rest.data.length + cut })),
        { littleEndian },
      )
      const ours = await read(await openBytes(file))
      const theirs = await byPcapParser(file)
      expect(ours.map(({ ns, bytes, original }) => ({ ns, bytes, original }))).toEqual(
        theirs.map(({ header, data }) => ({
          ns: (BigInt(header.timestampSeconds) * 1_000_000n + BigInt(header.timestampMicroseconds)) * 1000n,
          bytes: data.toString('hex'),
          original: header.originalLength,
        })),
      )
    }),
    { numRuns: 100 },
  )
})

const captures = resolve(import.meta.dirname, '../../../shared/captures')
const hasWireshark = spawnSync('capinfos', ['-v']).status === 0 && spawnSync('tshark', ['-v']).status === 0
const isMissing = !existsSync(captures) || !hasWireshark
const files = isMissing
  ? []
  : ['lab', 'public']
      .flatMap(folder => readdirSync(join(captures, folder), { recursive: true, withFileTypes: true }))
      .filter(entry => entry.isFile() && !/\.(tsv|md|mjs)$/.test(entry.name))
      .map(entry => relative(captures, join(entry.parentPath, entry.name)))
      .sort()

/** Files that only one of the two reads, or that they read differently, and why. */
const DIFFERENCES: readonly (readonly [end: string, reason: string])[] = [
  ['libpcap/tests/pcapng-invalid-vers-2.pcapng', 'version 1.1 was never published; we read any 1.x'],
  ['libpcap/tests/linktype-reserved-field-not-zero.pcap', 'we pass over the reserved bits and say so'],
  ['tcpdump/tests/juniper_es_oobr.pcap', 'we take the link type from the low 16 bits'],
  ['brcm-tag.pcap', 'Wireshark 4.0 does not know the link type; for us it is a number'],
  ['brcm-tag-stp.pcap', 'the same'],
  ['filter/dsa.pcap', 'the same'],
  ['tests/frf16_magic_ie-oobr.pcap', 'the same'],
  ['tests/kday6.pcap', 'the same'],
  ['tests/juniper_monitor_invalid_cookie_length.pcap', 'the same'],
  ['tests/vtp_asan.pcap', 'the same'],
  ['tests/edsa-high-vid.pcap', 'the same'],
  ['pcap_examples/solaris.snoop', 'snoop is not read: converted with editcap'],
  [
    'tests/atm-oam-loopback-print-overrun.pcap',
    'Wireshark takes the pseudo-header of SunATM away; for us it is part of the packet',
  ],
  ['tests/atm-heapoverflow.pcap', 'the same'],
]
/** Fractions of more than a second: Wireshark shows them as they are, we carry them over. */
const ODD_TIMES = ['fuzz-2021-10-13.pcap', 'rx_serviceid_oobr.pcap', 'timestamp_invalid_micro.pcap']

function differs(file: string): boolean {
  return DIFFERENCES.some(([end]) => file.endsWith(end))
}

interface Reading {
  readonly seen: Seen[]
  readonly packets: number
  readonly others: number
  /** Nanoseconds between the first packet and the farthest one. */
  readonly spanNs: number
}

async function readFile(file: string): Promise<Reading | null> {
  try {
    const capture = await openCapture(join(captures, file))
    const seen = await read(capture)
    const start = seen[0]?.ns ?? 0n
    const spanNs = seen.reduce((most, { ns }) => Math.max(most, Math.abs(Number(ns - start))), 0)
    return { seen, packets: capture.packets, others: capture.info.otherRecords, spanNs }
  } catch (error) {
    if (error instanceof CaptureError) return null
    throw error
  }
}

describe.skipIf(isMissing)('over captures of others (needs tshark and ../shared/captures)', () => {
  it('counts the packets and bytes that capinfos counts', async () => {
    const table = spawnSync('capinfos', ['-T', '-M', '-r', '-c', '-d', ...files], { cwd: captures, maxBuffer: 1 << 26 })
    const counted = new Map<string, string>()
    for (const line of table.stdout.toString('latin1').split('\n')) {
      const [file = '', packets, bytes] = line.split('\t')
      counted.set(file, `${packets} packets, ${bytes} bytes`)
    }
    const wrong: string[] = []
    for (const file of files) {
      const ours = await readFile(file)
      const theirs = counted.get(file)
      const bytes = ours?.seen.reduce((sum, packet) => sum + packet.original, 0)
      const said = ours === null ? undefined : `${ours.packets} packets, ${bytes} bytes`
      // Of a file that it can not read to its end capinfos says nothing; the packets before are compared below.
      if (said !== theirs && theirs !== undefined && !differs(file)) wrong.push(`${file}: ${said}, capinfos ${theirs}`)
      if (ours === null && theirs !== undefined && !differs(file)) wrong.push(`${file}: not read`)
    }
    expect(wrong).toEqual([])
    expect(counted.size).toBeGreaterThan(100)
  })

  const stride = 29
  const sample = files.filter(
    (file, index) =>
      index % stride === 0 ||
      file.includes('pcapng-test-generator/output_be') ||
      ODD_TIMES.some(odd => file.endsWith(odd)),
  )
  it.each(sample)('gives the packets that tshark gives of %s', async file => {
    const fields = ['frame.number', 'frame.time_epoch', 'frame.len', 'frame.cap_len'].flatMap(name => ['-e', name])
    const { stdout } = spawnSync('tshark', ['-r', file, '-T', 'fields', ...fields], {
      cwd: captures,
      maxBuffer: 1 << 26,
    })
    const rows = stdout
      .toString()
      .split('\n')
      .filter(line => line !== '')
    const ours = await readFile(file)
    if (differs(file)) {
      expect(ours?.packets ?? 0).not.toBe(rows.length)
      return
    }
    const byNumber = new Map(ours?.seen.map(packet => [packet.number, packet]))
    expect(rows.length).toBe((ours?.packets ?? 0) + (ours?.others ?? 0))
    let compared = 0
    for (const row of rows) {
      const [number, time = '', original, captured] = row.split('\t')
      const packet = byNumber.get(Number(number))
      if (packet === undefined) continue
      compared++
      expect([packet.original, packet.bytes.length / 2]).toEqual([Number(original), Number(captured)])
      // A simple packet block has no time. A double holds 104 days of nanoseconds exactly.
      if (time === '' || ODD_TIMES.some(odd => file.endsWith(odd))) continue
      const [seconds = '', fraction = ''] = time.split('.')
      const theirs = BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'))
      expect(Math.abs(Number(packet.ns - theirs))).toBeLessThanOrEqual(Math.floor((ours?.spanNs ?? 0) / 2 ** 53))
    }
    expect(compared).toBe(ours?.packets ?? 0)
  })
})

describe.skipIf(isMissing)('formats that editcap writes (needs Wireshark and ../shared/captures)', () => {
  const original = join(captures, 'lab/nla-ok.pcapng')
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'editcap-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it.each(['pcap', 'nsecpcap', 'modpcap', 'rh6_1pcap', 'suse6_3pcap', 'nokiapcap', 'netmon2', 'pcapng'])(
    '%s',
    async format => {
      const path = join(folder, format)
      execFileSync('editcap', ['-F', format, '-T', 'ether', original, path])
      const written = await read(await openCapture(path))
      const recorded = await read(await openCapture(original))
      const unit = format === 'nsecpcap' || format === 'pcapng' ? 1n : 1000n
      const facts = (packets: Seen[]) => packets.map(({ ns, bytes, original }) => [ns / unit, bytes, original])
      expect(facts(written)).toEqual(facts(recorded))
      expect(written.length).toBeGreaterThan(50)
    },
  )
})
