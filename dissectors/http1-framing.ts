/** How long the body behind an HTTP/1 head is. RFC 9112 section 6.3, in its order; RFC 9110 sections 8.6 and 9.3.6. */
import type { Framing } from './http1-facts.ts'
import type { Headers } from './http1-headers.ts'

/** What decides. */
interface Head {
  /** It is a response. */
  readonly answers: boolean
  /** Of the request, or of the request that it answers; '' when that was not seen. */
  readonly method: string
  readonly status: number
  readonly version: string
  readonly headers: Headers
}

/** `length` counts only with framing 'length'. `oddity` says in words what is wrong or strange; '' when nothing is. */
interface BodyFraming {
  readonly framing: Framing
  readonly length: number
  readonly oddity: string
}

export function bodyFraming(head: Head): BodyFraming {
  const { answers, method, status, headers } = head
  const { transferEncoding, contentLengths } = headers
  const oddities = headers.oddity === '' ? [] : [headers.oddity]
  const says = (framing: Framing, length = 0): BodyFraming => ({ framing, length, oddity: oddities.join('; ') })
  const hasLength = contentLengths.length > 0
  const hasEncoding = transferEncoding !== ''
  const successful = status >= 200 && status < 300

  if (answers && hasEncoding && mayHaveNoLength(status)) oddities.push(`Transfer-Encoding in a ${status}`)
  if (answers && hasLength && mayHaveNoLength(status)) oddities.push(`Content-Length in a ${status}`)
  if (answers && status === 101) return says('switch')
  if (answers && method === 'CONNECT' && successful) {
    if (hasEncoding || hasLength) oddities.push('a body announced in the answer to CONNECT')
    return says('tunnel')
  }
  if (answers && (method === 'HEAD' || isBodiless(status))) return says('none')

  if (hasEncoding) {
    if (hasLength) oddities.push('both Transfer-Encoding and Content-Length')
    if (head.version === 'HTTP/1.0') oddities.push('Transfer-Encoding in HTTP/1.0')
    if (isChunkedLast(transferEncoding)) return says('chunked')
    oddities.push('a Transfer-Encoding that does not end with chunked')
    return says(answers ? 'until-close' : 'invalid')
  }
  if (hasLength) {
    const length = agreedLength(contentLengths)
    if (length >= 0) {
      if (contentLengths.length > 1) oddities.push('Content-Length repeated')
      return says('length', length)
    }
    oddities.push(length === DIFFERING ? 'Content-Length lines that differ' : 'a Content-Length that is no number')
    return says('invalid')
  }
  return says(answers ? 'until-close' : 'none')
}

/** Interim answers, 204 and 304, whatever their headers say. A status that is no number is not one of them. */
function isBodiless(status: number): boolean {
  return mayHaveNoLength(status) || status === 304
}

/** RFC 9110 8.6: no Content-Length may be sent in these, nor Transfer-Encoding (RFC 9112 6.1). */
function mayHaveNoLength(status: number): boolean {
  return (status >= 100 && status < 200) || status === 204
}

function isChunkedLast(transferEncoding: string): boolean {
  return /(^|,)[ \t]*chunked[ \t,]*$/.test(transferEncoding)
}

const NOT_A_NUMBER = -1
const DIFFERING = -2

/** The one length that all lines give, which may themselves be lists; or why there is none. */
function agreedLength(lines: readonly string[]): number {
  let agreed = -1
  for (const line of lines) {
    for (const part of line.split(',')) {
      const text = part.trim()
      const length = Number(text)
      if (!/^\d+$/.test(text) || !Number.isSafeInteger(length)) return NOT_A_NUMBER
      if (agreed >= 0 && length !== agreed) return DIFFERING
      agreed = length
    }
  }
  return agreed
}
