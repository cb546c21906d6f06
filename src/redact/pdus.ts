/**
 * PDUs as the layers read them, written back to where their bytes came from. Most lie byte for byte in a stream or a
 * datagram. Three do not: tokens in base64 (HTTP), frames under a mask (WebSocket), and messages that DTLS cut in pieces.
 */
import type { Stretch } from '../flow/origin.ts'
import type { WatchedPdu } from '../flow/watcher.ts'
import { MAX_REDACTED_TOKENS } from '../wire/limits.ts'
import { nodeNamed, nodesNamed, numberNamed } from './nodes.ts'
import type { Overlays } from './overlays.ts'
import { remember } from './remember.ts'
import type { TreeBytes, TreeRedaction } from './tree.ts'

/** A token in base64: its bytes, and what is known of the redacted ones. */
interface Token {
  readonly bytes: Uint8Array
  readonly redacted: Uint8Array
}
/** A part of a DTLS message. */
interface Piece {
  /** In the message, without its header. */
  readonly offset: number
  readonly length: number
  readonly origins: readonly Stretch[]
}

const MASKING_KEY = 'websocket.masking_key'
/** MS-RDPEUDP2 3.1.1.1.3: these two bytes change places. */
const SWAPPED = [0, 7] as const
/** Of a DTLS handshake message, RFC 6347 4.2.2. */
const MESSAGE_HEADER_BYTES = 12
const NUMBER_AT = 4

export class Pdus {
  readonly #trees: TreeRedaction
  readonly #overlays: Overlays
  readonly #tokens = new Map<string, Token>()
  readonly #pieces = new Map<string, Piece[]>()

  constructor(trees: TreeRedaction, overlays: Overlays) {
    this.#trees = trees
    this.#overlays = overlays
  }

  take(pdu: WatchedPdu): void {
    const written = new Written(pdu.length)
    this.#trees.redact(pdu.tree, unmasked(pdu), (start, bytes) => written.put(start - pdu.base, bytes))
    if (pdu.name === 'rdpudp2') written.swap(...SWAPPED)
    if (pdu.name === 'dtls') this.#rememberPieces(pdu)
    const [first] = pdu.origins
    if (first !== undefined && !first.exact && pdu.path.includes('http1')) this.#token(pdu, first, written)
    else if (first !== undefined && !first.exact && pdu.name === 'dtls-handshake') this.#message(pdu, written)
    else for (const [start, bytes] of written.runs()) this.#write(pdu, pdu.origins, start, bytes)
  }

  /** @param start where the bytes lie in what the origins are of */
  #write({ transport }: WatchedPdu, origins: readonly Stretch[], start: number, bytes: Uint8Array): void {
    for (const { at, length, low, first, exact } of origins) {
      const from = Math.max(at, start)
      const to = Math.min(at + length, start + bytes.length)
      if (exact && to > from)
        this.#overlays.write(first, transport, low + from - at, bytes.subarray(from - start, to - start))
    }
  }

  /** The whole token is written again with each message that was found in it. */
  #token(pdu: WatchedPdu, { first, low }: Stretch, written: Written): void {
    const key = `${pdu.conversation} ${first} ${low}`
    let token = this.#tokens.get(key)
    let at = token === undefined ? -1 : Buffer.from(token.bytes).indexOf(pdu.bytes)
    if (token === undefined || at < 0) {
      token = { bytes: pdu.bytes, redacted: new Uint8Array(pdu.length) }
      at = 0
      remember(this.#tokens, key, token, MAX_REDACTED_TOKENS)
    }
    for (const [start, bytes] of written.runs()) token.redacted.set(bytes, at + start)
    const text = Buffer.from(token.redacted).toString('base64').replace(/=+$/, '')
    this.#overlays.write(first, pdu.transport, low, new TextEncoder().encode(text))
  }

  #rememberPieces(pdu: WatchedPdu): void {
    for (const node of nodesNamed(pdu.tree, 'dtls.handshake')) {
      const fragment = node.children?.find(({ field }) => field.name === 'dtls.handshake.fragment')
      if (fragment === undefined) continue
      const key = pieceKey(pdu, numberNamed(node, 'dtls.handshake.message_seq'))
      const start = fragment.start - pdu.base
      const length = fragment.end - fragment.start
      const origins = pdu.origins.map(stretch => ({ ...stretch, at: stretch.at - start }))
      const pieces = this.#pieces.get(key) ?? []
      pieces.push({ offset: numberNamed(node, 'dtls.handshake.fragment_offset'), length, origins })
      remember(this.#pieces, key, pieces, MAX_REDACTED_TOKENS)
    }
  }

  #message(pdu: WatchedPdu, written: Written): void {
    const number = ((pdu.bytes[NUMBER_AT] ?? 0) << 8) | (pdu.bytes[NUMBER_AT + 1] ?? 0)
    for (const { offset, length, origins } of this.#pieces.get(pieceKey(pdu, number)) ?? []) {
      const from = MESSAGE_HEADER_BYTES + offset
      for (const [start, bytes] of written.runs(from, from + length)) this.#write(pdu, origins, start - from, bytes)
    }
  }
}

function pieceKey({ conversation, direction }: WatchedPdu, number: number): string {
  return `${conversation} ${direction} ${number}`
}

/** A masked frame is read without its mask: the redacted key is zero, which masks nothing. */
function unmasked({ tree, bytes, base, name }: WatchedPdu): TreeBytes {
  const key = name === 'websocket' ? nodeNamed(tree, MASKING_KEY) : null
  if (key === null) return { bytes, base }
  const plain = Uint8Array.from(bytes)
  for (let at = key.end - base; at < plain.length; at++) {
    plain[at] = (plain[at] as number) ^ (bytes[key.start - base + ((at - (key.end - base)) & 3)] as number)
  }
  return { bytes: plain, base }
}

/** The bytes of one PDU that stay or were replaced; the others are left to the layers above. */
class Written {
  readonly #bytes: Uint8Array
  readonly #isWritten: Uint8Array

  constructor(length: number) {
    this.#bytes = new Uint8Array(length)
    this.#isWritten = new Uint8Array(length)
  }

  put(at: number, bytes: Uint8Array): void {
    const piece = bytes.subarray(0, this.#bytes.length - at)
    this.#bytes.set(piece, at)
    this.#isWritten.fill(1, at, at + piece.length)
  }

  swap(one: number, other: number): void {
    for (const bytes of [this.#bytes, this.#isWritten]) {
      if (other >= bytes.length) return
      const byte = bytes[one] as number
      bytes[one] = bytes[other] as number
      bytes[other] = byte
    }
  }

  /** Stretches of written bytes within [from, to). */
  *runs(from = 0, to = this.#bytes.length): Generator<[start: number, bytes: Uint8Array]> {
    const end = Math.min(to, this.#bytes.length)
    for (let at = from; at < end; ) {
      if (this.#isWritten[at] === 0) at++
      else {
        const start = at
        while (at < end && this.#isWritten[at] === 1) at++
        yield [start, this.#bytes.subarray(start, at)]
      }
    }
  }
}
