import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { called, rdpscope } from '../support/cli.ts'

let folder = ''
const at = (name: string) => join(folder, name)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rdpscope-cli-'))
  writeFileSync(at('empty.pcap'), '')
  writeFileSync(at('notes.txt'), 'just some words\n')
  writeFileSync(at('picture.png'), Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'))
  mkdirSync(at('hollow'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** One line on standard error, and no trace of a stack. */
function oneLine(stderr: string): string {
  expect(stderr.endsWith('\n')).toBe(true)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  expect(stderr).not.toMatch(/\n\s+at |node:internal/)
  return stderr
}

describe('wrong use is one line and status 2', () => {
  it.each([
    ['an unknown option', ['--nope'], /unknown option '--nope'/],
    ['an unknown option of a command', ['scan', '--nope', 'captures'], /unknown option '--nope'/],
    ['a missing path', ['scan'], /missing argument 'path': name captures/],
    ['a format that does not exist', ['scan', '--format', 'xml', 'captures'], /'xml' is invalid.*text, json/],
    [
      'two reports for the same place',
      ['scan', '-f', 'json', '-f', 'text', 'captures'],
      /json and text: only one report can go to the same place/,
    ],
    [
      'two reports for the same file',
      ['scan', '-f', 'json=out.json', '-f', 'jsonl=./out.json', 'captures'],
      /two reports can not go to the same file/,
    ],
    ['a file for a report that is not there', ['scan', '-f', 'json=a.json', '-o', 'b', 'captures'], /names its file/],
    ['a format without its file', ['scan', '-f', 'json=', 'captures'], /a file must follow/],
    ['a report into a folder', ['scan', '-f', 'json=src', 'captures'], /is a folder/],
    ['a threshold that does not exist', ['scan', '--fail-on', 'fatal', 'captures'], /'fatal' is invalid/],
    ['a width that is none', ['scan', '--width', 'wide', 'captures'], /must be 40 to 1000/],
    ['an option without its value', ['scan', 'captures', '--output'], /argument missing/],
    [
      'an output that is an input',
      ['scan', 'captures/nla-server-client-tls.pcapng', '-o', './captures/nla-server-client-tls.pcapng'],
      /is one of the captures/,
    ],
    ['a key log that is not there', ['scan', 'captures', '--keylog', 'nowhere.keys'], /nowhere\.keys: can not be read/],
    [
      'an RSA key that is none',
      ['scan', 'captures', '--rsa-key', 'package.json'],
      /package\.json: is no RSA private key/,
    ],
    ['an extended code alone', ['scan', 'captures', '--extended', '7'], /give the first with --error/],
    ['a code that is none', ['scan', 'captures', '--error', 'zzz'], /zzz: is neither a number nor a name/],
    ['standard input twice', ['scan', '-', '-'], /only once/],
    ['a glob that matches nothing', ['scan', 'captures/*.nothing'], /no file matches/],
    ['a missing code', ['explain'], /missing required argument 'code'/],
    ['a code that no table knows', ['explain', 'qqqqq'], /no table knows qqqqq/],
    ['a rule that does not exist', ['rules', 'tls-certificate'], /did you mean .*tls-certificate-expired/],
    ['too many arguments', ['rules', 'packet-loss', 'slow-path'], /too many arguments/],
  ])('%s', async (_name, args, says) => {
    const { status, stdout, stderr } = await called(...args)
    expect(oneLine(stderr)).toMatch(says)
    expect(status).toBe(2)
    expect(stdout).toBe('')
  })

  it('a folder without captures', async () => {
    const { status, stderr } = await called('scan', at('hollow'))
    expect(oneLine(stderr)).toMatch(/no captures in this folder/)
    expect(status).toBe(2)
  })

  it.each([['no-such-folder/report.json'], ['hollow']])('an output that can not be written: %s', async name => {
    const { status, stderr } = await called('scan', 'captures/nla-server-client-tls.pcapng', '-o', at(name))
    expect(oneLine(stderr)).toMatch(/can not be written|is a folder/)
    expect(status).toBe(2)
  })
})

describe('input that can not be read is one line and status 3', () => {
  it.each([
    ['no-such-file.pcap', /no such file/],
    ['empty.pcap', /empty/],
    ['notes.txt', /not a capture/],
    ['picture.png', /not a capture/],
  ])('%s', async (name, says) => {
    const { status, stderr } = await called('scan', at(name))
    expect(oneLine(stderr)).toMatch(says)
    expect(status).toBe(3)
  })

  it('empty standard input', async () => {
    const { status, stderr } = await rdpscope(['scan', '-'])
    expect(oneLine(stderr)).toMatch(/empty/)
    expect(status).toBe(3)
  })

  it('and the other captures are still reported', async () => {
    const args = ['scan', '--format', 'json', at('notes.txt'), 'captures/nla-server-client-tls.pcapng']
    const { status, stdout, stderr } = await called(...args)
    oneLine(stderr)
    expect(status).toBe(3)
    const [text, capture] = JSON.parse(stdout).captures
    expect(text.error.code).toBe('not-a-capture')
    expect(capture.diagnosis[0].rule).toBe('nla-required')
  })
})
