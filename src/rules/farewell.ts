/**
 * The last words of the server in an encrypted session, told from the sizes of its records. MS-RDPBCGR 1.3.1.4, 2.2.5.1.1,
 * 2.2.10.2, T.125 part 7 (DisconnectProviderUltimatum). Inference, never proof.
 */
import type { Attempt } from '../attempt/attempt.ts'
import { sealOverhead } from '../attempt/sealed-session.ts'
import { PROTOCOL_HYBRID_EX } from '../codes/negotiation.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { type Picture, pictureOf, type SealedRecord } from './picture.ts'
import { rememberLast } from './remember.ts'
import { sessionTalkOf } from './server-word.ts'

/** MCS Disconnect Provider Ultimatum with TPKT and X.224 headers. */
const ULTIMATUM_LENGTH = 9
/** Set Error Info with all its headers. */
const ERROR_INFO_LENGTH = 36
const EARLY_RESULT_LENGTH = 4
/** The logon takes so many messages of the client before the server can give the early result. */
const LEAST_LOGON_MESSAGES = 3

export interface SealedDenial {
  /** 'early' = early user authorization; 'error-info' = Set Error Info and farewell before the session was active. */
  readonly kind: 'early' | 'error-info'
  readonly word: SealedRecord
  readonly farewell: SealedRecord | null
}

/** The last record of the server has the size of a Disconnect Provider Ultimatum. */
export function endsWithFarewell({ sealed, serverHello }: Picture): boolean {
  const last = sealed.findLast(record => record.direction === SERVER)
  if (last === undefined || serverHello === null) return false
  const overhead = sealOverhead(serverHello.fact.version, serverHello.fact.suite)
  return overhead >= 0 && last.length === ULTIMATUM_LENGTH + overhead
}

/** The server turned the user away behind the logon, as far as sizes tell; null where they do not, or where it can be read. */
export const sealedDenialOf: (attempt: Attempt) => SealedDenial | null = rememberLast(look)

function look(attempt: Attempt): SealedDenial | null {
  if (attempt.outcome === 'established' || attempt.transport !== 'direct') return null
  const picture = pictureOf(attempt)
  const { confirm, serverHello, sealed, leaving, connection, unseen } = picture
  if (confirm === null || serverHello === null || leaving === null || connection === null) return null
  const { isRead, active } = sessionTalkOf(attempt)
  if (isRead || active || unseen[CLIENT] || unseen[SERVER] || connection.cutPackets > 0) return null
  const overhead = sealOverhead(serverHello.fact.version, serverHello.fact.suite)
  if (overhead < 0) return null
  const records = sealed.slice(sealed.findIndex(record => record.direction === CLIENT))
  const fromServer = records.filter(record => record.direction === SERVER)
  const last = fromServer.at(-1)
  const before = fromServer.at(-2)
  if (last === undefined || before === undefined) return null
  const length = (record: SealedRecord) => record.length - overhead
  if (attempt.reached('mcs')) {
    const isDenial = length(before) === ERROR_INFO_LENGTH && length(last) === ULTIMATUM_LENGTH
    return isDenial ? { kind: 'error-info', word: before, farewell: last } : null
  }
  if (confirm.fact.selected !== PROTOCOL_HYBRID_EX || length(last) !== EARLY_RESULT_LENGTH) return null
  const asked = records.filter(record => record.direction === CLIENT)
  const spokeOn = asked.some(record => record.packet > last.packet)
  return spokeOn || asked.length < LEAST_LOGON_MESSAGES ? null : { kind: 'early', word: last, farewell: null }
}
