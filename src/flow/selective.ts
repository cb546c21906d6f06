/** What selective acknowledgements say of the other side's segments: RFC 2018 and, of those sent needlessly, RFC 2883. */
import type { FlowNotes } from './flow-notes.ts'
import { HAS_SACK_HIGH, ISN, NEEDLESS_RETRANSMISSIONS, SACK_HIGH, SIDE_STATE } from './flow-record.ts'
import type { Headers } from './headers.ts'
import { duplicateBytes, isDuplicateSack } from './tcp-checks.ts'

/**
 * @param h with SACK blocks
 * @param other base of the record of the side whose segments they are about
 * @param otherSide that side
 */
export function acknowledgeSelectively(
  ints: Int32Array,
  notes: FlowNotes,
  h: Headers,
  other: number,
  otherSide: 0 | 1,
): void {
  const told = isDuplicateSack(h)
  if (told) provenNeedless(ints, notes, h, other, otherSide)
  for (let block = told ? 1 : 0; block < h.sackBlocks; block++) {
    const right = h.sackRight[block] as number
    if (((right - h.acknowledgement) | 0) <= 0) continue
    const otherState = ints[other + SIDE_STATE] as number
    if ((otherState & HAS_SACK_HIGH) === 0 || ((right - (ints[other + SACK_HIGH] as number)) | 0) > 0) {
      ints[other + SACK_HIGH] = right
      ints[other + SIDE_STATE] = otherState | HAS_SACK_HIGH
    }
  }
}

/** A D-SACK: the receiver had all of the last resend twice. */
function provenNeedless(ints: Int32Array, notes: FlowNotes, h: Headers, other: number, otherSide: 0 | 1): void {
  const resend = notes.lastResend?.[otherSide] ?? null
  if (resend === null || resend.needless) return
  const start = ((ints[other + ISN] as number) + resend.sequence) | 0
  if (duplicateBytes(h, start, (start + resend.length) | 0) < resend.length) return
  resend.needless = true
  ints[other + NEEDLESS_RETRANSMISSIONS] = (ints[other + NEEDLESS_RETRANSMISSIONS] as number) + 1
}
