/** The lines of HTTP/1 heads, at equal length: names are replaced, what proves who somebody is becomes a row of letters. */
import { createHash } from 'node:crypto'
import { headerFields } from '../../dissectors/http1-headers.ts'
import { httpStatusNames } from '../codes/http-names.ts'
import { latin1 } from '../wire/bytes.ts'
import { MAX_REMEMBERED_REPLACEMENTS } from '../wire/limits.ts'
import type { Maps } from './der.ts'
import { treatmentOf } from './fields.ts'
import { remember } from './remember.ts'
import { encoded, fromLatin1 } from './texts.ts'

/** Values in which nothing is replaced while they look as they should. */
const AS_THEY_ARE: Readonly<Record<string, RegExp>> = {
  'content-length': /^[\d, ]*$/,
  'content-type':
    /^(?:text\/html|text\/plain|application\/(?:octet-stream|json|rpc|kerberos))(?:; ?charset=[\w-]{1,12})?$/i,
  'transfer-encoding': /^(?:chunked|gzip|deflate|identity|[, ])*$/i,
  date: /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  'last-modified': /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  'retry-after': /^(?:\d{1,9}|[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT)$/,
  'sec-websocket-version': /^[\d, ]*$/,
  'x-squid-error': /^ERR_[A-Z_]{1,40} -?\d{1,6}$/,
  'rdg-client-generation': /^[\w .]{1,20}$/,
}
const PROOFS = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'rdg-user-id'])
/** Headers whose names stay: those that fields.ts has a line for. The lines of all others are emptied. */
const KNOWN = new Set([...headerFields].filter(([, field]) => treatmentOf(field) === 'http-line').map(([name]) => name))
/** A token of SPNEGO or NTLM: whoever reads it puts its redacted bytes there. */
const TOKEN = /^(NTLM|Negotiate)(\s+)([A-Za-z0-9+/]+)(=*)\s*$/i
const SCHEMES = /^(?:basic|digest|bearer|ntlm|negotiate|paa|sspi_ntlm|smartcard|nego2)$/i
const METHODS = new Set(
  [
    'GET HEAD POST PUT DELETE OPTIONS TRACE PATCH CONNECT NOTIFY M-SEARCH PROPFIND SUBSCRIBE',
    'RDG_IN_DATA RDG_OUT_DATA RPC_IN_DATA RPC_OUT_DATA RPC_CONNECT',
  ].flatMap(line => line.split(' ')),
)
const PHRASES = new Set(
  [
    ...httpStatusNames.values(),
    'Connection established',
    'Request Timeout',
    'Gateway Timeout',
    'Proxy Authentication Required',
    'Account Restricted',
    'Success',
    'Switching',
    'Web Socket Protocol Handshake',
  ].map(phrase => phrase.toLowerCase()),
)
const RPC_PHRASE = /^RPC Error: [0-9a-fx]{1,10}$/i
/** RFC 6455 4.2.2. */
const WEBSOCKET_ACCEPT = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

export class HttpText {
  readonly #maps: Maps
  /** Of keys that were replaced: the answer that is right for the old one to that for the new one. */
  readonly #accepts = new Map<string, string>()

  constructor(maps: Maps) {
    this.#maps = maps
  }

  /** A header line, with what ends it. */
  line(bytes: Uint8Array): Uint8Array {
    const text = latin1(bytes, 0, bytes.length)
    const [, name = '', between = '', value = '', behind = ''] =
      /^([^:\s]+)(\s*:[ \t]*)(.*?)([ \t]*\r?\n?)$/s.exec(text) ?? []
    if (name === '') return fromLatin1(hidden(text))
    if (!KNOWN.has(name.toLowerCase()))
      return fromLatin1(`${this.#maps.names.text(name)}${between}${hidden(value)}${behind}`)
    const start = name.length + between.length
    const mapped = this.#value(name.toLowerCase(), value, bytes.subarray(start, start + value.length))
    const line = Uint8Array.from(bytes)
    line.fill(0x78, start, start + value.length)
    line.set(mapped.subarray(0, value.length), start)
    return line
  }

  method(bytes: Uint8Array): Uint8Array {
    return METHODS.has(latin1(bytes, 0, bytes.length)) ? bytes : this.#text(bytes)
  }

  phrase(bytes: Uint8Array): Uint8Array {
    const text = latin1(bytes, 0, bytes.length)
    return PHRASES.has(text.trim().toLowerCase()) || RPC_PHRASE.test(text) ? bytes : this.#text(bytes)
  }

  version(bytes: Uint8Array): Uint8Array {
    return /^HTTP\/\d\.\d$/.test(latin1(bytes, 0, bytes.length)) ? bytes : this.#text(bytes)
  }

  #value(name: string, value: string, bytes: Uint8Array): Uint8Array {
    if (AS_THEY_ARE[name]?.test(value)) return bytes
    const token = TOKEN.exec(value)
    if (token !== null) {
      const [, scheme = '', blank = '', digits = '', padding = ''] = token
      return fromLatin1(scheme + blank + 'A'.repeat(digits.length) + padding)
    }
    if (PROOFS.has(name)) return fromLatin1(this.#proof(value))
    if (name === 'sec-websocket-key') return fromLatin1(this.#webSocketKey(value))
    if (name === 'sec-websocket-accept') return fromLatin1(this.#accepts.get(value) ?? this.#base64Token(value))
    return this.#text(bytes)
  }

  #proof(value: string): string {
    const [scheme = ''] = value.split(/\s/)
    return SCHEMES.test(scheme) ? scheme + hidden(value.slice(scheme.length)) : hidden(value)
  }

  /** The answer to it is known from now on: it is right or wrong as before. */
  #webSocketKey(key: string): string {
    const mapped = this.#base64Token(key)
    remember(this.#accepts, acceptOf(key), acceptOf(mapped), MAX_REMEMBERED_REPLACEMENTS)
    return mapped
  }

  #base64Token(value: string): string {
    const bytes = Buffer.from(value, 'base64')
    const mapped = Buffer.from(this.#maps.keyed.token(bytes)).toString('base64')
    return mapped.length === value.length ? mapped : hidden(value)
  }

  #text(bytes: Uint8Array): Uint8Array {
    return encoded(bytes, text => this.#maps.names.text(text))
  }
}

function acceptOf(key: string): string {
  return createHash('sha1')
    .update(key + WEBSOCKET_ACCEPT)
    .digest('base64')
}

/** All letters and digits alike; what separates them stays. */
export function hidden(text: string): string {
  return text.replace(/[^\s,;:="'{}()<>@?&[\]]/g, 'x')
}
