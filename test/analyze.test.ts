import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { analyzeFile, CaptureError, unreadable } from '../src/analyze.ts'
import { jsonReport } from '../src/report/json.ts'

const samples = resolve(import.meta.dirname, '../captures')
const captures = readdirSync(samples).filter(name => name.endsWith('.pcapng'))
const sample = (name: string) => join(samples, name)

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rdpscope-analyze-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('analyzeFile', () => {
  it.each(captures)('gives the same report of %s each time, byte for byte', async name => {
    const first = jsonReport([await analyzeFile(sample(name))])
    expect(jsonReport([await analyzeFile(sample(name))])).toBe(first)
  })

  it('gives the same findings of the compressed file', async () => {
    const name = 'net-pmtud-blackhole.pcapng'
    const packed = join(folder, 'packed')
    writeFileSync(packed, gzipSync(readFileSync(sample(name))))
    const { attempts, diagnosis, packets } = await analyzeFile(packed)
    const plain = await analyzeFile(sample(name))
    expect({ attempts, diagnosis, packets }).toEqual({
      attempts: plain.attempts,
      diagnosis: plain.diagnosis,
      packets: plain.packets,
    })
  })

  it('names evidence that exists: packets of the capture, in its time', async () => {
    for (const name of captures) {
      const { attempts, packets, endNs } = await analyzeFile(sample(name))
      for (const { evidence } of attempts.flatMap(attempt => attempt.verdicts)) {
        for (const { packet, timeNs, says } of evidence) {
          expect(packet, `${name}: ${says}`).toBeGreaterThanOrEqual(1)
          expect(packet, `${name}: ${says}`).toBeLessThanOrEqual(packets)
          expect(timeNs, `${name}: ${says}`).toBeGreaterThanOrEqual(0)
          expect(timeNs, `${name}: ${says}`).toBeLessThanOrEqual(endNs)
        }
      }
    }
  })

  it('lets every rule answer for every attempt', async () => {
    const { attempts } = await analyzeFile(sample('direct-tls13-login-ok.pcapng'))
    const rules = attempts.map(attempt => attempt.verdicts.map(({ rule }) => rule))
    expect(rules[0]?.length).toBeGreaterThan(30)
    for (const answered of rules) expect(new Set(answered).size).toBe(answered.length)
  })

  it('throws only what can not be opened, with a code and a remedy', async () => {
    const error = await analyzeFile(join(folder, 'missing.pcap')).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(CaptureError)
    expect(error).toMatchObject({ code: 'unreadable', remedy: expect.stringMatching(/./) })
  })

  it('reports how far it is', async () => {
    const told: number[] = []
    const large = join(folder, 'large.pcap')
    writeFileSync(large, zeroPackets(6000, 1000))
    const { packets, attempts } = await analyzeFile(large, { onProgress: read => told.push(read) })
    expect([packets, attempts]).toEqual([6000, []])
    expect(told.length).toBeGreaterThan(0)
    expect(told).toEqual([...told].sort((a, b) => a - b))
  })
})

/** A little-endian microsecond pcap of packets that mean nothing. */
function zeroPackets(count: number, bytes: number): Buffer {
  const file = Buffer.alloc(24 + count * (16 + bytes))
  file.writeUInt32LE(0xa1b2c3d4, 0)
  file.writeUInt16LE(2, 4)
  file.writeUInt16LE(4, 6)
  file.writeUInt32LE(65535, 16)
  file.writeUInt32LE(1, 20)
  for (let at = 24; at < file.length; at += 16 + bytes) {
    file.writeUInt32LE(bytes, at + 8)
    file.writeUInt32LE(bytes, at + 12)
  }
  return file
}

describe('unreadable', () => {
  it('is an analysis without anything but the error', () => {
    const error = { code: 'empty', message: 'x.pcap: the file is empty', remedy: 'record again' }
    expect(unreadable('x.pcap', error)).toMatchObject({
      path: 'x.pcap',
      packets: 0,
      attempts: [],
      diagnosis: [],
      error,
    })
  })
})
