/**
 * Results in RD Gateway packets. Some are printed as HRESULT (0x800759xx), some as bare Windows error (0x000059xx), and
 * both forms travel: compare the lower 16 bits. MS-TSGU 2.2.6.
 */
import { codeTable } from './table.ts'

const LATER_CHECK = 'The gateway asked for authorization again during the session.'

export const gatewayResults = codeTable(
  {
    id: 'rdg-result',
    title: 'RD Gateway result',
    layer: 'RD Gateway packets, inside TLS',
    source: 'MS-TSGU 2.2.6.1, 2.2.6.2',
    tier: 'specification',
    hexDigits: 8,
  },
  [
    [0x00000000, 'ERROR_SUCCESS', 'success'],
    [0x800759d8, 'E_PROXY_INTERNALERROR', 'an internal error of the gateway'],
    [0x800759da, 'E_PROXY_RAP_ACCESSDENIED', 'the resource authorization policy (RAP) forbids the target'],
    [0x800759db, 'E_PROXY_NAP_ACCESSDENIED', 'the connection authorization policy (CAP, NPS) refuses the client'],
    [
      0x000059dd,
      'E_PROXY_TS_CONNECTFAILED',
      'the gateway could not reach the target',
      'Look between the gateway and the target: name, port, firewall.',
    ],
    [0x800759df, 'E_PROXY_ALREADYDISCONNECTED', 'the tunnel or channel is gone already'],
    [0x000059e6, 'E_PROXY_MAXCONNECTIONSREACHED', 'the gateway has as many connections as it may'],
    [0x000059e8, 'E_PROXY_NOTSUPPORTED', 'a packet that the gateway does not support'],
    [0x800759e9, 'E_PROXY_CAPABILITYMISMATCH', 'the client lacks a capability that the gateway insists on'],
    [0x800759ed, 'E_PROXY_QUARANTINE_ACCESSDENIED', 'the health policy refuses the client'],
    [0x800759ee, 'E_PROXY_NOCERTAVAILABLE', 'the gateway has no certificate'],
    [0x000059f6, 'E_PROXY_SESSIONTIMEOUT', 'the session ran out of time, and the policy disconnects'],
    [0x800759f7, 'E_PROXY_COOKIE_BADPACKET', 'the authentication cookie (PAA) is not valid'],
    [0x800759f8, 'E_PROXY_COOKIE_AUTHENTICATION_ACCESS_DENIED', 'the user of the authentication cookie is refused'],
    [
      0x800759f9,
      'E_PROXY_UNSUPPORTED_AUTHENTICATION_METHOD',
      'gateway and client do not agree on cookie or native authentication',
    ],
    [0x000059fa, 'E_PROXY_REAUTH_AUTHN_FAILED', 'the credentials are no longer valid', LATER_CHECK],
    [0x000059fb, 'E_PROXY_REAUTH_CAP_FAILED', 'the connection policy no longer allows it', LATER_CHECK],
    [0x000059fc, 'E_PROXY_REAUTH_RAP_FAILED', 'the resource policy no longer allows it', LATER_CHECK],
    [0x000059fd, 'E_PROXY_SDR_NOT_SUPPORTED_BY_TS', 'the target can not exchange the redirection policy'],
    [0x00005a00, 'E_PROXY_REAUTH_NAP_FAILED', 'the health policy no longer allows it', LATER_CHECK],
    [
      0x000004d4,
      'E_PROXY_CONNECTIONABORTED',
      'an administrator disconnected it, or a time-out or a new authorization failed',
      'Windows error 1236.',
    ],
    [0x000004ca, 'ERROR_GRACEFUL_DISCONNECT', 'the client ended the connection', 'Windows error 1226.'],
    [
      0x000000a0,
      'ERROR_BAD_ARGUMENTS',
      'the target closed its side without notice',
      'Windows error 160: look for RST or FIN between the gateway and the target.',
    ],
    [0x00000005, 'ERROR_ACCESS_DENIED', 'the operation is not allowed'],
    [0x000003e3, 'ERROR_OPERATION_ABORTED', 'a timer ran out before the receive pipe was set up', 'RPC over HTTP.'],
    [0x000004e3, 'ERROR_ONLY_IF_CONNECTED', 'data before the pipe was set up', 'RPC over HTTP.'],
    [0x00000057, 'ERROR_INVALID_PARAMETER', 'the nonce of the quarantine request is missing', 'RPC over HTTP.'],
    [0x8007071a, 'HRESULT_FROM_WIN32(RPC_S_CALL_CANCELLED)', 'the pending call was cancelled', 'RPC over HTTP.'],
    [0x8009030c, 'SEC_E_LOGON_DENIED', 'NTLM authentication in the gateway packets failed'],
  ],
)
