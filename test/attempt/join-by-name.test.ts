import { describe, expect, it } from 'vitest'
import type { Attempt } from '../../src/attempt/attempt.ts'
import { Attempts } from '../../src/attempt/grouping.ts'
import type { Conversation } from '../../src/flow/conversation.ts'
import { SERVER } from '../../src/wire/dissector.ts'
import { conversation, event, flowSummary, mark } from '../support/conversation.ts'

const NAME = 'rdp.lab.test'
const SIX = '2001:db8::2'
const lookup = (type: number, address: string) =>
  conversation({
    transport: 'udp',
    events: [
      event('dns-query', { name: NAME, type }),
      event('dns-response', { name: NAME, type, answers: [{ name: NAME, type, data: address, ttlSeconds: 60 }] }),
    ],
  })
const lookups = [lookup(1, '10.0.2.2'), lookup(1, '10.0.2.3'), lookup(28, SIX)]
const silent = (client: string, server: string) =>
  conversation({
    client: { address: client },
    server: { address: server },
    tcp: { marks: [mark('syn'), mark('syn')] },
    from: 10,
    fromNs: 1e9,
  })
const answered = (client: string, server: string) =>
  conversation({
    client: { address: client },
    server: { address: server },
    events: [event('negotiation-request'), event('negotiation-failure')],
    tcp: { marks: [mark('fin', { direction: SERVER })] },
    from: 20,
    fromNs: 2e9,
  })

function sizes(...conversations: readonly Conversation[]): number[] {
  const attempts: Attempt[] = []
  const grouped = new Attempts(attempt => attempts.push(attempt), { startSeconds: () => 0 })
  for (const one of conversations) grouped.conversation(one)
  grouped.end(flowSummary(), 20e9)
  return attempts.map(one => one.conversations.length)
}

describe('addresses of one name', () => {
  it('are one attempt when the client goes from one to the next', () => {
    expect(sizes(...lookups, silent('10.0.1.2', '10.0.2.3'), answered('10.0.1.2', '10.0.2.2'))).toEqual([2])
  })

  it('are one attempt over both address families, the client having two addresses as well', () => {
    expect(sizes(...lookups, silent('2001:db8::1', SIX), answered('10.0.1.2', '10.0.2.2'))).toEqual([2])
  })

  it('are two attempts when two clients use them', () => {
    expect(sizes(...lookups, silent('10.0.1.9', '10.0.2.3'), answered('10.0.1.2', '10.0.2.2'))).toEqual([1, 1])
    expect(sizes(...lookups, silent('10.0.1.9', '10.0.2.2'), answered('10.0.1.2', '10.0.2.2'))).toEqual([1, 1])
  })

  it('are two attempts without a lookup that ties them', () => {
    expect(sizes(silent('10.0.1.2', '10.0.2.3'), answered('10.0.1.2', '10.0.2.2'))).toEqual([1, 1])
  })
})
