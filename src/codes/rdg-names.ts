/** The numbers in RD Gateway packets and their names. MS-TSGU 2.2.5.3, 2.2.10. */

export const HANDSHAKE_REQUEST = 0x01
export const HANDSHAKE_RESPONSE = 0x02
export const EXTENDED_AUTH = 0x03
export const TUNNEL_CREATE = 0x04
export const TUNNEL_RESPONSE = 0x05
export const TUNNEL_AUTH = 0x06
export const TUNNEL_AUTH_RESPONSE = 0x07
export const CHANNEL_CREATE = 0x08
export const CHANNEL_RESPONSE = 0x09
export const DATA = 0x0a
export const SERVICE_MESSAGE = 0x0b
export const REAUTH_MESSAGE = 0x0c
export const KEEPALIVE = 0x0d
export const CLOSE_CHANNEL = 0x10
export const CLOSE_CHANNEL_RESPONSE = 0x11

export const rdgPacketTypes: ReadonlyMap<number, string> = new Map([
  [HANDSHAKE_REQUEST, 'HANDSHAKE_REQUEST'],
  [HANDSHAKE_RESPONSE, 'HANDSHAKE_RESPONSE'],
  [EXTENDED_AUTH, 'EXTENDED_AUTH_MSG'],
  [TUNNEL_CREATE, 'TUNNEL_CREATE'],
  [TUNNEL_RESPONSE, 'TUNNEL_RESPONSE'],
  [TUNNEL_AUTH, 'TUNNEL_AUTH'],
  [TUNNEL_AUTH_RESPONSE, 'TUNNEL_AUTH_RESPONSE'],
  [CHANNEL_CREATE, 'CHANNEL_CREATE'],
  [CHANNEL_RESPONSE, 'CHANNEL_RESPONSE'],
  [DATA, 'DATA'],
  [SERVICE_MESSAGE, 'SERVICE_MESSAGE'],
  [REAUTH_MESSAGE, 'REAUTH_MESSAGE'],
  [KEEPALIVE, 'KEEPALIVE'],
  [CLOSE_CHANNEL, 'CLOSE_CHANNEL'],
  [CLOSE_CHANNEL_RESPONSE, 'CLOSE_CHANNEL_RESPONSE'],
])

/** By which the gateway says yes (result 0) or no while a channel is being set up. */
export const rdgAnswers: ReadonlySet<number> = new Set([
  HANDSHAKE_RESPONSE,
  EXTENDED_AUTH,
  TUNNEL_RESPONSE,
  TUNNEL_AUTH_RESPONSE,
  CHANNEL_RESPONSE,
])

/** Informational results of security packages (SEC_I_CONTINUE_NEEDED and its like): a round goes on. */
const INFORMATIONAL = 0x0009

/** A result with which the gateway says no; -1 stands for none. */
export function isRefusal(result: number): boolean {
  return result > 0 && result >>> 16 !== INFORMATIONAL
}
