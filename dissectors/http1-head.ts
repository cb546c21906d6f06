/**
 * The head of an HTTP/1 message: its first line, the headers, and how long the body behind it is. RFC 9112 sections 3
 * and 4; RFC 9110 section 7.1 (the URI that is meant).
 */
import { httpStatusNames } from '../src/codes/http-names.ts'
import { field } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import type { HttpHead } from './http1-facts.ts'
import { bodyFraming } from './http1-framing.ts'
import { endOfLine, type Headers, readHeaders, restOfLine, wordLength } from './http1-headers.ts'

/** What was read, and what of it is no fact. */
export interface Head {
  readonly fact: HttpHead
  readonly headers: Headers
  /** The URI that the request means, with its host where it names one; '' in a response. */
  readonly uri: string
}
/** Of the request that a response answers. */
export interface AskedFor {
  readonly method: string
  readonly uri: string
}

const line = {
  one: field('http.line', 'Line', 'group'),
  method: field('http.request.method', 'Request Method', 'text'),
  target: field('http.request.uri', 'Request URI', 'text'),
  path: field('http.request.uri.path', 'Request URI Path', 'text'),
  query: field('http.request.uri.query', 'Request URI Query', 'text'),
  parameter: field('http.request.uri.query.parameter', 'Request URI Query Parameter', 'text'),
  requestVersion: field('http.request.version', 'Request Version', 'text'),
  responseVersion: field('http.response.version', 'Response Version', 'text'),
  status: field('http.response.code', 'Status Code'),
  statusName: field('http.response.code.desc', 'Status Code Description', 'text'),
  phrase: field('http.response.phrase', 'Response Phrase', 'text'),
  space: field('http.space', 'Space', 'bytes'),
  fullUri: field('http.request.full_uri', 'Full request URI', 'text'),
  answeredUri: field('http.response_for.uri', 'Request URI', 'text'),
  isRequest: field('http.request', 'Request', 'flag'),
  isResponse: field('http.response', 'Response', 'flag'),
  requestNumber: field('http.request_number', 'Request number'),
  responseNumber: field('http.response_number', 'Response number'),
}
const SPACE = 0x20
const HTTP_NAME = Uint8Array.from('HTTP/1.', character => character.charCodeAt(0))

/**
 * Reads a head; null when what is cut off in its first line does not look like one, else any word would be a request.
 * @param number how many of its direction there were before
 */
export function readHead(pdu: Pdu, asked: AskedFor | undefined, secure: boolean, number: number): Head | null {
  const answers = startsWithHttp(pdu.bytes, pdu.pos, pdu.limit)
  let method = ''
  let target = ''
  let version = ''
  let phrase = ''
  let status = 0
  pdu.group(line.one)
  if (answers) {
    version = word(pdu, line.responseVersion)
    const digits = wordLength(pdu)
    status = statusCode(pdu, digits)
    pdu.value(line.status, digits, status)
    const name = pdu.watched ? httpStatusNames.get(status) : undefined
    if (name !== undefined) pdu.derived(line.statusName, name)
    if (pdu.peek() === SPACE) pdu.mark(line.space, 1)
    const length = restOfLine(pdu)
    if (length > 0) phrase = pdu.text(line.phrase, length)
  } else {
    method = word(pdu, line.method)
    target = pdu.text(line.target, wordLength(pdu))
    if (pdu.watched) targetParts(pdu, target)
    if (pdu.peek() === SPACE) pdu.mark(line.space, 1)
    version = pdu.text(line.requestVersion, restOfLine(pdu))
  }
  endOfLine(pdu)
  pdu.end()
  const headers = readHeaders(pdu, answers)
  if (!answers && !isRequestLine(method, target, version)) return null
  if (answers) method = asked?.method ?? ''
  const { framing, length, oddity } = bodyFraming({ answers, method, status, version, headers })
  // Also when nobody watches: the answer may be watched alone.
  const uri = answers ? '' : fullUri(method, target, headers, secure)
  if (pdu.watched && answers) {
    pdu.derived(line.isResponse, 1)
    pdu.derived(line.responseNumber, number + 1)
    if (asked !== undefined && asked.uri !== '') pdu.derived(line.answeredUri, asked.uri)
  } else if (pdu.watched) {
    if (uri !== '') pdu.derived(line.fullUri, uri)
    pdu.derived(line.isRequest, 1)
    pdu.derived(line.requestNumber, number + 1)
  }
  return {
    fact: {
      kind: answers ? 'http-response' : 'http-request',
      method,
      target,
      version,
      status,
      phrase,
      headers: headers.kept,
      framing,
      length,
      oddity,
      complete: pdu.ok,
    },
    headers,
    uri: uri === '' ? target : uri,
  }
}

/** As far as the bytes go. */
export function startsWithHttp(bytes: Uint8Array, start: number, end: number): boolean {
  const length = Math.min(HTTP_NAME.length, end - start)
  for (let n = 0; n < length; n++) if (bytes[start + n] !== HTTP_NAME[n]) return false
  return length > 0
}

/** Path, query and its parameters, where there is a query. */
function targetParts(pdu: Pdu, target: string): void {
  const mark = target.indexOf('?')
  if (mark < 0) return
  pdu.derived(line.path, target.slice(0, mark))
  const query = target.slice(mark + 1)
  pdu.derived(line.query, query)
  for (const parameter of query.split('&')) if (parameter !== '') pdu.derived(line.parameter, parameter)
}

function fullUri(method: string, target: string, headers: Headers, secure: boolean): string {
  const host = headers.kept.find(([name]) => name === 'host')?.[1] ?? ''
  if (method === 'CONNECT' || /^https?:\/\//i.test(target)) return target
  return host === '' ? '' : `${secure ? 'https' : 'http'}://${host}${target}`
}

function isRequestLine(method: string, target: string, version: string): boolean {
  // A target with spaces in it that were not escaped has its end here.
  if (/(^| )HTTP\//.test(version)) return true
  return version === '' && (target.startsWith('/') || target.startsWith('http') || method === 'CONNECT')
}

/** A word and the space behind it. */
function word(pdu: Pdu, f: typeof line.method): string {
  const text = pdu.text(f, wordLength(pdu))
  if (pdu.peek() === SPACE) pdu.mark(line.space, 1)
  return text
}

/** 0 unless it is three digits. */
function statusCode(pdu: Pdu, digits: number): number {
  if (digits !== 3) return 0
  let status = 0
  for (let n = 0; n < 3; n++) {
    const digit = pdu.peek(n) - 0x30
    if (digit < 0 || digit > 9) return 0
    status = status * 10 + digit
  }
  return status
}
