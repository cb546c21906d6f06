import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { packTar } from 'modern-tar'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { analyzeFile } from '../../src/analyze.ts'
import { firstBytes } from '../../src/capture/archive.ts'
import { archiveKind, openArchive } from '../../src/capture/archives.ts'
import { openCapture } from '../../src/capture/open.ts'
import { ROOT } from '../support/cli.ts'
import { zip } from '../support/zip.ts'

const SAMPLES = ['captures/nla-server-client-tls.pcapng', 'captures/direct-tls13-login-ok.pcapng'] as const
const bytes = SAMPLES.map(path => readFileSync(join(ROOT, path)))
const [nla, healthy] = bytes as [Buffer, Buffer]

let folder = ''
const at = (name: string) => join(folder, name)
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rdpscope-archives-'))
  const tar = Buffer.from(
    await packTar([
      { header: { name: './deep/', type: 'directory', size: 0 } },
      { header: { name: './deep/a.pcapng', size: nla.length }, body: nla },
      { header: { name: 'readme.txt', size: 3 }, body: 'hi\n' },
      { header: { name: 'link.pcapng', type: 'symlink', size: 0, linkname: '/etc/passwd' } },
      { header: { name: 'b.pcapng', size: healthy.length }, body: healthy },
    ]),
  )
  const members = [
    { name: 'deep/a.pcapng', bytes: nla },
    { name: 'readme.txt', bytes: Buffer.from('hi\n') },
    { name: 'b.pcapng', bytes: healthy },
  ]
  writeFileSync(at('a.tar'), tar)
  writeFileSync(at('a.tar.gz'), gzipSync(tar))
  writeFileSync(at('a.zip'), zip(members))
  writeFileSync(at('cut.tar.gz'), gzipSync(tar).subarray(0, nla.length / 2 + healthy.length / 4))
  writeFileSync(at('cut.tar'), tar.subarray(0, tar.length - healthy.length / 2 - 2048))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function names(archive: string, isWhole = true): Promise<string[]> {
  const opened = await openArchive(at(archive))
  const found: string[] = []
  try {
    for await (const { name, bytes, begins } of opened.members()) {
      const head = await begins(4)
      if (isWhole) expect(head.length).toBe(Math.min(bytes, 4))
      found.push(name)
    }
  } finally {
    await opened.close()
  }
  return found
}

describe.each(['a.zip', 'a.tar', 'a.tar.gz'])('%s', archive => {
  it('lists files alone, under their names', async () => {
    expect(await archiveKind(at(archive))).toBe(archive === 'a.zip' ? 'zip' : 'tar')
    expect(await names(archive)).toEqual(['deep/a.pcapng', 'readme.txt', 'b.pcapng'])
  })

  it('gives of each member what the file itself gives, in any order, again and again', async () => {
    for (const [member, sample] of [
      ['deep/a.pcapng', SAMPLES[0]],
      ['b.pcapng', SAMPLES[1]],
      ['deep/a.pcapng', SAMPLES[0]],
      ['deep/a.pcapng', SAMPLES[0]],
    ] as const) {
      const path = at(`${archive}/${member}`)
      const inside = await analyzeFile(path)
      expect(inside).toEqual({ ...(await analyzeFile(join(ROOT, sample))), path })
    }
  })

  it('has no member that it does not list', async () => {
    await expect(openCapture(at(`${archive}/link.pcapng`))).rejects.toMatchObject({
      code: 'unreadable',
      message: expect.stringContaining('no such file in the archive'),
    })
  })
})

describe('members that are passed over, or read in part', () => {
  /** Larger than what is read of a file at once, and small enough that several fit into that. */
  const size = fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 300_000 }))
  /** In any order and again, from none of its bytes to all of them; who does not close it either lets the next one be read. */
  const uses = fc.array(fc.record({ member: fc.nat(), share: fc.constantFrom(0, 0.4, 1), isClosed: fc.boolean() }), {
    maxLength: 12,
  })

  it.each(['any.tar', 'any.tar.gz', 'any.zip'])('%s: leave all others whole', async archive => {
    await fc.assert(
      fc.asyncProperty(fc.array(size, { minLength: 1, maxLength: 8 }), uses, async (sizes, uses) => {
        const members = sizes.map((length, n) => ({ name: `${n}.pcap`, bytes: Buffer.alloc(length, n + 1) }))
        await pack(archive, members)
        const opened = await openArchive(at(archive))
        let turn = 0
        for await (const { name, begins } of opened.members()) {
          const share = uses[turn++ % Math.max(1, uses.length)]?.share ?? 0
          const bytes = members[turn - 1]?.bytes as Buffer
          expect(name).toBe(`${turn - 1}.pcap`)
          const asked = Math.floor(bytes.length * share)
          expect(bytes.subarray(0, asked).equals(await begins(asked))).toBe(true)
        }
        expect(turn).toBe(sizes.length)
        for (const { member, share, isClosed } of uses) {
          const { name, bytes } = members[member % members.length] as (typeof members)[number]
          const found = await opened.open(name)
          if (found === null) throw new Error(`${name} was not found`)
          expect(found.size).toBe(bytes.length)
          const asked = share === 1 ? bytes.length + 1 : Math.floor(bytes.length * share)
          const read = await firstBytes(found.source, asked)
          expect(bytes.subarray(0, asked).equals(read)).toBe(true)
          if (isClosed) await found.source.close()
        }
        await opened.close()
      }),
      { numRuns: 60 },
    )
  })
})

async function pack(archive: string, members: readonly { name: string; bytes: Buffer }[]): Promise<void> {
  if (archive.endsWith('.zip')) {
    writeFileSync(at(archive), zip([...members]))
    return
  }
  const entries = members.map(({ name, bytes }) => ({ header: { name, size: bytes.length }, body: bytes }))
  const tar = Buffer.from(await packTar(entries))
  writeFileSync(at(archive), archive.endsWith('.gz') ? gzipSync(tar) : tar)
}

describe('damaged archives', () => {
  it.each(['cut.tar.gz', 'cut.tar'])('%s gives what stands before the cut, and says where it ends', async archive => {
    const path = at(`${archive}/deep/a.pcapng`)
    const whole = await analyzeFile(path)
    expect(whole.error).toBeNull()
    expect(whole.diagnosis[0]?.rule).toBe('nla-required')
    const cut = await analyzeFile(at(`${archive}/b.pcapng`)).catch(error => ({ error, packets: 0 }))
    expect(cut.error).toMatchObject({ code: 'truncated', message: expect.stringContaining('cut off') })
  })

  it('of zip: a wrong checksum is told behind the packets', async () => {
    writeFileSync(at('crc.zip'), zip([{ name: 'a.pcapng', bytes: nla, claims: { crc: 1 } }]))
    const { packets, error } = await analyzeFile(at('crc.zip/a.pcapng'))
    expect(packets).toBeGreaterThan(5)
    expect(error).toMatchObject({ code: 'damaged', message: expect.stringContaining('checksum') })
  })

  it('of zip: members that share their bytes are a bomb', async () => {
    const bomb = Array.from({ length: 3 }, (_, n) => ({ name: `${n}.pcapng`, bytes: nla, alias: `${n}-again.pcapng` }))
    writeFileSync(at('overlap.zip'), zip(bomb))
    await expect(names('overlap.zip')).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringContaining('overlap'),
    })
  })

  it('what unpacks to far more than it is, is not unpacked', async () => {
    writeFileSync(at('bomb.zip'), zip([{ name: 'a.pcap', bytes: nla, claims: { size: 0xfffffff0 } }]))
    await expect(openCapture(at('bomb.zip/a.pcap'))).rejects.toMatchObject({ code: 'limit' })
    const zeros = Buffer.alloc((1 << 28) + (1 << 20))
    const tar = gzipSync(Buffer.from(await packTar([{ header: { name: 'a.pcap', size: zeros.length }, body: zeros }])))
    writeFileSync(at('bomb.tar.gz'), tar)
    const archive = await openArchive(at('bomb.tar.gz'))
    const walk = async () => {
      for await (const { name } of archive.members()) expect(name).toBe('a.pcap')
    }
    await expect(walk()).rejects.toMatchObject({ code: 'limit', message: expect.stringContaining('500 times') })
    await archive.close()
  })

  it('of zip: what is encrypted or packed in another way is said', async () => {
    writeFileSync(at('locked.zip'), zip([{ name: 'a.pcap', bytes: nla, claims: { flags: 1 } }]))
    await expect(openCapture(at('locked.zip/a.pcap'))).rejects.toMatchObject({ code: 'unsupported-format' })
    writeFileSync(at('lzma.zip'), zip([{ name: 'a.pcap', bytes: nla, claims: { method: 14 } }]))
    await expect(openCapture(at('lzma.zip/a.pcap'))).rejects.toMatchObject({
      message: expect.stringContaining('method 14'),
    })
  })

  it('never throw anything but our errors, wherever a byte is wrong', async () => {
    for (const archive of ['a.zip', 'a.tar', 'a.tar.gz']) {
      const whole = readFileSync(at(archive))
      for (let flip = 0; flip < whole.length; flip += Math.ceil(whole.length / 60)) {
        const broken = Buffer.from(whole)
        broken[flip] = (broken[flip] as number) ^ 0xff
        const path = at(`flipped-${archive}`)
        writeFileSync(path, broken)
        const error = await names(`flipped-${archive}`, false).catch(failure => failure)
        if (!Array.isArray(error)) expect(error).toMatchObject({ name: 'CaptureError' })
      }
    }
  })
})
