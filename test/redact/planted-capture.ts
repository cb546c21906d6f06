import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { Blocks } from '../capture/build.ts'
import { bytes, concat } from '../support/bytes.ts'
import {
  arp,
  ethernet,
  icmp,
  ipv4,
  ipv4Fragments,
  ipv6,
  type Network,
  type Packet,
  TcpConversation,
  udp,
} from '../support/packets.ts'
import {
  ADDRESS_V6,
  address,
  CLIENT_ADDRESS,
  INNER_ADDRESS,
  PLANTED,
  SERVER_ADDRESS,
  text,
  u16le,
  u32le,
} from './planted.ts'
import { dhcpRequest, dnsAnswer, dnsQuestion, kerberosRequest, lookups, stunRequest } from './planted-datagrams.ts'
import {
  directConnection,
  gatewayInClear,
  loadBalancerToken,
  plainRdp,
  proxyConnection,
  socksConnection,
  x224Request,
} from './planted-streams.ts'

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
