/** Looks by what they mean. Views name a role, never a colour; without colours, inverse, bold and underline carry what matters. */
import { BOLD, DEFAULT, INVERSE, type Style, style, UNDERLINE, withFlags } from './canvas.ts'

export type Role =
  | 'text'
  | 'faint'
  | 'strong'
  | 'title'
  | 'good'
  | 'bad'
  | 'doubtful'
  | 'info'
  | 'link'
  | 'bar'
  | 'bar-key'
  | 'frame'
  | 'frame-focused'
  | 'client'
  | 'server'
  | 'network'
  | 'selected-bytes'
  | 'match'
  | 'mark'
  | 'error'

/** Row colours of the packet list, by what Wireshark colours rows by. */
export type RowRole =
  | 'row'
  | 'row-bad'
  | 'row-tcp'
  | 'row-tls'
  | 'row-http'
  | 'row-udp'
  | 'row-icmp'
  | 'row-arp'
  | 'row-rdp'
  | 'row-syn'

export interface Theme {
  readonly name: ThemeName
  look(role: Role | RowRole): Style
  /** The same look on the chosen line of the list that has the focus, or of another one. */
  chosen(look: Style, focused: boolean): Style
}

export const THEME_NAMES = ['dark', 'light', 'contrast'] as const
export type ThemeName = (typeof THEME_NAMES)[number]

/** Foreground, background, flags. */
type Look = readonly [foreground: number, background?: number, flags?: number]
type Looks = Readonly<Record<Role | RowRole, Look>>

/** Of the palette of 256: https://www.ditig.com/256-colors-cheat-sheet gives names; below 16 the user's own terminal decides. */
const DARK: Looks = {
  text: [DEFAULT],
  faint: [245],
  strong: [DEFAULT, DEFAULT, BOLD],
  title: [117, DEFAULT, BOLD],
  good: [114],
  bad: [203, DEFAULT, BOLD],
  doubtful: [221],
  info: [110],
  link: [117, DEFAULT, UNDERLINE],
  bar: [252, 237],
  'bar-key': [221, 237, BOLD],
  frame: [240],
  'frame-focused': [117],
  client: [117],
  server: [180],
  network: [211],
  'selected-bytes': [16, 221],
  match: [16, 180],
  mark: [231, 60],
  error: [231, 124, BOLD],
  row: [DEFAULT],
  'row-bad': [203, 52],
  'row-tcp': [146],
  'row-tls': [141],
  'row-http': [114],
  'row-udp': [117],
  'row-icmp': [219],
  'row-arp': [187],
  'row-rdp': [222],
  'row-syn': [250],
}

const LIGHT: Looks = {
  text: [DEFAULT],
  faint: [242],
  strong: [DEFAULT, DEFAULT, BOLD],
  title: [25, DEFAULT, BOLD],
  good: [22],
  bad: [124, DEFAULT, BOLD],
  doubtful: [94],
  info: [24],
  link: [25, DEFAULT, UNDERLINE],
  bar: [236, 253],
  'bar-key': [25, 253, BOLD],
  frame: [248],
  'frame-focused': [25],
  client: [25],
  server: [94],
  network: [125],
  'selected-bytes': [231, 25],
  match: [16, 222],
  mark: [16, 189],
  error: [231, 124, BOLD],
  row: [DEFAULT],
  'row-bad': [124, 224],
  'row-tcp': [60],
  'row-tls': [55],
  'row-http': [22],
  'row-udp': [24],
  'row-icmp': [90],
  'row-arp': [58],
  'row-rdp': [94],
  'row-syn': [240],
}

/** The sixteen colours that everybody has, bright on the terminal's own ground. */
const CONTRAST: Looks = {
  text: [DEFAULT],
  faint: [DEFAULT],
  strong: [DEFAULT, DEFAULT, BOLD],
  title: [DEFAULT, DEFAULT, BOLD | UNDERLINE],
  good: [DEFAULT, DEFAULT, BOLD],
  bad: [DEFAULT, DEFAULT, BOLD | INVERSE],
  doubtful: [DEFAULT, DEFAULT, BOLD | UNDERLINE],
  info: [DEFAULT],
  link: [DEFAULT, DEFAULT, UNDERLINE],
  bar: [DEFAULT, DEFAULT, INVERSE],
  'bar-key': [DEFAULT, DEFAULT, INVERSE | BOLD],
  frame: [DEFAULT],
  'frame-focused': [DEFAULT, DEFAULT, BOLD],
  client: [DEFAULT, DEFAULT, BOLD],
  server: [DEFAULT],
  network: [DEFAULT, DEFAULT, UNDERLINE],
  'selected-bytes': [DEFAULT, DEFAULT, INVERSE],
  match: [DEFAULT, DEFAULT, INVERSE],
  mark: [DEFAULT, DEFAULT, UNDERLINE],
  error: [DEFAULT, DEFAULT, BOLD | INVERSE],
  row: [DEFAULT],
  'row-bad': [DEFAULT, DEFAULT, BOLD | UNDERLINE],
  'row-tcp': [DEFAULT],
  'row-tls': [DEFAULT],
  'row-http': [DEFAULT],
  'row-udp': [DEFAULT],
  'row-icmp': [DEFAULT],
  'row-arp': [DEFAULT],
  'row-rdp': [DEFAULT, DEFAULT, BOLD],
  'row-syn': [DEFAULT],
}

/** With 8 or 16 colours the palette above would be folded by guess: these are chosen by hand. */
const SIXTEEN: Looks = {
  ...CONTRAST,
  faint: [DEFAULT],
  title: [6, DEFAULT, BOLD],
  good: [2],
  bad: [1, DEFAULT, BOLD],
  doubtful: [3],
  info: [6],
  link: [6, DEFAULT, UNDERLINE],
  'frame-focused': [6],
  client: [6],
  server: [3],
  network: [5],
  error: [7, 1, BOLD],
  'row-bad': [1, DEFAULT, BOLD],
  'row-tls': [5],
  'row-http': [2],
  'row-udp': [6],
  'row-icmp': [5],
  'row-rdp': [3],
}

const LOOKS: Record<ThemeName, Looks> = { dark: DARK, light: LIGHT, contrast: CONTRAST }
/** Ground of the chosen line, with and without the focus. */
const CHOSEN: Record<ThemeName, readonly [number, number]> = {
  dark: [24, 237],
  light: [153, 254],
  contrast: [DEFAULT, DEFAULT],
}

/** @param colours 0, 8, 16 or 256. */
export function theme(name: ThemeName, colours: number): Theme {
  const few = colours < 256
  const looks = colours === 0 ? CONTRAST : few && name !== 'contrast' ? SIXTEEN : LOOKS[name]
  const styles = new Map(
    Object.entries(looks).map(([role, [foreground, background, flags]]): [string, Style] => [
      role,
      style(foreground, background, flags),
    ]),
  )
  const [focusedGround, otherGround] = CHOSEN[name]
  const chosen = (look: Style, focused: boolean): Style => {
    if (few || name === 'contrast') return focused ? withFlags(look & ~(INVERSE << 18), INVERSE) : withFlags(look, BOLD)
    return (look & ~0x1ff) | (focused ? focusedGround : otherGround)
  }
  return { name, look: role => styles.get(role) as Style, chosen }
}
