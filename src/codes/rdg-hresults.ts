/**
 * Results in RD Gateway packets. Some are printed as HRESULT (0x800759xx), some as bare Windows error (0x000059xx), and
 * both forms travel: compare the lower 16 bits. MS-TSGU 2.2.6.
 */
import { codeTable } from './table.ts'

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
    [0x800759d8, 'E_PROXY_INTERNALERROR', 'catch-all internal error', 'Also 0x000059D8.'],
    [
      0x800759da,
      'E_PROXY_RAP_ACCESSDENIED',
      'resource policy (RAP) blocks the target',
      'Also 0x000059DA (Server 2008 channel create).',
    ],
    [0x800759db, 'E_PROXY_NAP_ACCESSDENIED', 'connection policy (CAP/NPS) denies the client'],
    [
      0x000059dd,
      'E_PROXY_TS_CONNECTFAILED',
      'gateway could not reach the target host',
      'Spec prints HRESULT_CODE form; FreeRDP also defines 0x800759DD.',
    ],
    [0x800759df, 'E_PROXY_ALREADYDISCONNECTED', 'operation on a dead tunnel/channel'],
    [0x000059e6, 'E_PROXY_MAXCONNECTIONSREACHED', 'gateway connection limit'],
    [0x000059e8, 'E_PROXY_NOTSUPPORTED', 'unsupported packet'],
    [0x800759e9, 'E_PROXY_CAPABILITYMISMATCH', 'client lacks consent-message capability the gateway insists on'],
    [0x800759ed, 'E_PROXY_QUARANTINE_ACCESSDENIED', 'quarantine/health policy'],
    [0x800759ee, 'E_PROXY_NOCERTAVAILABLE', 'gateway has no certificate for SCHANNEL'],
    [0x000059f6, 'E_PROXY_SESSIONTIMEOUT', 'session time-out with disconnect policy'],
    [0x800759f7, 'E_PROXY_COOKIE_BADPACKET', 'invalid PAA cookie packet'],
    [0x800759f8, 'E_PROXY_COOKIE_AUTHENTICATION_ACCESS_DENIED', 'PAA mode: user not allowed'],
    [0x800759f9, 'E_PROXY_UNSUPPORTED_AUTHENTICATION_METHOD', 'PAA vs native mode mismatch'],
    [0x000059fa, 'E_PROXY_REAUTH_AUTHN_FAILED', 're-auth: credentials no longer valid'],
    [0x000059fb, 'E_PROXY_REAUTH_CAP_FAILED', 're-auth: connection policy'],
    [0x000059fc, 'E_PROXY_REAUTH_RAP_FAILED', 're-auth: resource policy'],
    [0x000059fd, 'E_PROXY_SDR_NOT_SUPPORTED_BY_TS', 'target cannot exchange redirection policy'],
    [0x00005a00, 'E_PROXY_REAUTH_NAP_FAILED', 're-auth: health'],
    [
      0x000004d4,
      'E_PROXY_CONNECTIONABORTED',
      'admin disconnect, or time-out/re-auth failure when idle-timeout capability was not negotiated',
      'Equals Win32 ERROR_CONNECTION_ABORTED (1236).',
    ],
    [0x000004ca, 'ERROR_GRACEFUL_DISCONNECT', 'client ended the connection', 'Win32 1226.'],
    [
      0x000000a0,
      'ERROR_BAD_ARGUMENTS',
      'target server closed its side unexpectedly',
      'Win32 160: look for RST/FIN between gateway and target.',
    ],
    [0x00000005, 'ERROR_ACCESS_DENIED', 'operation not allowed'],
    [
      0x000003e3,
      'ERROR_OPERATION_ABORTED',
      'connection timer expired before receive pipe was set up',
      'RPC fault, or HTTP CLOSE_CHANNEL.',
    ],
    [0x000004e3, 'ERROR_ONLY_IF_CONNECTED', 'send before pipe created', 'RPC fault.'],
    [0x00000057, 'ERROR_INVALID_PARAMETER', 'quarantine request nonce missing', 'RPC fault.'],
    [0x8007071a, 'HRESULT_FROM_WIN32(RPC_S_CALL_CANCELLED)', 'pending call cancelled', 'RPC only.'],
    [0x8009030c, 'SEC_E_LOGON_DENIED', 'NTLM extended auth failed', 'HTTP_EXTENDED_AUTH_PACKET.errorCode.'],
    [0x00000000, 'ERROR_SUCCESS', 'ok'],
  ],
)
