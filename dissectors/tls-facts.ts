/** What TLS tells: the facts of records and of handshake messages (RFC 8446, RFC 5246). */

export interface ClientHello {
  readonly kind: 'client-hello'
  /** legacy_version of the hello. */
  readonly version: number
  /** supported_versions without GREASE, in the client's order; empty when the extension is absent. */
  readonly versions: readonly number[]
  readonly suites: readonly number[]
  readonly groups: readonly number[]
  readonly signatureSchemes: readonly number[]
  readonly serverName: string
  readonly alpn: readonly string[]
  /** Types of all extensions, in order. */
  readonly extensions: readonly number[]
  /** The client offers to resume: a pre-shared key, or a session ticket that is not empty. */
  readonly resumes: boolean
  /** Came in the SSL 2.0 record format. */
  readonly sslv2: boolean
  readonly random: string
  readonly complete: boolean
}
export interface ServerHello {
  readonly kind: 'server-hello'
  /** The version really chosen (supported_versions where present). */
  readonly version: number
  readonly suite: number
  /** HelloRetryRequest. */
  readonly retry: boolean
  /** Chosen or demanded key share group; -1 when not said. */
  readonly group: number
  readonly alpn: string
  readonly random: string
  readonly complete: boolean
}
/** One certificate of a chain. Times are seconds since 1970; names as the certificate writes them. */
export interface CertificateSummary {
  readonly subject: string
  readonly issuer: string
  readonly commonName: string
  readonly serial: string
  readonly notBefore: number
  readonly notAfter: number
  /** DNS names and addresses of the subject alternative name. */
  readonly names: readonly string[]
  /** Issuer and subject are the same name. */
  readonly selfIssued: boolean
  readonly keyAlgorithm: string
  readonly keyBits: number
  readonly signatureAlgorithm: string
  readonly bytes: number
}
export interface Certificate {
  readonly kind: 'certificate'
  /** The leaf first, as sent. */
  readonly chain: readonly CertificateSummary[]
  readonly complete: boolean
}
/** Any handshake message that has no fact of its own; -1 when it is encrypted. */
export interface Handshake {
  readonly kind: 'handshake'
  readonly type: number
  readonly length: number
}
export interface ChangeCipherSpec {
  readonly kind: 'change-cipher-spec'
}
export interface Alert {
  readonly kind: 'alert'
  readonly level: number
  /** -1 when it is encrypted. */
  readonly code: number
  readonly sealed: boolean
  /** Of the record without its header. */
  readonly length: number
}
/** An encrypted record: its type as written in the header, and its length without the header. */
export interface SealedRecord {
  readonly kind: 'record'
  readonly type: number
  readonly length: number
}
export type TlsFact = ClientHello | ServerHello | Certificate | Handshake | ChangeCipherSpec | Alert | SealedRecord
