/** How the program treats the terminal that it was lent: whatever its kind and its size, and however it is left. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { HOSTILE_TEXTS, isHarmlessCell } from '../support/hostile.ts'
import { hostileCapture } from '../support/hostile-capture.ts'
import { type BuiltProgram, builtProgram, isTmuxInstalled, Tmux, type TmuxOptions } from '../support/tmux.ts'

const DPI = 'captures/net-dpi-rst-clienthello.pcapng'
const ESCAPE = String.fromCharCode(27)
const SHELL = /shell\$\s*$/

describe.skipIf(!isTmuxInstalled())('the terminal', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rdpscope-manners-'))
  let program: BuiltProgram
  let tmux: Tmux

  beforeAll(async () => {
    program = await builtProgram()
  })
  afterEach(() => tmux.close())
  afterAll(() => {
    program.remove()
    rmSync(folder, { recursive: true })
  })

  /** A shell with something on its screen, and the program above it. */
  async function opened(options: TmuxOptions = {}, args = DPI): Promise<void> {
    tmux = new Tmux(options)
    await tmux.shows(SHELL)
    tmux.types('echo before; trap : TERM')
    tmux.keys('Enter')
    await tmux.shows(/^before$/m)
    await tmux.starts(program, args)
    await tmux.shows('What happened')
  }

  /** The shell's own screen, with what was on it; its cursor, its echo; and what the program ended with. */
  async function isGivenBack(status: number): Promise<void> {
    await tmux.shows(SHELL, /^before$/m)
    const { showsCursor, isAlternate, wantsMouse } = tmux.state
    expect({ showsCursor, isAlternate, wantsMouse }).toEqual({
      showsCursor: true,
      isAlternate: false,
      wantsMouse: false,
    })
    expect(tmux.text).not.toContain('What happened')
    // What is typed is seen, and the terminal's settings are those of a shell.
    tmux.types('echo status $?; stty -a')
    await tmux.shows('echo status $?; stty -a')
    tmux.keys('Enter')
    await tmux.shows(new RegExp(`^status ${status}$`, 'm'), /(^| )icanon /m, /(^| )echo /m, /(^| )isig /m)
  }

  const processId = () => {
    const ids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
    return ids.find(id => {
      try {
        return readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(program.main)
      } catch {
        return false
      }
    })
  }

  it('gets back its screen, cursor and echo with q, and with Ctrl-C', async () => {
    await opened()
    expect(tmux.state).toMatchObject({ showsCursor: false, isAlternate: true, wantsMouse: true })
    tmux.keys('F3', '/')
    await tmux.shows('Filter:')
    expect(tmux.state.showsCursor).toBe(true)
    tmux.keys('Escape', 'q')
    await isGivenBack(0)
    tmux.keys('clear', 'Enter')
    tmux.types('echo before')
    tmux.keys('Enter')
    await tmux.starts(program, DPI)
    await tmux.shows('What happened')
    tmux.keys('C-c')
    await isGivenBack(0)
  })

  it.skipIf(!existsSync('/proc/self'))(
    'gets them back when the program is ended from outside, and no copy of a compressed capture is left',
    async () => {
      const spool = mkdtempSync(join(folder, 'tmp-'))
      const zipped = join(folder, 'zipped.pcapng.gz')
      writeFileSync(zipped, gzipSync(readFileSync(DPI)))
      for (const [signal, status] of [
        ['TERM', 143],
        ['INT', 130],
      ] as const) {
        await opened({ env: { TMPDIR: spool } }, zipped)
        process.kill(Number(processId()), `SIG${signal}`)
        await isGivenBack(status)
        expect(readdirSync(spool)).toEqual([])
        tmux.close()
      }
    },
  )

  it('is not touched for a file that can not be read, nor by a damaged one that can in part', async () => {
    const bad = join(folder, 'bad.pcapng')
    writeFileSync(bad, 'this is no capture')
    tmux = new Tmux()
    for (const name of [bad, join(folder, 'none.pcapng')]) {
      tmux.keys('clear', 'Enter')
      await tmux.starts(program, name)
      await tmux.shows(/^rdpscope: .*(bad|none)\.pcapng/m, SHELL)
      expect(tmux.state.isAlternate).toBe(false)
      tmux.types('echo status $?')
      tmux.keys('Enter')
      await tmux.shows(/^status 3$/m)
    }
    const cut = join(folder, 'cut.pcapng')
    writeFileSync(cut, readFileSync(DPI).subarray(0, 1200))
    tmux.keys('clear', 'Enter')
    await tmux.starts(program, cut)
    await tmux.shows('What happened', /cut\.pcapng: damaged: /, 'The capture is damaged: the file ends in a block')
    tmux.keys('q')
    await tmux.shows(SHELL)
  })

  it('sends keys faster than they are read: none is taken for another', async () => {
    await opened()
    tmux.keys('F3')
    await tmux.shows('11 packets')
    tmux.types(`${ESCAPE}?`)
    await tmux.shows('In this view')
    tmux.types(`${ESCAPE}${ESCAPE}[15~`)
    await tmux.shows('What happened')
    tmux.types(`${ESCAPE}${ESCAPE}q`)
    await isGivenBack(0)
  })

  it('is the shell’s while the program sleeps (Ctrl-Z), and the program’s again with fg', async () => {
    await opened()
    tmux.keys('F3')
    await tmux.shows('11 packets')
    tmux.keys('C-z')
    await tmux.shows(SHELL, /^before$/m)
    expect(tmux.state).toMatchObject({ showsCursor: true, isAlternate: false, wantsMouse: false })
    tmux.types('echo "still $((40 + 2))"')
    tmux.keys('Enter')
    await tmux.shows(/^still 42$/m)
    tmux.types('fg')
    tmux.keys('Enter')
    await tmux.shows('11 packets', 'Fields')
    expect(tmux.state).toMatchObject({ showsCursor: false, isAlternate: true, wantsMouse: true })
    tmux.keys('F4')
    await tmux.shows('Statistics', 'Conversations')
    tmux.keys('q')
    await tmux.shows(SHELL, /^still 42$/m)
  })

  it('may change its size at any time, and says when it is too small', async () => {
    await opened()
    tmux.resize(120, 40)
    await tmux.until(text => text.split('\n')[39]?.includes('q Quit') ?? false, 'the footer in the last row')
    tmux.keys('F3')
    await tmux.shows('11 packets', /No\. .*Length/)
    tmux.resize(50, 10)
    await tmux.shows('The terminal has 50x10;', '60x16 are needed.')
    tmux.keys('Down')
    tmux.resize(20, 3)
    await tmux.shows('The terminal has 20x')
    tmux.resize(60, 16)
    await tmux.shows('11 packets', 'Fields')
    for (let columns = 62; columns < 130; columns += 7) tmux.resize(columns, 20 + (columns % 9))
    tmux.resize(80, 24)
    await tmux.until(text => text.split('\n')[23]?.includes('q Quit') ?? false, 'the footer in the last row')
    expect(tmux.text).not.toContain('internal error')
    tmux.keys('q')
    await tmux.shows(SHELL)
  })

  it('gets no colours where nobody wants them, and the chosen line is seen all the same', async () => {
    await opened({ env: { NO_COLOR: '1' } })
    const colours = tmux.cells.flat().filter(({ foreground, background }) => foreground >= 0 || background >= 0)
    expect(colours).toEqual([])
    expect(tmux.styled('middlebox-reset (likely)').every(({ isInverse }) => isInverse)).toBe(true)
    tmux.keys('Enter')
    await tmux.shows('══ Verdicts', '── Messages')
    tmux.keys('Tab')
    await tmux.shows('══ Messages', '── Verdicts')
  })

  it.each([
    ['xterm', 16],
    ['xterm-256color', 256],
    ['screen-256color', 256],
    ['screen', 8],
    ['linux', 8],
    ['putty', 16],
    ['vt100', 0],
    ['no-such-terminal', 16],
  ])('may call itself %s: at most %i colours', async (term, colours) => {
    await opened({ env: { TERM: term } })
    const used = tmux.cells.flat().flatMap(({ foreground, background }) => [foreground, background])
    expect(Math.max(...used)).toBeLessThan(Math.max(colours, 0))
    // Colours mean something wherever there are any.
    expect(used.some(one => one >= 0)).toBe(colours > 0)
    tmux.keys('Enter')
    await tmux.shows('Attempt 1: failed', 'ClientHello for rdp.lab.test')
    tmux.keys('F3')
    await tmux.shows('11 packets', /[▸>] Address Resolution Protocol/)
    tmux.keys('Enter', 'End', 'Right')
    await tmux.shows(/[▾v] Address Resolution Protocol/, 'arp.hw.type')
    tmux.keys('q')
    await isGivenBack(0)
  })

  it.each([{ LC_ALL: 'C' }, { LC_ALL: 'POSIX', TERM: 'vt100' }])(
    'shows ASCII alone where the locale has nothing else: %s',
    async env => {
      await opened({ env })
      for (const key of ['Enter', 'F3', 'f', 'v', 'F4', 'F8', '?']) {
        tmux.keys(key)
        await tmux.shows(/q Quit/)
        expect(tmux.text).toMatch(/^[\n -~]*$/)
      }
      tmux.keys('F2', 'Enter')
      await tmux.shows('== Verdicts', '-- Messages', '-- TCP SYN to port 3389 ---', '>|', 'x- TCP RST')
    },
  )

  it('chooses another theme, and a mouse that it gives back', async () => {
    await opened()
    const before = tmux.styled('middlebox-reset')[0]?.background
    tmux.keys('T')
    await tmux.shows('theme: light')
    expect(tmux.styled('middlebox-reset')[0]?.background).not.toBe(before)
    tmux.keys('T')
    await tmux.shows('theme: contrast')
    expect(tmux.styled('middlebox-reset')[0]).toMatchObject({ background: -1, isInverse: true })
    tmux.keys('M')
    await tmux.shows('the terminal has the mouse')
    expect(tmux.state.wantsMouse).toBe(false)
    tmux.keys('M')
    await tmux.until(() => tmux.state.wantsMouse, 'the mouse')
    // A press on "F3 Packets" in the footer, as terminals report it (SGR 1006).
    const column = (tmux.lines.at(-1)?.indexOf('F3') ?? 0) + 1
    tmux.types(`\x1b[<0;${column};24M\x1b[<0;${column};24m`)
    await tmux.shows('11 packets')
    tmux.types('\x1b[<0;10;6M\x1b[<0;10;6m')
    await tmux.until(
      () => tmux.styled('0.000025')[0]?.background !== -1 || tmux.styled('0.000025')[0]?.isInverse === true,
      'the line that was pressed',
    )
    expect(tmux.text).not.toMatch(/\[<|0;10;6/)
  })

  it('gets what is copied into its clipboard', async () => {
    await opened()
    tmux.keys('y')
    await tmux.shows('copied the filter: tcp.stream == 0')
    await tmux.until(() => tmux.clipboard === 'tcp.stream == 0', 'the clipboard')
    tmux.keys('Y')
    await tmux.until(() => tmux.clipboard.startsWith(`tshark -r '${DPI}' `), 'the command in the clipboard')
  })

  it('obeys no packet, in no view', async () => {
    const hostile = join(folder, '\x1b]0;owned\x07{red-fg}.pcapng')
    const raw = join(folder, 'raw')
    writeFileSync(hostile, hostileCapture())
    writeFileSync(join(folder, 'open.sh'), `exec "$1" "$2" "${folder}/"*owned*.pcapng\n`)
    tmux = new Tmux({ columns: 100, rows: 30 })
    await tmux.shows(SHELL)
    tmux.types(`sh ${folder}/open.sh ${process.execPath} ${program.main}`)
    await tmux.shows('open.sh')
    tmux.records(raw)
    tmux.keys('Enter')
    await tmux.shows('What happened')
    /** Opens a view, and looks at each of its cells. */
    const opens = async (keys: readonly string[], ...what: readonly (string | RegExp)[]) => {
      tmux.keys(...keys)
      await tmux.shows(...what)
      const { cells } = tmux
      expect(cells.flat().filter(({ char }) => !isHarmlessCell(char, true))).toEqual([])
    }
    // Each attempt, and what is found of it; names in place of addresses.
    await opens(['r'], 'with a name')
    for (let attempt = 0; attempt < HOSTILE_TEXTS.length; attempt++) await opens(['Down'], /Attempt \d+: /)
    await opens(['Home', 'Enter', 'End', 'PageUp', 'Tab', 'Right', 'End'], '══ Messages')
    await opens(['Escape', 'End', 'Enter'], '══ Verdicts', 'Ruled out')
    // Packets that hold each text, with all their fields and bytes; then packet by packet.
    await opens(['F3'], '▸ Frame')
    for (const text of ['owned', 'red-fg', 'very-long-label']) {
      tmux.keys('Home', 'F')
      await tmux.shows('Find:')
      tmux.keys('C-u')
      tmux.types(text)
      await opens(['Enter'], `found ${text}`, /[▸▾] Frame/)
      await opens(['+'], '▾ Frame')
    }
    await opens(['Home'], /^ 1 /m)
    for (let page = 0; page < 12; page++) await opens(['C-f', 'Right', 'Left'], 'Fields')
    await opens(['Tab', 'End'], '══ Fields')
    await opens(['Tab', ']'], '══ Bytes')
    tmux.keys('Tab', '/')
    await tmux.shows('Filter:')
    tmux.types('tls.handshake.extensions_server_name')
    await opens(['Enter'], / of \d+ packets\s*$/m, 'Filter: tls.handshake.extensions_server_name', 'Client Hello')
    await opens(['f'], 'tcp.stream', 'TCP payload')
    await opens(['Tab'], /^ 00000000 {2}/m)
    await opens(['v'], 'Graph of tcp.stream')
    await opens(['F4'], 'Conversations')
    for (const table of ['Address', 'Protocol', 'What it means']) await opens(['Tab'], table)
    await opens(['F8'], 'What is to be saved?')
    await opens(['Enter'], 'File: ')
    await opens(['Escape', '?'], 'In this view')
    await opens(['Escape', 'F2', 'e'], /Explain|Code or rule/)
    tmux.keys('Escape')
    expect(tmux.state).toMatchObject({ title: 'rdpscope', isAlternate: true })
    tmux.keys('q')
    await tmux.shows(SHELL)
    // Whatever went to the terminal: our own sequences, and no character of theirs that ends, begins or turns anything.
    const written = readFileSync(raw, 'utf8')
    const ours = new RegExp(
      `${ESCAPE}(?:\\[[\\d;?>]*[A-Za-z]|[78=>]|\\][02];rdpscope(?:\\cG|${ESCAPE}\\\\)|\\(B)|[\\r\\n\\cO]`,
      'g',
    )
    const rest = written.slice(written.indexOf(`${ESCAPE}[?1049h`)).replaceAll(ours, '')
    const strange = [...new Set(rest)].filter(char => !isHarmlessCell(char, true))
    expect(strange.map(char => char.codePointAt(0)?.toString(16))).toEqual([])
  })
})
