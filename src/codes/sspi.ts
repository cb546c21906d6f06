/**
 * Results of the Windows security packages, also in TSRequest.errorCode and in RD Gateway authentication.
 * MS-ERREF 2.1.
 */
import { codeTable } from './table.ts'

export const sspiResults = codeTable(
  {
    id: 'sspi',
    title: 'Security package result (SEC_E_*)',
    layer: 'CredSSP (NLA) or gateway authentication, inside TLS',
    source: 'MS-ERREF 2.1.1',
    tier: 'specification',
    hexDigits: 8,
  },
  [
    [0x8009030c, 'SEC_E_LOGON_DENIED', 'logon denied'],
    [0x80090308, 'SEC_E_INVALID_TOKEN', 'invalid token (malformed SPNEGO/NTLM, or middlebox change)'],
    [0x8009030d, 'SEC_E_UNKNOWN_CREDENTIALS', 'credentials not recognised (also Schannel 36870: private key unusable)'],
    [0x8009030e, 'SEC_E_NO_CREDENTIALS', 'no credentials'],
    [0x80090311, 'SEC_E_NO_AUTHENTICATING_AUTHORITY', 'no authenticating authority'],
    [0x80090302, 'SEC_E_UNSUPPORTED_FUNCTION', 'function not supported (text seen with CredSSP oracle remediation)'],
    [0x80090303, 'SEC_E_TARGET_UNKNOWN', 'target unknown (SPN not found)'],
    [0x80090304, 'SEC_E_INTERNAL_ERROR', 'LSA cannot be contacted / internal error'],
    [0x8009030f, 'SEC_E_MESSAGE_ALTERED', 'message altered (signature failed)'],
    [0x80090318, 'SEC_E_INCOMPLETE_MESSAGE', 'incomplete message'],
    [0x80090322, 'SEC_E_WRONG_PRINCIPAL', 'target principal name incorrect'],
    [0x80090324, 'SEC_E_TIME_SKEW', 'clock skew'],
    [0x80090325, 'SEC_E_UNTRUSTED_ROOT', 'untrusted root'],
    [0x80090326, 'SEC_E_ILLEGAL_MESSAGE', 'illegal message'],
    [0x80090327, 'SEC_E_CERT_UNKNOWN', 'certificate unknown'],
    [0x80090328, 'SEC_E_CERT_EXPIRED', 'certificate expired'],
    [0x80090330, 'SEC_E_DECRYPT_FAILURE', 'decrypt failure'],
    [0x80090331, 'SEC_E_ALGORITHM_MISMATCH', 'no common algorithm'],
    [0x8009035e, 'SEC_E_DELEGATION_POLICY', 'delegation policy'],
    [0x8009035f, 'SEC_E_POLICY_NLTM_ONLY', 'NTLM-only delegation policy'],
  ],
)
