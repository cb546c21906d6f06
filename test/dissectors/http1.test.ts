import { describe, expect, it } from 'vitest'
import { http1 } from '../../dissectors/http1.ts'
import {
  BROKEN,
  CLIENT,
  HOLD,
  LIKELY,
  MAYBE,
  NO,
  NOT_MINE,
  SERVER,
  SKIP,
  SURE,
  UNTIL_CLOSE,
} from '../../src/wire/dissector.ts'
import type { Node } from '../../src/wire/field.ts'
import { MAX_HEAD_BYTES } from '../../src/wire/limits.ts'
import { bytes, inside } from '../support/bytes.ts'
import { Conversation, facts, likeness, Tree, tree } from '../support/read.ts'

/** Lines, each ended by CRLF, and the empty one. */
function head(...lines: string[]): Uint8Array {
  return text(`${lines.join('\r\n')}\r\n\r\n`)
}
function text(said: string): Uint8Array {
  return inside(Uint8Array.from(said, character => character.charCodeAt(0)))
}
/** The answer to a request of this method. */
function answer(method: string, ...lines: string[]): Conversation<unknown, unknown> {
  const conversation = new Conversation<unknown, unknown>(http1 as never)
  return conversation.say('client', head(`${method} / HTTP/1.1`, 'Host: a')).say('server', head(...lines))
}
function framing(method: string, ...lines: string[]): object {
  const fact = answer(method, ...lines).facts[1] as { framing: string; length: number; oddity: string }
  return { framing: fact.framing, length: fact.length, oddity: fact.oddity }
}

describe('a head', () => {
  it('of a gateway request tells method, target and the headers that matter', () => {
    const request = head(
      'RDG_OUT_DATA /remoteDesktopGateway/ HTTP/1.1',
      'Cache-Control: no-cache',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'RDG-Connection-Id: {7E1C}',
      'Host: gw.example.com',
      'Authorization: Negotiate TlRMTVNTUAAB  ',
    )
    expect(facts(http1, 'client', request)).toEqual([
      {
        kind: 'http-request',
        method: 'RDG_OUT_DATA',
        target: '/remoteDesktopGateway/',
        version: 'HTTP/1.1',
        status: 0,
        phrase: '',
        headers: [
          ['connection', 'Upgrade'],
          ['upgrade', 'websocket'],
          ['rdg-connection-id', '{7E1C}'],
          ['host', 'gw.example.com'],
          ['authorization', 'Negotiate TlRMTVNTUAAB'],
        ],
        framing: 'none',
        length: 0,
        oddity: '',
        complete: true,
      },
    ])
  })

  it('hands the token of a logon up, decoded, and keeps its text to itself', () => {
    const token = bytes('"NTLMSSP" 00 01 00 00 00 b7 82 08 e2')
    const text = btoa(String.fromCharCode(...token))
    const conversation = new Conversation(http1)
      .say('client', head('GET / HTTP/1.1', 'Host: a', `Authorization: NTLM ${text}`))
      .say('server', head('HTTP/1.1 401 Unauthorized', 'WWW-Authenticate: Negotiate', 'Content-Length: 0'))
    expect(conversation.payloads).toEqual([[1, Uint8Array.from(token)]])
    expect(JSON.stringify(conversation.facts)).not.toContain(text)
  })

  it('of a response tells status and phrase, also without a phrase', () => {
    expect(facts(http1, 'server', head('HTTP/1.1 401 User Account Restricted', 'Content-Length: 0'))).toMatchObject([
      {
        kind: 'http-response',
        method: '',
        status: 401,
        phrase: 'User Account Restricted',
        framing: 'length',
        length: 0,
      },
    ])
    expect(facts(http1, 'server', head('HTTP/1.0 200', 'Content-Length: 0'))).toMatchObject([
      { status: 200, phrase: '' },
    ])
  })

  it('names the method that a response answers, pipelined ones in order', () => {
    const conversation = new Conversation(http1)
      .say('client', head('GET /1 HTTP/1.1'))
      .say('client', head('HEAD /2 HTTP/1.1'))
      .say('server', head('HTTP/1.1 100 Continue'))
      .say('server', head('HTTP/1.1 304 Not Modified', 'Content-Length: 9'))
      .say('server', head('HTTP/1.1 200 OK', 'Content-Length: 9'))
    expect(conversation.facts.slice(2)).toMatchObject([
      { status: 100, method: 'GET', framing: 'none' },
      { status: 304, method: 'GET', framing: 'none' },
      { status: 200, method: 'HEAD', framing: 'none' },
    ])
  })

  it('is the same when it comes byte by byte, with bare line feeds, and after an empty line', () => {
    const plain = head('GET / HTTP/1.1', 'Host: a')
    const expected = facts(http1, 'client', plain)
    expect(facts(http1, 'client', ...[...plain].map(byte => Uint8Array.of(byte)))).toEqual(expected)
    expect(facts(http1, 'client', text('GET / HTTP/1.1\nHost: a\n\n'))).toEqual(expected)
    expect(facts(http1, 'client', text('\r\n'), plain)).toEqual(expected)
  })

  it('that ends too early is not complete', () => {
    const conversation = new Conversation(http1)
      .say('server', text('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n'))
      .cut('server')
    expect(conversation.facts).toMatchObject([{ status: 200, complete: false }])
    expect(conversation.pdus[0]?.fault).toMatchObject({ field: 'http.line_end', by: 'capture' })
  })

  it('that ends in its first line is told when it still looks like a request', () => {
    const cut = (said: string) => new Conversation(http1).say('client', text(said)).cut('client').facts
    expect(cut('GET /a/long/tar')).toMatchObject([{ method: 'GET', target: '/a/long/tar', complete: false }])
    expect(cut('CONNECT gw.exa')).toMatchObject([{ method: 'CONNECT', complete: false }])
    expect(cut('0123456789abcdef')).toEqual([])
    expect(cut('hello there')).toEqual([])
  })

  it('with odd lines says so, and keeps the others', () => {
    const oddity = (line: string) => facts(http1, 'client', head('GET / HTTP/1.1', line, 'Host: a'))
    expect(oddity('no colon here')).toMatchObject([
      { headers: [['host', 'a']], oddity: 'a header line without a colon' },
    ])
    expect(oddity(' folded')).toMatchObject([{ headers: [['host', 'a']], oddity: 'a folded header line' }])
    expect(oddity('Server : x')).toMatchObject([
      {
        headers: [
          ['server', 'x'],
          ['host', 'a'],
        ],
        oddity: 'white space before the colon of a header line',
      },
    ])
  })

  it('names each field as Wireshark does, with the bytes that it came from', () => {
    const read = tree(http1, 'server', head('HTTP/1.1 407 Proxy Authentication Required', 'Proxy-Authenticate: Basic'))
    expect(read.field('http.response.code')).toEqual({ value: 407, start: 9, end: 12 })
    expect(read.field('http.proxy_authenticate')).toEqual({ value: 'Basic', start: 44, end: 71 })
  })
})

// RFC 9112 section 6.3, in its order.
describe('the body behind a response', () => {
  it.each([
    ['HEAD', ['HTTP/1.1 200 OK', 'Content-Length: 9'], 'none', 0, ''],
    ['GET', ['HTTP/1.1 204 No Content'], 'none', 0, ''],
    ['GET', ['HTTP/1.1 204 No Content', 'Content-Length: 9'], 'none', 0, 'Content-Length in a 204'],
    ['GET', ['HTTP/1.1 304 Not Modified', 'Transfer-Encoding: chunked'], 'none', 0, ''],
    ['GET', ['HTTP/1.1 101 Switching Protocols'], 'switch', 0, ''],
    ['CONNECT', ['HTTP/1.1 200 Connection established'], 'tunnel', 0, ''],
    ['CONNECT', ['HTTP/1.1 200 OK', 'Content-Length: 9'], 'tunnel', 0, 'a body announced in the answer to CONNECT'],
    ['CONNECT', ['HTTP/1.1 407 No', 'Content-Length: 9'], 'length', 9, ''],
    ['GET', ['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'], 'chunked', 0, ''],
    ['GET', ['HTTP/1.1 200 OK', 'Transfer-Encoding: gzip', 'Transfer-Encoding: Chunked'], 'chunked', 0, ''],
    [
      'GET',
      ['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Content-Length: 9'],
      'chunked',
      0,
      'both Transfer-Encoding and Content-Length',
    ],
    [
      'GET',
      ['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked, gzip'],
      'until-close',
      0,
      'a Transfer-Encoding that does not end with chunked',
    ],
    ['GET', ['HTTP/1.0 200 OK', 'Transfer-Encoding: chunked'], 'chunked', 0, 'Transfer-Encoding in HTTP/1.0'],
    ['GET', ['HTTP/1.1 200 OK', 'Content-Length: 9'], 'length', 9, ''],
    ['GET', ['HTTP/1.1 200 OK', 'Content-Length: 9, 9'], 'length', 9, ''],
    ['GET', ['HTTP/1.1 200 OK', `Content-Length: ${'0'.repeat(30)}9`], 'length', 9, ''],
    [
      'GET',
      ['HTTP/1.1 200 OK', 'Content-Length: 99999999999999999999'],
      'invalid',
      0,
      'a Content-Length that is no number',
    ],
    ['GET', ['HTTP/1.1 200 OK', 'Content-Length: 9', 'Content-Length: 9'], 'length', 9, 'Content-Length repeated'],
    [
      'GET',
      ['HTTP/1.1 200 OK', 'Content-Length: 9', 'Content-Length: 8'],
      'invalid',
      0,
      'Content-Length lines that differ',
    ],
    ['GET', ['HTTP/1.1 200 OK', 'Content-Length: -9'], 'invalid', 0, 'a Content-Length that is no number'],
    ['GET', ['HTTP/1.1 200 OK'], 'until-close', 0, ''],
    ['RPC_OUT_DATA', ['HTTP/1.1 200 Success', 'Content-Length: 1073741824'], 'length', 1073741824, ''],
  ])('to %s with %j is %s', (method, lines, kind, length, oddity) => {
    expect(framing(method, ...lines)).toEqual({ framing: kind, length, oddity })
  })
})

describe('the body behind a request', () => {
  it.each([
    [['RDG_IN_DATA / HTTP/1.1'], 'none', ''],
    [['RDG_IN_DATA / HTTP/1.1', 'Transfer-Encoding: chunked'], 'chunked', ''],
    [['POST / HTTP/1.1', 'Transfer-Encoding: gzip'], 'invalid', 'a Transfer-Encoding that does not end with chunked'],
    [['POST / HTTP/1.1', 'Content-Length: 3'], 'length', ''],
  ])('%j is %s', (lines, kind, oddity) => {
    expect(facts(http1, 'client', head(...lines))).toMatchObject([{ framing: kind, oddity }])
  })
})

describe('a body', () => {
  it('is passed over by its length, and what follows is read', () => {
    const conversation = new Conversation(http1).say(
      'client',
      text('POST /1 HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET /2 HTTP/1.1\r\n\r\n'),
    )
    expect(conversation.asked.body).toEqual({ length: 5, slot: SKIP })
    expect(conversation.facts).toMatchObject([{ target: '/1' }, { target: '/2' }])
  })

  it('in chunks is passed over chunk by chunk, with extensions and trailers', () => {
    const chunked = '5;name=value\r\nhello\r\n00001\r\n!\r\n0\r\nTrailer: x\r\n\r\n'
    const whole = text(`POST /1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}GET /2 HTTP/1.1\r\n\r\n`)
    const conversation = new Conversation(http1).say('client', whole)
    expect(conversation.facts).toMatchObject([{ target: '/1' }, { target: '/2' }])
    expect(facts(http1, 'client', ...[...whole].map(byte => Uint8Array.of(byte)))).toEqual(conversation.facts)
  })

  it('in chunks without a size can not be read on', () => {
    for (const line of ['hello\r\n', '\r\n', '5z\r\n', 'ffffffffffffff\r\n']) {
      const conversation = new Conversation(http1)
        .say('server', head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'))
        .say('server', text(line))
      expect(conversation.asked.opaque, line).toBe('http: a chunk without a size')
    }
  })

  it('of unknown length takes everything up to the close', () => {
    const conversation = new Conversation(http1).say('server', head('HTTP/1.1 200 OK'))
    expect(conversation.asked.body).toEqual({ length: UNTIL_CLOSE, slot: SKIP })
  })

  it('whose length can not be told can not be read on', () => {
    expect(answer('GET', 'HTTP/1.1 200 OK', 'Content-Length: x').asked.opaque).not.toBe('')
  })

  const ended = (conversation: Conversation<unknown, unknown>, left: number) => {
    const said: unknown[] = []
    const out = { fact: (fact: unknown) => said.push(fact) }
    http1.ended?.(conversation.state as never, SERVER, 'fin', left, out as never)
    return said
  }

  it('that ends before its length is a fact', () => {
    expect(ended(answer('GET', 'HTTP/1.1 200 OK', 'Content-Length: 9'), 7)).toEqual([
      { kind: 'http-body-cut', how: 'fin', owed: 7 },
    ])
    expect(ended(answer('GET', 'HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'), 0)).toEqual([
      { kind: 'http-body-cut', how: 'fin', owed: -1 },
    ])
  })

  it('that ends where it should, or with the connection, is none', () => {
    expect(ended(answer('GET', 'HTTP/1.1 200 OK', 'Content-Length: 0'), 0)).toEqual([])
    expect(ended(answer('GET', 'HTTP/1.1 200 OK'), UNTIL_CLOSE)).toEqual([])
  })
})

describe('another protocol', () => {
  it('follows a switch and a tunnel: the stack looks who it is', () => {
    expect(answer('GET', 'HTTP/1.1 101 Switching').asked.become).toEqual({ which: 'both', next: { protocol: '' } })
    expect(answer('CONNECT', 'HTTP/1.1 200 OK').asked.become).toEqual({ which: 'both', next: { protocol: '' } })
  })

  const conversation = (...lines: string[]) => new Conversation(http1).say('client', head(...lines))
  const waits = ({ state }: { state: unknown }) => http1.frame(text('x'), 0, 1, 0, state as never, CLIENT)

  it('is waited for behind Upgrade and CONNECT, until the server has decided', () => {
    const upgrade = conversation('GET / HTTP/1.1', 'Connection: keep-alive, Upgrade', 'Upgrade: websocket')
    expect(waits(upgrade)).toBe(HOLD)
    expect(waits(upgrade.say('server', head('HTTP/1.1 100 Continue')))).toBe(HOLD)
    expect(waits(upgrade.say('server', head('HTTP/1.1 401 No', 'Content-Length: 0')))).not.toBe(HOLD)
    expect(waits(conversation('CONNECT a:443 HTTP/1.1'))).toBe(HOLD)
    expect(waits(conversation('GET / HTTP/1.1', 'Upgrade: websocket'))).not.toBe(HOLD)
  })
})

describe('requests without answers', () => {
  it('beyond the limit are not matched to the wrong answers', () => {
    const many = new Conversation(http1)
    for (let n = 0; n < 70; n++) many.say('client', head(n % 2 === 0 ? 'GET / HTTP/1.1' : 'HEAD / HTTP/1.1'))
    expect(many.facts[69]).toMatchObject({ oddity: 'too many requests wait to match their answers' })
    for (let n = 0; n < 70; n++) many.say('server', head('HTTP/1.1 304 Not Modified'))
    expect(many.facts.slice(70).map(fact => (fact as { method: string }).method)).toEqual(
      Array.from({ length: 70 }, (_, n) => (n >= 64 ? '' : n % 2 === 0 ? 'GET' : 'HEAD')),
    )
    many.say('client', head('OPTIONS / HTTP/1.1')).say('server', head('HTTP/1.1 304 Not Modified'))
    expect(many.facts.at(-1)).toMatchObject({ method: 'OPTIONS' })
  })
})

describe('a request behind those that were not remembered', () => {
  it('is not matched before all of them are answered', () => {
    const many = new Conversation(http1)
    const answer = () => many.say('server', head('HTTP/1.1 304 Not Modified'))
    for (let n = 0; n < 66; n++) many.say('client', head('GET / HTTP/1.1'))
    answer()
    many.say('client', head('HEAD / HTTP/1.1'))
    for (let n = 0; n < 66; n++) answer()
    expect(many.facts.slice(-4).map(fact => (fact as { method: string }).method)).toEqual(['GET', '', '', ''])
  })
})

describe('recognition', () => {
  it('is sure of a first line, and takes a path behind a method as likely', () => {
    expect(likeness(http1, 'client', text('RDG_OUT_DATA /x HTTP/1.1\r\n'))).toBe(SURE)
    expect(likeness(http1, 'server', text('HTTP/1.1 200 OK\r\n'))).toBe(SURE)
    expect(likeness(http1, 'client', text('GET /a/long/path'))).toBe(LIKELY)
    expect(likeness(http1, 'client', text('CONNECT gw.exa'))).toBe(LIKELY)
    expect(likeness(http1, 'client', text('RDG_OUT'))).toBe(MAYBE)
    expect(likeness(http1, 'server', text('HTT'))).toBe(MAYBE)
  })

  it('refuses what only looks like it', () => {
    expect(likeness(http1, 'server', text('SSH-2.0-OpenSSH_9.6\r\n'))).toBe(NO)
    expect(likeness(http1, 'client', text('EHLO mail.example.com\r\n'))).toBe(NO)
    expect(likeness(http1, 'client', text('PRI * HTTP/2.0\r\n\r\n'))).toBe(NO)
    expect(likeness(http1, 'client', Uint8Array.of(0x16, 0x03, 0x01))).toBe(NO)
    expect(likeness(http1, 'client', text(`${'X'.repeat(40)} / HTTP/1.1\r\n`))).toBe(NO)
  })

  it('says that other bytes are not its own, and that a head beyond the limit is broken', () => {
    const state = http1.begin(null)
    const frame = (said: Uint8Array) => http1.frame(said, 0, said.length, 0, state, SERVER)
    expect(frame(Uint8Array.of(0x16, 0x03))).toBe(NOT_MINE)
    expect(frame(text('SSH-2.0-OpenSSH_9.6\r\n\r\n'))).toBe(NOT_MINE)
    expect(frame(text(`HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(MAX_HEAD_BYTES / 6)}`))).toBe(BROKEN)
  })
})

describe('to whoever watches', () => {
  const watched = { watch: true, next: { protocol: 'http1', watched: true } }
  it.each([
    ['Content-Length: 5', 'hello', 'hello'],
    ['Transfer-Encoding: chunked', '2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n', 'hello'],
  ])('a message with %s is one PDU with its body', (line, said, content) => {
    const conversation = new Conversation(http1, watched).say(
      'server',
      text(`HTTP/1.1 200 OK\r\n${line}\r\n\r\n${said}`),
    )
    expect(conversation.pdus).toHaveLength(1)
    const [pdu] = conversation.pdus
    expect(pdu?.fault).toBeNull()
    expect(new Tree([pdu?.root as Node]).field('http.file_data')?.value).toBe(content)
  })

  it('what proves somebody, and what a form sends, is hidden', () => {
    const form = head('POST /login HTTP/1.1', 'Content-Type: application/x-www-form-urlencoded', 'Content-Length: 9')
    const secret = head('GET / HTTP/1.1', 'Authorization: Basic c2VjcmV0', 'Cookie: s=c2VjcmV0')
    const conversation = new Conversation(http1, watched)
      .say('client', form)
      .say('client', text('p=c2Vjcm1'))
      .say('client', secret)
    expect(JSON.stringify([conversation.facts, conversation.pdus])).not.toMatch(/c2Vj/)
  })
})
