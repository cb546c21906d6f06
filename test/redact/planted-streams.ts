/** Connections with planted names: RDP in clear, a gateway without TLS, proxies. */
import { gzipSync } from 'node:zlib'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { bytes, concat } from '../support/bytes.ts'
import {
  BMP_STRING,
  certificateOf,
  commonName,
  element,
  INTEGER,
  name,
  PRINTABLE_STRING,
  SEQUENCE,
  UTF8_STRING,
} from '../support/der.ts'
import { ACK, PSH, type TcpConversation } from '../support/packets.ts'
import { clientHelloWith, message, record, SERVER_HELLO_1_2, SERVER_HELLO_DONE } from '../support/tls-vectors.ts'

import {
  address,
  CLIENT_ADDRESS,
  INNER_ADDRESS,
  PLANTED,
  SERVER_ADDRESS,
  text,
  u16,
  u16le,
  u32le,
  wide,
} from './planted.ts'

export function x224Request(line: string): Uint8Array {
  const rest = concat(text(line), bytes('01 00 08 00 03 00 00 00'))
  const length = 11 + rest.length
  return concat(bytes('03 00'), u16(length), Uint8Array.of(length - 5), bytes('e0 00 00 00 00 00'), rest)
}

const CONFIRM_TLS = bytes('03 00 00 13 0e d0 00 00 12 34 00 02 01 08 00 01 00 00 00')

const CONFIRM_PLAIN = bytes('03 00 00 0b 06 d0 00 00 12 34 00')

/** An address as the cookie of a load balancer has it: a little-endian number. */
export function loadBalancerToken(of: string): string {
  return `${address(of).reduceRight((sum, byte) => sum * 256 + byte, 0)}.15629.0000`
}

function plantedCertificate(): Uint8Array {
  const issuer = name(
    [['2.5.4.10', PRINTABLE_STRING, PLANTED.company]],
    [['2.5.4.3', UTF8_STRING, `${PLANTED.company} Issuing CA`]],
    [['2.5.4.11', BMP_STRING, Uint8Array.from(Buffer.from(PLANTED.cyrillic, 'utf16le').swap16())]],
  )
  return certificateOf({
    issuer,
    subject: commonName(PLANTED.full),
    alternativeNames: [
      element(0x82, PLANTED.full),
      element(0x82, `*.${PLANTED.domain}.example`),
      element(0x87, address(SERVER_ADDRESS)),
      element(0x86, `http://${PLANTED.full}/${PLANTED.path}`),
    ],
    serial: bytes('5a 11 22 33 44 55 66 77 88 99'),
  })
}

/** X.224, TLS with a certificate over several segments, of which some come again, in other pieces. */
export function directConnection(connection: TcpConversation): TcpConversation {
  const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex')
  const name = text(PLANTED.full)
  const sni = concat(u16(name.length + 3), Uint8Array.of(0), u16(name.length), name)
  const hello = clientHelloWith([0, hex(sni)], [0x0a0a, hex(text(PLANTED.token))])
  const certificate = plantedCertificate()
  const size = (length: number): Uint8Array => Uint8Array.of(length >> 16, (length >> 8) & 0xff, length & 0xff)
  const chain = concat(size(certificate.length + 3), size(certificate.length), certificate)
  const flight = record(22, SERVER_HELLO_1_2, message(11, chain), SERVER_HELLO_DONE)
  connection
    .send(CLIENT, x224Request(`Cookie: mstshash=${PLANTED.user}\r\n`))
    .send(SERVER, CONFIRM_TLS)
    .send(CLIENT, record(22, hello))
    .send(SERVER, flight, 64)
    .send(CLIENT, record(23, text(`${PLANTED.token} in the clear, as if it were encrypted`)))
  const { segments } = connection
  const pieces = segments.filter(({ direction, payload }) => direction === SERVER && payload.length === 64)
  const [first, second, third] = pieces
  if (first === undefined || second === undefined || third === undefined) throw new Error('too short a flight')
  // The second and third of them in one, later than the first try.
  segments.push({
    ...second,
    payload: concat(second.payload, third.payload),
    timeUs: (segments.at(-1)?.timeUs ?? 0) + 1000,
  })
  return connection.close(SERVER)
}

/** Standard RDP security without encryption: the client's name and the user's in clear. */
export function plainRdp(connection: TcpConversation): TcpConversation {
  const core = new Uint8Array(216)
  core.set(bytes('01 c0 d8 00 04 00 08 00 00 05 d0 02 01 ca 03 aa 09 04 00 00 28 0a 00 00'))
  core.set(wide(PLANTED.workstation), 24)
  core.set(wide(PLANTED.token).subarray(0, 62), 152)
  const userData = concat(
    bytes('00 05 00 14 7c 00 01'),
    Uint8Array.of(0x80 | ((core.length + 14) >> 8), (core.length + 14) & 0xff),
    bytes('00 08 00 10 00 01 c0 00 44 75 63 61'),
    Uint8Array.of(0x80 | (core.length >> 8), core.length & 0xff),
    core,
  )
  const domain = element(
    SEQUENCE,
    ...[34, 2, 0, 1, 0, 1, 0xffff, 2].map(value =>
      element(INTEGER, value > 255 ? bytes('00 ff ff') : Uint8Array.of(value)),
    ),
  )
  const initial = element(0x04, Uint8Array.of(1))
  const body = concat(
    initial,
    initial,
    element(0x01, Uint8Array.of(255)),
    domain,
    domain,
    domain,
    element(0x04, userData),
  )
  const connect = concat(bytes('7f 65 82'), u16(body.length), body)
  const strings = [PLANTED.netbios, PLANTED.user, PLANTED.token, '', `C:\\${PLANTED.path}`]
  const info = concat(
    bytes('00 00 00 00 33 01 00 00'),
    ...strings.map(value => u16le(value.length * 2)),
    ...strings.map(value => concat(wide(value), bytes('00 00'))),
    bytes('02 00'),
    u16le(wide(INNER_ADDRESS).length + 2),
    wide(INNER_ADDRESS),
    bytes('00 00'),
    u16le(wide(`C:\\${PLANTED.path}\\mstscax.dll`).length + 2),
    wide(`C:\\${PLANTED.path}\\mstscax.dll`),
    bytes('00 00'),
  )
  const security = concat(bytes('40 00 00 00'), info)
  const data = concat(
    bytes('64 00 06 03 eb 70'),
    Uint8Array.of(0x80 | (security.length >> 8), security.length & 0xff),
    security,
  )
  const tpkt = (content: Uint8Array): Uint8Array =>
    concat(bytes('03 00'), u16(content.length + 7), bytes('02 f0 80'), content)
  return connection
    .send(CLIENT, x224Request(`Cookie: mstshash=${PLANTED.user}\r\n`))
    .send(SERVER, CONFIRM_PLAIN)
    .send(CLIENT, tpkt(connect))
    .send(CLIENT, tpkt(data), 33)
    .reset(SERVER)
}

function ntlmChallenge(): Uint8Array {
  const target = wide(PLANTED.netbios)
  const attribute = (id: number, value: Uint8Array): Uint8Array => concat(u16le(id), u16le(value.length), value)
  const info = concat(
    attribute(2, target),
    attribute(1, wide(PLANTED.workstation)),
    attribute(4, wide(`${PLANTED.domain}.example`)),
    attribute(3, wide(PLANTED.full)),
    attribute(7, bytes('00 80 3e d5 de b1 9d 01')),
    attribute(0, new Uint8Array(0)),
  )
  const place = (length: number, at: number): Uint8Array => concat(u16le(length), u16le(length), u32le(at))
  return concat(
    text('NTLMSSP\0'),
    u32le(2),
    place(target.length, 56),
    u32le(0xe28a8215),
    text('CHALLENG'),
    new Uint8Array(8),
    place(info.length, 56 + target.length),
    bytes('0a 00 63 45 00 00 00 0f'),
    target,
    info,
  )
}

function ntlmAuthenticate(): Uint8Array {
  const parts = [
    text(PLANTED.token),
    text(PLANTED.token),
    wide(PLANTED.netbios),
    wide(PLANTED.user),
    wide(PLANTED.workstation),
    text(PLANTED.token),
  ]
  let at = 72
  const places = parts.map(part => {
    const place = concat(u16le(part.length), u16le(part.length), u32le(at))
    at += part.length
    return place
  })
  return concat(text('NTLMSSP\0'), u32le(3), ...places, u32le(0xe2888215), bytes('0a 00 63 45 00 00 00 0f'), ...parts)
}

/** SPNEGO around it, as Negotiate carries it. */
function negotiated(token: Uint8Array): Uint8Array {
  return element(0xa1, element(SEQUENCE, element(0xa2, element(0x04, token))))
}

function rdgPacket(type: number, body: Uint8Array): Uint8Array {
  return concat(u16le(type), u16le(0), u32le(8 + body.length), body)
}

function webSocketFrame(payload: Uint8Array): Uint8Array {
  const key = bytes('a1 b2 c3 d4')
  const masked = payload.map((byte, at) => byte ^ (key[at & 3] as number))
  const length =
    payload.length < 126 ? Uint8Array.of(0x80 | payload.length) : concat(Uint8Array.of(0xfe), u16(payload.length))
  return concat(Uint8Array.of(0x82), length, key, masked)
}

export function gatewayInClear(connection: TcpConversation): TcpConversation {
  const base64 = (value: Uint8Array): string => Buffer.from(value).toString('base64')
  const request = (...lines: string[]): Uint8Array =>
    text(
      [
        `RDG_OUT_DATA /remoteDesktopGateway/?${PLANTED.path}=${PLANTED.token} HTTP/1.1`,
        `Host: ${PLANTED.full}`,
        ...lines,
        '',
        '',
      ].join('\r\n'),
    )
  const body = concat(gzipSync(text(`body of ${PLANTED.user} at ${PLANTED.full}`)), text(PLANTED.token))
  const resource = wide(`${PLANTED.full}\0`)
  const channel = concat(bytes('01 00 3d 0d 03 00'), u16le(resource.length), resource)
  const cookie = text(PLANTED.token)
  const tunnel = concat(u32le(0x3f), u16le(1), u16le(0), u16le(cookie.length), cookie)
  return connection
    .send(
      CLIENT,
      request(
        `Cookie: session=${PLANTED.token}`,
        `Authorization: Basic ${base64(text(`${PLANTED.user}:${PLANTED.token}`))}`,
        `X-${PLANTED.company}-Trace: ${PLANTED.token}`,
        `User-Agent: ${PLANTED.company}/1.0`,
      ),
    )
    .send(
      SERVER,
      concat(
        text(
          `HTTP/1.1 401 Unauthorized by ${PLANTED.host}\r\nWWW-Authenticate: NTLM ${base64(ntlmChallenge())}\r\nWWW-Authenticate: Basic realm="${PLANTED.company}"\r\nServer: ${PLANTED.host}\r\nSet-Cookie: id=${PLANTED.token}; Domain=${PLANTED.domain}.example\r\nVia: 1.1 ${PLANTED.full} (${INNER_ADDRESS})\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`,
        ),
        body,
      ),
      100,
    )
    .send(
      CLIENT,
      request(
        `Authorization: Negotiate ${base64(negotiated(ntlmAuthenticate()))}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Version: 13',
        'RDG-Connection-Id: {1B4B4F4A-9C55-4D33-8B35-6C3F7B7A0C11}',
        `RDG-User-Id: ${base64(wide(PLANTED.user))}`,
      ),
      80,
    )
    .send(
      SERVER,
      text(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
      ),
    )
    .send(CLIENT, webSocketFrame(rdgPacket(1, bytes('01 00 00 00 00 00'))))
    .send(CLIENT, webSocketFrame(rdgPacket(4, tunnel)))
    .send(CLIENT, webSocketFrame(rdgPacket(8, channel)))
    .close(SERVER)
}

export function proxyConnection(connection: TcpConversation): TcpConversation {
  return connection
    .send(
      CLIENT,
      text(
        `CONNECT ${INNER_ADDRESS}:3389 HTTP/1.1\r\nHost: ${PLANTED.full}:3389\r\nProxy-Authorization: Digest username="${PLANTED.user}", response="${PLANTED.token}"\r\nX-Forwarded-For: ${CLIENT_ADDRESS}\r\n\r\n`,
      ),
    )
    .send(
      SERVER,
      text(
        `HTTP/1.1 502 Bad Gateway\r\nServer: squid/4.10\r\nLocation: http://${PLANTED.full}/${PLANTED.path}?user=${PLANTED.user}\r\nContent-Length: ${PLANTED.token.length}\r\n\r\n${PLANTED.token}`,
      ),
    )
    .close(SERVER)
}

export function socksConnection(connection: TcpConversation): TcpConversation {
  const { full, user, token } = PLANTED
  return connection
    .send(CLIENT, bytes('05 01 02'))
    .send(SERVER, bytes('05 02'))
    .send(CLIENT, concat(Uint8Array.of(1, user.length), text(user), Uint8Array.of(token.length), text(token)))
    .send(SERVER, bytes('01 00'))
    .send(CLIENT, concat(bytes('05 01 00 03'), Uint8Array.of(full.length), text(full), u16(3389)))
    .segment(SERVER, ACK | PSH, bytes('05 05 00 01 00 00 00 00 00 00'))
    .close(SERVER)
}
