import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { AddressMap } from '../../src/redact/addresses.ts'
import { HttpText } from '../../src/redact/http-text.ts'
import { Keyed } from '../../src/redact/keyed.ts'
import { NameMap } from '../../src/redact/names.ts'

const keyed = new Keyed(Buffer.from('one'))
const addresses = new AddressMap(keyed)
const names = new NameMap(keyed, addresses)
const http = new HttpText({ keyed, addresses, names })

function line(text: string): string {
  const redacted = Buffer.from(http.line(Buffer.from(`${text}\r\n`))).toString()
  expect(redacted).toHaveLength(text.length + 2)
  return redacted.replace(/\r\n$/, '')
}

describe('a header line', () => {
  it.each([
    'Content-Length: 1234',
    'Date: Mon, 30 Nov 2026 09:14:07 GMT',
    'Transfer-Encoding: chunked',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Server: Microsoft-IIS/10.0',
    'WWW-Authenticate: Negotiate',
    'X-Squid-Error: ERR_ACCESS_DENIED 0',
    'User-Agent: MS-RDGateway/1.0',
  ])('%s stays', text => {
    expect(line(text)).toBe(text)
  })

  it('with a name has another one', () => {
    expect(line('Host: srv1.contoso.example:443')).toBe(`Host: ${names.text('srv1.contoso.example')}:443`)
    expect(line('Via: 1.1 proxy7.contoso.example (squid/4.10)')).toMatch(/\(squid\/4\.10\)$/)
  })

  it.each([
    ['Authorization: Basic dXNlcjpzZWNyZXQ=', 'Authorization: Basic xxxxxxxxxxxxxxx='],
    ['Proxy-Authorization: Bearer abc.def-123', 'Proxy-Authorization: Bearer xxxxxxxxxxx'],
    ['Cookie: id=abc; theme=dark', 'Cookie: xx=xxx; xxxxx=xxxx'],
    ['Set-Cookie: id=abc; Path=/', 'Set-Cookie: xx=xxx; xxxx=x'],
  ])('%s proves nothing any more', (text, hidden) => {
    expect(line(text)).toBe(hidden)
  })

  it('leaves a token of NTLM to who reads it', () => {
    expect(line('Authorization: NTLM TlRMTVNTUAABAAAA==')).toBe('Authorization: NTLM AAAAAAAAAAAAAAAA==')
  })

  it('that nobody knows is hidden, its name too', () => {
    expect(line('X-Contoso-Trace: who, me?')).toMatch(/^[A-Z]-[A-Z][a-z]{6}-[A-Z][a-z]{4}: xxx, xx\?$/)
    expect(line(' folded secret')).toBe(' xxxxxx xxxxxx')
    expect(line('no colon here')).toBe('xx xxxxx xxxx')
  })

  it('with a length that is none is not let through', () => {
    expect(line('Content-Length: secret')).not.toContain('secret')
    expect(line('Date: yesterday at contoso')).not.toContain('contoso')
  })
})

describe('the keys of WebSocket', () => {
  const accept = (key: string): string =>
    createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  const key = Buffer.from('sixteen bytes ok').toString('base64')
  const valueOfLine = (text: string): string => line(text).replace(/^[^:]*: /, '')

  it('are others, and a right answer is right, a wrong one wrong', () => {
    const mapped = valueOfLine(`Sec-WebSocket-Key: ${key}`)
    expect(mapped).not.toBe(key)
    expect(valueOfLine(`Sec-WebSocket-Accept: ${accept(key)}`)).toBe(accept(mapped))
    expect(valueOfLine(`Sec-WebSocket-Accept: ${accept('another')}`)).not.toBe(accept(mapped))
  })
})

describe('first lines', () => {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

  it('keep methods, versions and phrases that are known, and no others', () => {
    expect(text(http.method(Buffer.from('RDG_OUT_DATA')))).toBe('RDG_OUT_DATA')
    expect(text(http.method(Buffer.from('SECRET')))).not.toBe('SECRET')
    expect(text(http.version(Buffer.from('HTTP/1.1')))).toBe('HTTP/1.1')
    expect(text(http.phrase(Buffer.from('Proxy Authentication Required')))).toBe('Proxy Authentication Required')
    expect(text(http.phrase(Buffer.from('RPC Error: 6ba')))).toBe('RPC Error: 6ba')
    expect(text(http.phrase(Buffer.from('Denied by contoso')))).not.toContain('contoso')
  })
})
