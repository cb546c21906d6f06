/**
 * The last words of the server in an encrypted session, told from the sizes of its records. MS-RDPBCGR 1.3.1.4, 2.2.5.1.1,
 * 2.2.10.2, T.125 part 7 (DisconnectProviderUltimatum). Inference, never proof.
 */
import type { Attempt } from '../attempt/attempt.ts'
import type { Place } from '../attempt/place.ts'
import { holds, isExact, overheadOf } from '../attempt/record-sizes.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { type Picture, pictureOf } from './picture.ts'
import { rememberLast } from './remember.ts'
import { deniedLogonOf, sealedEndOf, sealedSessionOf } from './sealed-exchange.ts'
import { sessionTalkOf } from './server-word.ts'

/** MCS Disconnect Provider Ultimatum with TPKT and X.224 headers. */
const ULTIMATUM_LENGTH = 9

export interface SealedDenial {
  /** 'early' = early user authorization; 'error-info' = Set Error Info before the session was active. */
  readonly kind: 'early' | 'error-info'
  readonly word: Place
  readonly farewell: Place | null
  /** The suite pads: sizes are known within a block only. */
  readonly padded: boolean
}

/**
 * The last record of the server has the size of a Disconnect Provider Ultimatum. 'maybe': padding leaves it possible, or the
 * suite is not known.
 */
export function endsWithFarewell({ sealed, serverHello }: Picture): 'yes' | 'maybe' | 'no' {
  const last = sealed.findLast(record => record.direction === SERVER)
  if (last === undefined) return 'no'
  const overhead = serverHello === null ? null : overheadOf(serverHello.fact.version, serverHello.fact.suite)
  if (overhead === null) return 'maybe'
  if (!holds(overhead, last.length, ULTIMATUM_LENGTH)) return 'no'
  return isExact(overhead) ? 'yes' : 'maybe'
}

/** The server turned the user away behind the logon, as far as sizes tell; null where they do not, or where it can be read. */
export const sealedDenialOf: (attempt: Attempt) => SealedDenial | null = rememberLast(look)

function look(attempt: Attempt): SealedDenial | null {
  if (attempt.outcome === 'established' || attempt.transport !== 'direct') return null
  const { confirm, leaving, connection, unseen } = pictureOf(attempt)
  if (confirm === null || leaving === null || connection === null) return null
  const { isRead, active } = sessionTalkOf(attempt)
  if (isRead || active || unseen[CLIENT] || unseen[SERVER] || connection.cutPackets > 0) return null
  const session = sealedSessionOf(attempt)
  if (session === null) return null
  const denied = deniedLogonOf(attempt)
  const padded = !session.sized
  if (denied !== null) return { kind: 'early', word: denied.answer, farewell: null, padded }
  const word = sealedEndOf(attempt)?.errorInfo ?? null
  return word === null ? null : { kind: 'error-info', word, farewell: session.farewell, padded }
}
