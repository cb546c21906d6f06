/** The FIN or reset that ended the connection to explain, when its claimed sender did not send it: see sender-check.ts. */
import type { Attempt } from '../attempt/attempt.ts'
import { type CheckedEnd, checkSender } from '../attempt/sender-check.ts'
import { pictureOf } from './picture.ts'
import { rememberLast } from './remember.ts'

/** Null when the end is that of its sender, as far as can be told, or when there is none. */
export const foreignResetOf: (attempt: Attempt) => CheckedEnd | null = rememberLast(look)

function look(attempt: Attempt): CheckedEnd | null {
  if (attempt.outcome === 'established') return null
  const { tcp, leaving, connected } = pictureOf(attempt)
  if (tcp === null || !connected || (leaving?.how !== 'rst' && leaving?.how !== 'fin')) return null
  const kind = leaving.how === 'rst' ? 'reset' : 'fin'
  const mark = tcp.marks.find(one => one.kind === kind && one.packet === leaving.packet)
  if (mark === undefined) return null
  const end = checkSender(tcp, mark)
  return end.authenticity === 'foreign' ? end : null
}
