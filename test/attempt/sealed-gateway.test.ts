import { describe, expect, it } from 'vitest'
import { exactly } from '../../src/attempt/record-sizes.ts'
import { readSealedTunnel, type TunnelRecord } from '../../src/attempt/sealed-gateway.ts'
import { CLIENT, type Direction, SERVER } from '../../src/wire/dissector.ts'
import { session } from '../support/conversation.ts'

/** How a packet of the tunnel is wrapped, and over which connection it goes. */
interface Transport {
  readonly name: string
  readonly wrap: readonly [client: (bytes: number) => number, server: (bytes: number) => number]
  readonly conversations: readonly [client: number, server: number]
}
const chunk = (bytes: number) => bytes + `${bytes.toString(16)}\r\n\r\n`.length
const frame = (mask: number) => (bytes: number) => bytes + mask + (bytes < 126 ? 2 : 4)
const bare = (bytes: number) => bytes
const TRANSPORTS: readonly Transport[] = [
  { name: 'WebSocket', wrap: [frame(4), frame(0)], conversations: [0, 0] },
  { name: 'two channels', wrap: [chunk, bare], conversations: [1, 0] },
  { name: 'two channels, both chunked', wrap: [chunk, chunk], conversations: [1, 0] },
]
const OUTER = 17

/** Packets of the tunnel by their lengths; the client's are negative. */
function sealed({ wrap, conversations }: Transport, packets: readonly number[], from = 1): TunnelRecord[] {
  return packets.map((packet, at) => {
    const direction: Direction = packet < 0 ? CLIENT : SERVER
    return {
      packet: from + at,
      timeNs: (from + at) * 1e7,
      direction,
      conversation: conversations[direction],
      length: wrap[direction](Math.abs(packet)) + OUTER,
      overhead: exactly(OUTER),
    }
  })
}

/** HTTP with its authentication comes before; it is no packet of the tunnel. */
const HTTP = [-400, 340, -800, 120]
const HANDSHAKE = [-14, 18]
const TUNNEL = [-16, 26]
const AUTHORISED = [-42, 24]
const CHANNEL = [-76, 24]
const NEGOTIATION = [-57, 29]
const LET_IN = [...HANDSHAKE, ...TUNNEL, ...AUTHORISED, ...CHANNEL]
const data = (length: number) => length + 10 * Math.sign(length)
const inTls = (added: number, ...plain: number[]) => plain.map(length => data(length + (5 + added) * Math.sign(length)))
/** TLS inside, up to both Finished. */
const TLS_1_2 = [-319, 1243, -93, 51].map(data)
const TLS_1_3 = [-319, 1243, -80].map(data)

describe.each(TRANSPORTS)('a tunnel behind TLS: $name', transport => {
  const read = (...packets: number[]) => readSealedTunnel(sealed(transport, [...HTTP, ...packets]), 0)
  const steps = (...packets: number[]) => {
    const { tunnel, channel, x224, security, stopped } = read(...packets) ?? {}
    const passed = { tunnel, channel, x224, security }
    const names = Object.entries(passed).flatMap(([name, place]) => (place == null ? [] : [name]))
    return [names.join(' '), stopped?.step ?? '']
  }

  it('is told step by step, by who went on', () => {
    expect(steps(...HANDSHAKE)).toEqual(['', 'handshake'])
    expect(steps(...HANDSHAKE, -16)).toEqual(['', ''])
    expect(steps(...HANDSHAKE, -16, 18)).toEqual(['', 'tunnel'])
    expect(steps(...HANDSHAKE, ...TUNNEL, -42, 16)).toEqual(['', 'authorization'])
    expect(steps(...HANDSHAKE, ...TUNNEL, ...AUTHORISED, -76, 16)).toEqual(['tunnel', 'channel'])
    expect(steps(...LET_IN, -57)).toEqual(['tunnel channel', ''])
    expect(steps(...LET_IN, ...NEGOTIATION)).toEqual(['tunnel channel x224', ''])
    expect(steps(...LET_IN, ...NEGOTIATION, ...TLS_1_2)).toEqual(['tunnel channel x224 security', ''])
  })

  it.each([
    ['TLS 1.2 with GCM', TLS_1_2, 24],
    ['TLS 1.2 with ChaCha20', [-319, 1243, -85, 43].map(data), 16],
    ['TLS 1.3', TLS_1_3, 17],
  ])('shows the session inside as a direct one: %s', (_name, handshake, added) => {
    const opened = [...LET_IN, ...NEGOTIATION, ...handshake]
    const found = read(...opened, ...inTls(added, ...session()))?.session
    for (const step of [found?.mcs, found?.licence, found?.active]) expect(step).not.toBeNull()
    expect(found?.logon).toBeNull()
    const logon = read(...opened, ...inTls(added, -57, 295, -700, 91, -130, 4, ...session()))?.session
    for (const step of [logon?.logon, logon?.mcs, logon?.active]) expect(step).not.toBeNull()
  })

  it('shows no session before MCS has opened', () => {
    expect(read(...LET_IN, ...NEGOTIATION, ...TLS_1_2, ...inTls(24, -57, 295, -700, 15))?.session).toBeNull()
  })

  it('is none without the handshake', () => {
    expect(read()).toBeNull()
    expect(read(-14, 300)).toBeNull()
    expect(read(-76, 18)).toBeNull()
  })

  it('does not take another answer for a connection confirm', () => {
    expect(steps(...LET_IN, -57, 400, ...TLS_1_2)).toEqual(['tunnel channel', ''])
  })

  it('is that of the connection to explain, where one tunnel followed another', () => {
    const later = { ...transport, conversations: transport.conversations.map(id => id + 2) as [number, number] }
    const both = [
      ...sealed(transport, [...HTTP, ...HANDSHAKE, -16, 18]),
      ...sealed(later, [...HTTP, ...LET_IN, -57], 50),
    ]
    expect(readSealedTunnel(both, 0)?.stopped?.step).toBe('tunnel')
    expect(readSealedTunnel(both, 2)?.channel).not.toBeNull()
    expect(readSealedTunnel(both, 7)).toBeNull()
  })
})

it('is not told where padding hides sizes', () => {
  const padded = sealed(TRANSPORTS[0] as Transport, [...HTTP, ...LET_IN]).map(record => ({
    ...record,
    overhead: { least: 37, most: 52, splits: false },
  }))
  expect(readSealedTunnel(padded, 0)).toBeNull()
})
