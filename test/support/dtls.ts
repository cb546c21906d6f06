/** Records and handshake messages of DTLS made by hand. RFC 6347 section 4. */
import { bytes, concat } from './bytes.ts'

const DTLS_1_2 = 0xfefd

/** Type, version, epoch, sequence number, length, content. */
export function dtlsRecord(
  type: number,
  sequence: number,
  content: Uint8Array,
  epoch = 0,
  version = DTLS_1_2,
): Uint8Array {
  const { length } = content
  const head = [type, version >> 8, version & 0xff, 0, epoch, 0, 0, 0, 0, 0, sequence, length >> 8, length & 0xff]
  return concat(Uint8Array.from(head), content)
}

/** A message of the handshake, or from..to of it as a fragment. */
export function dtlsMessage(type: number, number: number, body: Uint8Array, from = 0, to = body.length): Uint8Array {
  const u24 = (value: number) => [value >> 16, (value >> 8) & 0xff, value & 0xff]
  const head = [type, ...u24(body.length), 0, number, ...u24(from), ...u24(to - from)]
  return concat(Uint8Array.from(head), body.subarray(from, to))
}

const RANDOM = '11'.repeat(32)
const EXTENSIONS = '00 0d 00 0a 00 04 00 02 00 17 ff 01 00 01 00'

/** The body of a client hello, with the cookie that the server asked for. */
export function dtlsClientHello(cookie = ''): Uint8Array {
  const given = bytes(cookie)
  return concat(
    bytes(`fe fd ${RANDOM} 00`),
    Uint8Array.of(given.length),
    given,
    bytes(`00 04 c0 30 00 9d 01 00 ${EXTENSIONS}`),
  )
}

export const HELLO_VERIFY_REQUEST = bytes(`fe ff 04 c0 c1 c2 c3`)
export const DTLS_SERVER_HELLO = bytes(`fe fd ${'22'.repeat(32)} 00 c0 30 00 00 05 ff 01 00 01 00`)
