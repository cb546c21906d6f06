/**
 * Results of authorization behind the TLS handshake: early user authorization, RDSTLS, RDSAAD, and the messages of the
 * connection broker. MS-RDPBCGR 2.2.10.2, 2.2.17.4, 2.2.18.3, 2.2.5.2.
 */
import { codeTable } from './table.ts'

export const earlyAuthorizationResults = codeTable(
  {
    id: 'early-authorization',
    title: 'Early user authorization result',
    layer: 'behind CredSSP (PROTOCOL_HYBRID_EX), inside TLS',
    source: 'MS-RDPBCGR 2.2.10.2',
    tier: 'specification',
    hexDigits: 8,
  },
  [
    [0, 'AUTHZ_SUCCESS', 'the user may log on; the connection goes on to MCS'],
    [5, 'AUTHZ_ACCESS_DENIED', 'the user may not log on here'],
  ],
)

export const rdstlsResults = codeTable(
  {
    id: 'rdstls-result',
    title: 'RDSTLS authentication result',
    layer: 'RDSTLS after a redirection, inside TLS',
    source: 'MS-RDPBCGR 2.2.17.4',
    tier: 'specification',
    hexDigits: 8,
  },
  [
    [0x000, 'RDSTLS_RESULT_SUCCESS', 'success'],
    [0x005, 'RDSTLS_RESULT_ACCESS_DENIED', 'access denied'],
    [0x52e, 'RDSTLS_RESULT_LOGON_FAILURE', 'bad user name or password'],
    [0x530, 'RDSTLS_RESULT_INVALID_LOGON_HOURS', 'outside logon hours'],
    [0x532, 'RDSTLS_RESULT_PASSWORD_EXPIRED', 'password expired'],
    [0x533, 'RDSTLS_RESULT_ACCOUNT_DISABLED', 'account disabled'],
    [0x773, 'RDSTLS_RESULT_PASSWORD_MUST_CHANGE', 'password must change at first logon'],
    [0x775, 'RDSTLS_RESULT_ACCOUNT_LOCKED_OUT', 'account locked out'],
  ],
)

export const entraResults = codeTable(
  {
    id: 'rdsaad-result',
    title: 'Entra ID (RDSAAD) authentication result',
    layer: 'RDSAAD, inside TLS',
    source: 'MS-RDPBCGR 2.2.18.3',
    tier: 'specification',
    hexDigits: 8,
  },
  [
    [0, 'S_OK', 'success'],
    [0x80090308, 'SEC_E_INVALID_TOKEN', 'the token is not valid'],
    [0x80070005, 'E_ACCESSDENIED', 'access denied'],
    [0xd000006d, 'STATUS_LOGON_FAILURE', 'bad user name or password', 'An NTSTATUS wrapped as HRESULT.'],
    [0xd000005e, 'STATUS_NO_LOGON_SERVERS', 'no domain controller reachable', 'An NTSTATUS wrapped as HRESULT.'],
    [0xd000006f, 'STATUS_INVALID_LOGON_HOURS', 'outside logon hours', 'An NTSTATUS wrapped as HRESULT.'],
    [0xd0000070, 'STATUS_INVALID_WORKSTATION', 'workstation not allowed', 'An NTSTATUS wrapped as HRESULT.'],
    [0xd0000071, 'STATUS_PASSWORD_EXPIRED', 'password expired', 'An NTSTATUS wrapped as HRESULT.'],
    [0xd0000072, 'STATUS_ACCOUNT_DISABLED', 'account disabled', 'An NTSTATUS wrapped as HRESULT.'],
  ],
)

export const statusInfo = codeTable(
  {
    id: 'status-info',
    title: 'Server Status Info PDU',
    layer: 'RDP, encrypted inside TLS',
    source: 'MS-RDPBCGR 2.2.5.2',
    tier: 'specification',
    hexDigits: 8,
  },
  [
    [0x401, 'TS_STATUS_FINDING_DESTINATION', 'the broker looks for a destination'],
    [0x402, 'TS_STATUS_LOADING_DESTINATION', 'the destination is being loaded'],
    [0x403, 'TS_STATUS_BRINGING_SESSION_ONLINE', 'the session is being brought online'],
    [0x404, 'TS_STATUS_REDIRECTING_TO_DESTINATION', 'the client is being redirected'],
    [0x501, 'TS_STATUS_VM_LOADING', 'the virtual machine is being loaded'],
    [0x502, 'TS_STATUS_VM_WAKING', 'the virtual machine wakes up'],
    [0x503, 'TS_STATUS_VM_STARTING', 'the virtual machine starts'],
    [0x504, 'TS_STATUS_VM_STARTING_MONITORING', 'monitoring of the virtual machine starts'],
    [0x505, 'TS_STATUS_VM_RETRYING_MONITORING', 'monitoring of the virtual machine is tried again'],
  ],
)
