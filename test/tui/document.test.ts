/** The open capture says what a scan of it says. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { analyzeFile } from '../../src/analyze.ts'
import { Document } from '../../src/tui/document.ts'

const captures = resolve(import.meta.dirname, '../../captures')
const folder = mkdtempSync(join(tmpdir(), 'rdpscope-document-'))
afterAll(() => rmSync(folder, { recursive: true }))

const DECRYPTION_SECRETS = 10

const fail = (error: unknown): never => {
  throw error
}

async function loaded(path: string): Promise<Document> {
  const document = await Document.open(path, { onChange: () => {}, onError: fail })
  await document.load()
  return document
}

/** Its blocks, the secrets behind all others. */
function secretsLast(bytes: Buffer): Buffer {
  const blocks: Buffer[] = []
  const secrets: Buffer[] = []
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 4)) {
    const block = bytes.subarray(at, at + bytes.readUInt32LE(at + 4))
    if (block.readUInt32LE(0) === DECRYPTION_SECRETS) secrets.push(block)
    else blocks.push(block)
  }
  expect(secrets.length).toBeGreaterThan(0)
  return Buffer.concat([...blocks, ...secrets])
}

describe('an open capture', () => {
  it('is read once more where its secrets come behind the packets they are for', async () => {
    const early = join(captures, 'direct-tls13-login-ok.pcapng')
    const path = join(folder, 'late.pcapng')
    writeFileSync(path, secretsLast(readFileSync(early)))
    const document = await loaded(path)
    expect(document.analysis?.attempts).toEqual((await analyzeFile(path, { ladders: true })).attempts)
    const milestones = (await analyzeFile(early)).attempts.map(attempt => attempt.milestones)
    expect(document.analysis?.attempts.map(attempt => attempt.milestones)).toEqual(milestones)
    // Without the secrets there would be fewer.
    expect(milestones.flat().filter(({ inferred }) => inferred)).toEqual([])
    document.close()
  })

  it('is the same where it is compressed, with packets that can be read again', async () => {
    const plain = join(captures, 'gw-websocket-ntlm-ok.pcapng')
    const path = join(folder, 'small.pcapng.gz')
    writeFileSync(path, gzipSync(readFileSync(plain)))
    const [one, other] = [await loaded(plain), await loaded(path)]
    expect(other.analysis?.diagnosis).toEqual(one.analysis?.diagnosis)
    for (let row = 0; row < one.index.count; row++) expect(other.recorded(row).bytes).toEqual(one.recorded(row).bytes)
    one.close()
    other.close()
  })

  it('shows a line at once, and whole a moment later', async () => {
    const document = await loaded(join(captures, 'direct-tls13-only-server-client12.pcapng'))
    expect(document.line(8)).toMatchObject({ protocol: 'TCP', source: '10.0.2.2', isProvisional: true })
    document.look([8])
    while (document.line(8).isProvisional) await new Promise(resolve => setImmediate(resolve))
    expect(document.line(8)).toMatchObject({ protocol: 'TLS', info: 'Alert (fatal: protocol_version)' })
    document.close()
  })

  it('opens a packet whose line is known, though the packet was dropped for others', async () => {
    const one = readFileSync(join(captures, 'direct-tls13-login-ok.pcapng'))
    const path = join(folder, 'long.pcapng')
    writeFileSync(path, Buffer.concat([one, one, one, one]))
    let changed = (): void => {}
    const document = await Document.open(path, { onChange: () => changed(), onError: fail })
    await document.load()
    /** Asks, and asks again whenever more is known, as pictures do. */
    const shown = (isThere: () => boolean): Promise<void> =>
      new Promise(resolve => {
        changed = () => setImmediate(() => isThere() && resolve())
        changed()
      })
    for (let first = 0; first < 300; first += 20) {
      const rows = Array.from({ length: 20 }, (_, nth) => first + nth)
      await shown(() => {
        document.look(rows)
        return rows.every(row => !document.line(row).isProvisional)
      })
    }
    expect(document.line(0).isProvisional).toBe(false)
    expect(document.opened(0)).toBeNull()
    await shown(() => document.opened(0) !== null)
    expect(document.opened(0)?.number).toBe(1)
    document.close()
  })

  it('is read as far as its copy on disk may grow, where it comes only once, and says so', async () => {
    const path = join(folder, 'zipped.pcapng.gz')
    writeFileSync(path, gzipSync(readFileSync(join(captures, 'net-pmtud-blackhole.pcapng'))))
    const document = await Document.open(path, { mostSpoolBytes: 3000, onChange: () => {}, onError: fail })
    await document.load()
    expect(document.stopped).toMatch(/^the copy of its packets in .+ is as large as it may be$/)
    expect([document.isLoading, document.index.count]).toEqual([false, 12])
    expect((await document.packets([11])).map(({ number }) => number)).toEqual([12])
    expect(document.analysis?.packets).toBe(12)
    document.close()
  })
})
