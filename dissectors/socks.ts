/**
 * SOCKS 4, 4a and 5: how a client asks a proxy for a connection. Behind a granted request the connection itself follows.
 * The password of a logon is never shown.
 *
 * RFC 1928 (SOCKS 5), RFC 1929 (user name and password), the SOCKS 4 and 4A notes of NEC and Ylonen.
 */
import { hex, latin1 } from '../src/wire/bytes.ts'
import {
  BROKEN,
  CLIENT,
  HOLD,
  LIKELY,
  type Likeness,
  MAYBE,
  NEED_MORE,
  NO,
  NOT_MINE,
  type Out,
  stream,
} from '../src/wire/dissector.ts'
import { field } from '../src/wire/field.ts'
import { MAX_SOCKS_TEXT_BYTES } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'

export interface SocksRequest {
  readonly kind: 'socks-request'
  readonly version: number
  /** 1 connect, 2 bind, 3 UDP. */
  readonly command: number
  /** Name or address of the target. */
  readonly host: string
  readonly port: number
  readonly complete: boolean
}
/** The proxy's word on a request, on the methods offered (its choice, 0xff: none), or on a logon. */
export interface SocksReply {
  readonly kind: 'socks-reply' | 'socks-method' | 'socks-logon'
  readonly version: number
  readonly code: number
  /** The request is granted, the method is one, the logon is good. */
  readonly granted: boolean
  readonly complete: boolean
}
export type SocksFact = SocksRequest | SocksReply

export interface SocksState {
  /** 0 before the client has spoken. */
  version: number
  /** What the proxy picked; -1 before. */
  method: number
  /** Password logon: -1 before its answer, else the status. */
  logon: number
  asked: boolean
}

const COMMANDS = new Map([
  [1, 'Connect'],
  [2, 'Bind'],
  [3, 'UdpAssociate'],
])
const METHODS = new Map([
  [0, 'No authentication'],
  [1, 'GSSAPI'],
  [2, 'Username/Password'],
  [0xff, 'No acceptable methods'],
])
const ADDRESS_TYPES = new Map([
  [1, 'IPv4'],
  [3, 'Domain Name'],
  [4, 'IPv6'],
])
const RESULTS = new Map([
  [0, 'Succeeded'],
  [1, 'General SOCKS server failure'],
  [2, 'Connection not allowed by ruleset'],
  [3, 'Network unreachable'],
  [4, 'Host unreachable'],
  [5, 'Connection refused'],
  [6, 'TTL expired'],
  [7, 'Command not supported'],
  [8, 'Address type not supported'],
  [90, 'Granted'],
  [91, 'Rejected or failed'],
  [92, 'Rejected: no identd on the client'],
  [93, 'Rejected: identd names another user'],
])
const f = {
  version: field('socks.version', 'Version'),
  command: field('socks.command', 'Command', 'dec', COMMANDS),
  port4: field('socks.dstport', 'Remote Port'),
  port5: field('socks.port', 'Port'),
  ipv4: field('socks.dst', 'Remote Address', 'ipv4'),
  ipv6: field('socks.dstV6', 'Remote Address(ipv6)', 'ipv6'),
  name4: field('socks.v4a_dns_name', 'SOCKS v4a Remote Domain Name', 'text'),
  name5: field('socks.remote_name', 'Remote name', 'text'),
  user: field('socks.username', 'User name', 'text'),
  password: field('socks.password', 'Password (hidden)', 'group'),
  methodCount: field('socks.auth_method_count', 'Authentication Method Count'),
  method: field('socks.auth_method', 'Method', 'dec', METHODS),
  accepted: field('socks.auth_accepted_method', 'Accepted Auth Method', 'dec', METHODS),
  logonVersion: field('socks.subnegotiation_version', 'Subnegotiation Version'),
  status: field('socks.auth_status', 'Status'),
  reserved: field('socks.reserved', 'Reserved'),
  addressType: field('socks.address_type', 'Address Type', 'dec', ADDRESS_TYPES),
  result: field('socks.results', 'Results', 'dec', RESULTS),
}

const VERSION_4 = 4
const VERSION_5 = 5
const PASSWORD = 2
const GSSAPI = 1
const NO_METHOD = 0xff
const GRANTED_4 = 90
const REPLY_4_BYTES = 8
const IPV4 = 1
const NAME = 3
const IPV6 = 4

export const socks = stream<SocksState, SocksFact>({
  name: 'socks',
  title: 'Socks Protocol',
  spec: ['RFC 1928', 'RFC 1929'],

  begin: () => ({ version: 0, method: -1, logon: -1, asked: false }),

  /** A client says one whole message and waits: nothing may lie behind it. */
  probe(bytes, start, end, direction): Likeness {
    const version = bytes[start]
    if (direction !== CLIENT || (version !== VERSION_4 && version !== VERSION_5)) return NO
    if (end - start < 2) return MAYBE
    const second = bytes[start + 1] as number
    if (version === VERSION_5) {
      if (second === 0 || end - start > 2 + second) return NO
      for (let at = start + 2; at < end; at++) if (!isMethod(bytes[at] as number)) return NO
      return end - start === 2 + second ? LIKELY : MAYBE
    }
    if (second !== 1 && second !== 2) return NO
    const length = request4Length(bytes, start, end)
    if (length === NEED_MORE) return MAYBE
    return length === end - start && isPrintable(bytes, start + 8, end) ? LIKELY : NO
  },

  frame(bytes, start, end, _seen, state, direction) {
    return direction === CLIENT ? clientLength(bytes, start, end, state) : serverLength(bytes, start, end, state)
  },

  read(pdu, state, direction, out) {
    if (direction === CLIENT) fromClient(pdu, state, out)
    else fromServer(pdu, state, out)
  },
})

/** Methods that are registered or private: more would make a coincidence of a greeting. */
function isMethod(method: number): boolean {
  return method <= 9 || method >= 0x80
}

function isPrintable(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number
    if (byte !== 0 && (byte < 0x20 || byte >= 0x7f)) return false
  }
  return true
}

function clientLength(bytes: Uint8Array, start: number, end: number, state: SocksState): number {
  const there = end - start
  if (state.asked) return HOLD
  if (state.version === 0) {
    if (bytes[start] === VERSION_4) return request4Length(bytes, start, end)
    if (bytes[start] !== VERSION_5) return NOT_MINE
    return there < 2 ? NEED_MORE : 2 + (bytes[start + 1] as number)
  }
  if (state.method < 0 || (state.method === PASSWORD && state.logon > 0)) return HOLD
  if (state.method === PASSWORD && state.logon < 0) {
    if (bytes[start] !== 1) return HOLD
    if (there < 2) return NEED_MORE
    const user = bytes[start + 1] as number
    if (there < 3 + user) return NEED_MORE
    return 3 + user + (bytes[start + 2 + user] as number)
  }
  if (bytes[start] !== VERSION_5) return BROKEN
  return address5Length(bytes, start, end)
}

function serverLength(bytes: Uint8Array, start: number, end: number, state: SocksState): number {
  if (state.version === VERSION_4) return bytes[start] === 0 ? REPLY_4_BYTES : NOT_MINE
  if (state.version === 0) return HOLD
  if (!state.asked && (state.method < 0 || (state.method === PASSWORD && state.logon < 0))) return 2
  if (bytes[start] !== VERSION_5) return NOT_MINE
  return address5Length(bytes, start, end)
}

function request4Length(bytes: Uint8Array, start: number, end: number): number {
  const most = Math.min(end, start + MAX_SOCKS_TEXT_BYTES)
  let at = start + 8
  while (at < most && bytes[at] !== 0) at++
  if (at < most && isName4(bytes, start)) {
    at++
    while (at < most && bytes[at] !== 0) at++
  }
  if (at < most) return at + 1 - start
  return end - start >= MAX_SOCKS_TEXT_BYTES ? BROKEN : NEED_MORE
}

/** SOCKS 4a: an address 0.0.0.x stands for a name behind the user. */
function isName4(bytes: Uint8Array, start: number): boolean {
  return bytes[start + 4] === 0 && bytes[start + 5] === 0 && bytes[start + 6] === 0 && bytes[start + 7] !== 0
}

/** Of a request or reply of version 5. */
function address5Length(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 5) return NEED_MORE
  const type = bytes[start + 3]
  if (type === IPV4) return 10
  if (type === IPV6) return 22
  return type === NAME ? 7 + (bytes[start + 4] as number) : BROKEN
}

function fromClient(pdu: Pdu, state: SocksState, out: Out<SocksFact>): void {
  const first = pdu.peek()
  if (state.version === 0 && first === VERSION_4) request4(pdu, state, out)
  else if (state.version === 0) {
    pdu.u8(f.version)
    const count = pdu.u8(f.methodCount)
    for (let n = 0; n < count && pdu.ok; n++) pdu.u8(f.method)
    if (pdu.ok) state.version = VERSION_5
  } else if (state.method === PASSWORD && state.logon < 0) {
    pdu.derived(f.version, VERSION_5)
    pdu.u8(f.logonVersion)
    const user = Math.max(0, pdu.peek())
    pdu.value(f.user, 1 + user, pdu.watched ? counted(pdu) : '')
    pdu.mark(f.password, 1 + Math.max(0, pdu.peek()))
  } else {
    const version = pdu.u8(f.version)
    const command = pdu.u8(f.command)
    pdu.u8(f.reserved)
    const host = address5(pdu)
    const port = pdu.u16be(f.port5)
    out.fact({ kind: 'socks-request', version, command, host, port, complete: pdu.ok })
    if (pdu.ok) state.asked = true
  }
}

function request4(pdu: Pdu, state: SocksState, out: Out<SocksFact>): void {
  const named = pdu.left >= 8 && isName4(pdu.bytes, pdu.pos)
  const version = pdu.u8(f.version)
  const command = pdu.u8(f.command)
  const port = pdu.u16be(f.port4)
  let host = ipv4(pdu.u32be(f.ipv4))
  terminated(pdu, f.user)
  if (named) host = terminated(pdu, f.name4)
  out.fact({ kind: 'socks-request', version, command, host, port, complete: pdu.ok })
  if (!pdu.ok) return
  state.version = VERSION_4
  state.asked = true
}

function fromServer(pdu: Pdu, state: SocksState, out: Out<SocksFact>): void {
  if (state.version === VERSION_4) {
    const version = pdu.u8(f.version)
    const code = pdu.u8(f.result)
    pdu.u16be(f.port4)
    pdu.u32be(f.ipv4)
    settle({ kind: 'socks-reply', version, code, granted: code === GRANTED_4, complete: pdu.ok }, pdu, out)
  } else if (!state.asked && state.method < 0) {
    const version = pdu.u8(f.version)
    const code = pdu.u8(f.accepted)
    out.fact({ kind: 'socks-method', version, code, granted: pdu.ok && code !== NO_METHOD, complete: pdu.ok })
    if (!pdu.ok) return
    state.method = code
    if (code === GSSAPI) out.opaque('socks: GSSAPI authentication')
  } else if (!state.asked && state.method === PASSWORD && state.logon < 0) {
    pdu.derived(f.version, VERSION_5)
    const version = pdu.u8(f.logonVersion)
    const code = pdu.u8(f.status)
    out.fact({ kind: 'socks-logon', version, code, granted: pdu.ok && code === 0, complete: pdu.ok })
    if (pdu.ok) state.logon = code
  } else {
    const version = pdu.u8(f.version)
    const code = pdu.u8(f.result)
    pdu.u8(f.reserved)
    address5(pdu)
    pdu.u16be(f.port5)
    settle({ kind: 'socks-reply', version, code, granted: pdu.ok && code === 0, complete: pdu.ok }, pdu, out)
  }
}

/** Behind a granted request both sides speak whatever they want. */
function settle(reply: SocksReply, pdu: Pdu, out: Out<SocksFact>): void {
  out.fact({ ...reply, granted: reply.granted && pdu.ok })
  if (pdu.ok && reply.granted) out.become('both', { protocol: '' })
}

function address5(pdu: Pdu): string {
  const type = pdu.u8(f.addressType)
  if (type === IPV4) return ipv4(pdu.u32be(f.ipv4))
  if (type === IPV6) {
    const at = pdu.mark(f.ipv6, 16)
    return at < 0 ? '' : hex(pdu.bytes, at, at + 16).replace(/(.{4})(?=.)/g, '$1:')
  }
  const name = counted(pdu)
  pdu.value(f.name5, 1 + Math.max(0, pdu.peek()), name)
  return name
}

/** The text behind its length, which is not passed. */
function counted(pdu: Pdu): string {
  const length = Math.max(0, pdu.peek())
  return latin1(pdu.bytes, Math.min(pdu.limit, pdu.pos + 1), Math.min(pdu.limit, pdu.pos + 1 + length))
}

/** Text up to a zero, and that. */
function terminated(pdu: Pdu, text: typeof f.user): string {
  const length = pdu.until(0)
  const at = pdu.pos
  const value = latin1(pdu.bytes, at, length < 0 ? pdu.limit : at + length)
  pdu.value(text, length < 0 ? pdu.left + 1 : length + 1, value)
  return pdu.ok ? value : ''
}

function ipv4(address: number): string {
  return [24, 16, 8, 0].map(shift => (address >>> shift) & 255).join('.')
}
