/**
 * Kerberos by way of an HTTPS proxy (`POST /KdcProxy`): the body of each request and answer is one of these messages.
 *
 * MS-KKDCP 2.2.2.
 */
import { BROKEN, LIKELY, MAYBE, NEED_MORE, NO, stream } from '../src/wire/dissector.ts'
import { field } from '../src/wire/field.ts'
import * as ber from './ber.ts'
import { elementLength, type Header, readHeader } from './ber-header.ts'
import { isKerberos, type KerberosFact, readKerberos } from './kerberos-messages.ts'

export interface KdcProxyMessage {
  readonly kind: 'kdc-proxy'
  /** Realm that a client asks for; '' in an answer. */
  readonly domain: string
  readonly complete: boolean
}
export type KdcProxyFact = KdcProxyMessage | KerberosFact

const f = {
  message: field('kkdcp.message', 'KDC-PROXY-MESSAGE', 'group'),
  kerberos: field('kkdcp.kerb_message', 'kerb-message', 'group'),
  length: field('kkdcp.kerb_length', 'Record Length'),
  domain: field('kkdcp.target_domain', 'target-domain', 'text'),
  hint: field('kkdcp.dclocator_hint', 'dclocator-hint', 'hex'),
}

const SEQUENCE = 0x30
const CONTEXT = 0xa0
const OCTET_STRING = 0x04
const MARK_BYTES = 4
/** Three headers, the length before the Kerberos message, and the beginning of that. */
const HEAD_BYTES = 28

export const kdcProxy = stream<null, KdcProxyFact>({
  name: 'kdc-proxy',
  filterName: 'kkdcp',
  title: 'Kerberos KDC Proxy',
  spec: ['MS-KKDCP 2.2.2'],

  begin: () => null,

  probe(bytes, start, end) {
    if (bytes[start] !== SEQUENCE) return NO
    let at = start
    for (const tag of [SEQUENCE, CONTEXT, OCTET_STRING]) {
      const state = readHeader(bytes, at, end, header)
      if (state === 'cut') return MAYBE
      if (state !== 'whole' || header.tag !== tag || header.length < 0) return NO
      at = header.start
    }
    if (end - start < HEAD_BYTES) return MAYBE
    return isKerberos(bytes, at + MARK_BYTES, end) ? LIKELY : NO
  },

  frame(bytes, start, end) {
    const length = bytes[start] === SEQUENCE ? elementLength(bytes, start, end) : -1
    return length === 0 ? NEED_MORE : length < 0 ? BROKEN : length
  },

  read(pdu, _state, _direction, out) {
    let domain = ''
    let inside: KerberosFact | null = null
    ber.sequence(pdu, f.message, tag => {
      if (tag === CONTEXT) {
        ber.element(pdu, f.kerberos, () => {
          pdu.u32be(f.length)
          if (pdu.left > 0) inside = readKerberos(pdu)
        })
      } else if (tag === CONTEXT + 1) domain = ber.text(pdu, f.domain)
      else if (tag === CONTEXT + 2) ber.integer(pdu, f.hint)
    })
    out.fact({ kind: 'kdc-proxy', domain, complete: pdu.ok })
    if (inside !== null) out.fact(inside)
  },
})

const header: Header = { tag: 0, start: 0, length: 0 }
