/** The pictures of the README: which keys lead to them, in the program as it is, in a terminal of a fixed size. */
import { type BuiltProgram, Tmux } from '../test/support/tmux.ts'
import { screenSvg } from './screen-svg.ts'

export interface Story {
  /** Of the file in `docs/pictures/`. */
  readonly name: string
  readonly title: string
  readonly capture: string
  readonly columns: number
  readonly rows: number
  /** By turns: what the screen shows before the keys, and the keys. The last one shows that the picture is whole. */
  readonly steps: readonly (readonly [shows: readonly (string | RegExp)[], ...keys: readonly string[]])[]
}

const DPI = 'captures/net-dpi-rst-clienthello.pcapng'
const BLACK_HOLE = 'captures/net-pmtud-blackhole.pcapng'
const HOME = 'What happened'

export const STORIES: readonly Story[] = [
  {
    name: 'attempts',
    title: 'The attempts to connect in a capture, and why the chosen one failed, with the packets that show it',
    capture: BLACK_HOLE,
    columns: 100,
    rows: 28,
    steps: [[[HOME, /packet \d+: /]]],
  },
  {
    name: 'ladder',
    title: 'The messages between client and server with their times, beside what was found and what was ruled out',
    capture: DPI,
    columns: 140,
    rows: 30,
    steps: [[[HOME], 'Enter'], [['Messages', 'ClientHello for rdp.lab.test', 'TCP RST']]],
  },
  {
    name: 'packets',
    title: 'The packets, the fields of the chosen one, and its bytes with those of the chosen field lit',
    capture: DPI,
    columns: 100,
    rows: 32,
    steps: [
      [[HOME], 'Enter'],
      [['Messages'], 'Enter', 'Enter'],
      [[/^ 10 .*Client Hello/m, '▸ Transmission Control Protocol'], 'Enter', 'End', 'Enter'],
      [['▾ TLS Handshake Protocol', 'Handshake Type: Client Hello (1)'], 'Down', 'Down', 'Down'],
      [['Filter: none', /Seq=/]],
    ],
  },
  {
    name: 'graph',
    title: 'Time and sequence of one flow: what was sent, acknowledged, and sent again',
    capture: BLACK_HOLE,
    columns: 100,
    rows: 28,
    steps: [
      [[HOME], 'Enter'],
      [['Messages'], 'v'],
      [['Graph of tcp.stream', 'bars: data'], ...new Array(13).fill('Down')],
      [['sent again']],
    ],
  },
]

/** Drives the program to the picture. @returns what is true of the screen, told by whoever waits for it. */
export async function drawn<T>(
  program: BuiltProgram,
  story: Story,
  look: (tmux: Tmux, svg: () => string) => Promise<T>,
): Promise<T> {
  const { capture, columns, rows, steps } = story
  const tmux = new Tmux({ columns, rows })
  try {
    await tmux.starts(program, capture)
    for (const [shows, ...keys] of steps) {
      await tmux.shows(...shows)
      tmux.keys(...keys)
    }
    return await look(tmux, () => screenSvg(tmux.cells, story))
  } finally {
    tmux.close()
  }
}
