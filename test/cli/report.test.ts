import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { called, ROOT } from '../support/cli.ts'

const NLA = 'captures/nla-server-client-tls.pcapng'
const HEALTHY = 'captures/direct-tls13-login-ok.pcapng'
const GATEWAY = 'captures/gw-websocket-ntlm-ok.pcapng'
const folder = mkdtempSync(join(tmpdir(), 'rdpscope-report-'))
const at = (name: string) => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true }))

describe('report', () => {
  it('writes each document in the format of its suffix', async () => {
    const files = ['a.html', 'b.HTM', 'c.md', 'd.json', 'e.csv', 'f.txt'].map(at)
    const { status, stdout, stderr } = await called('report', NLA, ...files.flatMap(file => ['-o', file]))
    expect([status, stdout, stderr]).toEqual([1, '', ''])
    const [html, htm, md, json, csv, text] = files.map(file => readFileSync(file, 'utf8'))
    expect(html).toMatch(/^<!doctype html>/)
    expect(htm).toBe(html)
    expect(json).toBe((await called('scan', '-f', 'json', NLA)).stdout)
    expect(csv).toBe((await called('scan', '-f', 'csv', NLA)).stdout)
    expect(md).toContain('### confirmed error: nla-required')
    expect(text).toContain('CONFIRMED error: nla-required')
  })

  it('shows what a scan has not: messages, time line, and packets to unfold', async () => {
    const [reported, scanned] = [at('reported.html'), at('scanned.html')]
    await called('report', 'captures/net-pmtud-blackhole.pcapng', '-o', reported)
    await called('scan', 'captures/net-pmtud-blackhole.pcapng', '-f', `html=${scanned}`)
    const [whole, plain] = [readFileSync(reported, 'utf8'), readFileSync(scanned, 'utf8')]
    for (const sign of ['<details class="packet"', 'class="ladder"', 'class="time-line"', 'class="sequence"']) {
      expect(whole).toContain(sign)
      expect(plain).not.toContain(sign)
    }
    expect(whole).toMatch(/8 segments of the server, .* in all, 5 sent again/)
    expect(plain).toContain('Large packets vanish on the way while small ones pass')
  })

  it('gives the same bytes each time', async () => {
    const [first, second] = [at('first.html'), at('second.html')]
    await called('report', GATEWAY, NLA, '-o', first)
    await called('report', GATEWAY, NLA, '-o', second)
    expect(readFileSync(second, 'utf8')).toBe(readFileSync(first, 'utf8'))
  })

  it('shows no secret of the capture', async () => {
    const file = at('secrets.html')
    await called('report', GATEWAY, '-o', file)
    expect(readFileSync(file, 'utf8')).not.toMatch(/TRAFFIC_SECRET|CLIENT_RANDOM/)
  })

  it('tells what could be read of a truncated capture, and status 3', async () => {
    const [cut, page] = [at('cut.pcapng'), at('cut.html')]
    writeFileSync(cut, readFileSync(join(ROOT, HEALTHY)).subarray(0, -100))
    const { status, stderr } = await called('report', cut, '-o', page)
    expect(status).toBe(3)
    expect(stderr).toMatch(/cut\.pcapng: .*at offset \d+/)
    expect(readFileSync(page, 'utf8')).toMatch(/Read up to here:.*at offset \d+/)
  })

  it('holds the code that the dialog showed against the packets', async () => {
    const page = at('code.html')
    await called('report', '--error', '0x904', NLA, '-o', page)
    expect(readFileSync(page, 'utf8')).toMatch(/The code 0x904.*The packets contradict it\..*causes that people blame/s)
  })
})

describe('report --evidence', () => {
  it('writes the packets that prove it, and says how many, and that they do', async () => {
    const proof = at('proof.pcapng')
    const { status, stdout, stderr } = await called('report', NLA, '--evidence', proof)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/proof\.pcapng: \d of 10 packets; scanned again it gives the same findings\n$/)
    const again = JSON.parse((await called('scan', '-f', 'json', proof)).stdout)
    const before = JSON.parse((await called('scan', '-f', 'json', NLA)).stdout)
    expect(again.captures[0].diagnosis).toEqual(before.captures[0].diagnosis)
    expect(again.captures[0].packets).toBeLessThan(10)
  })

  it('writes nothing where nothing was found, and says so', async () => {
    const proof = at('nothing.pcapng')
    const { status, stderr } = await called('report', HEALTHY, '--evidence', proof)
    expect(status).toBe(0)
    expect(stderr).toMatch(/not written: nothing was found/)
    expect(existsSync(proof)).toBe(false)
  })
})

describe('wrong use of report', () => {
  it.each([
    [[NLA], /nothing to write: name a file with --output report\.html/],
    [[NLA, '-o', 'report'], /--output report: the suffix tells no format; use one of \.txt, \.json/],
    [[NLA, '-o', 'x.pdf'], /x\.pdf: the suffix tells no format/],
    [[NLA, '-o', NLA.replace('pcapng', 'pcapng/x.html')], /can not be written/],
    [[NLA, HEALTHY, '--evidence', 'x.pcapng'], /takes the packets of one capture; 2 were given/],
    [[NLA, '--evidence', NLA], /is one of the other files/],
    [[NLA, '--evidence', 'captures'], /is a folder/],
    [[NLA, '--evidence', '/no/such/folder/x.pcapng'], /can not be written: ENOENT/],
    [['captures/no-such-folder/'], /nothing to write/],
    [[NLA, '-o', 'x.html', '-o', './x.html'], /two reports can not go to the same file/],
  ])('%j', async (args, message) => {
    const { status, stdout, stderr } = await called('report', ...args)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})
