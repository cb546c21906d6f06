import { bytes, concat } from '../support/bytes.ts'
import { element, INTEGER, SEQUENCE } from '../support/der.ts'

import { address, CLIENT_ADDRESS, PLANTED, SERVER_ADDRESS, text, u16 } from './planted.ts'

function labels(full: string): Uint8Array {
  return concat(...full.split('.').map(label => concat(Uint8Array.of(label.length), text(label))), Uint8Array.of(0))
}

export function dnsQuestion(full: string, type: number): Uint8Array {
  return concat(bytes('12 34 01 00 00 01 00 00 00 00 00 00'), labels(full), u16(type), u16(1))
}

/** Answers with compressed names, addresses, and other records with names in them. */
export function dnsAnswer(count: number): Uint8Array {
  const pointer = bytes('c0 0c')
  const one = (type: number, data: Uint8Array): Uint8Array =>
    concat(pointer, u16(type), u16(1), bytes('00 00 00 3c'), u16(data.length), data)
  const records = [
    one(1, address(SERVER_ADDRESS)),
    one(5, labels(`alias.${PLANTED.domain}.example`)),
    one(33, concat(bytes('00 00 00 64 0d 3d'), labels(PLANTED.full))),
    one(16, concat(Uint8Array.of(PLANTED.token.length), text(PLANTED.token))),
    one(65, concat(u16(1), Uint8Array.of(0), u16(0), text(PLANTED.host))),
  ]
  const all = Array.from({ length: count }, (_, at) => records[at % records.length] as Uint8Array)
  return concat(
    bytes('12 34 81 80 00 01'),
    u16(all.length),
    bytes('00 00 00 00'),
    labels(PLANTED.full),
    u16(1),
    u16(1),
    ...all,
  )
}

export function lookups(): [port: number, payload: Uint8Array][] {
  const reversed = `${SERVER_ADDRESS.split('.').reverse().join('.')}.in-addr.arpa`
  return [
    [53, dnsQuestion(PLANTED.full, 1)],
    [53, dnsAnswer(5)],
    [53, dnsQuestion(reversed, 12)],
    [5353, dnsQuestion(`${PLANTED.host}.local`, 1)],
    [5355, dnsQuestion(PLANTED.host, 1)],
  ]
}

export function dhcpRequest(): Uint8Array {
  const option = (code: number, value: Uint8Array): Uint8Array => concat(Uint8Array.of(code, value.length), value)
  const fixed = new Uint8Array(240)
  fixed.set(bytes('01 01 06 00 11 22 33 44'))
  fixed.set(address(CLIENT_ADDRESS), 12)
  fixed.set(bytes('02 00 00 00 00 09'), 28)
  fixed.set(text(PLANTED.host), 44)
  fixed.set(bytes('63 82 53 63'), 236)
  return concat(
    fixed,
    option(53, Uint8Array.of(3)),
    option(50, address(CLIENT_ADDRESS)),
    option(12, text(PLANTED.host)),
    option(15, text(`${PLANTED.domain}.example`)),
    option(61, bytes('01 02 00 00 00 00 09')),
    option(81, concat(bytes('00 00 00'), text(PLANTED.full))),
    option(43, text(PLANTED.token)),
    Uint8Array.of(255),
  )
}

export function kerberosRequest(): Uint8Array {
  const tagged = (tag: number, ...parts: Uint8Array[]): Uint8Array => element(0xa0 + tag, ...parts)
  const general = (value: string): Uint8Array => element(0x1b, value)
  const principal = (type: number, ...names: string[]): Uint8Array =>
    element(
      SEQUENCE,
      tagged(0, element(INTEGER, Uint8Array.of(type))),
      tagged(1, element(SEQUENCE, ...names.map(general))),
    )
  const realm = `${PLANTED.domain}.example`.toUpperCase()
  const body = element(
    SEQUENCE,
    tagged(0, element(0x03, bytes('00 40 81 00 10'))),
    tagged(1, principal(1, PLANTED.user)),
    tagged(2, general(realm)),
    tagged(3, principal(2, 'krbtgt', realm)),
    tagged(5, element(0x18, '20370913024805Z')),
    tagged(7, element(INTEGER, bytes('12 34 56 78'))),
    tagged(8, element(SEQUENCE, element(INTEGER, Uint8Array.of(18)))),
    tagged(
      9,
      element(
        SEQUENCE,
        element(
          SEQUENCE,
          tagged(0, element(INTEGER, Uint8Array.of(20))),
          tagged(1, element(0x04, PLANTED.workstation.padEnd(16, ' '))),
        ),
      ),
    ),
  )
  const padata = element(
    SEQUENCE,
    element(SEQUENCE, tagged(1, element(INTEGER, Uint8Array.of(2))), tagged(2, element(0x04, text(PLANTED.token)))),
  )
  return element(
    0x6a,
    element(
      SEQUENCE,
      tagged(1, element(INTEGER, Uint8Array.of(5))),
      tagged(2, element(INTEGER, Uint8Array.of(10))),
      tagged(3, padata),
      tagged(4, body),
    ),
  )
}

export function stunRequest(): Uint8Array {
  const attribute = (type: number, value: Uint8Array): Uint8Array =>
    concat(u16(type), u16(value.length), value, new Uint8Array(-value.length & 3))
  const id = bytes('25 98 a6 5b 97 10 b8 98 65 bc 34 40')
  const mask = [0x21, 0x12, 0xa4, 0x42]
  const masked = address(CLIENT_ADDRESS).map((byte, at) => byte ^ (mask[at] as number))
  const attributes = concat(
    attribute(0x0006, text(PLANTED.user)),
    attribute(0x0014, text(PLANTED.full)),
    attribute(0x0020, concat(bytes('00 01 11 22'), masked)),
    attribute(0x8022, text(PLANTED.token)),
  )
  return concat(u16(1), u16(attributes.length), bytes('21 12 a4 42'), id, attributes)
}
