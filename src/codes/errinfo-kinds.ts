/**
 * What sort of ending a Set Error Info PDU announces. The number alone does not tell a refusal from a user who logs off.
 * MS-RDPBCGR 2.2.5.1.1.
 */

export type ErrorInfoKind =
  /** No error: the server may say so at any time. */
  | 'none'
  /** The user ended the session, here or with a tool. */
  | 'by-user'
  /** An administrator, a time limit or another connection ended it. */
  | 'ended'
  /** The server goes down or starts anew. */
  | 'shutdown'
  /** The user, or the connection as such, is refused. */
  | 'denied'
  | 'out-of-memory'
  | 'licence'
  /** The connection broker found no place for the session. */
  | 'broker'
  /** A part of the server crashed, or its display driver did not start. */
  | 'crash'
  /** The server did not accept a PDU of the client. */
  | 'protocol'
  | 'unknown'

const KINDS: ReadonlyMap<number, ErrorInfoKind> = new Map([
  [0x00, 'none'],
  [0x01, 'ended'],
  [0x02, 'ended'],
  [0x03, 'ended'],
  [0x04, 'ended'],
  [0x05, 'ended'],
  [0x06, 'out-of-memory'],
  [0x07, 'denied'],
  [0x09, 'denied'],
  [0x0a, 'denied'],
  [0x0b, 'by-user'],
  [0x0c, 'by-user'],
  [0x0f, 'crash'],
  [0x10, 'crash'],
  [0x11, 'crash'],
  [0x12, 'crash'],
  [0x17, 'crash'],
  [0x18, 'crash'],
  [0x19, 'shutdown'],
  [0x1a, 'shutdown'],
])

export function errorInfoKind(code: number): ErrorInfoKind {
  const known = KINDS.get(code)
  if (known !== undefined) return known
  if (code >= 0x100 && code <= 0x1ff) return 'licence'
  if (code >= 0x400 && code <= 0x4ff) return 'broker'
  return code >= 0x10c9 && code <= 0x11ff ? 'protocol' : 'unknown'
}

/** An end of a running session that somebody wanted; before the session is active only the user's own is harmless. */
export function isOrderlyEnd(code: number, active: boolean): boolean {
  const kind = errorInfoKind(code)
  return kind === 'none' || kind === 'by-user' || (active && (kind === 'ended' || kind === 'shutdown'))
}
