import { describe, expect, it } from 'vitest'
import { type Mood, messageWords } from '../../src/attempt/message-words.ts'
import type { FactKind, FactOf } from '../../src/flow/event.ts'
import { event, FACT_KINDS } from '../support/conversation.ts'

function said<K extends FactKind>(kind: K, fact: Partial<Omit<FactOf<K>, 'kind'>> = {}): [string, Mood] | null {
  const words = messageWords(event(kind, fact))
  return words === null ? null : [words.text, words.mood]
}

describe('messageWords', () => {
  it('names codes, and says whether they are good news', () => {
    expect(said('negotiation-failure', { code: 5 })).toEqual([
      'RDP negotiation failure: HYBRID_REQUIRED_BY_SERVER',
      'bad',
    ])
    expect(said('alert', { code: 48, sealed: false })).toEqual(['TLS alert: unknown_ca', 'bad'])
    expect(said('alert', { code: 0, sealed: false })).toEqual(['TLS close_notify', 'plain'])
    expect(said('alert', { code: -1, sealed: true })).toEqual(['TLS alert (encrypted)', 'plain'])
    // With keys it is no secret.
    expect(said('alert', { code: 42, sealed: true })).toEqual(['TLS alert: bad_certificate', 'bad'])
    expect(said('http-response', { status: 401, phrase: 'Unauthorized' })).toEqual(['401 Unauthorized', 'doubtful'])
    expect(said('http-response', { status: 503, phrase: '' })).toEqual(['503', 'bad'])
    expect(said('http-response', { status: 101, phrase: 'Switching Protocols' })).toEqual([
      '101 Switching Protocols',
      'good',
    ])
    expect(said('credssp', { errorCode: 0xc000006d })).toEqual(['CredSSP error: STATUS_LOGON_FAILURE', 'bad'])
    expect(said('kerberos-error', { code: 25 })).toEqual(['Kerberos: pre-authentication required', 'plain'])
  })

  it('takes a code that a gateway packet does not say for none', () => {
    expect(said('rdg', { type: 1, code: -1 })?.[1]).toBe('plain')
    expect(said('rdg', { type: 1, code: 0 })?.[1]).toBe('plain')
    expect(said('rdg', { type: 7, code: 0x800759da | 0 })?.[1]).toBe('bad')
    expect(said('ts-proxy-result', { call: 3, result: -1 })?.[1]).toBe('plain')
  })

  it('knows no GREASE for a TLS version', () => {
    expect(said('client-hello', { serverName: '', version: 0x0303, versions: [0x7a7a, 0x0304] })?.[0]).toBe(
      'ClientHello, up to TLS 1.3',
    )
  })

  it('says nothing of what says nothing by itself', () => {
    expect(said('error-info', { code: 0 })).toBeNull()
    expect(said('record', { type: 23 })).toBeNull()
    // A fact of its own tells of the alert in it.
    expect(said('record', { type: 21 })).toBeNull()
  })

  it.each(FACT_KINDS)('has short words, or none, for %s', kind => {
    const words = messageWords(event(kind))
    if (words === null) return
    expect(words.text).toMatch(/^\S.*\S$/)
    expect(words.text).not.toMatch(/undefined|NaN|\[object/)
    expect(words.text.length).toBeLessThan(120)
  })
})
