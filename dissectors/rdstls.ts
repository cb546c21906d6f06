/**
 * RDSTLS: how a client that was redirected authenticates inside TLS, with the credentials or the cookie that the redirection
 * gave it. The server tells its versions, the client asks, the server answers.
 *
 * MS-RDPBCGR 2.2.17, 5.4.5.3.
 */
import { rdstlsResults } from '../src/codes/authorization.ts'
import {
  BROKEN,
  LIKELY,
  type Likeness,
  MAYBE,
  NEED_MORE,
  NO,
  NOT_MINE,
  type Out,
  stream,
} from '../src/wire/dissector.ts'
import { type Field, field } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { hidden } from './ber.ts'

export interface RdstlsCapabilities {
  readonly kind: 'rdstls-capabilities'
  /** Bits: 1 = version 1. */
  readonly versions: number
  readonly complete: boolean
}
export interface RdstlsRequest {
  readonly kind: 'rdstls-request'
  readonly with: 'password' | 'cookie' | 'unknown'
  readonly user: string
  readonly domain: string
  readonly complete: boolean
}
export interface RdstlsResponse {
  readonly kind: 'rdstls-response'
  readonly result: number
  readonly complete: boolean
}
export type RdstlsFact = RdstlsCapabilities | RdstlsRequest | RdstlsResponse

const TYPES = new Map([
  [1, 'RDSTLS_TYPE_CAPABILITIES'],
  [2, 'RDSTLS_TYPE_AUTHREQ'],
  [4, 'RDSTLS_TYPE_AUTHRSP'],
])
const f = {
  version: field('rdstls.version', 'Version'),
  type: field('rdstls.pduType', 'PduType', 'hex', TYPES),
  dataType: field('rdstls.dataType', 'DataType', 'hex'),
  versions: field('rdstls.supportedVersions', 'SupportedVersions', 'hex'),
  guidLength: field('rdstls.redirectionGuidLength', 'RedirectionGuidLength'),
  guid: field('rdstls.redirectionGuid', 'RedirectionGuid (hidden)', 'group'),
  userLength: field('rdstls.userNameLength', 'UserNameLength'),
  user: field('rdstls.userName', 'UserName', 'text'),
  domainLength: field('rdstls.domainLength', 'DomainLength'),
  domain: field('rdstls.domain', 'Domain', 'text'),
  passwordLength: field('rdstls.passwordLength', 'PasswordLength'),
  password: field('rdstls.password', 'Password (hidden)', 'group'),
  session: field('rdstls.sessionId', 'SessionID'),
  cookieLength: field('rdstls.autoReconnectCookieLength', 'AutoReconnectCookieLength'),
  cookie: field('rdstls.autoReconnectCookie', 'AutoReconnectCookie (hidden)', 'group'),
  result: field('rdstls.resultCode', 'ResultCode', 'hex', rdstlsResults.symbols),
  unknown: field('rdstls.unknown', 'Unknown data (hidden)', 'group'),
}

const VERSION = 1
const CAPABILITIES = 1
const REQUEST = 2
const RESPONSE = 4
const PASSWORD = 1
const COOKIE = 2
const HEADER_BYTES = 6
const CAPABILITIES_BYTES = 8
const RESPONSE_BYTES = 10
const COOKIE_BYTES = 12

export const rdstls = stream<null, RdstlsFact>({
  name: 'rdstls',
  title: 'RDSTLS',
  spec: ['MS-RDPBCGR 2.2.17'],

  begin: () => null,

  probe(bytes, start, end): Likeness {
    if (bytes[start] !== VERSION) return NO
    if (end - start < CAPABILITIES_BYTES) return MAYBE
    const two = (at: number) => u16(bytes, start + at)
    return two(0) === VERSION && TYPES.has(two(2)) && (two(4) === 1 || two(4) === 2) ? LIKELY : NO
  },

  frame(bytes, start, end) {
    if (bytes[start] !== VERSION) return NOT_MINE
    if (end - start < HEADER_BYTES) return NEED_MORE
    const type = u16(bytes, start + 2)
    if (u16(bytes, start) !== VERSION) return NOT_MINE
    if (type === CAPABILITIES) return CAPABILITIES_BYTES
    if (type === RESPONSE) return RESPONSE_BYTES
    if (type !== REQUEST) return BROKEN
    return u16(bytes, start + 4) === COOKIE ? cookieLength(bytes, start, end) : passwordLength(bytes, start, end)
  },

  read(pdu, _state, _direction, out) {
    pdu.u16le(f.version)
    const type = pdu.u16le(f.type)
    const dataType = pdu.u16le(f.dataType)
    if (type === CAPABILITIES) {
      const versions = pdu.u16le(f.versions)
      out.fact({ kind: 'rdstls-capabilities', versions, complete: pdu.ok })
    } else if (type === RESPONSE) {
      const result = pdu.u32le(f.result)
      out.fact({ kind: 'rdstls-response', result, complete: pdu.ok })
    } else if (type === REQUEST) request(pdu, dataType, out)
    else hidden(pdu, f.unknown, pdu.left)
  },
})

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8)
}

function cookieLength(bytes: Uint8Array, start: number, end: number): number {
  return end - start < COOKIE_BYTES ? NEED_MORE : COOKIE_BYTES + u16(bytes, start + COOKIE_BYTES - 2)
}

/** Four lengths, each before its bytes: a GUID, the user's name, the domain, the password. */
function passwordLength(bytes: Uint8Array, start: number, end: number): number {
  let at = start + HEADER_BYTES
  for (let n = 0; n < 4; n++) {
    if (at + 2 > end) return NEED_MORE
    at += 2 + u16(bytes, at)
  }
  return at - start
}

function request(pdu: Pdu, dataType: number, out: Out<RdstlsFact>): void {
  if (dataType === COOKIE) {
    pdu.u32le(f.session)
    hidden(pdu, f.cookie, pdu.u16le(f.cookieLength))
    out.fact({ kind: 'rdstls-request', with: 'cookie', user: '', domain: '', complete: pdu.ok })
    return
  }
  hidden(pdu, f.guid, pdu.u16le(f.guidLength))
  const user = name(pdu, f.user, pdu.u16le(f.userLength))
  const domain = name(pdu, f.domain, pdu.u16le(f.domainLength))
  hidden(pdu, f.password, pdu.u16le(f.passwordLength))
  out.fact({
    kind: 'rdstls-request',
    with: dataType === PASSWORD ? 'password' : 'unknown',
    user,
    domain,
    complete: pdu.ok,
  })
}

/** Ends with a zero character, which is no part of it. A length that lies must not show the password as a name. */
function name(pdu: Pdu, one: Field, length: number): string {
  if (length > pdu.left) {
    hidden(pdu, f.unknown, length)
    return ''
  }
  return pdu.utf16le(one, length).replace(/\0+$/, '')
}
