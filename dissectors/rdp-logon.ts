/**
 * Save Session Info: the server tells who has logged on, gives a cookie to reconnect with (which stays hidden), or says why
 * a logon did not go through. MS-RDPBCGR 2.2.10.1.
 */
import type { Out } from '../src/wire/dissector.ts'
import { field, flag } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { utf16Text } from './rdp-text.ts'

/** The user has logged on to the session. */
export interface Logon {
  readonly kind: 'logon'
  /** '' where the server only notifies. */
  readonly user: string
  readonly domain: string
  readonly sessionId: number
}
/** Something to tell at logon: a session that could not be taken over, a password that is wrong. */
export interface LogonError {
  readonly kind: 'logon-error'
  /** ErrorNotificationType: what the server does about it. */
  readonly type: number
  /** ErrorNotificationData: why, or the session it is about. */
  readonly data: number
}
export type LogonFact = Logon | LogonError

const TYPES = new Map([
  [0, 'Logon'],
  [1, 'Logon, long form'],
  [2, 'Plain notification'],
  [3, 'Extended'],
])
const ERROR_TYPES = new Map([
  [0xfffffff9, 'LOGON_MSG_DISCONNECT_REFUSED'],
  [0xfffffffa, 'LOGON_MSG_NO_PERMISSION'],
  [0xfffffffb, 'LOGON_MSG_BUMP_OPTIONS'],
  [0xfffffffc, 'LOGON_MSG_RECONNECT_OPTIONS'],
  [0xfffffffd, 'LOGON_MSG_SESSION_TERMINATE'],
  [0xfffffffe, 'LOGON_MSG_SESSION_CONTINUE'],
])
const ERROR_DATA = new Map([
  [0, 'LOGON_FAILED_BAD_PASSWORD'],
  [1, 'LOGON_FAILED_UPDATE_PASSWORD'],
  [2, 'LOGON_FAILED_OTHER'],
  [3, 'LOGON_WARNING'],
])
const session = {
  type: field('rdp.sessioninfo.type', 'infoType', 'dec', TYPES),
  version: field('rdp.sessioninfo.version', 'Version'),
  size: field('rdp.sessioninfo.size', 'Size'),
  domainLength: field('rdp.sessioninfo.domain.length', 'cbDomain'),
  domain: field('rdp.sessioninfo.domain', 'Domain', 'text'),
  userLength: field('rdp.sessioninfo.username.length', 'cbUserName'),
  user: field('rdp.sessioninfo.username', 'UserName', 'text'),
  id: field('rdp.sessioninfo.sessionid', 'SessionId'),
  length: field('rdp.sessioninfo.length', 'Length'),
  fields: field('rdp.sessioninfo.fieldspresent', 'FieldsPresent', 'hex'),
  partLength: field('rdp.sessioninfo.field.length', 'cbFieldData'),
  cookie: field('rdp.sessioninfo.autoreconnectcookie', 'Auto-reconnect cookie (hidden)', 'group'),
  error: field('rdp.sessioninfo.logonerror', 'Logon error', 'group'),
  errorType: field('rdp.sessioninfo.logonerror.type', 'ErrorNotificationType', 'hex', ERROR_TYPES),
  errorData: field('rdp.sessioninfo.logonerror.data', 'ErrorNotificationData', 'hex', ERROR_DATA),
  pad: field('rdp.sessioninfo.pad', 'Pad', 'bytes'),
}
const AUTO_RECONNECT = 0x1
const LOGON_ERRORS = 0x2
const FIELDS = [
  flag('rdp.sessioninfo.fieldspresent.autoreconnectcookie', 'LOGON_EX_AUTORECONNECTCOOKIE', AUTO_RECONNECT),
  flag('rdp.sessioninfo.fieldspresent.logonerrors', 'LOGON_EX_LOGONERRORS', LOGON_ERRORS),
]

const LOGON = 0
const LOGON_LONG = 1
const PLAIN_NOTIFY = 2
const EXTENDED = 3
/** Room of the strings of the first form. */
const DOMAIN_BYTES = 52
const USER_BYTES = 512
/** Between the lengths and the strings of the long form. */
const PAD_BYTES = 558

export function saveSessionInfo(pdu: Pdu, out: Out<LogonFact>): void {
  const type = pdu.u32le(session.type)
  if (type === LOGON) {
    pdu.u32le(session.domainLength)
    const domain = utf16Text(pdu, session.domain, DOMAIN_BYTES)
    pdu.u32le(session.userLength)
    const user = utf16Text(pdu, session.user, USER_BYTES)
    const sessionId = pdu.u32le(session.id)
    if (pdu.ok) out.fact({ kind: 'logon', user, domain, sessionId })
  } else if (type === LOGON_LONG) {
    pdu.u16le(session.version)
    pdu.u32le(session.size)
    const sessionId = pdu.u32le(session.id)
    const domainLength = pdu.u32le(session.domainLength)
    const userLength = pdu.u32le(session.userLength)
    pdu.mark(session.pad, PAD_BYTES)
    const domain = utf16Text(pdu, session.domain, domainLength)
    const user = utf16Text(pdu, session.user, userLength)
    if (pdu.ok) out.fact({ kind: 'logon', user, domain, sessionId })
  } else if (type === PLAIN_NOTIFY) {
    if (pdu.ok) out.fact({ kind: 'logon', user: '', domain: '', sessionId: 0 })
  } else if (type === EXTENDED) extended(pdu, out)
  if (pdu.left > 0) pdu.mark(session.pad, pdu.left)
}

function extended(pdu: Pdu, out: Out<LogonFact>): void {
  pdu.u16le(session.length)
  const fields = pdu.u32le(session.fields)
  pdu.bits(...FIELDS)
  if ((fields & AUTO_RECONNECT) !== 0) pdu.mark(session.cookie, pdu.u32le(session.partLength))
  if ((fields & LOGON_ERRORS) === 0) return
  pdu.sized(session.error, pdu.u32le(session.partLength), session.partLength)
  const type = pdu.u32le(session.errorType)
  const data = pdu.u32le(session.errorData)
  pdu.end()
  if (pdu.ok) out.fact({ kind: 'logon-error', type, data })
}
