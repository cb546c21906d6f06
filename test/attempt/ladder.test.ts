import { describe, expect, it } from 'vitest'
import { ladderOf } from '../../src/attempt/ladder.ts'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { MAX_LADDER_STEPS } from '../../src/wire/limits.ts'
import { CLIENT_ADDRESS, SERVER_ADDRESS } from '../support/addresses.ts'
import { attempt, attemptWith, lookup } from '../support/attempt.ts'
import { conversation, event, icmp, mark } from '../support/conversation.ts'

function told(made: ReturnType<typeof ladderOf>): string[] {
  const name = (at: number) => made.parties[at]?.role ?? '?'
  return made.steps.map(({ packet, from, to, text, kind }) => `${packet} ${name(from)}>${name(to)} ${kind}: ${text}`)
}

describe('ladderOf', () => {
  it('tells who said what to whom, in order, with TCP where it begins and ends', () => {
    const made = ladderOf(
      attempt({
        events: [
          event('negotiation-request', { cookie: 'maria' }),
          event('negotiation-response'),
          event('client-hello', { serverName: 'rdp.lab.test' }),
        ],
        tcp: { marks: [mark('reset', { direction: SERVER, ttl: 63 })] },
      }),
    )
    expect(told(made)).toEqual([
      '1 client>server tcp: TCP SYN to port 3389',
      '2 server>client tcp: TCP SYN+ACK (round trip 20.0 ms)',
      '4 client>server message: RDP connection request: TLS, NLA, NLA with early result, cookie maria',
      '5 server>client message: RDP confirm: NLA',
      '6 client>server message: ClientHello for rdp.lab.test, up to TLS 1.3',
      '7 server>client tcp: TCP RST (TTL 63)',
    ])
    expect(made.steps.at(-1)?.mood).toBe('bad')
  })

  it('stands in the order of the way, and names the server alone by its name', () => {
    const made = ladderOf(
      attempt(
        { icmp: [icmp({ packet: 9, from: '10.0.1.254' })] },
        { serverName: 'rdp.lab.test', lookups: [lookup({ answerPacket: 2, rcode: 0, addresses: [SERVER_ADDRESS] })] },
      ),
    )
    expect(made.parties.map(({ role, address, name }) => [role, address, name])).toEqual([
      ['client', CLIENT_ADDRESS, ''],
      ['resolver', '10.0.1.1', ''],
      ['router', '10.0.1.254', ''],
      ['server', SERVER_ADDRESS, 'rdp.lab.test'],
    ])
    const texts = told(made)
    expect(texts).toContain('1 client>resolver message: who is rdp.lab.test?')
    expect(texts).toContain(`2 resolver>client message: ${SERVER_ADDRESS}`)
    expect(texts).toContain('9 router>client tcp: ICMP: host unreachable')
  })

  it('does not call a proxy by the name of the server behind it', () => {
    const made = ladderOf(
      attempt(
        { events: [event('http-request', { method: 'CONNECT', target: 'gw.lab.test:443' })], server: { port: 3128 } },
        { serverName: 'gw.lab.test' },
      ),
    )
    expect(made.parties.at(-1)).toEqual({ role: 'proxy', address: SERVER_ADDRESS, name: '' })
  })

  it('gathers losses of one side that follow one another', () => {
    const resend = (packet: number, timeNs: number) =>
      mark('retransmission', { packet, timeNs, length: 1448, direction: SERVER })
    const made = ladderOf(attempt({ tcp: { marks: [mark('syn'), resend(10, 1e9), resend(12, 2e9), resend(14, 3e9)] } }))
    expect(told(made).at(-1)).toBe('10 server>client loss: 1448 bytes sent again 3 times within 2000 ms')
    expect(
      told(ladderOf(attempt({ handshake: false, tcp: { marks: [mark('retransmission', { needless: true })] } }))),
    ).toEqual([])
  })

  it('keeps the beginning and the end of a long one', () => {
    const events = Array.from({ length: MAX_LADDER_STEPS + 98 }, () => event('demand-active'))
    const made = ladderOf(attempt({ events }))
    // The two of the handshake come on top.
    expect([made.steps.length, made.omitted]).toEqual([MAX_LADDER_STEPS, 100])
    expect([made.steps[0]?.packet, made.steps.at(-1)?.packet]).toEqual([1, MAX_LADDER_STEPS + 98 + 3])
  })

  it('tells of lookups alone where nothing was connected', () => {
    const made = ladderOf(attemptWith({ lookups: [lookup({ rcode: 3, answerPacket: 2, queries: 2 })] }))
    expect(told(made)).toEqual([
      '1 client>resolver message: who is rdp.lab.test? (asked 2 times)',
      '2 resolver>client message: no: code 3',
    ])
  })

  it('mixes conversations by time', () => {
    const one = conversation({ id: 0, events: [event('client-hello', {}, { packet: 20, timeNs: 5e9 })] })
    const two = conversation({ id: 1, from: 10, fromNs: 1e9, client: { port: 50_001 } })
    const made = ladderOf(
      attemptWith({ conversations: [one, two], explained: one, client: one.client, server: one.server }),
    )
    expect(made.steps.map(({ stream }) => stream)).toEqual([0, 0, 1, 1, 0])
    expect(made.parties).toHaveLength(2)
    expect(made.steps.every(({ from, to }) => from !== to && from < 2 && to < 2)).toBe(true)
    expect(made.steps[0]?.from).toBe(CLIENT)
  })
})
