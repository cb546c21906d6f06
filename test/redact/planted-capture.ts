/**
 * A capture full of things that name somebody, in every protocol in clear that this tool reads, and in some that it does not:
 * what must not be found again once it is redacted.
 */
import { gzipSync } from 'node:zlib'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { Blocks } from '../capture/build.ts'
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
import {
  ACK,
  arp,
  ethernet,
  icmp,
  ipv4,
  ipv4Fragments,
  ipv6,
  type Network,
  type Packet,
  PSH,
  TcpConversation,
  udp,
} from '../support/packets.ts'
import { clientHelloWith, message, record, SERVER_HELLO_1_2, SERVER_HELLO_DONE } from '../support/tls-vectors.ts'

/** What is planted. Addresses apart, which have forms of their own. */
export const PLANTED = {
  host: 'zqorchid17',
  domain: 'kestrelcorp',
  full: 'zqorchid17.kestrelcorp.example',
  user: 'marigoldfennimore',
  netbios: 'KESTRELDOM',
  workstation: 'ZQLAPTOP77',
  token: 'PlantedZebraToken9981',
  path: 'plantedquagga',
  company: 'Umbrellabird',
  cyrillic: 'Ястреб',
} as const
export const ADDRESSES = ['203.0.113.77', '198.51.100.93', '192.168.44.201'] as const
export const ADDRESS_V6 = '2001:db8:77:beef:9a3c:71d4:e5f6:1b2d'
/** The hardware address of the hosts of test/support/packets.ts. */
export const HARDWARE = '020000000009'

const [CLIENT_ADDRESS, SERVER_ADDRESS, INNER_ADDRESS] = ADDRESSES
const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const wide = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value, 'utf16le'))
const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff)
const u16le = (value: number): Uint8Array => Uint8Array.of(value & 0xff, value >> 8)
const u32le = (value: number): Uint8Array => concat(u16le(value & 0xffff), u16le(value >>> 16))
const address = (value: string): Uint8Array => Uint8Array.from(value.split('.').map(Number))

/** With comments, names, keys and descriptions around the packets, all of which name somebody. */
export function plantedCapture(): Uint8Array {
  const blocks = new Blocks()
  const option = (code: number, value: string): Uint8Array => {
    const body = text(value)
    return concat(u16le(code), u16le(body.length), body, new Uint8Array(-body.length & 3))
  }
  const options = (...given: Uint8Array[]): Uint8Array => concat(...given, new Uint8Array(4))
  const { full, user, token, host } = PLANTED
  const section = concat(
    bytes('4d 3c 2b 1a 01 00 00 00 ff ff ff ff ff ff ff ff'),
    options(option(1, `comment of ${user}`), option(2, `hardware ${host}`), option(3, `os of ${host}`)),
  )
  const face = concat(
    bytes('01 00 00 00 00 00 04 00'),
    options(option(2, `if-${host}`), option(3, `card of ${user}`), option(12, `os ${full}`)),
  )
  const names = concat(
    u16le(1),
    u16le(4 + full.length + 1),
    address(SERVER_ADDRESS),
    text(`${full}\0`),
    new Uint8Array(-(full.length + 5) & 3),
    new Uint8Array(4),
  )
  const keys = text(`CLIENT_RANDOM ${'11'.repeat(32)} ${'22'.repeat(48)}\n# ${token}\n`)
  const secrets = concat(u32le(0x544c534b), u32le(keys.length), keys, new Uint8Array(-keys.length & 3))
  const packets = plantedPackets().map(({ timeUs, bytes: data, originalLength = data.length }) => {
    const us = BigInt(timeUs)
    return blocks.block(
      6,
      concat(
        u32le(0),
        u32le(Number(us >> 32n)),
        u32le(Number(us & 0xffffffffn)),
        u32le(data.length),
        u32le(originalLength),
        data,
        new Uint8Array(-data.length & 3),
        options(option(1, `seen by ${user} with ${token}`)),
      ),
    )
  })
  return concat(
    blocks.block(0x0a0d0d0a, section),
    blocks.block(1, face),
    blocks.block(4, names),
    blocks.block(10, secrets),
    ...packets,
  )
}

function plantedPackets(): Packet[] {
  let timeUs = 1_700_000_000_000_000
  const packets: Packet[] = []
  const add = (frame: Uint8Array, originalLength?: number): void => {
    timeUs += 1000
    packets.push(originalLength === undefined ? { timeUs, bytes: frame } : { timeUs, bytes: frame, originalLength })
  }
  let port = 40_000
  const datagram = (destinationPort: number, payload: Uint8Array): Network =>
    ipv4(udp({ sourcePort: port++, destinationPort }, payload), { source: CLIENT_ADDRESS, destination: SERVER_ADDRESS })
  const sent = (network: Network): void => add(ethernet(network, [9, 8]))
  const connection = (serverPort: number): TcpConversation =>
    new TcpConversation({
      client: { address: CLIENT_ADDRESS, port: port++ },
      server: { address: SERVER_ADDRESS, port: serverPort },
    }).handshake()
  const told = (conversation: TcpConversation): void => {
    for (const { bytes: frame } of conversation.packets()) add(frame)
  }

  sent(arp(1, [9, CLIENT_ADDRESS], [0, SERVER_ADDRESS]))
  sent(arp(2, [8, SERVER_ADDRESS], [9, CLIENT_ADDRESS]))
  for (const [destinationPort, payload] of lookups()) sent(datagram(destinationPort, payload))
  sent(datagram(67, dhcpRequest()))
  sent(datagram(88, kerberosRequest()))
  sent(datagram(3478, stunRequest()))
  sent(datagram(50_123, text(`nobody reads ${PLANTED.token} of ${PLANTED.user}`)))
  const big = datagram(53, dnsAnswer(40))
  for (const piece of ipv4Fragments(big, 400)) sent(piece)
  const halves = ipv4Fragments(datagram(50_124, text(`${PLANTED.token} `.repeat(60))), 400)
  sent(halves[0] as Network)
  sent(
    ipv6(udp({ sourcePort: port++, destinationPort: 53 }, dnsQuestion(`${PLANTED.full}`, 28)), {
      source: ADDRESS_V6,
      destination: '2001:db8:77:beef::53',
    }),
  )
  const quoted = datagram(53, dnsQuestion(PLANTED.full, 1))
  sent(ipv4(icmp({ type: 3, code: 3 }, quoted.bytes), { source: SERVER_ADDRESS, destination: CLIENT_ADDRESS }))

  told(directConnection(connection(3389)))
  told(plainRdp(connection(3389)))
  told(
    connection(3389)
      .send(CLIENT, x224Request(`Cookie: msts=${loadBalancerToken(INNER_ADDRESS)}\r\n`))
      .reset(SERVER),
  )
  told(gatewayInClear(connection(80)))
  told(proxyConnection(connection(3128)))
  told(socksConnection(connection(1080)))
  told(
    connection(25)
      .send(SERVER, text(`220 ${PLANTED.full} ESMTP ready\r\n`))
      .close(CLIENT),
  )
  told(
    connection(3389)
      .send(SERVER, text(`SSH-2.0-${PLANTED.token}\r\n`))
      .close(CLIENT),
  )
  told(
    connection(9999)
      .send(CLIENT, text(`unknown ${PLANTED.token} ${PLANTED.user}`))
      .close(CLIENT),
  )
  // Cut when it was recorded.
  const cut = ethernet(datagram(53, dnsQuestion(PLANTED.full, 1)))
  add(cut.subarray(0, 70), cut.length)
  return packets
}

function labels(full: string): Uint8Array {
  return concat(...full.split('.').map(label => concat(Uint8Array.of(label.length), text(label))), Uint8Array.of(0))
}

function dnsQuestion(full: string, type: number): Uint8Array {
  return concat(bytes('12 34 01 00 00 01 00 00 00 00 00 00'), labels(full), u16(type), u16(1))
}

/** Answers with compressed names, addresses, and other records with names in them. */
function dnsAnswer(count: number): Uint8Array {
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

function lookups(): [port: number, payload: Uint8Array][] {
  const reversed = `${SERVER_ADDRESS.split('.').reverse().join('.')}.in-addr.arpa`
  return [
    [53, dnsQuestion(PLANTED.full, 1)],
    [53, dnsAnswer(5)],
    [53, dnsQuestion(reversed, 12)],
    [5353, dnsQuestion(`${PLANTED.host}.local`, 1)],
    [5355, dnsQuestion(PLANTED.host, 1)],
  ]
}

function dhcpRequest(): Uint8Array {
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

function kerberosRequest(): Uint8Array {
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

function stunRequest(): Uint8Array {
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

function x224Request(line: string): Uint8Array {
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

export function plantedCertificate(): Uint8Array {
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
function directConnection(connection: TcpConversation): TcpConversation {
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
function plainRdp(connection: TcpConversation): TcpConversation {
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

export function ntlmChallenge(): Uint8Array {
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

export function ntlmAuthenticate(): Uint8Array {
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
export function negotiated(token: Uint8Array): Uint8Array {
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

function gatewayInClear(connection: TcpConversation): TcpConversation {
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

function proxyConnection(connection: TcpConversation): TcpConversation {
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

function socksConnection(connection: TcpConversation): TcpConversation {
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
