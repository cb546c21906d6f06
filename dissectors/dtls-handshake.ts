/**
 * Handshake messages of DTLS: each has a number, and comes whole or in fragments, in any order. Put together, their bodies
 * are those of TLS.
 *
 * RFC 6347 section 4.2 (messages and their fragments, the cookie exchange).
 */
import { type Direction, messages, type Next, NO, type Out } from '../src/wire/dissector.ts'
import { field } from '../src/wire/field.ts'
import { MAX_DTLS_MESSAGES, MAX_PDU_BYTES } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { DTLS_NAMES } from './dtls-names.ts'
import type { TlsFact } from './tls-facts.ts'
import { readHandshakeBody } from './tls-handshake.ts'
import { readHelloVerifyRequest } from './tls-hello.ts'
import { HANDSHAKE_TYPES } from './tls-numbers.ts'
import { type TlsState, tlsState } from './tls-state.ts'

/** A message of which fragments were seen. */
interface Assembly {
  readonly number: number
  readonly type: number
  /** The header that the whole message would have, then the body as far as it is here. */
  readonly bytes: Uint8Array
  /** Stretches of the body that are here, apart from one another, in order. */
  have: [from: number, to: number][]
}

export interface DtlsState extends TlsState {
  /** A direction: messages that are not whole yet. */
  assemblies: [Assembly[], Assembly[]]
  /** Somebody listens to handshake messages that were decrypted or put together. */
  listened: boolean
}

export function dtlsState(inside: Next | null): DtlsState {
  return { ...tlsState(inside), dtls: true, assemblies: [[], []], listened: false }
}

/** Decrypted messages, as they lie in their record; and those put together, without the fields of fragments. */
export const HANDSHAKE_SLOT = 0
const WHOLE_SLOT = 2

const message = {
  type: field('dtls.handshake.type', 'Handshake Type', 'dec', HANDSHAKE_TYPES),
  length: field('dtls.handshake.length', 'Length'),
  number: field('dtls.handshake.message_seq', 'Message Sequence'),
  offset: field('dtls.handshake.fragment_offset', 'Fragment Offset'),
  fragmentLength: field('dtls.handshake.fragment_length', 'Fragment Length'),
  all: field('dtls.handshake', 'Handshake Protocol', 'group'),
  body: field('dtls.handshake.message', 'Message', 'group'),
  fragment: field('dtls.handshake.fragment', 'Fragment of a message', 'bytes'),
}

const HEADER_BYTES = 12
const HELLO_VERIFY_REQUEST = 3

export interface HandshakeLayer {
  readonly state: DtlsState
  /** The messages are put together. */
  readonly whole: boolean
}

export const dtlsHandshake = messages<HandshakeLayer, TlsFact>({
  name: 'dtls-handshake',
  filterName: 'dtls.handshake_message',
  title: 'DTLS Handshake Protocol',
  spec: ['RFC 6347 4.2'],

  begin: next => (next?.hint as HandshakeLayer | undefined) ?? { state: dtlsState(null), whole: false },

  /** Never by content: only the records know where a message starts. */
  probe: () => NO,

  frame: (_bytes, start, end) => end - start,

  read(pdu, { state, whole }, direction, out) {
    pdu.rename(DTLS_NAMES)
    if (!whole) {
      readFragments(pdu, state, direction, out)
      return
    }
    const start = pdu.pos
    const type = pdu.peek()
    const length = pdu.left - HEADER_BYTES
    pdu.seek(HEADER_BYTES)
    readBody(pdu, type, length, start, state, direction, out)
  },
})

export function openHandshake(state: DtlsState, out: Out<TlsFact>): void {
  if (state.listened) return
  state.listened = true
  const speak = (whole: boolean): Next => ({ protocol: 'dtls-handshake', hint: { state, whole } })
  out.open(HANDSHAKE_SLOT, speak(false))
  out.open(WHOLE_SLOT, speak(true))
}

/** The messages of one record, or fragments of them. */
export function readFragments(pdu: Pdu, state: DtlsState, direction: Direction, out: Out<TlsFact>): void {
  while (pdu.left > 0) {
    const start = pdu.pos
    pdu.group(message.all)
    const type = pdu.u8(message.type)
    const length = pdu.u24be(message.length)
    const number = pdu.u16be(message.number)
    const offset = pdu.u24be(message.offset)
    const fragmentLength = pdu.u24be(message.fragmentLength)
    // A message that the capture cuts is read as far as it goes.
    if (offset === 0 && fragmentLength === length) readBody(pdu, type, length, start, state, direction, out)
    else if (pdu.left >= fragmentLength && pdu.ok) {
      const fragment = { type, length, number, offset, fragmentLength }
      readFragment(pdu, fragment, state, direction, out)
    } else pdu.mark(message.fragment, fragmentLength)
    pdu.end()
  }
}

function readBody(
  pdu: Pdu,
  type: number,
  length: number,
  start: number,
  state: DtlsState,
  direction: Direction,
  out: Out<TlsFact>,
): void {
  if (type !== HELLO_VERIFY_REQUEST) {
    readHandshakeBody(pdu, type, length, start, state, direction, out)
    return
  }
  pdu.sized(message.body, length, message.length)
  readHelloVerifyRequest(pdu)
  pdu.end()
  if (pdu.ok) out.fact({ kind: 'handshake', type, length })
}

interface Fragment {
  readonly type: number
  readonly length: number
  readonly number: number
  readonly offset: number
  readonly fragmentLength: number
}

function readFragment(pdu: Pdu, fragment: Fragment, state: DtlsState, direction: Direction, out: Out<TlsFact>): void {
  const { length, offset, fragmentLength } = fragment
  const at = pdu.pos
  const fits = offset + fragmentLength <= length
  const assembly = fits && length <= MAX_PDU_BYTES ? assemble(pdu, fragment, state.assemblies[direction]) : null
  pdu.mark(message.fragment, fragmentLength)
  if (!fits) pdu.note('error', 'the fragment ends behind its message')
  else if (length > MAX_PDU_BYTES) pdu.note('warning', 'not put together: too long a message (a limit of this tool)')
  if (assembly === null) return
  openHandshake(state, out)
  out.payload(WHOLE_SLOT, assembly.bytes, 0, assembly.bytes.length, at, pdu.pos)
}

/** The whole message, once its last fragment is here. */
function assemble(pdu: Pdu, fragment: Fragment, waiting: Assembly[]): Assembly | null {
  const { type, length, number, offset, fragmentLength } = fragment
  let assembly = waiting.find(one => one.number === number && one.type === type)
  if (assembly === undefined || assembly.bytes.length !== HEADER_BYTES + length) {
    const bytes = new Uint8Array(HEADER_BYTES + length)
    const size = [length >> 16, (length >> 8) & 0xff, length & 0xff]
    bytes.set([type, ...size, number >> 8, number & 0xff, 0, 0, 0, ...size])
    assembly = { number, type, bytes, have: [] }
    waiting.push(assembly)
    if (waiting.length > MAX_DTLS_MESSAGES) waiting.shift()
  }
  assembly.bytes.set(pdu.bytes.subarray(pdu.pos, pdu.pos + fragmentLength), HEADER_BYTES + offset)
  assembly.have = joined(assembly.have, offset, offset + fragmentLength)
  const [first] = assembly.have
  if (first === undefined || first[0] > 0 || first[1] < length) return null
  waiting.splice(waiting.indexOf(assembly), 1)
  return assembly
}

/** Stretches apart from one another, in order, with one more among them. */
function joined(have: readonly [number, number][], from: number, to: number): [number, number][] {
  const apart: [number, number][] = []
  let [start, end] = [from, to]
  for (const stretch of have) {
    if (stretch[1] < start || stretch[0] > end) apart.push(stretch)
    else {
      start = Math.min(start, stretch[0])
      end = Math.max(end, stretch[1])
    }
  }
  apart.push([start, end])
  return apart.sort((one, other) => one[0] - other[0])
}
