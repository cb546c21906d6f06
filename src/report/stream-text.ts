/** What two sides said to one another: as text where it is text, otherwise as bytes. */
import type { Said } from '../inspect/stream-bytes.ts'
import { clean } from './clean.ts'
import { counted } from './layout.ts'
import { hexDump } from './packet-hex.ts'
import type { TextStyle } from './text-style.ts'

const ARROWS = ['>', '<'] as const
/** So many characters of a hundred are letters, digits and signs: it is text. */
const TEXT_PERCENT = 90
/** What a browser or gateway client proves itself with: it may hold a password. */
const CREDENTIALS = /^((?:proxy-)?authorization:\s*\S+|rdg-auth\S*:|cookie:)\s+(?!mstshash).+$/i
const RULE = '='.repeat(67)

/** The head of a conversation, with line ends. */
export function streamHead(
  transport: string,
  conversation: number,
  sides: readonly string[],
  decrypted: boolean,
): string {
  const lines = [
    RULE,
    `Follow: ${transport}${decrypted ? ', decrypted' : ''}`,
    `Filter: ${transport}.stream eq ${conversation}`,
    ...sides.map((side, n) => `Side ${ARROWS[n]}: ${clean(side)}`),
    RULE,
  ]
  return lines.map(line => `${line}\n`).join('')
}

/** One piece, with line ends. */
export function saidText({ packet, timeNs, side, bytes }: Said, { paint }: Pick<TextStyle, 'paint'>): string {
  const arrow = ARROWS[side]
  const head = `${arrow} packet ${packet}, ${(timeNs / 1e9).toFixed(6)} s, ${counted(bytes.length, 'byte')}`
  const lines = isText(bytes) ? textLines(bytes) : hexDump(bytes).trimEnd().split('\n')
  const colour = side === 0 ? 'good' : 'doubtful'
  return `${paint('strong', head)}\n${lines.map(line => `${paint(colour, `${arrow} ${line}`)}\n`).join('')}`
}

/** Lines of a piece that is text, made harmless, without what clients prove themselves with. */
export function textLines(bytes: Uint8Array): string[] {
  const text = new TextDecoder().decode(bytes)
  return text
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .map(line => clean(line.replace(CREDENTIALS, '$1 (hidden)').replaceAll('\t', '    ')))
}

/** Nearly all of it are letters, digits and signs. */
export function isText(bytes: Uint8Array): boolean {
  let letters = 0
  for (const byte of bytes)
    if ((byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09) letters++
  return letters * 100 >= bytes.length * TEXT_PERCENT
}
