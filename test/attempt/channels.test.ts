import { describe, expect, it } from 'vitest'
import { joinChannels } from '../../src/attempt/channels.ts'
import { FIRST_JOINT_LAYER } from '../../src/flow/junction.ts'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { conversation, event } from '../support/conversation.ts'

const id = (value: string) => ({ headers: [['rdg-connection-id', value]] as const })
const joint = (direction: 0 | 1, packet: number) =>
  event('rdg', { type: direction === CLIENT ? 1 : 2 }, { direction, layer: FIRST_JOINT_LAYER, packet })
const output = (value = '{A}') =>
  conversation({
    events: [event('http-request', { method: 'RDG_OUT_DATA', ...id(value) }, { packet: 4 }), joint(SERVER, 20)],
  })
const input = (value = '{a}') =>
  conversation({
    events: [event('http-request', { method: 'RDG_IN_DATA', ...id(value) }, { packet: 10 }), joint(CLIENT, 15)],
  })
const packets = (one: { events: readonly { packet: number }[] } | undefined) => one?.events.map(({ packet }) => packet)

describe('the two channels of a gateway', () => {
  it('are told of the one that answers, in the order of the packets', () => {
    const [first, second] = joinChannels([output(), input()])
    expect(packets(first)).toEqual([4, 15, 20])
    expect(packets(second)).toEqual([10])
  })

  it('stay apart when they name other connections', () => {
    const [first, second] = joinChannels([output(), input('{b}')])
    expect(packets(first)).toEqual([4, 20])
    expect(packets(second)).toEqual([10, 15])
  })

  it('are left alone where nothing was read above them', () => {
    const plain = [conversation({ events: [event('client-hello')] }), conversation({ events: [] })]
    expect(joinChannels(plain)).toBe(plain)
  })
})
