/**
 * The one key table: what each key does where. It draws the footer and the help screen, the README's list is made from it, and
 * the configuration file can give actions other keys.
 */

/** Where a binding holds. `any` is everywhere but in a prompt. */
export type Place = 'any' | ViewId
export type ViewId =
  | 'attempts'
  | 'attempt'
  | 'packets'
  | 'stream'
  | 'graph'
  | 'statistics'
  | 'explain'
  | 'help'
  | 'save'

export interface Binding {
  readonly action: Action
  readonly places: readonly Place[]
  /** The first one is shown. */
  readonly keys: readonly string[]
  /** One or two words for the footer; '' keeps it out of there. */
  readonly label: string
  /** A line for the help screen. */
  readonly help: string
}

export type Action = (typeof BINDINGS)[number]['action']

function bind<const A extends string>(
  action: A,
  places: readonly Place[],
  keys: readonly string[],
  label: string,
  help: string,
) {
  return { action, places, keys, label, help }
}

const EVERYWHERE: readonly Place[] = ['any']
const PACKETS: readonly Place[] = ['packets']
const LISTS: readonly Place[] = ['attempts', 'attempt', 'packets', 'stream', 'graph', 'statistics', 'save', 'explain']
const CHOSEN: readonly Place[] = ['attempts', 'attempt', 'packets', 'stream', 'graph', 'statistics']

/** In the order of the footer and the help screen. An action that means another thing elsewhere stands here once for each. */
export const BINDINGS = [
  bind('open', LISTS, ['enter'], 'Open', 'open what is chosen; on evidence: go to the packet'),
  bind('back', EVERYWHERE, ['escape', 'backspace'], 'Back', 'back to the view before'),
  bind('help', EVERYWHERE, ['?', 'f1'], 'Help', 'this help'),
  bind('filter', PACKETS, ['/', 'f9'], 'Filter', 'type a display filter (Tab completes, Up recalls)'),
  bind('clear-filter', PACKETS, ['\\'], '', 'show all packets again'),
  bind('find', PACKETS, ['C-s', 'F'], 'Find', 'find text, bytes (hex:) or a filter (filter:)'),
  bind('find-next', PACKETS, ['n'], '', 'the next one found'),
  bind('find-previous', PACKETS, ['N'], '', 'the one found before'),
  bind('stream', ['attempt', 'packets'], ['f5', 'f'], 'Follow', 'follow the stream of what is chosen'),
  bind('graph', ['attempt', 'packets', 'stream'], ['f6', 'v'], 'Graph', 'time and sequence of the stream'),
  bind('next-pane', ['attempt', 'packets'], ['tab'], 'Pane', 'to the next pane'),
  bind('next-pane', ['stream'], ['tab'], 'Text or hex', 'text or hex'),
  bind('previous-pane', ['attempt', 'packets'], ['S-tab'], '', 'to the pane before'),
  bind('next-tab', ['statistics', 'graph'], ['tab', ']'], 'Next', 'the next table or graph'),
  bind('previous-tab', ['statistics', 'graph'], ['S-tab', '['], '', 'the table or graph before'),
  bind('next-tab', ['stream'], [']'], 'Layer', 'the next layer: payload, TLS, what was decrypted'),
  bind('previous-tab', ['stream'], ['['], '', 'the layer before'),
  bind('next-tab', PACKETS, [']'], '', 'the next tab of bytes: packet, reassembled, decrypted'),
  bind('previous-tab', PACKETS, ['['], '', 'the tab of bytes before'),
  bind('go-to', PACKETS, [':', 'C-g'], 'Go to', 'go to a packet by its number'),
  bind('mark', PACKETS, ['m'], 'Mark', 'mark the packet, or take its mark away'),
  bind('next-mark', PACKETS, ["'"], '', 'to the next marked packet'),
  bind('next-in-stream', PACKETS, ['.', ')'], '', 'to the next packet of the same stream'),
  bind('previous-in-stream', PACKETS, [',', '('], '', 'to the packet of the same stream before'),
  bind('filter-stream', PACKETS, ['i'], '', 'show this stream alone'),
  bind('unfold-all', PACKETS, ['+', '='], '', 'unfold all fields'),
  bind('fold-all', PACKETS, ['-'], '', 'fold all fields'),
  bind('zoom-in', ['graph'], ['+', '='], 'Zoom', 'zoom into the graph'),
  bind('zoom-out', ['graph'], ['-'], '', 'zoom out of the graph'),
  bind(
    'tail',
    ['packets', 'attempts'],
    ['a'],
    '',
    'the newest one stays chosen while the capture grows, or the chosen one',
  ),
  bind('time', ['packets', 'attempt'], ['t'], 'Time', 'time since the start, since the packet before, of the day'),
  bind('attempts', EVERYWHERE, ['f2', '1'], 'Attempts', 'the attempts to connect'),
  bind('packets', EVERYWHERE, ['f3', '2'], 'Packets', 'the packets'),
  bind('statistics', EVERYWHERE, ['f4', '3'], 'Statistics', 'conversations, endpoints, protocols, quality'),
  bind('explain', EVERYWHERE, ['f7', 'e'], 'Explain', 'explain the rule or code that is chosen'),
  bind('save', EVERYWHERE, ['f8', 's'], 'Save', 'save packets or a report'),
  bind('copy', CHOSEN, ['y'], 'Copy', 'copy the Wireshark filter of what is chosen'),
  bind('copy', ['explain'], ['y'], 'Copy', 'copy the line: a command, a filter'),
  bind('copy-command', CHOSEN, ['Y'], '', 'copy a tshark command that shows the same'),
  bind('up', EVERYWHERE, ['up', 'k'], '', 'one line up'),
  bind('down', EVERYWHERE, ['down', 'j'], '', 'one line down'),
  bind('page-up', EVERYWHERE, ['pageup', 'C-b', 'C-u'], '', 'one page up'),
  bind('page-down', EVERYWHERE, ['pagedown', 'C-f', 'C-d', 'space'], '', 'one page down'),
  bind('first', EVERYWHERE, ['home', 'g'], '', 'to the first line'),
  bind('last', EVERYWHERE, ['end', 'G'], '', 'to the last line'),
  bind('left', ['attempt', 'packets', 'graph', 'explain'], ['left', 'h'], '', 'fold a field; scroll long lines back'),
  bind('right', ['attempt', 'packets', 'graph', 'explain'], ['right', 'l'], '', 'unfold a field; scroll long lines'),
  bind('larger', ['attempt', 'packets'], ['>'], '', 'the pane with the focus larger'),
  bind('smaller', ['attempt', 'packets'], ['<'], '', 'the pane with the focus smaller'),
  bind('names', EVERYWHERE, ['r'], '', 'names from the capture in place of addresses'),
  bind('theme', EVERYWHERE, ['T'], '', 'dark, light or high contrast'),
  bind('mouse', EVERYWHERE, ['M'], '', 'mouse on or off (off: the terminal selects text)'),
  bind('redraw', EVERYWHERE, ['C-l'], '', 'draw the screen anew'),
  bind('suspend', EVERYWHERE, ['C-z'], '', 'back to the shell for a while (fg returns)'),
  bind('quit', EVERYWHERE, ['q', 'f10', 'C-c'], 'Quit', 'leave'),
] as const satisfies readonly Omit<Binding, 'action'>[]

export const VIEW_NAMES: Record<ViewId, string> = {
  attempts: 'Attempts',
  attempt: 'Attempt',
  packets: 'Packets',
  stream: 'Stream',
  graph: 'Graph',
  statistics: 'Statistics',
  explain: 'Explain',
  help: 'Help',
  save: 'Save',
}

/** `Packets, Graph`; '' for everywhere. */
export function placesText(places: readonly Place[]): string {
  return places.map(place => (place === 'any' ? '' : VIEW_NAMES[place])).join(', ')
}

/** Keys of actions, as the configuration file gives them. */
export type KeyChoices = Readonly<Record<string, readonly string[]>>

export class KeyTable {
  readonly bindings: readonly Binding[]
  readonly #byPlace = new Map<string, Action>()

  constructor(choices: KeyChoices = {}) {
    const bindings: readonly Binding[] = BINDINGS
    this.bindings = bindings.map(binding => ({ ...binding, keys: choices[binding.action] ?? binding.keys }))
    for (const { action, places, keys } of this.bindings) {
      for (const place of places) for (const key of keys) this.#byPlace.set(`${place} ${key}`, action)
    }
  }

  /** What the key does in this view; null when nothing. */
  action(key: string, view: ViewId): Action | null {
    return this.#byPlace.get(`${view} ${key}`) ?? this.#byPlace.get(`any ${key}`) ?? null
  }

  /** In the order of the table. */
  of(view: ViewId): readonly Binding[] {
    return this.bindings.filter(({ places }) => places.includes('any') || places.includes(view))
  }
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ['enter', 'Enter'],
  ['escape', 'Esc'],
  ['backspace', 'Backspace'],
  ['tab', 'Tab'],
  ['S-tab', 'Shift-Tab'],
  ['space', 'Space'],
  ['up', 'Up'],
  ['down', 'Down'],
  ['left', 'Left'],
  ['right', 'Right'],
  ['home', 'Home'],
  ['end', 'End'],
  ['pageup', 'PgUp'],
  ['pagedown', 'PgDn'],
])

/** All actions, each once. */
export const ACTIONS: readonly Action[] = [...new Set(BINDINGS.map(({ action }) => action))]

/** The key that people mean by `Ctrl-S`, `F2`, `PgDn`, `x`, or by its name here; null when it is none. */
export function keyNamed(text: string): string | null {
  if ([...text].length === 1 && text > ' ') return text
  const lower = text.toLowerCase()
  if (/^f([1-9]|1[0-2])$/.test(lower)) return lower
  const control = /^(?:ctrl-|c-|\^)([a-z])$/.exec(lower)
  if (control !== null) return `C-${control[1]}`
  for (const [key, name] of NAMES) if (key.toLowerCase() === lower || name.toLowerCase() === lower) return key
  return null
}

export interface KeyConflict {
  readonly key: string
  readonly action: Action
  readonly other: Action
}

/** The first key that chosen bindings give two actions in one view; null when there is none. */
export function keyConflict(choices: KeyChoices): KeyConflict | null {
  const { bindings } = new KeyTable(choices)
  for (const { action, keys, places } of bindings.filter(({ action }) => action in choices)) {
    for (const key of keys) {
      const other = bindings.find(one => one.action !== action && one.keys.includes(key) && overlap(one.places, places))
      if (other !== undefined) return { key, action, other: other.action }
    }
  }
  return null
}

function overlap(one: readonly Place[], other: readonly Place[]): boolean {
  return one.includes('any') || other.includes('any') || one.some(place => other.includes(place))
}

/** As people write it: `Ctrl-S`, `F2`, `PgDn`. */
export function keyText(key: string): string {
  if (/^f\d+$/.test(key)) return key.toUpperCase()
  if (key.startsWith('C-')) return `Ctrl-${key.slice(2).toUpperCase()}`
  return NAMES.get(key) ?? key
}
