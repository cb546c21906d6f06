/** Lines of a text report: wrapped to the width of the terminal, and columns that hang under their label. */

/** Breaks text at spaces; a word longer than the width stands alone on its line. */
export function wrap(text: string, width: number): string[] {
  return joined(text.split(' '), ' ', width)
}

/** `head` and text wrapped behind it, its further lines under its first. */
export function hanging(head: string, text: string, width: number): string[] {
  return hangingItems(head, text.split(' '), ' ', width)
}

/** The same with items that are not broken themselves. */
export function hangingItems(head: string, items: readonly string[], separator: string, width: number): string[] {
  const room = Math.max(width - head.length, LEAST_COLUMNS)
  const indent = ' '.repeat(head.length)
  return joined(items, separator, room).map((line, at) => `${at === 0 ? head : indent}${line}`)
}

/** However narrow the terminal, text keeps so much room. */
const LEAST_COLUMNS = 20

function joined(items: readonly string[], separator: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const item of items) {
    if (line !== '' && line.length + separator.length + item.length > width) {
      lines.push(line)
      line = item
    } else {
      line = line === '' ? item : `${line}${separator}${item}`
    }
  }
  lines.push(line)
  return lines
}

/** `1.4 kB`. */
export function byteCount(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  for (const [unit, size] of BYTE_UNITS) if (bytes < size * 1000) return `${(bytes / size).toFixed(1)} ${unit}`
  return `${(bytes / 1e12).toFixed(1)} TB`
}

const BYTE_UNITS: readonly (readonly [string, number])[] = [
  ['kB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
]

/** `1 packet`, `2 packets`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** Seconds since the first packet, with microseconds, as Wireshark's time column shows them. */
export function relativeTime(timeNs: number): string {
  return `${(timeNs / 1e9).toFixed(6)} s`
}
