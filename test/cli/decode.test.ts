import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { called, ROOT, rdpscope } from '../support/cli.ts'

const TLS13 = 'captures/direct-tls13-login-ok.pcapng'
const PROXY = 'captures/proxy-squid-connect-407.pcapng'
const GATEWAY = 'captures/gw-websocket-ntlm-ok.pcapng'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rdpscope-decode-'))
  writeFileSync(join(folder, 'empty.pcap'), '')
  writeFileSync(join(folder, 'picture.png'), Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'))
  const whole = readFileSync(join(ROOT, TLS13))
  writeFileSync(join(folder, 'cut.pcapng'), whole.subarray(0, whole.length - 100))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function decoded(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await called('decode', ...args)
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return stdout
}

describe('decode', () => {
  it('writes one line a packet', async () => {
    const lines = (await decoded(TLS13)).trimEnd().split('\n')
    expect(lines).toHaveLength(104)
    expect(lines[0]).toMatch(
      /^ {4}1 {3}0\.000000 02:00:00:00:01:02 → ff:ff:ff:ff:ff:ff ARP +42 Who has 10\.0\.1\.1\? Tell 10\.0\.1\.2$/,
    )
    expect(lines[2]).toMatch(
      /10\.0\.1\.2 → 10\.0\.2\.2 +TCP +74 54480 → 3389 \[SYN\] Seq=0 Win=64240 Len=0 MSS=1460 SACK_PERM/,
    )
    expect(lines[5]).toMatch(/X\.224 111 Connect Request, mstshash=labuser, SSL$/)
    expect(lines[9]).toMatch(/TLS +384 Client Hello \(SNI=rdp\.lab\.test\)$/)
  })

  it('reads what is inside TLS where the capture holds the keys', async () => {
    const text = await decoded(GATEWAY)
    expect(text).toMatch(/HTTP +501 RDG_OUT_DATA \/remoteDesktopGateway\/ HTTP\/1\.1/)
    expect(text).toMatch(/X\.224 150 Connect Request, mstshash=.*SSL/)
    expect(text).toMatch(/^ {3}21 .*RDG +110 CHANNEL_RESPONSE$/m)
  })

  it('tells what RDP says inside TLS', async () => {
    const lines = (await decoded('-Y', 'rdp or t125', TLS13)).trimEnd().split('\n')
    expect(lines.find(line => line.startsWith('   24 '))).toMatch(/T\.125 103 channelJoinConfirm 1007$/)
    expect(lines.find(line => line.startsWith('   58 '))).toMatch(/RDP +128 Font map$/)
  })

  it('writes only the packets that match a filter', async () => {
    const text = await decoded('-Y', 'tls.handshake.type == 1 or http', TLS13)
    expect(text.trimEnd().split('\n')).toHaveLength(1)
    expect(await decoded('-Y', 'udp', TLS13)).toBe('')
  })

  it('writes only the packets that are asked for', async () => {
    const numbers = async (...args: string[]) =>
      (await decoded(...args, '-e', 'frame.number', TLS13)).trim().split('\n')
    expect(await numbers('--packet', '3,5-7')).toEqual(['3', '5', '6', '7'])
    expect(await numbers('--packet', '103-')).toEqual(['103', '104'])
    expect(await numbers('-c', '3')).toEqual(['1', '2', '3'])
  })

  it('writes fields as tshark does', async () => {
    const fields = ['frame.number', 'ip.src', 'tcp.flags', 'tcp.flags.syn', 'tls.handshake.ciphersuite', 'eth.dst']
    const chosen = fields.flatMap(name => ['-e', name])
    expect(await decoded('-T', 'fields', ...chosen, '--packet', '3', TLS13)).toBe(
      '3\t10.0.1.2\t0x0002\t1\t\t02:00:00:00:01:01\n',
    )
    const hello = ['-Y', 'tls.handshake.type == 1', '-e', 'frame.number', '-e', 'tls.handshake.ciphersuite']
    const styled = await decoded(
      ...hello,
      '-E',
      'header=y',
      '-E',
      'separator=;',
      '-E',
      'occurrence=l',
      '-E',
      'quote=d',
      TLS13,
    )
    expect(styled).toBe('frame.number;tls.handshake.ciphersuite\n"10";"0x00ff"\n')
    const joined = await decoded(...hello, '-E', 'aggregator=/s', TLS13)
    expect(joined).toMatch(/^10\t0x1302 0x1303 /)
  })

  it('writes JSON in the shape of tshark', async () => {
    const [packet] = JSON.parse(await decoded('-T', 'json', '--packet', '10', TLS13))
    const { layers } = packet._source
    expect(Object.keys(layers)).toEqual(expect.arrayContaining(['frame', 'eth', 'ip', 'tcp', 'tls']))
    expect(layers.tcp['tcp.flags']).toBe('0x0018')
    expect(layers.tcp['tcp.flags_tree']['tcp.flags.ack']).toBe('1')
    const chosen = JSON.parse(await decoded('-T', 'json', '-e', 'ip.addr', '--packet', '3-4', TLS13))
    expect(chosen.map((one: typeof packet) => one._source.layers)).toEqual([
      { 'ip.addr': ['10.0.1.2', '10.0.2.2'] },
      { 'ip.addr': ['10.0.2.2', '10.0.1.2'] },
    ])
    expect(JSON.parse(await decoded('-T', 'json', '-Y', 'udp', TLS13))).toEqual([])
  })

  it('writes trees with the names of fields', async () => {
    const text = await decoded('-T', 'tree', '--packet', '10', TLS13)
    expect(text).toMatch(/^Packet 10: 384 bytes, 0\.009488 s\n {2}Frame {2}frame\n/)
    expect(text).toMatch(/Handshake Type: Client Hello \(1\) {2}tls\.handshake\.type/)
    expect(text).toMatch(/\.\.1\. = Don't fragment: Set|\.1\.\. .*= Don't fragment: Set/)
  })

  it('writes bytes, also those that were decrypted', async () => {
    const text = await decoded('-x', '--packet', '10', GATEWAY)
    expect(text).toMatch(/^Frame \(501 bytes\):\n0000 {2}02 00/)
    expect(text).toMatch(/Decrypted .*\(\d+ bytes\):\n0000 {2}52 44 47 5f .*RDG_/)
    expect(await decoded('-x', '--packet', '3', TLS13)).toMatch(/^0000 {2}02 00 00 00 01 01 .*\n.*0040 {2}/s)
  })

  it('follows a stream, and hides what proves who the client is', async () => {
    const plain = await decoded('--stream', '0', PROXY)
    expect(plain).toMatch(
      /Follow: tcp\nFilter: tcp\.stream eq 0\nSide >: 10\.0\.1\.2:55062\nSide <: 10\.0\.1\.1:3128\n/,
    )
    expect(plain).toMatch(/^> CONNECT gw\.lab\.test:443 HTTP\/1\.1$/m)
    expect(plain).toMatch(/^< HTTP\/1\.1 407 Proxy Authentication Required$/m)
    const gateway = await decoded('--stream', '0', GATEWAY)
    expect(gateway).toMatch(/Follow: tcp, decrypted/)
    expect(gateway).toMatch(/^> Authorization: NTLM \(hidden\)$/m)
    expect(gateway).not.toMatch(/TlRMTVNTUAAD/)
  })

  it('lets nothing through that a terminal would obey', async () => {
    const texts = await Promise.all(
      [[], ['-T', 'tree'], ['-T', 'json'], ['-x'], ['--stream', '0']].map(args => decoded(...args, GATEWAY)),
    )
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    for (const text of texts) expect(text).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/)
  })

  it('tells what could be read of a damaged capture, and that it is damaged', async () => {
    const { status, stdout, stderr } = await called('decode', join(folder, 'cut.pcapng'))
    expect(stdout.trimEnd().split('\n').length).toBeGreaterThan(90)
    expect(stderr).toMatch(/cut\.pcapng: .* at offset \d+/)
    expect(status).toBe(3)
  })

  it('reads standard input, stops when nobody reads, and has no colours in a pipe', async () => {
    const input = readFileSync(join(ROOT, TLS13))
    const { status, stdout } = await rdpscope(['decode', '-', '-Y', 'tcp.flags.syn == 1'], { input })
    expect(status).toBe(0)
    expect(stdout.trimEnd().split('\n')).toHaveLength(2)
    expect(stdout).not.toContain('\x1b')
    const closed = await rdpscope(['decode', '-T', 'tree', TLS13], { closeEarly: true })
    expect(closed).toMatchObject({ status: 0, stderr: '' })
  })
})

describe('wrong use of decode is status 2', () => {
  it('points at the place in a filter', async () => {
    const { status, stdout, stderr } = await called('decode', '-Y', 'ip and tls.handshake.typ == 1', TLS13)
    expect(stderr).toBe(
      [
        'rdpscope: filter: no field tls.handshake.typ; did you mean tls.handshake.type?',
        '  ip and tls.handshake.typ == 1',
        '         ^^^^^^^^^^^^^^^^^',
        '',
      ].join('\n'),
    )
    expect(stdout).toBe('')
    expect(status).toBe(2)
  })

  it.each([
    ['an unknown field', ['-e', 'tcp.flagz', TLS13], /no field tcp\.flagz; did you mean tcp\.flags\?/],
    ['fields without a field', ['-T', 'fields', TLS13], /-T fields needs -e/],
    ['a field in a tree', ['-T', 'tree', '-e', 'ip.src', TLS13], /-e goes with -T fields or json/],
    ['an unknown format', ['-T', 'xml', TLS13], /'xml' is invalid/],
    ['an unknown field option', ['-e', 'ip.src', '-E', 'colour=y', TLS13], /-E colour=y: it must be one of/],
    ['a field option without fields', ['-E', 'header=y', TLS13], /-E goes with -T fields/],
    ['bytes of fields', ['-e', 'ip.src', '-x', TLS13], /-x goes with -T text or tree/],
    ['no packet numbers', ['--packet', '5-3', TLS13], /5-3: no packet numbers/],
    ['no number of packets', ['-c', 'many', TLS13], /must be a number from 1 on/],
    ['a stream that does not exist', ['--stream', '9', TLS13], /no TCP stream 9: this capture has TCP streams 0 to 0/],
    ['a UDP stream without UDP', ['--udp-stream', '0', TLS13], /this capture has no UDP/],
    ['a stream with a filter', ['--stream', '0', '-Y', 'ip', TLS13], /-Y does not go with it/],
    ['a missing file', [], /missing required argument 'file'/],
    ['keys that can not be read', ['--keylog', 'no-such-keys', TLS13], /no-such-keys: can not be read/],
  ])('%s', async (_name, args, says) => {
    const { status, stdout, stderr } = await called('decode', ...args)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(stderr).toMatch(says)
    expect(stdout).toBe('')
    expect(status).toBe(2)
  })
})

describe('input that can not be read is status 3', () => {
  it.each([
    ['a missing file', () => 'no-such-file.pcap', /no such file/],
    ['an empty file', () => join(folder, 'empty.pcap'), /empty/],
    ['a picture', () => join(folder, 'picture.png'), /not a capture/],
    ['a folder', () => folder, /is a directory/],
  ])('%s', async (_name, path, says) => {
    const { status, stdout, stderr } = await called('decode', path())
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(stderr).toMatch(says)
    expect(stdout).toBe('')
    expect(status).toBe(3)
  })
})
