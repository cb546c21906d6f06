/**
 * Kerberos between a client and a domain controller: as datagrams, and on TCP with a length before each message.
 *
 * RFC 4120 7.2.1 (UDP), 7.2.2 (TCP); the messages are read in kerberos-messages.ts.
 */
import { BROKEN, datagram, LIKELY, MAYBE, NEED_MORE, NO, NOT_MINE, stream } from '../src/wire/dissector.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { kerberosField } from './kerberos-fields.ts'
import { isKerberos, type KerberosFact, readKerberos } from './kerberos-messages.ts'

const PORT = 88
const MARK_BYTES = 4
/** Enough to recognise a message: its tag, its length and the sequence inside. */
const HEAD_BYTES = MARK_BYTES + 8

export interface KerberosState {
  /** A message was read: this is Kerberos. */
  known: boolean
}

export const kerberos = stream<KerberosState, KerberosFact>({
  name: 'kerberos',
  title: 'Kerberos',
  spec: ['RFC 4120 7.2.2'],

  begin: () => ({ known: false }),

  probe(bytes, start, end) {
    // The highest bit of the length is reserved, and no message has megabytes.
    if (bytes[start] !== 0) return NO
    if (end - start < HEAD_BYTES) return MAYBE
    return isKerberos(bytes, start + MARK_BYTES, end) ? LIKELY : NO
  },

  frame(bytes, start, end, _seen, state) {
    if (end - start < HEAD_BYTES) return NEED_MORE
    if (!isKerberos(bytes, start + MARK_BYTES, end)) return state.known ? BROKEN : NOT_MINE
    const length =
      (((bytes[start] as number) & 0x7f) << 24) |
      ((bytes[start + 1] as number) << 16) |
      ((bytes[start + 2] as number) << 8) |
      (bytes[start + 3] as number)
    return MARK_BYTES + length < HEAD_BYTES ? BROKEN : MARK_BYTES + length
  },

  read(pdu, state, _direction, out) {
    const fact = marked(pdu)
    if (fact !== null) out.fact(fact)
    if (pdu.ok) state.known = true
  },
})

/** A message with its length before it. */
function marked(pdu: Pdu): KerberosFact | null {
  const length = pdu.u32be(kerberosField.recordMark) & 0x7fff_ffff
  pdu.bounded(length, kerberosField.recordMark)
  const fact = readKerberos(pdu)
  pdu.end()
  return fact
}

export const kerberosUdp = datagram<KerberosFact>({
  name: 'kerberos',
  title: 'Kerberos',
  spec: ['RFC 4120 7.2.1'],

  probe: (bytes, start, end, port) => (port === PORT && isKerberos(bytes, start, end) ? LIKELY : NO),

  read(pdu, _direction, out) {
    const fact = readKerberos(pdu)
    if (fact !== null) out.fact(fact)
  },
})
