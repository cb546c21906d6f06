/** Each view by its keys, in a terminal of the least size that people have and in a large one. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BuiltProgram, builtProgram, isTmuxInstalled, Tmux } from '../support/tmux.ts'

const DPI = 'captures/net-dpi-rst-clienthello.pcapng'
const GATEWAY = 'captures/gw-websocket-ntlm-ok.pcapng'
const BLACK_HOLE = 'captures/net-pmtud-blackhole.pcapng'

/** Of the dark theme, in the palette of 256. */
const COLOURS = {
  bad: 203,
  good: 114,
  doubtful: 221,
  client: 117,
  server: 180,
  badRow: 52,
  chosenGround: 24,
  litBytes: 221,
  error: 124,
  tls: 141,
}

if (!isTmuxInstalled()) console.warn('tmux is not installed: the tests in a real terminal are skipped')

describe.skipIf(!isTmuxInstalled()).each([
  { columns: 80, rows: 24 },
  { columns: 200, rows: 50 },
])('at $columns x $rows', size => {
  const folder = mkdtempSync(join(tmpdir(), 'rdpscope-views-'))
  let program: BuiltProgram
  let tmux: Tmux

  beforeAll(async () => {
    program = await builtProgram()
  })
  afterAll(() => {
    program.remove()
    rmSync(folder, { recursive: true })
  })

  const inTerminal = (capture: string, story: () => Promise<void>) => async () => {
    tmux = new Tmux(size)
    try {
      await tmux.starts(program, capture)
      await tmux.shows('What happened')
      await story()
    } finally {
      tmux.close()
    }
  }

  it(
    'goes from the finding to the byte and back',
    inTerminal(DPI, async () => {
      await tmux.shows('LIKELY error: middlebox-reset', 'packet 11: A reset in the name of the server')
      expect(tmux.styled('LIKELY error')[0]).toMatchObject({ foreground: COLOURS.doubtful })
      expect(tmux.styled('middlebox-reset (likely)')[0]).toMatchObject({
        foreground: COLOURS.bad,
        background: COLOURS.chosenGround,
      })
      tmux.keys('Enter')
      await tmux.shows('Messages', 'ClientHello for rdp.lab.test', /✗─ TCP RST \(TTL 64\)/)
      expect(tmux.styled('TCP RST')[0]).toMatchObject({ foreground: COLOURS.bad })
      expect(tmux.styled('TCP SYN+ACK')[0]).toMatchObject({ foreground: COLOURS.good })
      // To the first piece of evidence, and on to its packet.
      tmux.keys('Enter')
      await tmux.until(() => tmux.styled('packet 10:')[0]?.background === COLOURS.chosenGround, 'the chosen evidence')
      tmux.keys('Enter')
      await tmux.shows('11 packets', /^ 10 .*Client Hello/m, '▸ Transmission Control Protocol')
      expect(tmux.styled('10   0.010460')[0]).toMatchObject({
        foreground: COLOURS.tls,
        background: COLOURS.chosenGround,
      })
      // Through the fields to the bytes: what is chosen is lit.
      tmux.keys('Enter', 'End', 'Enter')
      await tmux.shows('▾ TLS Handshake Protocol', 'Handshake Type: Client Hello (1)')
      tmux.keys('Down')
      const lit = () => tmux.cells.flat().filter(({ background }) => background === COLOURS.litBytes)
      await tmux.until(
        () =>
          lit()
            .map(({ char }) => char)
            .join('') === '01.',
        'the byte of the handshake type',
      )
      tmux.keys('Escape')
      await tmux.shows('Messages', 'packet 10: The packet that it answers.')
      expect(tmux.styled('packet 10:')[0]).toMatchObject({ background: COLOURS.chosenGround })
      tmux.keys('Escape')
      await tmux.shows('What happened')
    }),
  )

  it(
    'opens each view by its key, with the help for it',
    inTerminal(BLACK_HOLE, async () => {
      const opens = async (key: string, ...what: readonly (string | RegExp)[]) => {
        tmux.keys(key)
        return tmux.shows(...what)
      }
      await opens('F3', / packets\s*$/m, 'Destination', 'Fields', 'Bytes')
      await opens('?', 'Help', 'In this view (Packets)')
      await opens('Escape', 'Destination')
      tmux.keys(':', '3', 'Enter')
      await opens('f', 'tcp.stream == 0', 'TCP payload')
      await opens('Tab', '00000000  ')
      await opens('v', 'Graph of tcp.stream 0', 'bars: data', '▲')
      // What was sent again is red, as the legend says, and is told of where the mark stands on it.
      const dots = tmux.cells.flat().filter(({ char }) => char >= '\u2801' && char <= '\u28ff')
      const inks = new Set(dots.map(({ foreground }) => foreground))
      expect([...inks]).toEqual(expect.arrayContaining([COLOURS.bad, COLOURS.good, COLOURS.server]))
      tmux.keys(...new Array(13).fill('Down'))
      await tmux.shows('packet 16 at 0.656273 s: server, 1448 bytes from 20 on, sent again')
      expect(tmux.styled('packet 16 at')[0]).toMatchObject({ foreground: COLOURS.bad })
      await opens('Tab', 'each dot: data to the acknowledgement')
      await opens('Escape', 'TCP payload')
      await opens('F4', 'Statistics', 'Conversations', 'Lasts')
      expect(tmux.styled(' Conversations ')[1]).toMatchObject({ isBold: true })
      // A conversation leads to its packets.
      await opens('Enter', 'Filter: tcp.stream == 0', /\d+ of \d+ packets\s*$/m)
      await opens('\\', 'Filter: none')
      await opens('F4', 'Lasts')
      await opens('Tab', 'Address', '10.0.2.2')
      await opens('Tab', 'Protocol', /tls +\d/)
      await opens('Tab', 'What it means')
      await opens('F8', 'What is to be saved?', 'attempt 1: its packets')
      // Explained is what is chosen, or what one types: here a code.
      await opens('F7', 'Code or rule:')
      tmux.types('0x904')
      await opens('Enter', 'Explain 0x904')
      await opens('F2', 'What happened', 'path-mtu-black-hole')
      await opens('F7', 'Explain path-mtu-black-hole', 'Looks at', 'Confirms', 'Rules out')
      await opens('Escape', 'What happened')
      // The same key again does nothing; Esc at home does nothing either.
      tmux.keys('F2', 'Escape')
      await tmux.shows('What happened')
      tmux.keys('q')
      await tmux.shows(/shell\$\s*$/)
    }),
  )

  it(
    'filters: what is wrong is shown at its place, mended, completed and taken back',
    inTerminal(DPI, async () => {
      tmux.keys('F3')
      await tmux.shows('11 packets')
      tmux.keys('/')
      await tmux.shows('Filter:', 'Esc Leave')
      tmux.types('tcp.flags.reset = 1 and')
      tmux.keys('Enter')
      await tmux.until(
        () => tmux.cells.flat().some(({ background }) => background === COLOURS.error),
        'the mark of the error',
      )
      const text = await tmux.shows('Filter: tcp.flags.reset = 1 and')
      const line = text.split('\n').findIndex(one => one.includes('Filter: tcp.flags'))
      const marked = (tmux.cells[line] ?? []).flatMap(({ background }, at) =>
        background === COLOURS.error ? [at] : [],
      )
      expect(marked).toHaveLength(1)
      const at = text.split('\n')[line]?.indexOf('tcp.flags') ?? 0
      expect([at + 'tcp.flags.reset '.length, at + 'tcp.flags.reset = 1 and'.length]).toContain(marked[0])
      // All away, and once more with the help of Tab.
      tmux.keys('C-u', 'C-k')
      tmux.types('tcp.flags.res')
      await tmux.shows(/^ tcp\.flags\.reset( |$)/m)
      tmux.keys('Tab')
      await tmux.shows(/Filter: tcp\.flags\.res(et)?/)
      tmux.types(tmux.text.includes('Filter: tcp.flags.reset') ? ' == 1' : 'et == 1')
      await tmux.until(
        () => tmux.styled('tcp.flags.reset == 1')[0]?.foreground === COLOURS.good,
        'a filter that is right',
      )
      tmux.keys('Enter')
      await tmux.shows('1 of 11 packets', 'Filter: tcp.flags.reset == 1', /^ 11 .*\[RST\]/m)
      expect(tmux.styled('[RST]')[0]).toMatchObject({ foreground: COLOURS.bad })
      tmux.keys('\\')
      await tmux.shows(/ 11 packets\s*$/m, 'Filter: none')
      // Up recalls it.
      tmux.keys('/', 'Up')
      await tmux.shows('Filter: tcp.flags.reset == 1', 'Tab Complete')
      tmux.keys('Escape')
      await tmux.shows('Filter: none')
    }),
  )

  it(
    'finds text, bytes and filters forwards and back, goes to packets, and marks them',
    inTerminal(DPI, async () => {
      const chosen = () => {
        const row = tmux.cells.find((cells, line) => line > 2 && cells[4]?.background === COLOURS.chosenGround)
        return Number(
          row
            ?.map(({ char }) => char)
            .join('')
            .slice(1, 5),
        )
      }
      const stands = (packet: number) =>
        tmux.until(() => chosen() === packet, `packet ${packet} chosen, not ${chosen()}`)
      const finds = async (text: string, packet: number) => {
        tmux.keys('F')
        await tmux.shows('Find:')
        tmux.keys('C-u')
        tmux.types(text)
        tmux.keys('Enter')
        await stands(packet)
      }
      tmux.keys('F3')
      await tmux.shows('11 packets')
      await stands(1)
      await finds('[syn', 3)
      tmux.keys('n')
      await stands(4)
      tmux.keys('n')
      await tmux.shows('not found behind this packet')
      tmux.keys('N')
      await stands(3)
      tmux.keys('F', 'C-u')
      tmux.types('hex:16 0')
      tmux.keys('Enter')
      await tmux.shows('pairs of hex digits are wanted')
      tmux.keys('Escape')
      await finds('hex:16 03 01', 10)
      tmux.keys('Home')
      await finds('filter:cotp', 6)
      tmux.keys('n')
      await stands(8)
      tmux.keys(':')
      await tmux.shows('Go to packet:')
      tmux.types('99')
      tmux.keys('Enter')
      await tmux.shows('there is no packet 99')
      tmux.keys(':')
      await tmux.shows('Go to packet:')
      tmux.types('4')
      tmux.keys('Enter')
      await stands(4)
      // Marks go down one line, so that several can be set in a row.
      tmux.keys('m', 'm')
      await tmux.shows(/^●4 /m, /^●5 /m)
      tmux.keys('Home', "'")
      await stands(4)
      tmux.keys("'")
      await stands(5)
      tmux.keys('m')
      await tmux.until(text => !/^●5/m.test(text), 'the mark gone')
      // The next packet of the same stream, and the one before.
      tmux.keys('Home')
      await stands(1)
      tmux.keys('.')
      await tmux.shows('no further packet of this stream')
      tmux.keys(':')
      tmux.types('5')
      tmux.keys('Enter')
      await stands(5)
      tmux.keys('.')
      await stands(6)
      tmux.keys(',', ',')
      await stands(4)
      tmux.keys('t')
      await tmux.shows(/No\. +Delta/)
      tmux.keys('t')
      await tmux.shows(/No\. +Time of day/, '00:21:23.1677')
    }),
  )

  it(
    'follows a stream down to what was decrypted, both sides in their colours',
    inTerminal(GATEWAY, async () => {
      tmux.keys('F3')
      await tmux.shows('101 packets')
      tmux.keys('f')
      await tmux.shows(
        'RDG_OUT_DATA /remoteDesktopGateway/ HTTP/1.1',
        'HTTP/1.1 401 Unauthorized',
        'Authorization: NTLM (hidden)',
      )
      expect(tmux.styled('RDG-Connection-Id')[0]).toMatchObject({ foreground: COLOURS.client })
      expect(tmux.styled('Server: Microsoft-HTTPAPI')[0]).toMatchObject({ foreground: COLOURS.server })
      expect(tmux.styled(' tls > http1 ')[1]).toMatchObject({ isBold: true })
      tmux.keys('Tab')
      await tmux.shows('00000000  52 44 47 5f 4f 55 54')
      tmux.keys(']', ']', ']')
      await tmux.until(text => !text.includes('00000000  52 44 47'), 'another layer')
      tmux.keys('Enter')
      await tmux.shows('101 packets', 'Decrypted')
      tmux.keys('Escape')
      await tmux.shows('tcp.stream == 0')
    }),
  )

  it(
    'saves an attempt, and opens what it saved',
    inTerminal(DPI, async () => {
      const path = join(folder, `saved-${size.columns}.pcapng`)
      tmux.keys('F8')
      await tmux.shows('attempt 1: its packets', '9 packets')
      tmux.keys('Enter')
      await tmux.shows('File: net-dpi-rst-clienthello-attempt1.pcapng')
      tmux.keys('C-u')
      tmux.types(path)
      tmux.keys('Enter')
      await tmux.shows('9 packets saved to', 'What happened')
      tmux.keys('F8', 'Enter', 'C-u')
      tmux.types(path)
      await tmux.shows('there is such a file already')
      tmux.keys('Escape', 'Escape', 'q')
      await tmux.shows(/shell\$\s*$/)
      tmux.keys('clear', 'Enter')
      await tmux.starts(program, path)
      await tmux.shows('middlebox-reset (likely)', 'packet 9: A reset in the name of the server')
      // What its findings rest on is said in the packets themselves.
      tmux.keys('F3')
      await tmux.shows(/ 9 packets\s*$/m)
    }),
  )

  it(
    'scrolls what does not fit, and gives panes more room',
    inTerminal(GATEWAY, async () => {
      tmux.keys('Enter')
      await tmux.shows('Messages', 'TCP SYN to port 443')
      const border = () =>
        size.columns < 120
          ? tmux.lines.findIndex(line => line.includes(' Verdicts '))
          : (tmux.lines[1]?.indexOf(' Verdicts ') ?? -1)
      const before = border()
      tmux.keys('Tab')
      await tmux.until(() => tmux.styled('Messages')[0]?.foreground === COLOURS.client, 'the focus at the messages')
      tmux.keys('>')
      await tmux.until(() => border() > before, 'a larger pane')
      tmux.keys('<', '<')
      await tmux.until(() => border() < before, 'a smaller pane')
      tmux.keys('End')
      await tmux.shows('session active')
      tmux.keys('F3', 'Right')
      await tmux.shows(/^ 1 .* \d+ \[SYN\]|^ 1 .*443 \[SYN\]/m)
    }),
  )
})
