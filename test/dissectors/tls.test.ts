import { describe, expect, it } from 'vitest'
import { tls } from '../../dissectors/tls.ts'
import { BROKEN, CLIENT, LIKELY, MAYBE, NO, NOT_MINE, SERVER, SKIP, SURE } from '../../src/wire/dissector.ts'
import { Pdu } from '../../src/wire/pdu.ts'
import { bytes, concat } from '../support/bytes.ts'
import { Conversation, facts, likeness, tree } from '../support/read.ts'
import {
  CHANGE_CIPHER_SPEC,
  CLIENT_HELLO_1_3,
  CLIENT_KEY_EXCHANGE,
  clientHelloWith,
  message,
  record,
  SERVER_HELLO_1_2,
  SERVER_HELLO_1_3,
  SERVER_HELLO_DONE,
} from '../support/tls-vectors.ts'

const zeros = (length: number) => new Uint8Array(length)
const only = (facts: readonly unknown[], kind: string) => facts.filter(fact => (fact as { kind: string }).kind === kind)

describe('the client hello', () => {
  it('of RFC 8448 tells what the client can speak', () => {
    expect(facts(tls, 'client', record(22, CLIENT_HELLO_1_3))).toEqual([
      {
        kind: 'client-hello',
        version: 0x0303,
        versions: [0x0304],
        suites: [0x1301, 0x1303, 0x1302],
        groups: [0x1d, 0x17, 0x18, 0x19, 0x100, 0x101, 0x102, 0x103, 0x104],
        signatureSchemes: [
          0x0403, 0x0503, 0x0603, 0x0203, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0201, 0x0402, 0x0502,
          0x0602, 0x0202,
        ],
        serverName: 'server',
        alpn: [],
        extensions: [0, 0xff01, 10, 35, 51, 43, 13, 45, 28],
        resumes: false,
        sslv2: false,
        random: 'cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7',
        complete: true,
      },
    ])
  })

  it('is the same however its records and segments are cut', () => {
    const whole = record(22, CLIENT_HELLO_1_3)
    const expected = facts(tls, 'client', whole)
    const single = [...whole].map(byte => Uint8Array.of(byte))
    expect(facts(tls, 'client', ...single)).toEqual(expected)
    for (const at of [1, 3, 4, 5, 40, CLIENT_HELLO_1_3.length - 1]) {
      const two = concat(record(22, CLIENT_HELLO_1_3.subarray(0, at)), record(22, CLIENT_HELLO_1_3.subarray(at)))
      expect(facts(tls, 'client', two), `record ends at ${at}`).toEqual(expected)
    }
  })

  it('leaves GREASE out of every list', () => {
    const hello = clientHelloWith(
      [0x2a2a, ''],
      [10, '00 06 7a 7a 00 1d 00 17'],
      [43, '06 1a 1a 03 04 03 03'],
      [13, '00 04 0a 0a 04 03'],
      [16, '00 08 02 0a 0a 02 "h2" 01 "x"'],
      [0xfafa, '00'],
    )
    expect(facts(tls, 'client', record(22, hello))).toMatchObject([
      {
        groups: [0x1d, 0x17],
        versions: [0x0304, 0x0303],
        signatureSchemes: [0x0403],
        alpn: ['h2', 'x'],
        extensions: [10, 43, 13, 16],
        complete: true,
      },
    ])
  })

  it('offers to resume with a ticket that is not empty, or a pre-shared key', () => {
    const resumes = (type: number, content: string) =>
      (facts(tls, 'client', record(22, clientHelloWith([type, content])))[0] as { resumes: boolean }).resumes
    expect(resumes(35, '')).toBe(false)
    expect(resumes(35, 'aa bb')).toBe(true)
    expect(resumes(41, '00 00 00 00')).toBe(true)
  })

  it('with a lying length loses that extension, and no other', () => {
    const hello = clientHelloWith([0, '00 ff 00 00 03 "abc"'], [43, '02 03 04'])
    expect(facts(tls, 'client', record(22, hello))).toMatchObject([
      { versions: [0x0304], extensions: [0, 43], complete: false },
    ])
  })

  it('without extensions is complete', () => {
    const old = message(1, bytes(`03 01 ${'00'.repeat(32)} 00 00 02 00 2f 01 00`))
    expect(facts(tls, 'client', record(22, old))).toMatchObject([{ version: 0x0301, suites: [0x2f], complete: true }])
  })

  it('in the SSL 2.0 form is told as such', () => {
    const hello = bytes(
      `80 2e 01 03 01 00 15 00 00 00 10 00 00 2f 00 00 35 00 00 0a 01 00 80 00 00 05 00 00 04 00 00 ff ${'ab'.repeat(16)}`,
    )
    expect(likeness(tls, 'client', hello)).toBe(SURE)
    expect(facts(tls, 'client', hello)).toMatchObject([
      { version: 0x0301, suites: [0x2f, 0x35, 0x0a, 0x010080, 0x05, 0x04, 0xff], sslv2: true, complete: true },
    ])
    const read = tree(tls, 'client', hello)
    expect(read.field('tls.record.version')).toMatchObject({ value: 0x0002 })
    expect(read.field('tls.handshake.ciphersuites')).toMatchObject({ start: 11, end: 32 })
  })

  it('cut by the capture tells what was there, as not complete, and changes nothing', () => {
    const whole = record(22, CLIENT_HELLO_1_3)
    const conversation = new Conversation(tls).say('client', whole.subarray(0, 100)).cut('client')
    expect(conversation.facts).toMatchObject([
      { kind: 'client-hello', serverName: 'server', suites: [0x1301, 0x1303, 0x1302], complete: false },
    ])
    expect(conversation.state.clientRandom).toBe('')
  })

  it('names each field as Wireshark does, with the bytes that it came from', () => {
    const read = tree(tls, 'client', record(22, CLIENT_HELLO_1_3))
    expect(read.field('tls.record.content_type')).toEqual({ value: 22, start: 0, end: 1 })
    // Positions in the handshake message, which is a PDU of its own.
    expect(read.field('tls.handshake.extensions_server_name')).toEqual({ value: 'server', start: 60, end: 66 })
    expect(read.fields('tls.handshake.ciphersuite').map(suite => suite.value)).toEqual([0x1301, 0x1303, 0x1302])
  })
})

describe('the server hello', () => {
  it('of RFC 8448 tells the version really chosen, and the group', () => {
    expect(facts(tls, 'server', record(22, SERVER_HELLO_1_3))).toEqual([
      {
        kind: 'server-hello',
        version: 0x0304,
        suite: 0x1301,
        retry: false,
        group: 0x1d,
        alpn: '',
        random: 'a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e26928',
        complete: true,
      },
    ])
  })

  it('that asks for another key share is a retry and seals nothing', () => {
    const retryRandom = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c'
    const retry = message(2, bytes(`03 03 ${retryRandom} 00 13 02 00 00 0c 00 2b 00 02 03 04 00 33 00 02 00 18`))
    const conversation = new Conversation(tls)
      .say('client', record(22, CLIENT_HELLO_1_3))
      .say('server', concat(record(22, retry), CHANGE_CIPHER_SPEC))
      .say('client', concat(CHANGE_CIPHER_SPEC, record(22, CLIENT_HELLO_1_3)))
      .say('server', record(22, SERVER_HELLO_1_3))
    expect(only(conversation.facts, 'server-hello')).toMatchObject([
      { retry: true, group: 0x18, version: 0x0304 },
      { retry: false, group: 0x1d, version: 0x0304 },
    ])
    expect(only(conversation.facts, 'client-hello')).toHaveLength(2)
  })

  it('of TLS 1.2 seals neither direction', () => {
    const conversation = new Conversation(tls).say('server', record(22, SERVER_HELLO_1_2))
    expect(conversation.facts).toMatchObject([{ version: 0x0303, suite: 0xc030, group: -1 }])
    expect(conversation.state.sealed).toEqual([false, false])
  })

  it('tells the application protocol', () => {
    const hello = message(2, bytes(`03 03 ${'11'.repeat(32)} 00 c0 30 00 00 09 00 10 00 05 00 03 02 "h2"`))
    expect(facts(tls, 'server', record(22, hello))).toMatchObject([{ alpn: 'h2', complete: true }])
  })

  it('of an early draft of TLS 1.3 has no session, and seals both directions', () => {
    const draft = message(2, bytes(`7f 12 ${'11'.repeat(32)} 13 01 00 00`))
    const conversation = new Conversation(tls).say('server', record(22, draft))
    expect(conversation.facts).toMatchObject([{ version: 0x7f12, suite: 0x1301, complete: true }])
    expect(conversation.state.sealed).toEqual([true, true])
  })

  it('that ends too early is a fact, and nothing is built on it', () => {
    const short = message(2, SERVER_HELLO_1_3.subarray(4, 60))
    const conversation = new Conversation(tls).say('server', record(22, short))
    expect(conversation.facts).toMatchObject([{ kind: 'server-hello', suite: 0x1301, complete: false }])
    expect(conversation.state.sealed).toEqual([false, false])
    expect(conversation.state.version).toBe(0)
  })
})

describe('other handshake messages', () => {
  it('are told by type and length, several of one record and unknown ones too', () => {
    const flight = record(22, SERVER_HELLO_1_2, message(99, bytes('01 02')), SERVER_HELLO_DONE)
    expect(facts(tls, 'server', flight).slice(1)).toEqual([
      { kind: 'handshake', type: 99, length: 2 },
      { kind: 'handshake', type: 14, length: 0 },
    ])
  })

  it('behind ChangeCipherSpec are encrypted, and are not read as plain ones', () => {
    const conversation = new Conversation(tls)
      .say('server', record(22, SERVER_HELLO_1_2, SERVER_HELLO_DONE))
      .say('client', concat(record(22, CLIENT_KEY_EXCHANGE), CHANGE_CIPHER_SPEC, record(22, CLIENT_HELLO_1_3)))
    expect(conversation.facts.slice(2)).toEqual([
      { kind: 'handshake', type: 16, length: 33 },
      { kind: 'change-cipher-spec' },
      { kind: 'record', type: 22, length: 196 },
      { kind: 'handshake', type: -1, length: 196 },
    ])
  })

  it('list the signature schemes and authorities of a certificate request of TLS 1.2', () => {
    const request = message(13, bytes('02 01 40 00 04 04 03 08 04 00 00'))
    const flight = record(22, SERVER_HELLO_1_2, request)
    expect(facts(tls, 'server', flight)[1]).toEqual({ kind: 'handshake', type: 13, length: 11 })
    expect(
      tree(tls, 'server', flight)
        .fields('tls.handshake.sig_hash_alg')
        .map(f => f.value),
    ).toEqual([0x0403, 0x0804])
  })
})

describe('sealed records', () => {
  const began12 = () =>
    new Conversation(tls)
      .say('server', concat(record(22, SERVER_HELLO_1_2), CHANGE_CIPHER_SPEC))
      .say('client', CHANGE_CIPHER_SPEC)

  it('of TLS 1.3 follow the server hello; its ChangeCipherSpec changes nothing', () => {
    const conversation = new Conversation(tls)
      .say('client', record(22, CLIENT_HELLO_1_3))
      .say('server', concat(record(22, SERVER_HELLO_1_3), CHANGE_CIPHER_SPEC, record(23, zeros(40))))
      .say('client', concat(CHANGE_CIPHER_SPEC, record(23, zeros(53))))
    expect(conversation.facts.slice(2)).toEqual([
      { kind: 'change-cipher-spec' },
      { kind: 'record', type: 23, length: 40 },
      { kind: 'change-cipher-spec' },
      { kind: 'record', type: 23, length: 53 },
    ])
    expect(conversation.state.epoch).toEqual([1, 1])
  })

  it('are passed over by their length', () => {
    const conversation = began12().say('server', record(23, zeros(1000)))
    expect(conversation.asked.body).toEqual({ length: 1000, slot: SKIP })
    expect(conversation.pdus.at(-1)?.length).toBe(5)
  })

  it('are each told by type and length', () => {
    const conversation = began12()
    for (let n = 0; n < 100; n++) conversation.say('client', record(23, zeros(30)))
    conversation.say('server', record(23, zeros(31)))
    expect(only(conversation.facts, 'record')).toHaveLength(101)
  })

  it('that are alerts tell only that there is one', () => {
    expect(
      began12()
        .say('client', record(21, zeros(26)))
        .facts.slice(-2),
    ).toEqual([
      { kind: 'record', type: 21, length: 26 },
      { kind: 'alert', level: 0, code: -1, sealed: true, length: 26 },
    ])
  })

  it('that are alerts of TLS 1.2 are never in clear, however short', () => {
    expect(
      began12()
        .say('client', record(21, zeros(10)))
        .facts.at(-1),
    ).toMatchObject({ code: -1, sealed: true })
  })

  it('met in the middle of a connection are told without a version', () => {
    const conversation = new Conversation(tls).say('server', concat(record(23, zeros(80)), record(21, zeros(26))))
    expect(conversation.facts).toEqual([
      { kind: 'record', type: 23, length: 80 },
      { kind: 'record', type: 21, length: 26 },
      { kind: 'alert', level: 0, code: -1, sealed: true, length: 26 },
    ])
    expect(conversation.state.version).toBe(0)
  })
})

describe('with keys', () => {
  /** Reads one record of a connection whose keys somebody has; what is in it is given here. */
  function unsealed(version: number, outer: number, plain: string | null) {
    const state = { ...tls.begin(null), version, keys: true, sealed: [true, true] as [boolean, boolean] }
    const whole = record(outer, zeros(40))
    const given: unknown[] = []
    const out = {
      fact: (fact: unknown) => given.push(fact),
      tally: (type: number, length: number) => given.push(['record', type, length]),
      payload: (slot: number, content: Uint8Array, from: number, to: number) =>
        given.push(['payload', slot, [...content.slice(from, to)]]),
      open: () => {},
      lost: (slot: number, length: number) => given.push(['lost', slot, length]),
      unseal: () => (plain === null ? null : bytes(plain).slice()),
    }
    expect(tls.frame(whole, 0, whole.length, 0, state, CLIENT)).toBe(whole.length)
    tls.read(new Pdu().reset(whole, 0, whole.length), state, CLIENT, out as never)
    return { given, state }
  }

  it('a record is handed on by its real type, which TLS 1.3 writes behind the content', () => {
    expect(unsealed(0x0304, 23, '0e 00 00 00 16 00 00').given).toEqual([
      ['record', 23, 40],
      ['payload', 0, [14, 0, 0, 0]],
    ])
    expect(unsealed(0x0304, 23, '03 00 17').given).toEqual([
      ['record', 23, 40],
      ['payload', 1, [3, 0]],
    ])
    expect(unsealed(0x0303, 23, '03 00 17').given).toEqual([
      ['record', 23, 40],
      ['payload', 1, [3, 0, 0x17]],
    ])
  })

  it('an alert tells its code, and that it was sealed', () => {
    const alert = { kind: 'alert', level: 2, code: 49, sealed: true, length: 40 }
    expect(unsealed(0x0303, 21, '02 31').given).toEqual([['record', 21, 40], alert])
    expect(unsealed(0x0304, 23, '02 31 15').given).toEqual([['record', 23, 40], alert])
  })

  it('a record that does not decrypt is lost to the layer above', () => {
    expect(unsealed(0x0303, 23, null).given).toEqual([
      ['record', 23, 40],
      ['lost', 1, 40],
    ])
  })
})

describe('an alert in clear', () => {
  it('tells its level and description', () => {
    expect(facts(tls, 'server', record(21, bytes('02 28')))).toEqual([
      { kind: 'alert', level: 2, code: 40, sealed: false, length: 2 },
    ])
  })

  it('behind the server hello of TLS 1.3 is still in clear', () => {
    const conversation = new Conversation(tls)
      .say('server', record(22, SERVER_HELLO_1_3))
      .say('client', record(21, bytes('02 2f')))
    expect(conversation.facts.at(-1)).toEqual({ kind: 'alert', level: 2, code: 47, sealed: false, length: 2 })
  })

  it('of half its length says nothing: it would read as close_notify', () => {
    const conversation = new Conversation(tls).say('server', record(21, bytes('02')))
    expect(conversation.facts).toEqual([])
    expect(conversation.pdus[0]?.fault).toMatchObject({ field: 'tls.alert_message.desc', by: 'length' })
  })
})

describe('recognition', () => {
  it('is sure of a handshake and an alert, and takes application data as likely', () => {
    expect(likeness(tls, 'client', record(22, CLIENT_HELLO_1_3))).toBe(SURE)
    expect(likeness(tls, 'server', record(21, bytes('02 28')))).toBe(SURE)
    expect(likeness(tls, 'server', record(23, zeros(30)))).toBe(LIKELY)
    expect(likeness(tls, 'client', bytes('16 03'))).toBe(MAYBE)
  })

  it('refuses other versions, lengths and types', () => {
    expect(likeness(tls, 'client', bytes('16 02 00 00 10 01'))).toBe(NO)
    expect(likeness(tls, 'client', bytes('16 03 09 00 10 01'))).toBe(NO)
    expect(likeness(tls, 'client', bytes('16 03 03 ff ff 01'))).toBe(NO)
    expect(likeness(tls, 'server', bytes('"HTTP/1.1 400"'))).toBe(NO)
    expect(likeness(tls, 'client', bytes('80 2e 01 03 01 00 16 00 00 00 10'))).toBe(NO)
    expect(likeness(tls, 'server', bytes('80 2e 01 03 01 00 15 00 00 00 10'))).toBe(NO)
  })

  it('says that an answer in plain HTTP is not its own, and that a record beyond the limit is broken', () => {
    const state = tls.begin(null)
    const http = bytes('"HTTP/1.1 400 Bad Request"')
    expect(tls.frame(http, 0, http.length, 0, state, SERVER)).toBe(NOT_MINE)
    const huge = bytes('16 03 03 48 01 00')
    expect(tls.frame(huge, 0, huge.length, 0, state, CLIENT)).toBe(BROKEN)
  })
})
