import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { called, ROOT, rdpscope } from '../support/cli.ts'

const NLA = 'captures/nla-server-client-tls.pcapng'
const HEALTHY = 'captures/direct-tls13-login-ok.pcapng'
const LOSSY = 'captures/net-delay-jitter-loss5-dup-reorder.pcapng'
const bytesOf = (name: string) => readFileSync(join(ROOT, name))

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rdpscope-scan-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('scan', () => {
  it('tells the verdict first, as plain text where nobody is at a terminal', async () => {
    const { status, stdout, stderr } = await rdpscope([NLA])
    expect(stderr).toBe('')
    expect(stdout.split('\n')[3]).toBe('CONFIRMED error: nla-required')
    expect(stdout).not.toContain('\x1b')
    expect(status).toBe(1)
  })

  it('is silent about a healthy session', async () => {
    const { status, stdout } = await called('scan', HEALTHY)
    expect(stdout).toContain('nothing wrong found')
    expect(status).toBe(0)
  })

  it.each([
    ['error', 0],
    ['warning', 1],
    ['never', 0],
  ])('--fail-on %s of a warning is status %i, in every format', async (threshold, expected) => {
    for (const format of ['text', 'json']) {
      const { status } = await called('scan', LOSSY, '--format', format, '--fail-on', threshold)
      expect(status).toBe(expected)
    }
  })

  it('reads standard input as it reads the file', async () => {
    const piped = await rdpscope(['scan', '--format', 'json', '-'], { input: bytesOf(NLA) })
    const named = await called('scan', '--format', 'json', NLA)
    expect(piped.stdout.replace('"path": "-"', `"path": "${NLA}"`)).toBe(named.stdout)
    expect(piped.status).toBe(1)
  })

  it('finds captures in folders by name or first bytes, and by globs, each once, in order', async () => {
    mkdirSync(join(folder, 'deep'))
    writeFileSync(join(folder, 'b.pcapng'), bytesOf(NLA))
    writeFileSync(join(folder, 'deep', 'a.pcapng.gz'), gzipSync(bytesOf(NLA)))
    writeFileSync(join(folder, 'deep', 'ring.pcap7'), bytesOf(NLA))
    writeFileSync(join(folder, 'readme.txt'), 'not for us\n')
    const args = ['scan', '--format', 'json', folder, join(folder, '*.pcapng')]
    const { stdout } = await called(...args)
    const paths = JSON.parse(stdout).captures.map((capture: { path: string }) => capture.path)
    expect(paths).toEqual([
      join(folder, 'b.pcapng'),
      join(folder, 'deep', 'a.pcapng.gz'),
      join(folder, 'deep', 'ring.pcap7'),
    ])
  })

  it('holds the code that the dialog showed against the wire, by number or name', async () => {
    const { status, stdout } = await called('scan', '--error', '2308', '--extended', '0x7', NLA)
    expect(stdout).toMatch(
      /Your code 0x904, extended 0x7, against this capture.*CONTRADICTS it.*0xB09.*CONFIRMED error/s,
    )
    expect(status).toBe(1)
    const named = [
      '--error',
      'disconnectReasonAtClientWinsockFDCLOSE',
      '--extended',
      'ERRINFO_SERVER_DENIED_CONNECTION',
    ]
    expect((await called('scan', ...named, NLA)).stdout).toBe(stdout)
    const json = await called('scan', '--error', '0x904', '--format', 'json', NLA)
    expect(JSON.parse(json.stdout).captures[0].reportedCode).toMatchObject({ error: '0x904', agreement: 'contradicts' })
    expect(json.status).toBe(1)
  })

  it('writes the report to a file, the same bytes each time', async () => {
    const file = join(folder, 'report.json')
    const first = await called('scan', '--format', 'json', NLA, '--output', file)
    expect(first.stdout).toBe('')
    expect(first.status).toBe(1)
    const { stdout } = await called('scan', '--format', 'json', NLA)
    expect(readFileSync(file, 'utf8')).toBe(stdout)
  })

  it('tells what a truncated capture still held, where it ends, and status 3', async () => {
    const file = join(folder, 'cut.pcapng')
    const whole = bytesOf(HEALTHY)
    writeFileSync(file, whole.subarray(0, whole.length - 100))
    const { status, stdout, stderr } = await called('scan', '--format', 'json', file)
    const [capture] = JSON.parse(stdout).captures
    expect(capture.packets).toBeGreaterThan(50)
    expect(capture.error.message).toMatch(/at offset \d+/)
    expect(stderr).toMatch(/^rdpscope: .*cut\.pcapng: .*at offset \d+.*\n$/)
    expect(status).toBe(3)
  })

  it('ends without a word when the reader closes the pipe, with the right status', async () => {
    const { status, stderr } = await rdpscope(['scan', NLA, '--verbose'], { closeEarly: true })
    expect(stderr).toBe('')
    expect(status).toBe(1)
  })

  it('ends with one line when interrupted', async () => {
    const { status, stderr } = await rdpscope(['scan', NLA, '-', '--format', 'json'], {
      input: bytesOf(NLA).subarray(0, 500),
      signal: 'SIGINT',
    })
    expect(stderr).toBe('rdpscope: interrupted\n')
    expect(status).toBe(130)
  })

  it('wraps to the width that is asked for', async () => {
    const { stdout } = await called('scan', NLA, '--width', '60')
    const long = stdout.split('\n').filter(line => line.length > 60 && !line.includes('Wireshark'))
    // A word that is longer than the room stands alone: it is there to be copied.
    expect(long.filter(line => line.trim().includes(' '))).toEqual([])
    expect(stdout.split('\n').some(line => line.length > 50)).toBe(true)
  })
})

describe('the other commands', () => {
  it('print help without arguments', async () => {
    const { status, stdout, stderr } = await called()
    expect(stdout).toContain('Usage: rdpscope')
    expect(stdout).toContain('Exit status:')
    expect([status, stderr]).toEqual([0, ''])
    expect((await called('--help')).stdout).toBe(stdout)
    expect((await called('scan', '--help')).stdout).toContain('--fail-on')
  })

  it('print the version of package.json', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    expect(await rdpscope(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
    expect(await called('-V')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
  })

  it('explain what the dialog shows, and what it does not', async () => {
    const { status, stdout } = await called('explain', '0x904', '0x7')
    expect(stdout).toContain('It names no cause')
    expect(stdout).toContain('STATUS_VALID_CLIENT')
    expect(stdout).toContain('tls-handshake-refused')
    expect(status).toBe(0)
    expect((await called('explain', '--', '-1073741715')).stdout).toContain('STATUS_LOGON_FAILURE')
  })

  it('explain in which layers, with what is wrongly said, the rules that decide, and where to capture', async () => {
    const { stdout } = await called('explain', '0x80090302')
    expect(stdout).toMatch(/SEC_E_UNSUPPORTED_FUNCTION.*layer +CredSSP.*hearsay.*rules +nla-logon-failed/s)
    expect(stdout).toMatch(/Where to capture.*secrets-file.*rdpscope rules nla-logon-failed/s)
    const { stdout: blamed } = await called('explain', 'oracle', 'remediation')
    expect(blamed).toMatch(/What is blamed in such words:\n {2}- CredSSP encryption oracle remediation/)
  })

  it('explain what is known beside what is not, with the status of wrong use', async () => {
    const { status, stdout, stderr } = await called('explain', '0x904', '0xC0DE1234')
    expect(stdout).toContain('disconnectReasonAtClientWinsockFDCLOSE')
    expect(stderr).toMatch(/^rdpscope: no table knows 0xC0DE1234, an NTSTATUS.*\n$/)
    expect(status).toBe(2)
  })

  it.each([
    ['0x80991234', 'certutil'],
    ['0x80070123', 'net helpmsg 291'],
    ['0x3ffffff', 'text of the dialog'],
    ['987654', '987654 and 0xF1206'],
    ['no such words here', 'fewer words'],
  ])('say how to look further for %s', async (code, says) => {
    const { status, stderr } = await called('explain', code)
    expect(stderr).toContain(says)
    expect(status).toBe(2)
  })

  it('list the rules, and one in full', async () => {
    expect((await called('rules')).stdout).toMatch(/^nla-required +error/m)
    const { stdout } = await called('rules', 'nla-required')
    for (const label of ['Looks at', 'Confirms', 'Rules out', 'Can not see', 'Settled by', 'Remedy', 'Wireshark'])
      expect(stdout).toContain(`\n  ${label} `)
    expect(stdout).toMatch(/Blamed as +- The server requires NLA\. It is said in clear/)
    for (const program of ['dumpcap', 'tcpdump', 'netsh trace', 'pktmon'])
      expect(stdout).toMatch(new RegExp(`\n {7}${program} (-i|start)`))
  })
})
