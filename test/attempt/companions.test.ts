import { describe, expect, it } from 'vitest'
import { CompanionTable } from '../../src/attempt/companions.ts'
import { idleBefore } from '../../src/attempt/idle.ts'
import { Tunnels } from '../../src/attempt/tunnels.ts'
import type { Conversation, PayloadPause } from '../../src/flow/conversation.ts'
import { MAX_COMPANIONS_OF_CLIENT, MAX_HEARD_OF_CLIENT, MAX_TUNNELS } from '../../src/wire/limits.ts'
import { CLIENT_ADDRESS, SERVER_ADDRESS } from '../support/addresses.ts'
import { type ConversationParts, conversation, event, mark } from '../support/conversation.ts'

const SECOND = 1e9
const CLIENT = 0
const SERVER = 1

/** A connection whose server was heard last at this second, and its client so many seconds later, asking in vain. */
function connection(id: number, address: string, heardAt: number, askedFor: number, parts: ConversationParts = {}) {
  return conversation({
    id,
    server: { address, port: 445 },
    events: [event('record')],
    serverSide: { packets: 9, lastPacket: 10 * id, lastNs: heardAt * SECOND },
    clientSide: {
      packets: 9,
      lastPacket: 10 * id + 5,
      lastNs: (heardAt + askedFor) * SECOND,
      unacknowledged: askedFor > 0 ? 100 : 0,
    },
    ...parts,
  })
}

function companionsOf(one: Conversation, ...others: readonly Conversation[]) {
  const table = new CompanionTable()
  for (const each of [one, ...others]) table.note(each, true)
  return table.of(one)
}

describe('companions of a connection that fell silent', () => {
  const lost = connection(1, SERVER_ADDRESS, 20, 10)

  it('are those that fell silent at the same instant, and those that were heard later', () => {
    const { silent, heard } = companionsOf(
      lost,
      connection(2, '10.0.2.9', 22, 10),
      connection(3, '10.0.2.8', 60, 10),
      connection(4, '198.51.100.1', 50, 0),
      connection(5, '198.51.100.2', 10, 0),
    )
    expect(silent.map(one => one.server.address)).toEqual(['10.0.2.9'])
    expect(heard.map(one => one.server.address)).toEqual(['10.0.2.8', '198.51.100.1'])
  })

  it('are none that ended in order, were not asked, or belong to another client', () => {
    const fin = mark('fin', { packet: 21, timeNs: 22 * SECOND, direction: SERVER })
    const { silent } = companionsOf(
      lost,
      connection(2, '10.0.2.9', 22, 10, { tcp: { marks: [fin] } }),
      connection(3, '10.0.2.8', 22, 0),
      connection(4, '10.0.2.7', 22, 10, { client: { address: '10.0.1.99' } }),
    )
    expect(silent).toEqual([])
  })

  it('tell of the first SYN to the same server from another address, behind the silence and not long behind', () => {
    const dialled = (id: number, address: string, atSeconds: number, port = 445) =>
      connection(id, SERVER_ADDRESS, atSeconds + 1, 0, {
        client: { address },
        server: { address: SERVER_ADDRESS, port },
        fromNs: atSeconds * SECOND,
        from: 100 * id,
      })
    const found = companionsOf(
      lost,
      dialled(2, '10.9.9.9', 5),
      dialled(3, '192.168.1.5', 40),
      dialled(4, '192.168.1.6', 30, 3389),
      dialled(5, CLIENT_ADDRESS, 30),
    )
    expect(found.movedTo).toMatchObject({ client: '192.168.1.5', packet: 300 })
    expect(companionsOf(lost, dialled(2, '192.168.1.5', 900)).movedTo).toBeNull()
  })

  it('are kept up to a limit', () => {
    const many = Array.from({ length: 3 * MAX_COMPANIONS_OF_CLIENT }, (_, at) =>
      connection(at + 2, `10.0.3.${at}`, 21, 9),
    )
    const alive = Array.from({ length: 20 }, (_, at) => connection(at + 90, `198.51.100.${at}`, 60 + at, 0))
    const { silent, heard } = companionsOf(lost, ...many, ...alive)
    expect(silent.length).toBeLessThanOrEqual(MAX_COMPANIONS_OF_CLIENT)
    expect(heard.map(one => one.server.address)).toEqual(['198.51.100.17', '198.51.100.18', '198.51.100.19'])
    expect(heard).toHaveLength(MAX_HEARD_OF_CLIENT)
  })
})

describe('tunnels of a client', () => {
  const carrier = (id: number, client: string, tunnel: 'wireguard' | null = 'wireguard') =>
    conversation({
      id,
      transport: 'udp',
      tunnel,
      client: { address: client },
      server: { address: '203.0.113.9', port: 51_820 },
      packets: [3, 2],
      lastPackets: [9, 8],
      lastTimesNs: [9e9, 8e9],
    })

  it('are those that it is an end of; of others only where none is its own', () => {
    const tunnels = new Tunnels()
    tunnels.note(carrier(1, '10.0.1.2'))
    tunnels.note(carrier(2, '10.0.1.3'))
    tunnels.note(carrier(3, '10.0.1.4', null))
    expect(tunnels.of('10.0.1.2', SERVER_ADDRESS).map(one => one.ends[0])).toEqual(['10.0.1.2'])
    expect(tunnels.of('10.77.0.2', SERVER_ADDRESS)).toHaveLength(2)
    expect(tunnels.of('10.0.1.2', SERVER_ADDRESS)[0]).toMatchObject({ packets: [3, 2], lastPackets: [9, 8] })
  })

  it('are kept up to a limit', () => {
    const tunnels = new Tunnels()
    for (let id = 0; id < MAX_TUNNELS + 9; id++) tunnels.note(carrier(id, `10.1.0.${id}`))
    expect(tunnels.of('', '')).toHaveLength(MAX_TUNNELS)
  })
})

describe('the silence before an end', () => {
  const closing = { side: 'server', how: 'fin', packet: 60, timeNs: 310 * SECOND } as const
  const sides = {
    clientSide: { lastDataPacket: 30, lastDataNs: 10 * SECOND },
    serverSide: { lastDataPacket: 29, lastDataNs: 9.9 * SECOND },
  }
  const seconds = (parts: ConversationParts) => (idleBefore(conversation(parts), closing)?.silentNs ?? -1) / SECOND
  const pause = (values: Partial<PayloadPause>): PayloadPause => ({
    fromPacket: 30,
    fromNs: 10 * SECOND,
    untilPacket: 59,
    untilNs: 310 * SECOND,
    direction: SERVER,
    ...values,
  })

  it('is counted from the last payload of either side', () => {
    expect(seconds(sides)).toBe(300)
  })

  it('is counted to the farewell before the FIN, and not where the client asked', () => {
    const said = { ...sides, serverSide: { lastDataPacket: 59, lastDataNs: 310 * SECOND } }
    expect(seconds({ ...said, tcp: { pauses: [pause({})] } })).toBe(300)
    const asked = { ...sides, clientSide: { lastDataPacket: 59, lastDataNs: 309.9 * SECOND } }
    expect(seconds({ ...asked, tcp: { pauses: [pause({ direction: CLIENT, untilNs: 309.9 * SECOND })] } })).toBeCloseTo(
      0.1,
    )
  })

  it('is counted to the end where the other side still says something behind it', () => {
    const echoed = { ...sides, clientSide: { lastDataPacket: 61, lastDataNs: 310.001 * SECOND } }
    const around = pause({ untilPacket: 61, untilNs: 310.001 * SECOND, direction: CLIENT })
    expect(seconds({ ...echoed, tcp: { pauses: [around] } })).toBe(300)
    // Without the pause it is not known what was before.
    expect(seconds(echoed)).toBe(-1 / SECOND)
  })

  it('is none where nobody left', () => {
    expect(idleBefore(conversation(sides), { ...closing, side: 'nobody' })).toBeNull()
  })
})
