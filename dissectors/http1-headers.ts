/**
 * The header lines of an HTTP/1 head. Only the headers that say something about framing, proxies, gateways and logons are
 * facts; the others are read for the tree alone. RFC 9112 section 5.
 */
import { find, latin1, utf8 } from '../src/wire/bytes.ts'
import { type Field, field } from '../src/wire/field.ts'
import { MAX_HEAD_TOKENS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { keptValue, shownValue } from './http1-secrets.ts'
import { httpAuthentication } from './security-token.ts'

/** What the lines of one head say. */
export class Headers {
  /** Those that matter, in order, names in lower case. */
  readonly kept: [name: string, value: string][] = []
  /** All Transfer-Encoding lines joined, in lower case; '' without. */
  transferEncoding = ''
  /** Each Content-Length line as it stands. */
  readonly contentLengths: string[] = []
  /** The Upgrade header, in lower case; '' without. */
  upgrade = ''
  /** Connection names Upgrade, and Upgrade is there. */
  upgrades = false
  /** What is odd about the lines themselves; '' when nothing. */
  oddity = ''
  /** Tokens of NTLM, Kerberos and SPNEGO, and where in the PDU's bytes their base64 text stands. */
  readonly tokens: { bytes: Uint8Array; from: number; to: number }[] = []
}

/** Wireshark's names where it has one. A line here makes a header a fact. */
const KNOWN: readonly (readonly [name: string, field: string])[] = [
  ['host', 'http.host'],
  ['connection', 'http.connection'],
  ['upgrade', 'http.upgrade'],
  ['content-length', 'http.content_length_header'],
  ['transfer-encoding', 'http.transfer_encoding'],
  ['content-type', 'http.content_type'],
  ['content-encoding', 'http.content_encoding'],
  ['expect', 'http.expect'],
  ['user-agent', 'http.user_agent'],
  ['server', 'http.server'],
  ['date', 'http.date'],
  ['location', 'http.location'],
  ['retry-after', 'http.retry_after'],
  ['via', 'http.via'],
  ['authorization', 'http.authorization'],
  ['www-authenticate', 'http.www_authenticate'],
  ['proxy-authorization', 'http.proxy_authorization'],
  ['proxy-authenticate', 'http.proxy_authenticate'],
  ['proxy-connection', 'http.proxy_connection'],
  ['proxy-status', 'http.proxy_status'],
  ['x-squid-error', 'http.x_squid_error'],
  ['x-cache', 'http.x_cache'],
  ['x-forwarded-for', 'http.x_forwarded_for'],
  ['sec-websocket-key', 'http.sec_websocket_key'],
  ['sec-websocket-accept', 'http.sec_websocket_accept'],
  ['sec-websocket-version', 'http.sec_websocket_version'],
  ['rdg-connection-id', 'http.rdg_connection_id'],
  ['rdg-correlation-id', 'http.rdg_correlation_id'],
  ['rdg-auth-scheme', 'http.rdg_auth_scheme'],
  ['rdg-user-id', 'http.rdg_user_id'],
  ['rdg-client-generation', 'http.rdg_client_generation'],
]

/** Those that only the tree wants, under Wireshark's names. */
const SHOWN: readonly (readonly [name: string, field: string])[] = [
  ['accept', 'http.accept'],
  ['accept-encoding', 'http.accept_encoding'],
  ['accept-language', 'http.accept_language'],
  ['cache-control', 'http.cache_control'],
  ['cookie', 'http.cookie'],
  ['last-modified', 'http.last_modified'],
  ['referer', 'http.referer'],
  ['sec-websocket-extensions', 'http.sec_websocket_extensions'],
  ['sec-websocket-protocol', 'http.sec_websocket_protocol'],
  ['set-cookie', 'http.set_cookie'],
]

/** Known names by their length: most lines of a head are told apart by it alone, without making a string. */
interface KnownHeader {
  readonly name: string
  readonly codes: Uint8Array
  readonly field: Field
  readonly kept: boolean
}
const KNOWN_BY_LENGTH: KnownHeader[][] = []
for (const table of [KNOWN, SHOWN]) {
  for (const [name, fieldName] of table) {
    const codes = Uint8Array.from(name, character => character.charCodeAt(0))
    KNOWN_BY_LENGTH[name.length] ??= []
    KNOWN_BY_LENGTH[name.length]?.push({ name, codes, field: field(fieldName, name, 'text'), kept: table === KNOWN })
  }
}

/** Of all known headers, by their names in lower case. */
export const headerFields: ReadonlyMap<string, Field> = new Map(
  KNOWN_BY_LENGTH.flat().map(header => [header.name, header.field]),
)

const lines = {
  request: field('http.request.line', 'Request line', 'text'),
  response: field('http.response.line', 'Response line', 'text'),
  contentLength: field('http.content_length', 'Content length'),
  end: field('http.line_end', 'End of line', 'bytes'),
}

/** Where the rounds of a logon are. */
const AUTHENTICATION: ReadonlySet<string> = new Set([
  'authorization',
  'www-authenticate',
  'proxy-authorization',
  'proxy-authenticate',
])

const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const TAB = 0x09
const COLON = 0x3a

/** The lines up to the empty one, and that one. When it is missing, the PDU is faulty. */
export function readHeaders(pdu: Pdu, answers: boolean): Headers {
  const headers = new Headers()
  let connection = ''
  while (pdu.left > 0 && pdu.peek() !== LF && !(pdu.peek() === CR && pdu.peek(1) === LF)) {
    const known = readLine(pdu, headers, answers ? lines.response : lines.request)
    if (known === null || !known.kept) continue
    const value = headers.kept.at(-1)?.[1] ?? ''
    if (known.name === 'connection') connection += `${value.toLowerCase()},`
    else if (known.name === 'upgrade') headers.upgrade = value.toLowerCase()
    else if (known.name === 'content-length') {
      headers.contentLengths.push(value)
      if (/^\d+$/.test(value)) pdu.derived(lines.contentLength, Number(value))
    } else if (known.name === 'transfer-encoding') {
      headers.transferEncoding += `${headers.transferEncoding === '' ? '' : ','}${value.toLowerCase()}`
    }
  }
  endOfLine(pdu)
  headers.upgrades = headers.upgrade !== '' && connection.includes('upgrade')
  return headers
}

function keepToken(headers: Headers, value: string, at: number): void {
  const { token, from, to } = httpAuthentication(value)
  if (token !== null && headers.tokens.length < MAX_HEAD_TOKENS) {
    headers.tokens.push({ bytes: token, from: at + from, to: at + to })
  }
}

/** The header of this line; null when it is none that is known. */
function readLine(pdu: Pdu, headers: Headers, lineField: Field): KnownHeader | null {
  const rest = restOfLine(pdu)
  const toLineFeed = pdu.until(LF)
  const whole = toLineFeed < 0 ? rest : toLineFeed + 1
  const from = pdu.pos
  const known = headerOf(pdu, rest, headers)
  if (known === null) {
    pdu.value(lineField, whole, pdu.watched ? latin1(pdu.bytes, from, from + whole) : '')
  } else {
    let at = from + known.name.length
    while (pdu.bytes[at] !== COLON) at++
    at++
    while (at < from + rest && isBlank(pdu.bytes[at] as number)) at++
    const value = known.kept || pdu.watched ? latin1(pdu.bytes, at, from + rest).trimEnd() : ''
    if (AUTHENTICATION.has(known.name)) keepToken(headers, value, at)
    if (known.kept) headers.kept.push([known.name, keptValue(known.name, value)])
    const text = pdu.watched ? utf8(pdu.bytes, at, from + rest).trimEnd() : ''
    const shown = shownValue(known.name, text)
    pdu.value(known.field, whole, shown)
    if (pdu.watched) {
      const line = shown === text ? utf8(pdu.bytes, from, from + rest) : latin1(pdu.bytes, from, at) + shown
      pdu.derived(lineField, line + latin1(pdu.bytes, from + rest, from + whole))
    }
  }
  if (toLineFeed < 0) endOfLine(pdu)
  return known
}

/** Which header the line at hand is, by its name; null when it is not known, or not well formed. */
function headerOf(pdu: Pdu, length: number, headers: Headers): KnownHeader | null {
  if (isBlank(pdu.peek())) {
    // RFC 9112 5.2: lines once could go on like this; what may not be sent any more is not joined either.
    headers.oddity = 'a folded header line'
    return null
  }
  const nameLength = nameOfLine(pdu, length)
  if (nameLength < 0) {
    headers.oddity = 'a header line without a colon'
    return null
  }
  let trimmed = nameLength
  while (trimmed > 0 && isBlank(pdu.peek(trimmed - 1))) trimmed--
  if (trimmed < nameLength) headers.oddity = 'white space before the colon of a header line'
  return knownHeader(pdu.bytes, pdu.pos, trimmed)
}

function knownHeader(bytes: Uint8Array, at: number, length: number): KnownHeader | null {
  const candidates = KNOWN_BY_LENGTH[length]
  if (candidates === undefined) return null
  for (const candidate of candidates) if (isSameName(bytes, at, candidate.codes)) return candidate
  return null
}

/** Letters of either case: `codes` are lower case. */
function isSameName(bytes: Uint8Array, at: number, codes: Uint8Array): boolean {
  for (let n = 0; n < codes.length; n++) {
    const byte = bytes[at + n] as number
    if ((byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte) !== codes[n]) return false
  }
  return true
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB
}

/** Bytes up to the colon; -1 when the line, of this length, has none. */
function nameOfLine(pdu: Pdu, length: number): number {
  const at = find(pdu.bytes, COLON, pdu.pos, pdu.pos + length)
  return at < 0 ? -1 : at - pdu.pos
}

/** Bytes up to the next space or the end of the line. */
export function wordLength(pdu: Pdu): number {
  const { bytes, pos, limit } = pdu
  let at = pos
  for (; at < limit; at++) {
    const byte = bytes[at]
    if (byte === SPACE || byte === LF || (byte === CR && bytes[at + 1] === LF && at + 1 < limit)) break
  }
  return at - pos
}

/** Bytes up to the end of the line. */
export function restOfLine(pdu: Pdu): number {
  const toLineFeed = pdu.until(LF)
  if (toLineFeed < 0) return pdu.left
  return toLineFeed > 0 && pdu.peek(toLineFeed - 1) === CR ? toLineFeed - 1 : toLineFeed
}

/** CRLF, or LF alone (RFC 9112 2.2). */
export function endOfLine(pdu: Pdu): void {
  pdu.mark(lines.end, pdu.peek() === CR ? 2 : 1)
}
