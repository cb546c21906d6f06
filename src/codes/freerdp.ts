/**
 * How FreeRDP numbers its own failures, `ERRCONNECT_…` in its log: class 0x0002 in the upper half, the reason in the lower.
 * Class 0x0001 wraps the error info of the server. include/freerdp/error.h.
 */
import { codeTable } from './table.ts'

/** The upper half of a code that wraps ERRINFO. */
export const FREERDP_ERRINFO_CLASS = 1

export const freerdpErrors = codeTable(
  {
    id: 'freerdp-error',
    title: 'FreeRDP connection error (ERRCONNECT)',
    layer: 'the FreeRDP client',
    source: 'FreeRDP, include/freerdp/error.h',
    tier: 'vendor',
    hexDigits: 8,
  },
  [
    [0x20001, 'ERRCONNECT_PRE_CONNECT_FAILED', 'the client failed before it connected'],
    [0x20002, 'ERRCONNECT_CONNECT_UNDEFINED', 'the connection failed without a reason'],
    [0x20003, 'ERRCONNECT_POST_CONNECT_FAILED', 'the client failed after it was connected'],
    [0x20004, 'ERRCONNECT_DNS_ERROR', 'the name could not be looked up'],
    [0x20005, 'ERRCONNECT_DNS_NAME_NOT_FOUND', 'the name does not exist'],
    [0x20006, 'ERRCONNECT_CONNECT_FAILED', 'TCP could not connect'],
    [0x20007, 'ERRCONNECT_MCS_CONNECT_INITIAL_ERROR', 'MCS could not be set up'],
    [0x20008, 'ERRCONNECT_TLS_CONNECT_FAILED', 'TLS could not be set up'],
    [0x20009, 'ERRCONNECT_AUTHENTICATION_FAILED', 'the logon failed'],
    [0x2000a, 'ERRCONNECT_INSUFFICIENT_PRIVILEGES', 'the user has no right to log on this way'],
    [0x2000b, 'ERRCONNECT_CONNECT_CANCELLED', 'the user cancelled, or refused the certificate'],
    [
      0x2000c,
      'ERRCONNECT_SECURITY_NEGO_CONNECT_FAILED',
      'no security protocol was agreed on',
      'Also shown where TCP or TLS failed under every protocol that was tried.',
    ],
    [0x2000d, 'ERRCONNECT_CONNECT_TRANSPORT_FAILED', 'the connection broke while it was set up'],
    [0x2000e, 'ERRCONNECT_PASSWORD_EXPIRED', 'the password has expired'],
    [0x2000f, 'ERRCONNECT_PASSWORD_CERTAINLY_EXPIRED', 'the password has expired, and no KDC could be asked'],
    [0x20010, 'ERRCONNECT_CLIENT_REVOKED', 'the account is disabled, locked out or outside its hours'],
    [0x20011, 'ERRCONNECT_KDC_UNREACHABLE', 'no KDC answered'],
    [0x20012, 'ERRCONNECT_ACCOUNT_DISABLED', 'the account is disabled'],
    [0x20013, 'ERRCONNECT_PASSWORD_MUST_CHANGE', 'the password must be changed first'],
    [0x20014, 'ERRCONNECT_LOGON_FAILURE', 'bad user name or password'],
    [0x20015, 'ERRCONNECT_WRONG_PASSWORD', 'wrong password'],
    [0x20016, 'ERRCONNECT_ACCESS_DENIED', 'access denied'],
    [0x20017, 'ERRCONNECT_ACCOUNT_RESTRICTION', 'the account is restricted'],
    [0x20018, 'ERRCONNECT_ACCOUNT_LOCKED_OUT', 'the account is locked out'],
    [0x20019, 'ERRCONNECT_ACCOUNT_EXPIRED', 'the account has expired'],
    [0x2001a, 'ERRCONNECT_LOGON_TYPE_NOT_GRANTED', 'no right to log on through Remote Desktop'],
    [0x2001b, 'ERRCONNECT_NO_OR_MISSING_CREDENTIALS', 'no credentials were given'],
    [0x2001c, 'ERRCONNECT_ACTIVATION_TIMEOUT', 'the session did not become active in time'],
    [0x2001d, 'ERRCONNECT_TARGET_BOOTING', 'the target is still starting'],
  ],
)
