/** Header values that prove who somebody is: what may be shown and kept of them. RFC 9110 11.4, RFC 4559, RFC 6265. */

/** Values that a client proves itself with, and what a server asks for. */
const PROOFS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization'])
const CHALLENGES: ReadonlySet<string> = new Set(['www-authenticate', 'proxy-authenticate'])
const COOKIES: ReadonlySet<string> = new Set(['cookie', 'set-cookie'])
/** In base64, an NTLM message begins with its name and type (MS-NLMP 2.2.1): so many characters tell both. */
const NTLM_START = 'TlRMTVNTUAA'
const NTLM_KIND_LENGTH = NTLM_START.length + 1
const HIDDEN = '(hidden)'

/** The value as it may be shown: of a token its scheme and kind alone. */
export function shownValue(name: string, value: string): string {
  if (value === '') return ''
  if (COOKIES.has(name)) return HIDDEN
  return PROOFS.has(name) ? withoutToken(value) : value
}

/** The value as a fact holds it: a challenge too is named by its kind. */
export function keptValue(name: string, value: string): string {
  if (CHALLENGES.has(name) && /^(NTLM|Negotiate)\s+[A-Za-z0-9+/=]{12,}$/i.test(value)) return withoutToken(value)
  return shownValue(name, value)
}

function withoutToken(value: string): string {
  const [, scheme = '', token = ''] = /^(\S+)\s*(.*)$/.exec(value) ?? []
  if (token === '') return scheme
  return `${scheme} ${token.startsWith(NTLM_START) ? token.slice(0, NTLM_KIND_LENGTH) : HIDDEN}`
}
