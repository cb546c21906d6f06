/** What an interruption (Ctrl-C) does: it ends the command at once, unless the command has said how it ends by itself. */

let ending: (() => void) | null = null

/** Called in place of the end, once; whoever interrupts again means it. */
export function endsItself(end: () => void): void {
  ending = end
}

/** True when the command ends by itself. */
export function interruptedGently(): boolean {
  if (ending === null) return false
  const end = ending
  ending = null
  end()
  return true
}
