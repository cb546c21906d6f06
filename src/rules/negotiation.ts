/** How the security negotiation ended, where it ended the attempt. MS-RDPBCGR 2.2.1.2, 3.2.5.3.2. */
import type { Attempt } from '../attempt/attempt.ts'
import { PROTOCOL_HYBRID, PROTOCOL_HYBRID_EX, PROTOCOL_RDP } from '../codes/negotiation.ts'
import { CLIENT } from '../wire/dissector.ts'
import { type Picture, pictureOf } from './picture.ts'

/** A client that does not want what was selected leaves at once; a person who cancels the logon prompt takes longer. */
const AT_ONCE_NS = 1e9

/** Evidence of what the client offered; without the request it says so. */
export function offeredBy({ request }: Picture): number {
  return request?.fact.protocols ?? -1
}

/** The failure code that ended the attempt; 0 when there is none, or when a later connection of the attempt worked. */
export function failureCode(attempt: Attempt): number {
  return attempt.outcome === 'established' ? 0 : (pictureOf(attempt).failure?.fact.code ?? 0)
}

/**
 * The client left behind the confirm without a word: 'not-offered' when the server selected what the client had not
 * offered, 'weaker' when it left at once because NLA was offered and something weaker was selected.
 */
export function selectionRefusal(attempt: Attempt): 'not-offered' | 'weaker' | null {
  if (attempt.outcome === 'established') return null
  const picture = pictureOf(attempt)
  const { confirm, leaving, clientHello } = picture
  if (confirm === null || !confirm.fact.complete || leaving === null || leaving.side !== CLIENT) return null
  if (clientHello !== null || spokeAfter(picture, confirm.packet)) return null
  const offered = offeredBy(picture)
  const { selected } = confirm.fact
  const atOnce = leaving.timeNs - confirm.timeNs < AT_ONCE_NS
  if (offered > 0 && selected === PROTOCOL_RDP) return 'not-offered'
  if (offered > 0 && (offered & selected) === 0) return 'not-offered'
  const nla = PROTOCOL_HYBRID | PROTOCOL_HYBRID_EX
  return atOnce && (offered & nla) !== 0 && (selected & nla) === 0 ? 'weaker' : null
}

/** The client went on in the selected protocol: it did not refuse it. */
function spokeAfter({ connection }: Picture, packet: number): boolean {
  for (const event of connection?.events ?? []) {
    if (event.direction === CLIENT && event.packet > packet && event.fact.kind !== 'alert') return true
  }
  return false
}
