import { describe, expect, it } from 'vitest'
import { x224 } from '../../dissectors/x224.ts'
import { BROKEN, CLIENT, LIKELY, MAYBE, NO, NOT_MINE, SERVER, SKIP, SURE } from '../../src/wire/dissector.ts'
import { bytes } from '../support/bytes.ts'
import { Conversation, facts, likeness, tree } from '../support/read.ts'

/** MS-RDPBCGR 4.1.1. */
const request = bytes('03 00 00 2c 27 e0 00 00 00 00 00 "Cookie: mstshash=eltons" 0d 0a 01 00 08 00 00 00 00 00')
/** MS-RDPBCGR 4.1.2. */
const confirm = bytes('03 00 00 13 0e d0 00 00 12 34 00 02 00 08 00 00 00 00 00')
const confirmTls = bytes('03 00 00 13 0e d0 00 00 12 34 00 02 1f 08 00 08 00 00 00')

const noRequest = {
  kind: 'negotiation-request',
  cookie: '',
  routingToken: '',
  flags: 0,
  protocols: -1,
  correlationId: '',
  complete: true,
}

describe('the connection request', () => {
  it('tells the cookie and the offered protocols', () => {
    expect(facts(x224, 'client', request)).toEqual([{ ...noRequest, cookie: 'eltons', protocols: 0 }])
  })

  it('as mstsc sends it cuts the user name to nine characters and offers TLS, CredSSP and its extended form', () => {
    const mstsc = bytes(
      '0300002f2ae00000000000436f6f6b69653a206d737473686173683d49542d48454c505c410d0a010008000b000000',
    )
    expect(facts(x224, 'client', mstsc)).toEqual([{ ...noRequest, cookie: 'IT-HELP\\A', protocols: 0x0b }])
  })

  it('without a negotiation part offers nothing', () => {
    expect(facts(x224, 'client', bytes('03 00 00 0b 06 e0 00 00 00 00 00'))).toEqual([noRequest])
  })

  it('keeps a load-balancing token apart from the cookie', () => {
    const token = bytes(
      '03 00 00 37 32 e0 00 00 00 00 00 "Cookie: msts=3640205228.15629.0000" 0d 0a 01 00 08 00 03 00 00 00',
    )
    expect(facts(x224, 'client', token)).toEqual([
      { ...noRequest, routingToken: 'Cookie: msts=3640205228.15629.0000', protocols: 3 },
    ])
  })

  it('tells the correlation id when its flag is set', () => {
    const id = '0a 61 54 c8 55 3c 4f 2a 89 21 60 11 22 33 00 00'
    const correlated = bytes(
      `03 00 00 37 32 e0 00 00 00 00 00 01 08 08 00 0b 00 00 00 06 00 24 00 ${id} ${'00'.repeat(16)}`,
    )
    expect(facts(x224, 'client', correlated)).toEqual([
      { ...noRequest, flags: 8, protocols: 11, correlationId: id.replaceAll(' ', '') },
    ])
  })

  it('that ends before its protocols is told as not complete, with none of them', () => {
    expect(facts(x224, 'client', bytes('03 00 00 11 0c e0 00 00 00 00 00 01 00 08 00 03 00'))).toEqual([
      { ...noRequest, complete: false },
    ])
  })

  it('of another protocol on TPKT (S7 with its transport parameters) says nothing and asks to look away', () => {
    const s7 = bytes('03 00 00 16 11 e0 00 00 00 01 00 c1 02 01 00 c2 02 01 02 c0 01 0a')
    const conversation = new Conversation(x224).say('client', s7)
    expect(conversation.facts).toEqual([])
    expect(conversation.asked.opaque).toContain('another protocol')
  })

  it('names each field as Wireshark does, with the bytes that it came from', () => {
    const read = tree(x224, 'client', request)
    expect(read.field('rdp.negReq.requestedProtocols')).toEqual({ value: 0, start: 40, end: 44 })
    expect(read.field('rdp.rt_cookie')).toEqual({ value: 'Cookie: mstshash=eltons', start: 11, end: 36 })
    expect(read.field('cotp.type')).toEqual({ value: 0xe, start: 5, end: 6 })
  })
})

describe('the connection confirm', () => {
  it('that picks TLS turns both directions into TLS', () => {
    const conversation = new Conversation(x224).say('client', request).say('server', confirmTls)
    expect(conversation.facts[1]).toEqual({
      kind: 'negotiation-response',
      flags: 0x1f,
      selected: 8,
      present: true,
      complete: true,
    })
    expect(conversation.asked.become).toMatchObject({ which: 'both', next: { protocol: 'tls' } })
    expect(conversation.state.session.selected).toBe(8)
  })

  it('that picks standard RDP security stays', () => {
    const conversation = new Conversation(x224).say('server', confirm)
    expect(conversation.facts).toMatchObject([{ selected: 0, present: true, complete: true }])
    expect(conversation.asked.become).toBeNull()
  })

  it('without a negotiation part is a server that knows only standard RDP security', () => {
    expect(facts(x224, 'server', bytes('03 00 00 0b 06 d0 00 00 12 34 00'))).toEqual([
      { kind: 'negotiation-response', flags: 0, selected: 0, present: false, complete: true },
    ])
  })

  it('tells a failure, also with bytes behind it', () => {
    const failure = { kind: 'negotiation-failure', code: 5, complete: true }
    expect(facts(x224, 'server', bytes('03 00 00 13 0e d0 00 00 12 34 00 03 00 08 00 05 00 00 00'))).toEqual([failure])
    expect(facts(x224, 'server', bytes('03 00 00 15 0e d0 00 00 12 34 00 03 00 08 00 05 00 00 00 00 00'))).toEqual([
      failure,
    ])
  })

  it('whose length indicator leaves the negotiation part out is read all the same', () => {
    expect(facts(x224, 'server', bytes('03 00 00 13 06 d0 00 00 12 34 00 03 00 08 00 02 00 00 00'))).toEqual([
      { kind: 'negotiation-failure', code: 2, complete: true },
    ])
  })

  it('that ends too early is a fact, and nothing is built on it', () => {
    const conversation = new Conversation(x224).say(
      'server',
      bytes('03 00 00 11 0c d0 00 00 12 34 00 02 00 08 00 01 00'),
    )
    expect(conversation.facts).toEqual([
      { kind: 'negotiation-response', flags: 0, selected: -1, present: true, complete: false },
    ])
    expect(conversation.asked.become).toBeNull()
    expect(conversation.state.session.selected).toBe(-1)
    expect(conversation.pdus[0]?.fault).toMatchObject({
      field: 'rdp.negReq.selectedProtocol',
      by: 'length',
      byField: 'cotp.li',
    })
  })

  it('with an unknown part is a fact, and nothing is built on it', () => {
    const conversation = new Conversation(x224).say(
      'server',
      bytes('03 00 00 13 0e d0 00 00 12 34 00 09 00 08 00 01 00 00 00'),
    )
    expect(conversation.facts).toMatchObject([{ selected: -1, complete: false }])
    expect(conversation.asked.become).toBeNull()
  })
})

describe('a refusal', () => {
  it('as a disconnect request tells its reason', () => {
    expect(facts(x224, 'server', bytes('03 00 00 0b 06 80 00 00 12 34 02'))).toEqual([
      { kind: 'x224-disconnect', reason: 2, complete: true },
    ])
  })

  it('as an error tells its cause', () => {
    expect(facts(x224, 'server', bytes('03 00 00 09 04 70 00 00 01'))).toEqual([
      { kind: 'x224-disconnect', reason: 1, complete: true },
    ])
  })
})

describe('a session in clear', () => {
  const small = bytes('03 00 00 0c 02 f0 80 04 01 00 01 00')
  const began = () => new Conversation(x224).say('client', request).say('server', confirm)

  it('tells the sizes of the first PDUs of each direction, then only counts', () => {
    const conversation = began()
    for (let n = 0; n < 20; n++) conversation.say('client', small)
    expect(conversation.facts.filter(fact => (fact as { kind: string }).kind === 'rdp-data')).toHaveLength(16)
    expect(conversation.state.pdus).toEqual([20, 0])
  })

  it('passes over what large PDUs hold', () => {
    const large = bytes(`03 00 01 00 02 f0 80 68 ${'00'.repeat(248)}`)
    const conversation = began().say('server', large).say('server', small)
    expect(conversation.asked.body).toEqual({ length: 222, slot: SKIP })
    expect(conversation.facts.slice(2)).toEqual([
      { kind: 'rdp-data', length: 256 },
      { kind: 'rdp-data', length: 12 },
    ])
  })

  it('reads fast-path PDUs with one and two length bytes', () => {
    const conversation = began()
      .say('server', bytes('00 06 01 02 03 04'))
      .say('server', bytes(`00 80 80 ${'11'.repeat(125)}`))
      .say('server', bytes('80 03 ff'))
    expect(conversation.facts.slice(2)).toEqual([
      { kind: 'rdp-data', length: 6 },
      { kind: 'rdp-data', length: 128 },
      { kind: 'rdp-data', length: 3 },
    ])
  })

  it('does not take the data of other protocols for RDP', () => {
    expect(facts(x224, 'client', bytes('03 00 00 0c 02 f0 80 32 01 00 01 00'))).toEqual([])
  })
})

describe('recognition', () => {
  it('is sure of a request from a client and a confirm from a server', () => {
    expect(likeness(x224, 'client', request)).toBe(SURE)
    expect(likeness(x224, 'server', confirm)).toBe(SURE)
    expect(likeness(x224, 'server', request)).toBe(LIKELY)
  })

  it('waits while there is too little', () => {
    expect(likeness(x224, 'client', request.subarray(0, 5))).toBe(MAYBE)
  })

  it('refuses what only begins alike', () => {
    expect(likeness(x224, 'client', bytes('03 01 00 2c 27 e0 00 00'))).toBe(NO)
    expect(likeness(x224, 'client', bytes('03 00 00 07 27 e0 00 00'))).toBe(NO)
    expect(likeness(x224, 'client', bytes('03 00 00 2c 27 20 00 00'))).toBe(NO)
    expect(likeness(x224, 'client', bytes('03 00 00 2c 02 f0 80 32'))).toBe(NO)
    expect(likeness(x224, 'server', bytes('"SSH-2.0-OpenSSH_9.6"'))).toBe(NO)
  })

  it('says that another protocol is not its own, and that a header that is too short is broken', () => {
    const state = x224.begin(null)
    const ssh = bytes('"SSH-2.0-OpenSSH"')
    expect(x224.frame(ssh, 0, ssh.length, 0, state, SERVER)).toBe(NOT_MINE)
    expect(x224.frame(bytes('03 00 00 06 01 e0'), 0, 6, 0, state, CLIENT)).toBe(BROKEN)
    expect(x224.frame(bytes('00 06 01 02 03 04'), 0, 6, 0, state, SERVER)).toBe(NOT_MINE)
  })
})
