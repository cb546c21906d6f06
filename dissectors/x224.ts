import { stream } from '../src/wire/dissector.ts'
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
/** An X.224 disconnect request or error TPDU. */
export interface X224Refusal {
  readonly kind: 'x224-disconnect'
  readonly reason: number
  readonly complete: boolean
}
/** One of the first RDP PDUs behind the negotiation, on a connection that is not encrypted by TLS (or was decrypted). */
export interface RdpData {
  readonly kind: 'rdp-data'
  readonly length: number
}
/** An MCS Disconnect Provider Ultimatum in clear: the orderly end of a session. T.125 reason. */
export interface DisconnectProvider {
  readonly kind: 'disconnect-provider-ultimatum'
  readonly reason: number
}
export type X224Fact =
  | NegotiationRequest
  | NegotiationResponse
  | NegotiationFailure
  | X224Refusal
  | RdpData
  | DisconnectProvider
export interface X224State {
  selected: number
}
export const x224 = stream<X224State, X224Fact>(null as never)
