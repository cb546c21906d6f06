import { describe, expect, it } from 'vitest'
import { closingOf } from '../../src/attempt/closing.ts'
import { sightingsOf } from '../../src/attempt/sightings.ts'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import {
  type ConversationParts,
  conversation,
  event,
  icmp,
  mark,
  records,
  tls12Handshake,
  tls13Handshake,
} from '../support/conversation.ts'

const SECOND = 1e9
function closing(parts: ConversationParts, captureEndNs = 0) {
  const one = conversation(parts)
  return closingOf(sightingsOf(one), Math.max(captureEndNs, one.lastNs))
}
const fin = (direction: 0 | 1) => mark('fin', { direction })
const reset = (direction: 0 | 1, inWindow = true) => mark('reset', { direction, inWindow })
const alert = (direction: 0 | 1, code: number, level = 2) => event('alert', { code, level }, { direction })

describe('who ended a connection', () => {
  it('is the side of the first FIN', () => {
    expect(closing({ tcp: { marks: [fin(SERVER), fin(CLIENT)] } })).toMatchObject({
      side: 'server',
      how: 'fin',
      packet: 4,
    })
  })

  it('is the side of a reset that had to be accepted', () => {
    expect(closing({ tcp: { marks: [reset(SERVER, false), reset(CLIENT)] } })).toMatchObject({
      side: 'client',
      how: 'rst',
    })
  })

  it('is the side of a reset with nothing behind it, where the window is not known', () => {
    expect(closing({ tcp: { marks: [reset(SERVER, false)] } })).toMatchObject({ side: 'server', how: 'rst' })
  })

  it('is the first reset, though it missed, when the same side resets again right behind it: its twin hit the other end', () => {
    const at = (timeNs: number, packet: number, inWindow: boolean) =>
      mark('reset', { direction: SERVER, timeNs, packet, inWindow })
    const marks = (secondNs: number) => [at(SECOND, 10, false), at(secondNs, 12, true)]
    expect(closing({ tcp: { marks: marks(1.05 * SECOND) } })).toMatchObject({ how: 'rst', packet: 10 })
    expect(closing({ tcp: { marks: marks(9 * SECOND) } })).toMatchObject({ how: 'rst', packet: 12 })
  })

  it('is the server when it refuses a SYN', () => {
    const marks = [mark('syn'), mark('reset', { direction: SERVER })]
    expect(closing({ tcp: { marks } })).toMatchObject({ side: 'server', how: 'rst', packet: 2 })
  })

  it('is the sender of a fatal alert, whoever closes TCP then', () => {
    const events = [event('client-hello'), alert(SERVER, 70)]
    expect(closing({ events, tcp: { marks: [fin(CLIENT), reset(SERVER)] } })).toMatchObject({
      side: 'server',
      how: 'alert',
      packet: 5,
    })
  })

  it('is not the server when its fatal alert only answers the FIN of the client', () => {
    const marks = [fin(CLIENT)]
    const one = { events: [event('negotiation-request'), event('negotiation-response')], tcp: { marks } }
    const late = alert(SERVER, 50)
    const answered = { ...one, events: [...one.events, { ...late, packet: 90, first: 90, timeNs: 5 * SECOND }] }
    expect(closing({ ...answered, tcp: { marks: [mark('fin', { packet: 8, timeNs: SECOND })] } })).toMatchObject({
      side: 'client',
      how: 'fin',
      packet: 8,
    })
  })

  it('is nobody for a warning that ends nothing', () => {
    expect(closing({ events: [event('client-hello'), alert(SERVER, 112, 1)] }).side).toBe('nobody')
  })

  it('is the first to say close_notify, in clear or sealed', () => {
    expect(closing({ events: [event('client-hello'), alert(CLIENT, 0, 1)] })).toMatchObject({ how: 'close-notify' })
    const sealed = [...tls12Handshake(), event('alert', { code: -1, sealed: true, length: 26 }, { direction: CLIENT })]
    expect(closing({ events: sealed, tcp: { marks: [fin(SERVER)] } })).toMatchObject({
      side: 'client',
      how: 'close-notify',
    })
  })

  it('is told in TLS 1.3 by the record of an alert alone', () => {
    const events = [...tls13Handshake(), ...records(-110, 179, -456, 19)]
    expect(closing({ events, tcp: { marks: [fin(SERVER), fin(CLIENT)] } })).toMatchObject({
      side: 'server',
      how: 'close-notify',
    })
  })

  it('is not told by a record of that size in the middle', () => {
    const events = [...tls13Handshake(), ...records(-110, 19, 179)]
    expect(closing({ events, tcp: { marks: [fin(CLIENT)] } })).toMatchObject({ side: 'client', how: 'fin' })
  })
})

describe('when neither side ended it', () => {
  it('the network did, with ICMP about the packets of the client', () => {
    const tcp = { marks: [mark('syn'), mark('syn')] }
    expect(closing({ tcp, icmp: [icmp()] })).toMatchObject({ side: 'network', how: 'icmp', packet: 3 })
  })

  it('ICMP about their size ends nothing', () => {
    const tooBig = icmp({ code: 4, mtu: 1400 })
    expect(closing({ events: [event('negotiation-request')], icmp: [tooBig] }).how).toBe('end-of-capture')
    expect(closing({ icmp: [icmp({ family: 6, type: 2, code: 0, mtu: 1280 })] }).how).toBe('end-of-capture')
  })

  it('silence did when SYNs are repeated without an answer', () => {
    expect(closing({ tcp: { marks: [mark('syn'), mark('syn')] } })).toMatchObject({ side: 'nobody', how: 'silence' })
  })

  it('silence did when data is sent again and again', () => {
    const parts = {
      events: [event('negotiation-request'), event('negotiation-response'), event('client-hello')],
      clientSide: { stalledResends: 3, stalledLength: 318, unacknowledged: 318, stalledFirstPacket: 6 },
    }
    expect(closing(parts)).toMatchObject({ how: 'silence', packet: 6 })
    const fewer = { ...parts.clientSide, stalledResends: 2 }
    expect(closing({ ...parts, clientSide: fewer }).how).toBe('end-of-capture')
  })

  it('probes of a window that the other side keeps closed are not silence', () => {
    const parts = {
      events: [event('negotiation-request'), event('negotiation-response')],
      clientSide: { stalledResends: 5, stalledLength: 1, unacknowledged: 1 },
    }
    expect(closing({ ...parts, serverSide: { zeroWindows: 5, lastWindow: 0 } }).how).toBe('end-of-capture')
    expect(closing({ ...parts, serverSide: { zeroWindows: 5, lastWindow: 8192 } }).how).toBe('silence')
  })

  it('silence did when the client waits in vain for long enough', () => {
    const parts = { events: [event('negotiation-request')] }
    expect(closing(parts, 11 * SECOND)).toMatchObject({ how: 'silence', packet: 4 })
    expect(closing(parts, 5 * SECOND).how).toBe('end-of-capture')
  })

  it('a pause in which the client has nothing to wait for is none', () => {
    const parts = { events: [event('negotiation-request'), event('negotiation-response')] }
    expect(closing(parts, 60 * SECOND).how).toBe('end-of-capture')
  })
})
