/** What HTTP/1 tells: its heads, how the body behind each is framed, and bodies that were cut (RFC 9112). */
import type { Ending } from '../src/wire/dissector.ts'

/** How RFC 9112 section 6.3 frames the body. */
export type Framing = 'none' | 'length' | 'chunked' | 'until-close' | 'tunnel' | 'switch' | 'invalid'
export interface HttpHead {
  readonly kind: 'http-request' | 'http-response'
  /** Of the request; in a response, of the request that it answers ('' when that was not seen). */
  readonly method: string
  readonly target: string
  readonly version: string
  /** 0 in a request. */
  readonly status: number
  readonly phrase: string
  /** The headers that matter, in order, names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly framing: Framing
  /** Content-Length where `framing` is 'length', otherwise 0. */
  readonly length: number
  /** Why the framing is 'invalid', or what is odd about it (CL and TE, differing lengths); '' when nothing. */
  readonly oddity: string
  readonly complete: boolean
}
/** A body ended before all of it had come. `owed` bytes are missing (-1: unknown, chunked). */
export interface HttpBodyCut {
  readonly kind: 'http-body-cut'
  readonly how: Ending
  readonly owed: number
}
export type HttpFact = HttpHead | HttpBodyCut
