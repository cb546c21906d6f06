import { describe, expect, it } from 'vitest'
import type { Attempt } from '../../src/attempt/attempt.ts'
import { Attempts } from '../../src/attempt/grouping.ts'
import type { Conversation } from '../../src/flow/conversation.ts'
import { conversation, event, flowSummary } from '../support/conversation.ts'

function attemptsOf(...conversations: readonly Conversation[]): Attempt[] {
  const attempts: Attempt[] = []
  const grouped = new Attempts(attempt => attempts.push(attempt), { startSeconds: () => 0 })
  for (const one of conversations) grouped.conversation(one)
  grouped.end(flowSummary(), 20e9)
  return attempts
}
const asked = (name: string, rcode: number, more: { client?: string; queries?: number } = {}) => {
  const queries = Array.from({ length: more.queries ?? 1 }, () => event('dns-query', { name }))
  const answers =
    rcode < 0
      ? []
      : [event('dns-response', { name, rcode, answers: [{ name, type: 1, data: '10.9.9.9', ttlSeconds: 1 }] })]
  const client = { address: more.client ?? '10.0.1.2' }
  return conversation({ transport: 'udp', client, events: [...queries, ...answers] })
}
const web = conversation({ server: { port: 80 }, events: [event('http-request', { method: 'GET', target: '/' })] })

describe('an attempt without a connection', () => {
  it('is a name that does not exist, also with search suffixes', () => {
    const [attempt, ...others] = attemptsOf(asked('files', 3), asked('files.corp.example', 3))
    expect(others).toEqual([])
    expect(attempt).toMatchObject({ outcome: 'failed', transport: 'unknown', explained: null, serverName: 'files' })
    expect(attempt?.lookups).toHaveLength(2)
  })

  it('is a name that nobody answers for, when it was asked more than once', () => {
    expect(attemptsOf(asked('files', -1, { queries: 3 }))[0]?.closing).toMatchObject({ side: 'nobody', how: 'silence' })
    expect(attemptsOf(asked('files', -1))).toEqual([])
  })

  it('is not a name that another resolver knew', () => {
    expect(attemptsOf(asked('rdp', 3), asked('rdp.corp.example', 0))).toEqual([])
  })

  it('is not one of many names', () => {
    expect(attemptsOf(...['a', 'b', 'c', 'd'].map(name => asked(`${name}.example`, 3)))).toEqual([])
  })

  it('is not noise beside other connections, unless the name is that of a desktop', () => {
    expect(attemptsOf(web, asked('ads.example', 3))).toEqual([])
    expect(attemptsOf(web, asked('rdgw.corp.example', 3), asked('ads.example', 3))[0]?.lookups).toMatchObject([
      { name: 'rdgw.corp.example' },
    ])
    expect(attemptsOf(web, asked('third.example', 3))).toEqual([])
  })

  it('is not the broken resolver of many clients', () => {
    const many = Array.from({ length: 9 }, (_, at) => asked('files', 3, { client: `10.0.1.${at}` }))
    expect(attemptsOf(...many)).toEqual([])
  })
})
