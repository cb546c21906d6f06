/** TLS alert descriptions. RFC 8446 section 6, RFC 5246 section 7.2, RFC 6066, RFC 7301, RFC 7507. */
import { codeTable, symbolOf } from './table.ts'

export const CLOSE_NOTIFY = 0
export const HANDSHAKE_FAILURE = 40
export const ILLEGAL_PARAMETER = 47
const DECODE_ERROR = 50
export const PROTOCOL_VERSION = 70
export const INSUFFICIENT_SECURITY = 71
export const INTERNAL_ERROR = 80

const CREDSSP = 'CredSSP may use it too.'

export const tlsAlerts = codeTable(
  {
    id: 'tls-alert',
    title: 'TLS alert',
    layer: 'TLS',
    source: 'RFC 8446 section 6, RFC 5246 section 7.2',
    tier: 'specification',
    hexDigits: 0,
  },
  [
    [CLOSE_NOTIFY, 'close_notify', 'orderly end'],
    [10, 'unexpected_message', 'a message that has no place there', CREDSSP],
    [20, 'bad_record_mac', 'a record does not verify', 'Corruption, a device in between, or wrong keys.'],
    [21, 'decryption_failed', 'a record could not be decrypted', `Not used since TLS 1.1. ${CREDSSP}`],
    [22, 'record_overflow', 'a record is too long'],
    [30, 'decompression_failure', 'decompression failed', 'Not used in TLS 1.3.'],
    [HANDSHAKE_FAILURE, 'handshake_failure', 'no common parameters: cipher suite, group or signature scheme'],
    [41, 'no_certificate', 'no certificate', 'SSL 3.0 only.'],
    [42, 'bad_certificate', 'the certificate is damaged or its signature does not verify', CREDSSP],
    [43, 'unsupported_certificate', 'a kind of certificate that is not supported'],
    [44, 'certificate_revoked', 'the certificate is revoked'],
    [45, 'certificate_expired', 'the certificate has expired or is not valid yet', CREDSSP],
    [
      46,
      'certificate_unknown',
      'the certificate is refused for another reason',
      'Windows clients often send this one.',
    ],
    [ILLEGAL_PARAMETER, 'illegal_parameter', 'a field is out of range or contradicts others'],
    [48, 'unknown_ca', 'the issuer of the certificate is not known or not trusted', CREDSSP],
    [49, 'access_denied', 'the certificate is valid but access is refused', 'CredSSP: the credentials were refused.'],
    [DECODE_ERROR, 'decode_error', 'a message could not be decoded', 'OpenSSL servers send it after a FIN too.'],
    [51, 'decrypt_error', 'a signature or a Finished message does not verify'],
    [60, 'export_restriction', 'export restriction', 'Not used any more.'],
    [PROTOCOL_VERSION, 'protocol_version', 'no common TLS version'],
    [INSUFFICIENT_SECURITY, 'insufficient_security', 'the offered cipher suites are too weak for the server'],
    [INTERNAL_ERROR, 'internal_error', 'an error that has nothing to do with the peer, or any other one', CREDSSP],
    [86, 'inappropriate_fallback', 'the client fell back to a lower version than both can speak'],
    [90, 'user_canceled', 'the user cancelled'],
    [100, 'no_renegotiation', 'renegotiation is refused', 'Not used in TLS 1.3.'],
    [109, 'missing_extension', 'an extension that must be there is missing'],
    [110, 'unsupported_extension', 'an extension that was not offered'],
    [111, 'certificate_unobtainable', 'the certificate could not be fetched', 'Not used in TLS 1.3.'],
    [112, 'unrecognized_name', 'the server does not know the name in server_name (SNI)'],
    [113, 'bad_certificate_status_response', 'the OCSP response is not valid'],
    [114, 'bad_certificate_hash_value', 'the certificate hash does not match', 'Not used in TLS 1.3.'],
    [115, 'unknown_psk_identity', 'no acceptable pre-shared key'],
    [116, 'certificate_required', 'the server wants a client certificate'],
    [120, 'no_application_protocol', 'no common application protocol (ALPN)'],
  ],
)

/** `handshake_failure`; the number where it is unknown. */
export function alertName(code: number): string {
  return symbolOf(tlsAlerts, code)
}
