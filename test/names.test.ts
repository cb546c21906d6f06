/** Names of addresses, as the capture itself tells them. */
import { describe, expect, it } from 'vitest'
import { Names } from '../src/names.ts'
import { CLIENT, SERVER } from '../src/wire/dissector.ts'
import { conversation, event } from './support/conversation.ts'

const record = (name: string, type: number, data: string) => ({ name, type, data, ttlSeconds: 60 })

function named(...conversations: Parameters<typeof conversation>[0][]): Record<string, string> {
  const names = new Names()
  for (const parts of conversations) names.conversation(conversation(parts))
  return Object.fromEntries(names.byAddress)
}

describe('names', () => {
  it('are those that were asked of DNS, whatever alias leads to the address', () => {
    const answers = [
      record('rdp.corp.example', 5, 'host7.cloud.example'),
      record('host7.cloud.example', 1, '192.0.2.7'),
      record('host7.cloud.example', 28, '2001:db8::7'),
    ]
    const events = [event('dns-response', { name: 'rdp.corp.example', answers })]
    expect(named({ transport: 'udp', tcp: null, events })).toEqual({
      '192.0.2.7': 'rdp.corp.example',
      '2001:db8::7': 'rdp.corp.example',
    })
  })

  it('come from TLS where DNS is not in the capture', () => {
    const server = { address: '192.0.2.9', port: 443 }
    const hello = (path: string) => event('client-hello', { serverName: 'gw.corp.example' }, { path })
    expect(named({ server, events: [hello('tcp/tls/tls-handshake')] })).toEqual({ '192.0.2.9': 'gw.corp.example' })
    expect(named({ server, events: [hello('tcp/x224/tls')] })).toEqual({ '192.0.2.9': 'gw.corp.example' })
    // Behind a proxy it is the name of somebody else.
    expect(named({ server, events: [hello('tcp/http1/tls')] })).toEqual({})
    expect(named({ server, events: [hello('tcp/tls/http1/rdg/x224/tls')] })).toEqual({})
  })

  it('are told by hosts themselves: DHCP, NTLM and RDP', () => {
    const options = {
      type: 3,
      mtu: 0,
      mask: '',
      routers: [],
      nameServers: [],
      domain: '',
      server: '',
      leaseSeconds: 0,
      ended: true,
      host: 'laptop-3',
      requested: '192.0.2.50',
    }
    const message = { kind: 'dhcp', operation: 1, type: 3, client: '', address: '', options, complete: true } as const
    const asked = { ...event('dns-query'), fact: message }
    const had = { ...message, client: '192.0.2.51', options: { ...options, requested: '', host: 'pc-4' } }
    const renewed = { ...event('dns-query'), fact: had }
    expect(named({ transport: 'udp', tcp: null, events: [asked, renewed] })).toEqual({
      '192.0.2.50': 'laptop-3',
      '192.0.2.51': 'pc-4',
    })
    const challenge = event('ntlm-challenge', { computer: 'HOST7', dnsComputer: '' }, { direction: SERVER })
    const client = event('rdp-client', { name: 'LAPTOP' }, { direction: CLIENT, path: 'tcp/x224/tls/mcs' })
    const ends = { client: { address: '192.0.2.60' }, server: { address: '192.0.2.61' } }
    expect(named({ ...ends, events: [challenge, client] })).toEqual({ '192.0.2.60': 'LAPTOP', '192.0.2.61': 'HOST7' })
  })

  it('keep the best source, and its first word', () => {
    const server = { address: '192.0.2.7', port: 443 }
    const sni = { server, events: [event('client-hello', { serverName: 'from-sni.example' }, { path: 'tcp/tls' })] }
    const dns = (name: string) => ({
      transport: 'udp' as const,
      tcp: null,
      events: [event('dns-response', { name, answers: [record(name, 1, '192.0.2.7')] })],
    })
    expect(named(sni, dns('first.example'), dns('second.example'), sni)).toEqual({ '192.0.2.7': 'first.example' })
    const names = new Names()
    names.conversation(conversation(dns('first.example')))
    names.recorded(new Map([['192.0.2.7', 'from-the-file.example']]))
    expect(names.byAddress.get('192.0.2.7')).toBe('from-the-file.example')
  })

  it('are neither addresses nor of monstrous length', () => {
    const server = { address: '192.0.2.7', port: 443 }
    const said = (serverName: string) => ({
      server,
      events: [event('client-hello', { serverName }, { path: 'tcp/tls' })],
    })
    expect(named(said('192.0.2.7'), said('2001:db8::1'), said(''), said('x'.repeat(300)))).toEqual({})
    expect(named(said('host.example.'))).toEqual({ '192.0.2.7': 'host.example' })
  })

  it('are taken from the file once, and again where it tells more', () => {
    class Counted extends Map<string, string> {
      walks = 0
      override [Symbol.iterator]() {
        this.walks++
        return super[Symbol.iterator]()
      }
    }
    const recorded = new Counted([['192.0.2.7', 'a.example']])
    const names = new Names()
    for (let look = 0; look < 3; look++) names.recorded(recorded)
    expect(recorded.walks).toBe(1)
    recorded.set('192.0.2.8', 'b.example')
    for (let look = 0; look < 3; look++) names.recorded(recorded)
    expect([recorded.walks, names.byAddress.get('192.0.2.8')]).toEqual([2, 'b.example'])
  })

  it('stay one map while nothing is learnt', () => {
    const names = new Names()
    names.recorded(new Map([['192.0.2.7', 'a.example']]))
    const before = names.byAddress
    names.recorded(new Map([['192.0.2.7', 'a.example']]))
    expect(names.byAddress).toBe(before)
    names.recorded(new Map([['192.0.2.8', 'b.example']]))
    expect(names.byAddress).not.toBe(before)
  })
})
