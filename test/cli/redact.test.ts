import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { openBytes } from '../capture/build.ts'
import { called, ROOT, rdpscope } from '../support/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'rdpscope-redact-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))
const PLAIN = join(ROOT, 'captures/direct-cert-expired.pcapng')
const KEYED = join(ROOT, 'captures/gw-websocket-ntlm-ok.pcapng')
const key = join(folder, 'site.key')
const out = join(folder, 'out.pcapng')
writeFileSync(key, 'thirty-two bytes of a test key..')
const validate = new Ajv2020().compile(JSON.parse(readFileSync(join(ROOT, 'schemas/redaction-1.schema.json'), 'utf8')))

beforeEach(() => rmSync(out, { force: true }))

describe('redact', () => {
  it('writes a capture without names, and says on standard error what it removed', async () => {
    const { status, stdout, stderr } = await called('redact', '--key-file', key, PLAIN, out)
    expect(status).toBe(0)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^rdpscope: .*out\.pcapng: \d+ packets written$/m)
    expect(stderr).toMatch(/^ {2}removed {3}addresses: \d+ places$/m)
    expect(stderr).toMatch(/^ {2}names {5}\d+ words? replaced, by the key given$/m)
    expect(stderr).toMatch(/^ {2}verdicts {2}the same as before: \d+ verdicts of 1 attempt$/m)
    const redacted = readFileSync(out)
    for (const name of ['lab.test', 'labuser', 'dumpcap', 'Dumpcap', 'veth'])
      expect(redacted.includes(name)).toBe(false)
  })

  it('tells programs the same, by its schema', async () => {
    const { status, stdout, stderr } = await called('redact', '--format', 'json', KEYED, out)
    expect(stderr).toBe('')
    expect(status).toBe(0)
    const told = JSON.parse(stdout)
    expect(validate(told), JSON.stringify(validate.errors)).toBe(true)
    expect(told).toMatchObject({ key: 'random', damage: null, output: out })
    expect(told.removed['TLS secrets']).toBe(1)
    expect(told.verdicts.changes.length).toBeGreaterThan(0)
    expect(new Set(told.verdicts.changes.map(({ cause }: { cause: string }) => cause))).toEqual(new Set(['keys']))
  })

  it('says which verdicts rest on keys that are left out', async () => {
    const { status, stderr } = await called('redact', KEYED, out)
    expect(status).toBe(0)
    expect(stderr).toMatch(
      /^ {2}verdicts {2}\d+ of \d+ verdicts of 1 attempt rest on the TLS keys of the capture, which are left out:$/m,
    )
    expect(stderr).toMatch(/^ {12}attempt 1, gateway-auth-failed: ruled-out, now not-visible$/m)
    expect(stderr).toMatch(/^ {2}verdicts {2}all others are the same, as without the keys before$/m)
  })

  it('the same key gives the same bytes, another run without one others', async () => {
    const redacted = async (...options: string[]): Promise<Buffer> => {
      rmSync(out, { force: true })
      await called('redact', '--no-check', ...options, PLAIN, out)
      return readFileSync(out)
    }
    const one = await redacted('--key-file', key)
    expect((await redacted('--key-file', key)).equals(one)).toBe(true)
    expect((await redacted()).equals(await redacted())).toBe(false)
  })

  it('does not compare where it need not', async () => {
    const { stderr } = await called('redact', '--no-check', PLAIN, out)
    expect(stderr).toMatch(/^ {2}verdicts {2}not compared$/m)
  })

  it('reads compressed captures too, and gives the same', async () => {
    const packed = join(folder, 'packed.pcapng.gz')
    writeFileSync(packed, gzipSync(readFileSync(PLAIN)))
    expect((await called('redact', '--key-file', key, packed, out)).status).toBe(0)
    const fromPacked = readFileSync(out)
    rmSync(out)
    await called('redact', '--key-file', key, PLAIN, out)
    expect(readFileSync(out).equals(fromPacked)).toBe(true)
  })

  it('of a damaged capture writes what can be read, and says so', async () => {
    const cut = join(folder, 'cut.pcapng')
    const whole = readFileSync(PLAIN)
    writeFileSync(cut, whole.subarray(0, whole.length - 700))
    const { status, stderr } = await called('redact', cut, out)
    expect(status).toBe(3)
    expect(stderr).toMatch(/all before it is redacted$/m)
    const capture = await openBytes(readFileSync(out))
    do while (capture.next());
    while (await capture.fill())
    expect(capture.packets).toBeGreaterThan(3)
    expect(capture.error).toBeNull()
  })

  it('goes on where nobody reads the messages', async () => {
    const { status } = await rdpscope(['redact', '--format', 'json', PLAIN, out], { closeEarly: true })
    expect(status).toBe(0)
    expect(existsSync(out)).toBe(true)
  })
})

describe('redact, called wrongly', () => {
  const png = join(folder, 'picture.png')
  writeFileSync(png, Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'))
  const copy = join(folder, 'copy.pcapng')
  writeFileSync(copy, readFileSync(PLAIN))
  symlinkSync(copy, join(folder, 'link.pcapng'))
  mkdirSync(join(folder, 'sub'))
  writeFileSync(join(folder, 'short.key'), 'short')

  it.each<[string, string[], number, RegExp]>([
    ['nothing', [], 2, /missing required argument 'in'/],
    ['an unknown option', ['--fast', PLAIN, out], 2, /unknown option '--fast'/],
    ['a format that is none', ['--format', 'xml', PLAIN, out], 2, /Allowed choices are text, json/],
    ['standard input', ['-', out], 2, /read twice/],
    ['standard output', [PLAIN, '-'], 2, /goes to a file/],
    ['a folder', [join(folder, 'sub'), out], 2, /is a folder: give one capture/],
    ['a folder to write to', [PLAIN, join(folder, 'sub')], 2, /is a folder: name the file to write/],
    ['the capture itself', [copy, copy], 2, /is the capture itself/],
    ['the capture by another name', [copy, join(folder, 'link.pcapng')], 2, /is the capture itself/],
    ['a file that is there', [PLAIN, png], 2, /exists already/],
    ['a folder that is not there', [PLAIN, join(folder, 'nowhere', 'out.pcapng')], 2, /can not be written/],
    ['no capture', [join(folder, 'nothing.pcapng'), out], 3, /nothing\.pcapng/],
    ['a picture', [png, out], 3, /picture\.png: .*PNG/i],
    ['a key that is not there', ['--key-file', join(folder, 'no.key'), PLAIN, out], 2, /--key-file .*can not be read/],
    [
      'a key that is too short',
      ['--key-file', join(folder, 'short.key'), PLAIN, out],
      2,
      /5 bytes, but 16 are the least/,
    ],
  ])('%s: one line, and no file', async (_what, args, wanted, says) => {
    const before = readFileSync(copy)
    const { status, stdout, stderr } = await called('redact', ...args)
    expect(stderr).toMatch(says)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(stdout).toBe('')
    expect(status).toBe(wanted)
    expect(readdirSync(folder)).not.toContain('out.pcapng')
    expect(readFileSync(copy).equals(before)).toBe(true)
  })
})
