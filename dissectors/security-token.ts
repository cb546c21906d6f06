/**
 * One security token as a layer of its own, where another protocol hands it up decoded: HTTP headers hold it in base64.
 *
 * RFC 4559 4.2 (HTTP Negotiate), MS-NTHT 2.2.1 (HTTP NTLM).
 */
import { NO, stream, wholeMessage } from '../src/wire/dissector.ts'
import { MAX_AUTHORIZATION_CHARACTERS } from '../src/wire/limits.ts'
import { type AuthenticationFact, isSecurityToken, readTokenPdu } from './spnego.ts'

export const securityToken = stream<null, AuthenticationFact>({
  name: 'security-token',
  filterName: 'gss-api',
  title: 'GSS-API Generic Security Service Application Program Interface',
  spec: ['RFC 4178', 'RFC 4559 4.2', 'MS-NTHT 2.2.1'],
  begin: () => null,
  // It has no beginning of its own: only another protocol knows that it is one.
  probe: () => NO,
  frame: wholeMessage,
  read: (pdu, _state, _direction, out) => readTokenPdu(pdu, out),
})

/** What the value of an (Proxy-)Authorization or (WWW|Proxy)-Authenticate header holds. */
export interface HttpAuthentication {
  /** 'negotiate', 'ntlm', 'basic', 'bearer' ..., in lower case; '' when it is empty. */
  readonly scheme: string
  /** The decoded token that {@link securityToken} reads; null without one, or of another scheme. */
  readonly token: Uint8Array | null
  /** Where the base64 text stands in the value. */
  readonly from: number
  readonly to: number
}

/** @param value of one header, without its name. */
export function httpAuthentication(value: string): HttpAuthentication {
  const parts = /^\s*([^\s,]+)(\s+)?([A-Za-z0-9+/]+={0,2})?/.exec(value)
  const scheme = parts?.[1]?.toLowerCase() ?? ''
  const text = parts?.[3] ?? ''
  const isToken = scheme === 'negotiate' || scheme === 'ntlm'
  if (parts === null || !isToken || text === '' || text.length > MAX_AUTHORIZATION_CHARACTERS) {
    return { scheme, token: null, from: 0, to: 0 }
  }
  const to = parts[0].length
  const token = base64(text)
  return { scheme, token: isSecurityToken(token, 0, token.length) ? token : null, from: to - text.length, to }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const VALUES = new Map([...ALPHABET].map((character, value) => [character.charCodeAt(0), value]))

/** Decodes characters of the alphabet; padding at the end is passed over. */
function base64(text: string): Uint8Array {
  const characters = text.replace(/=+$/, '').length
  const bytes = new Uint8Array(Math.floor((characters * 3) / 4))
  let gathered = 0
  let at = 0
  for (let n = 0; n < characters; n++) {
    gathered = (gathered << 6) | (VALUES.get(text.charCodeAt(n)) ?? 0)
    if (n % 4 === 1) bytes[at++] = (gathered >> 4) & 0xff
    else if (n % 4 === 2) bytes[at++] = (gathered >> 2) & 0xff
    else if (n % 4 === 3) bytes[at++] = gathered & 0xff
  }
  return bytes
}
