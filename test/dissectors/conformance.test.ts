/** Every dissector of the list passes the same suite. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dns } from '../../dissectors/dns.ts'
import { http1 } from '../../dissectors/http1.ts'
import { datagramDissectors, messageDissectors, streamDissectors } from '../../dissectors/index.ts'
import { tls } from '../../dissectors/tls.ts'
import { x224 } from '../../dissectors/x224.ts'
import type { Stream } from '../../src/wire/dissector.ts'
import { bytes, concat } from '../support/bytes.ts'
import { conformsDatagram, conformsStream, type Sample, turns } from '../support/conformance.ts'
import { certificateOf, element } from '../support/der.ts'
import {
  CHANGE_CIPHER_SPEC,
  CLIENT_HELLO_1_3,
  CLIENT_KEY_EXCHANGE,
  clientHelloWith,
  message,
  record,
  SERVER_HELLO_1_2,
  SERVER_HELLO_1_3,
  SERVER_HELLO_DONE,
} from '../support/tls-vectors.ts'

const text = (said: string) => Uint8Array.from(said, character => character.charCodeAt(0))
const certificate = certificateOf({ alternativeNames: [element(0x82, 'rdp.lab.test')] })
const chain = concat(Uint8Array.of(0, certificate.length >> 8, certificate.length & 0xff), certificate)
const request = bytes('03 00 00 2c 27 e0 00 00 00 00 00 "Cookie: mstshash=eltons" 0d 0a 01 00 08 00 03 00 00 00')

const samples: Record<string, Record<string, Sample>> = {
  x224: {
    'a negotiation': turns(
      ['client', request],
      ['server', bytes('03 00 00 13 0e d0 00 00 12 34 00 02 1f 08 00 08 00 00 00')],
    ),
    'a failure': turns(
      ['client', request],
      ['server', bytes('03 00 00 13 0e d0 00 00 12 34 00 03 00 08 00 05 00 00 00')],
    ),
    'a session in clear': turns(
      ['client', bytes('03 00 00 0b 06 e0 00 00 00 00 00')],
      ['server', bytes('03 00 00 0b 06 d0 00 00 12 34 00')],
      ['client', bytes('03 00 00 0c 02 f0 80 04 01 00 01 00 00 06 01 02 03 04')],
      [
        'server',
        bytes(`03 00 00 60 02 f0 80 68 ${'00'.repeat(88)} 00 80 50 ${'11'.repeat(77)} 03 00 00 09 02 f0 80 21 80`),
      ],
    ),
    'a disconnect request': turns(['server', bytes('03 00 00 0b 06 80 00 00 12 34 02')]),
  },
  tls: {
    'a handshake of TLS 1.3': turns(
      ['client', record(22, CLIENT_HELLO_1_3)],
      ['server', record(22, SERVER_HELLO_1_3), CHANGE_CIPHER_SPEC, record(23, new Uint8Array(40))],
      ['client', CHANGE_CIPHER_SPEC, record(23, new Uint8Array(53))],
    ),
    'a handshake of TLS 1.2': turns(
      ['client', record(22, clientHelloWith([0, '00 06 00 00 03 "abc"'], [16, '00 03 02 "h2"'], [35, 'aa']))],
      [
        'server',
        record(
          22,
          SERVER_HELLO_1_2,
          message(11, concat(Uint8Array.of(0, chain.length >> 8, chain.length & 0xff), chain)),
        ),
        record(
          22,
          message(12, bytes('03 00 17 04 aa bb cc dd')),
          message(13, bytes('01 01 00 02 04 03 00 00')),
          SERVER_HELLO_DONE,
        ),
      ],
      ['client', record(22, CLIENT_KEY_EXCHANGE), CHANGE_CIPHER_SPEC, record(22, new Uint8Array(40))],
      [
        'server',
        record(22, message(4, bytes('00 00 01 2c 00 02 aa bb'))),
        CHANGE_CIPHER_SPEC,
        record(22, new Uint8Array(40)),
      ],
      ['client', record(23, new Uint8Array(30)), record(21, new Uint8Array(26))],
    ),
    'a refusal': turns(
      [
        'client',
        bytes(
          `80 2e 01 03 01 00 15 00 00 00 10 00 00 2f 00 00 35 00 00 0a 01 00 80 00 00 05 00 00 04 00 00 ff ${'ab'.repeat(16)}`,
        ),
      ],
      ['server', record(21, bytes('02 46'))],
    ),
  },
  http1: {
    'a request and its answer': turns(
      [
        'client',
        text('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello\r\nGET / HTTP/1.1\r\nAccept: */*\r\n\r\n'),
      ],
      ['server', text('HTTP/1.1 204 No Content\r\nServer : b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')],
    ),
    chunks: turns([
      'client',
      text(
        'RDG_IN_DATA / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\nGET / HTTP/1.1\r\n\r\n',
      ),
    ]),
    'a tunnel': turns(
      ['client', text('CONNECT gw.example.com:443 HTTP/1.1\r\nHost: gw.example.com:443\r\n\r\n')],
      ['server', text('HTTP/1.1 200 Connection established\r\n\r\n')],
    ),
  },
}

describe.each(Object.entries(samples))('%s conforms: it', (name, said) => {
  conformsStream(
    streamDissectors.find(dissector => dissector.name === name) as unknown as Stream<unknown, unknown>,
    said,
  )
})

describe('dns conforms: it', () => {
  const question = '03 "rdp" 03 "lab" 04 "test" 00 00 01 00 01'
  conformsDatagram(dns, {
    'a query': bytes(`12 34 01 00 00 01 00 00 00 00 00 00 ${question}`),
    'an answer':
      bytes(`12 34 81 80 00 01 00 02 00 00 00 01 ${question} c0 0c 00 05 00 01 00 00 00 3c 00 05 02 "gw" c0 10
      c0 2a 00 01 00 01 00 00 0e 10 00 04 c0 00 02 01 00 00 29 10 00 00 00 00 00 00 00`),
  })
})

/** Handshake messages have no beginning of their own: they are read inside the records of TLS, and asked with those of DTLS. */
const INSIDE_OTHERS = ['tls-handshake', 'dtls-handshake']

it('is asked of every dissector of the list: here, or in the test that has its name', () => {
  const asked = new Set([...Object.keys(samples), ...INSIDE_OTHERS, dns.name])
  const names = [...streamDissectors, ...messageDissectors, ...datagramDissectors].map(dissector => dissector.name)
  const unasked = names.filter(name => !asked.has(name) && !/\bconforms(Stream|Datagram|Messages)\(/.test(testOf(name)))
  expect(unasked).toEqual([])
  expect([x224.name, tls.name, http1.name]).toEqual(Object.keys(samples))
})

function testOf(name: string): string {
  const file = join(import.meta.dirname, `${name}.test.ts`)
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}
