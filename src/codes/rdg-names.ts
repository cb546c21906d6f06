/** Names of the numbers in RD Gateway packets. MS-TSGU 2.2.5.3, 2.2.10. */

export const rdgPacketTypes: ReadonlyMap<number, string> = new Map([
  [0x01, 'HANDSHAKE_REQUEST'],
  [0x02, 'HANDSHAKE_RESPONSE'],
  [0x03, 'EXTENDED_AUTH_MSG'],
  [0x04, 'TUNNEL_CREATE'],
  [0x05, 'TUNNEL_RESPONSE'],
  [0x06, 'TUNNEL_AUTH'],
  [0x07, 'TUNNEL_AUTH_RESPONSE'],
  [0x08, 'CHANNEL_CREATE'],
  [0x09, 'CHANNEL_RESPONSE'],
  [0x0a, 'DATA'],
  [0x0b, 'SERVICE_MESSAGE'],
  [0x0c, 'REAUTH_MESSAGE'],
  [0x0d, 'KEEPALIVE'],
  [0x10, 'CLOSE_CHANNEL'],
  [0x11, 'CLOSE_CHANNEL_RESPONSE'],
])
