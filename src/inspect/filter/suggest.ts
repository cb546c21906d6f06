/** What somebody may have meant who wrote a name that does not exist. */

/** Names that differ by so many letters are near, in proportion to their length. */
const LETTERS_PER_MISTAKE = 5
const MOST_MISTAKES = 3
const MOST_SUGGESTIONS = 3

/** The nearest names, best first; none where nothing is near. */
function nearNames(name: string, candidates: Iterable<string>): string[] {
  const names = [...candidates]
  const wanted = name.toLowerCase()
  const most = Math.min(MOST_MISTAKES, Math.max(1, Math.floor(wanted.length / LETTERS_PER_MISTAKE)))
  const near: [mistakes: number, name: string][] = []
  for (const candidate of names) {
    const mistakes = distance(wanted, candidate.toLowerCase(), most)
    if (mistakes <= most) near.push([mistakes, candidate])
  }
  if (near.length === 0) {
    // The last part alone is often remembered: handshake.type, requestedProtocols.
    for (const candidate of names) {
      if (candidate.toLowerCase().endsWith(`.${wanted}`)) near.push([candidate.length, candidate])
    }
  }
  near.sort(([a, nameA], [b, nameB]) => a - b || (nameA < nameB ? -1 : 1))
  // One letter wrong is likelier than two.
  const best = near.filter(([mistakes]) => mistakes === near[0]?.[0] || mistakes > most)
  return best.slice(0, MOST_SUGGESTIONS).map(([, candidate]) => candidate)
}

/** `; did you mean tls.handshake.type?`, or ''. */
export function suggestion(name: string, names: Iterable<string>): string {
  const near = nearNames(name, names)
  return near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`
}

/** Letters to put in, take out, change or swap; beyond `most` only that it is more. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1
  let above: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, n) => n)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (above[j - 2] as number) + 1)
      }
      next.push(least)
    }
    above = row
    row = next
  }
  return row[b.length] as number
}
