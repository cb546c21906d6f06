/** The list of dissectors. Adding a protocol adds its line here, and its facts to the union. */
import type { Datagram, Stream } from '../src/wire/dissector.ts'
import { credssp } from './credssp.ts'
import { dcerpc } from './dcerpc.ts'
import { dhcp } from './dhcp.ts'
import { dns, llmnr, mdns } from './dns.ts'
import { dnsTcp } from './dns-tcp.ts'
import { dtls } from './dtls.ts'
import { dtlsHandshake } from './dtls-handshake.ts'
import { http1 } from './http1.ts'
import { http2 } from './http2.ts'
import { kdcProxy } from './kdc-proxy.ts'
import { kerberos, kerberosUdp } from './kerberos.ts'
import { mcs } from './mcs.ts'
import { proxyHead } from './proxy-head.ts'
import { quic } from './quic.ts'
import { rdg } from './rdg.ts'
import { rdgUdp } from './rdg-udp.ts'
import { rdp } from './rdp.ts'
import { rdpChannel } from './rdp-channel.ts'
import { rdpMessageChannel } from './rdp-message-channel.ts'
import { rdpemt } from './rdpemt.ts'
import { rdpudp } from './rdpudp.ts'
import { rdsaad } from './rdsaad.ts'
import { rdstls } from './rdstls.ts'
import { rpch } from './rpch.ts'
import { securityToken } from './security-token.ts'
import { socks } from './socks.ts'
import { stun } from './stun.ts'
import { tls } from './tls.ts'
import { tlsHandshake } from './tls-handshake.ts'
import { websocket } from './websocket.ts'
import { x224 } from './x224.ts'

export const streamDissectors = [
  x224,
  tls,
  tlsHandshake,
  http1,
  http2,
  credssp,
  securityToken,
  kerberos,
  kdcProxy,
  rdstls,
  rdsaad,
  websocket,
  rdg,
  dnsTcp,
  socks,
  proxyHead,
  rpch,
  dcerpc,
  rdpemt,
  mcs,
  rdp,
  rdpMessageChannel,
  rdpChannel,
] as const
/** On datagrams, each of which stands for itself. */
export const datagramDissectors = [dns, kerberosUdp, stun, quic, mdns, llmnr, dhcp] as const
/** On datagrams, with a memory of their conversation or with layers above. */
export const messageDissectors = [rdpudp, dtls, dtlsHandshake, rdgUdp] as const

type StreamFacts<T> = T extends Stream<infer _State, infer F> ? F : never
type DatagramFacts<T> = T extends Datagram<infer F> ? F : never
/** The closed union of what protocols say falls out of the two lists. */
export type ProtocolFact =
  | StreamFacts<(typeof streamDissectors)[number]>
  | StreamFacts<(typeof messageDissectors)[number]>
  | DatagramFacts<(typeof datagramDissectors)[number]>
