import { describe, expect, it } from 'vitest'
import { hasFailed, Lookups } from '../../src/attempt/lookups.ts'
import type { Event } from '../../src/flow/event.ts'
import { MAX_LOOKUPS, MAX_LOOKUPS_OF_CLIENT } from '../../src/wire/limits.ts'
import { CLIENT_ADDRESS } from '../support/addresses.ts'
import { type ConversationParts, conversation, event } from '../support/conversation.ts'

const SECOND = 1e9
function lookups(...conversations: (ConversationParts & { events: readonly Event[] })[]): Lookups {
  const all = new Lookups()
  for (const parts of conversations) all.add(conversation({ transport: 'udp', ...parts }))
  return all
}
const query = (name = 'rdp.lab.test', type = 1) => event('dns-query', { name, type })
const answer = (name: string, address: string, rcode = 0) =>
  event('dns-response', {
    name,
    rcode,
    answers: rcode === 0 ? [{ name, type: 1, data: address, ttlSeconds: 60 }] : [],
  })

describe('lookups', () => {
  it('count their queries and keep the first and last of them', () => {
    const [lookup] = lookups({ events: [query(), query(), query()], from: 7 }).ofClient(CLIENT_ADDRESS)
    expect(lookup).toMatchObject({ queries: 3, firstPacket: 7, lastQueryPacket: 9, answerPacket: 0, rcode: -1 })
    expect(hasFailed(lookup as never)).toBe(true)
  })

  it('are one when the same question is asked from another port soon after', () => {
    const all = lookups({ events: [query()] }, { events: [query('RDP.lab.test')], from: 5, fromNs: 5 * SECOND })
    expect(all.ofClient(CLIENT_ADDRESS)).toMatchObject([{ queries: 2 }])
  })

  it('are two when much time lies between', () => {
    const all = lookups({ events: [query()] }, { events: [query()], from: 5, fromNs: 90 * SECOND })
    expect(all.ofClient(CLIENT_ADDRESS)).toHaveLength(2)
  })

  it('let a good answer of a second resolver server stand over an error', () => {
    const events = [query(), answer('rdp.lab.test', '', 2), answer('rdp.lab.test', '10.0.2.2')]
    expect(lookups({ events }).ofClient(CLIENT_ADDRESS)).toMatchObject([{ rcode: 0, addresses: ['10.0.2.2'] }])
  })

  it('are found by address or by name, the name also with a search suffix', () => {
    const all = lookups({ events: [query('gw.corp.example'), answer('gw.corp.example', '10.0.2.7')] })
    const names = (name: string, address: string) => all.of(CLIENT_ADDRESS, name, address, SECOND).map(one => one.name)
    expect(names('', '10.0.2.7')).toEqual(['gw.corp.example'])
    expect(names('gw', '10.9.9.9')).toEqual(['gw.corp.example'])
    expect(names('GW.corp.example', '10.9.9.9')).toEqual(['gw.corp.example'])
    expect(names('other', '10.9.9.9')).toEqual([])
    expect(all.of('10.0.1.9', 'gw', '10.0.2.7', SECOND)).toEqual([])
  })

  it('belong to what comes soon after them, not before', () => {
    const all = lookups({ events: [query(), answer('rdp.lab.test', '10.0.2.2')], fromNs: 100 * SECOND })
    const at = (seconds: number) => all.of(CLIENT_ADDRESS, '', '10.0.2.2', seconds * SECOND).length
    expect([at(90), at(99), at(101), at(300), at(600)]).toEqual([0, 1, 1, 1, 0])
  })

  it('do not include names asked of neighbours', () => {
    expect(lookups({ events: [query('wpad')], server: { port: 5355 } }).ofClient(CLIENT_ADDRESS)).toEqual([])
  })

  it('are bounded for one client and for all, and what is forgotten is counted', () => {
    const all = new Lookups()
    for (let at = 0; at < MAX_LOOKUPS_OF_CLIENT + 5; at++) {
      all.add(conversation({ transport: 'udp', events: [query(`host${at}.example`)] }))
    }
    expect(all.ofClient(CLIENT_ADDRESS)).toHaveLength(MAX_LOOKUPS_OF_CLIENT)
    expect(all.ofClient(CLIENT_ADDRESS)[0]?.name).toBe('host5.example')
    expect(all.forgotten).toBe(5)
    for (let at = 0; at < MAX_LOOKUPS; at++) {
      const client = { address: `10.2.${at >> 8}.${at & 255}` }
      all.add(conversation({ transport: 'udp', events: [query()], client }))
    }
    expect(all.ofClient(CLIENT_ADDRESS)).toEqual([])
    expect([...all.clients()]).toHaveLength(MAX_LOOKUPS)
  })
})
