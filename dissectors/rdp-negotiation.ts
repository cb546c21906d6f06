/**
 * The RDP negotiation inside X.224's connection request and confirm: the client names the security protocols that it can
 * speak, the server picks one or says why none will do.
 *
 * MS-RDPBCGR 2.2.1.1.1 (request), 2.2.1.1.2 (correlation), 2.2.1.2.1 (response), 2.2.1.2.2 (failure).
 */
import { negotiationFailures } from '../src/codes/negotiation.ts'
import { hex, latin1 } from '../src/wire/bytes.ts'
import type { Out } from '../src/wire/dissector.ts'
import { field, flag } from '../src/wire/field.ts'
import { MAX_TOKEN_LINES } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'

export interface NegotiationRequest {
  readonly kind: 'negotiation-request'
  /** The user name of `Cookie: mstshash=`, cut to 9 characters by mstsc; '' without. */
  readonly cookie: string
  /** The routing token (`Cookie: msts=…`, `tsv://…`); '' without. */
  readonly routingToken: string
  readonly flags: number
  /** requestedProtocols; -1 when the request has no negotiation part. */
  readonly protocols: number
  /** 32 hexadecimal digits; '' without. */
  readonly correlationId: string
  readonly complete: boolean
}
export interface NegotiationResponse {
  readonly kind: 'negotiation-response'
  readonly flags: number
  /** selectedProtocol; -1 when the confirm ends before it, or holds something else in its place. */
  readonly selected: number
  /** False when the confirm has no negotiation part: a server that knows only standard RDP security. */
  readonly present: boolean
  readonly complete: boolean
}
export interface NegotiationFailure {
  readonly kind: 'negotiation-failure'
  readonly code: number
  readonly complete: boolean
}
export type NegotiationFact = NegotiationRequest | NegotiationResponse | NegotiationFailure

const NEGOTIATION_TYPES = new Map([
  [0x01, 'RDP Negotiation Request'],
  [0x02, 'RDP Negotiation Response'],
  [0x03, 'RDP Negotiation Failure'],
  [0x06, 'RDP Correlation Info'],
])
const rdp = {
  root: field('rdp', 'Remote Desktop Protocol', 'group'),
  cookie: field('rdp.rt_cookie', 'Routing Token/Cookie', 'text'),
  type: field('rdp.neg_type', 'Type', 'hex', NEGOTIATION_TYPES),
  length: field('rdp.neg_length', 'Length'),
  requestFlags: field('rdp.negReq.flags', 'Flags', 'hex'),
  requested: field('rdp.negReq.requestedProtocols', 'requestedProtocols', 'hex'),
  responseFlags: field('rdp.negRsp.flags', 'Flags', 'hex'),
  parameters: field('cotp.parameter_value', 'Parameters', 'bytes'),
  selected: field('rdp.negReq.selectedProtocol', 'selectedProtocol', 'hex'),
  failure: field('rdp.negFailure.failureCode', 'failureCode', 'dec', negotiationFailures.symbols),
  correlationFlags: field('rdp.correlationInfo.flags', 'Flags', 'hex'),
  correlationId: field('rdp.correlationInfo.correlationId', 'correlationId', 'bytes'),
  correlationReserved: field('rdp.correlationInfo.reserved', 'Reserved', 'bytes'),
  unknown: field('rdp.unknown', 'Unknown part', 'bytes'),
}
const REQUEST_FLAGS = [
  flag('rdp.negReq.flags.restricted_admin_mode_req', 'Restricted admin mode required', 0x01),
  flag('rdp.negReq.flags.redirected_auth_req', 'Redirected authentication mode required', 0x02),
  flag('rdp.negReq.flags.correlation_info_present', 'Correlation info present', 0x08),
]
const PROTOCOLS = [
  flag('rdp.negReq.requestedProtocols.ssl', 'TLS', 0x01),
  flag('rdp.negReq.requestedProtocols.hybrid', 'CredSSP', 0x02),
  flag('rdp.negReq.requestedProtocols.rdstls', 'RDSTLS', 0x04),
  flag('rdp.negReq.requestedProtocols.hybrid_ex', 'CredSSP with early user authorization', 0x08),
  flag('rdp.negReq.requestedProtocols.rdsaad', 'RDS AAD (Entra ID)', 0x10),
]
const RESPONSE_FLAGS = [
  flag('rdp.negRsp.flags.extended_client_data_supported', 'Extended client data supported', 0x01),
  flag('rdp.negRsp.flags.dynvc_gfx_protocol_supported', 'Graphics pipeline supported', 0x02),
  flag('rdp.negRsp.flags.restricted_admin_mode_supported', 'Restricted admin mode supported', 0x08),
  flag('rdp.negRsp.flags.restricted_authentication_mode_supported', 'Redirected authentication mode supported', 0x10),
]

const NEGOTIATION_REQUEST = 1
const NEGOTIATION_RESPONSE = 2
const NEGOTIATION_FAILURE = 3
const CORRELATION_INFO_PRESENT = 0x08
const PROTOCOL_RDP = 0

/** One routing token or cookie, then the negotiation request, then the correlation info: each may be absent. */
export function negotiationRequest(pdu: Pdu, out: Out<NegotiationFact>): void {
  let cookie = ''
  let routingToken = ''
  pdu.group(rdp.root)
  for (let lines = 0; lines < MAX_TOKEN_LINES && isPrintable(pdu.peek()); lines++) {
    const lineEnd = pdu.until(0x0a)
    const length = lineEnd < 0 ? pdu.left : lineEnd + 1
    const text = latin1(pdu.bytes, pdu.pos, pdu.pos + length).replace(/[\r\n]+$/, '')
    pdu.value(rdp.cookie, length, text)
    const line = text.trimEnd()
    const user = /^cookie:\s*mstshash=(.*)$/i.exec(line)
    if (user !== null) cookie = user[1] as string
    else routingToken = line
  }
  if (isParameter(pdu.peek())) {
    pdu.mark(rdp.parameters, pdu.left)
    pdu.end()
    out.opaque('x224: transport parameters, which RDP does not use: another protocol on TPKT')
    return
  }
  let flags = 0
  let protocols = -1
  let correlationId = ''
  if (pdu.left > 0) {
    const type = pdu.u8(rdp.type)
    if (type === NEGOTIATION_REQUEST) {
      flags = pdu.u8(rdp.requestFlags)
      pdu.bits(...REQUEST_FLAGS)
      pdu.u16le(rdp.length)
      const requested = pdu.u32le(rdp.requested)
      pdu.bits(...PROTOCOLS)
      if (pdu.ok) protocols = requested
      if ((flags & CORRELATION_INFO_PRESENT) !== 0 && pdu.left > 0) correlationId = correlation(pdu)
    } else {
      pdu.note('warning', 'no negotiation request')
      pdu.mark(rdp.unknown, pdu.left)
    }
  }
  pdu.end()
  out.fact({ kind: 'negotiation-request', cookie, routingToken, flags, protocols, correlationId, complete: pdu.ok })
}

function correlation(pdu: Pdu): string {
  pdu.u8(rdp.type)
  pdu.u8(rdp.correlationFlags)
  pdu.u16le(rdp.length)
  const at = pdu.mark(rdp.correlationId, 16)
  pdu.mark(rdp.correlationReserved, 16)
  return at < 0 ? '' : hex(pdu.bytes, at, at + 16)
}

/**
 * A damaged confirm is a fact, but nothing is built on it.
 * @returns the selected protocol; -1 when the confirm does not tell, or refuses
 */
export function negotiationConfirm(pdu: Pdu, out: Out<NegotiationFact>): number {
  if (pdu.left === 0) {
    out.fact({ kind: 'negotiation-response', flags: 0, selected: PROTOCOL_RDP, present: false, complete: pdu.ok })
    return pdu.ok ? PROTOCOL_RDP : -1
  }
  if (isParameter(pdu.peek())) {
    pdu.mark(rdp.parameters, pdu.left)
    out.opaque('x224: transport parameters, which RDP does not use: another protocol on TPKT')
    return -1
  }
  pdu.group(rdp.root)
  const selected = answer(pdu, out)
  pdu.end()
  return selected
}

function answer(pdu: Pdu, out: Out<NegotiationFact>): number {
  const type = pdu.u8(rdp.type)
  // Wireshark gives the flags of a failure, of which there are none, the name of a request's.
  const flags = pdu.u8(type === NEGOTIATION_FAILURE ? rdp.requestFlags : rdp.responseFlags)
  if (type === NEGOTIATION_RESPONSE) pdu.bits(...RESPONSE_FLAGS)
  pdu.u16le(rdp.length)
  if (type === NEGOTIATION_FAILURE) {
    const code = pdu.u32le(rdp.failure)
    out.fact({ kind: 'negotiation-failure', code, complete: pdu.ok })
    return -1
  }
  if (type !== NEGOTIATION_RESPONSE) {
    pdu.note('warning', 'neither a response nor a failure')
    pdu.mark(rdp.unknown, pdu.left)
    out.fact({ kind: 'negotiation-response', flags, selected: -1, present: true, complete: false })
    return -1
  }
  const selected = pdu.u32le(rdp.selected)
  out.fact({
    kind: 'negotiation-response',
    flags,
    selected: pdu.ok ? selected : -1,
    present: true,
    complete: pdu.ok,
  })
  return pdu.ok ? selected : -1
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f
}

/** X.224 13.3.4: a parameter's code has its top bit set; RDP sends none. */
function isParameter(byte: number): boolean {
  return byte >= 0x80
}
