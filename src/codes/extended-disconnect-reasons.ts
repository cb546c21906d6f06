/**
 * Extended disconnect reasons: the second number of "error code 0x904, extended error code 0x7".
 * ExtendedDisconnectReasonCode in the Windows documentation.
 */
import { codeTable } from './table.ts'

export const extendedDisconnectReasons = codeTable(
  {
    id: 'extended-disconnect-reason',
    title: 'Extended disconnect reason of mstsc',
    layer: "the Windows client; taken from the server's Set Error Info PDU where one came",
    source: 'Microsoft, ExtendedDisconnectReasonCode enumeration',
    tier: 'vendor',
    hexDigits: 1,
  },
  [
    [0x0, 'exDiscReasonNoInfo', 'no extra information'],
    [0x1, 'exDiscReasonAPIInitiatedDisconnect', 'an application started the disconnect'],
    [0x2, 'exDiscReasonAPIInitiatedLogoff', 'an application logged the client off'],
    [0x3, 'exDiscReasonServerIdleTimeout', 'idle limit reached'],
    [0x4, 'exDiscReasonServerLogonTimeout', 'connection-time limit reached'],
    [0x5, 'exDiscReasonReplacedByOtherConnection', 'another connection took the session'],
    [0x6, 'exDiscReasonOutOfMemory', 'no memory'],
    [
      0x7,
      'exDiscReasonServerDeniedConnection',
      'server denied the connection',
      'A label that the client fills in: in a capture only a Set Error Info PDU with 7 shows that the server denied.',
    ],
    [0x8, 'exDiscReasonServerDeniedConnectionFips', 'server denied the connection for security (FIPS) reasons'],
    [0x9, 'exDiscReasonServerInsufficientPrivileges', 'denied: the account lacks the right to log on'],
    [0xa, 'exDiscReasonServerFreshCredsRequired', 'fresh credentials required'],
    [0xb, 'exDiscReasonRpcInitiatedDisconnectByUser', 'user activity started the disconnect'],
    [
      0xc,
      'exDiscReasonLogoffByUser',
      'the user logged off',
      'Older revisions of the page print 2 here; MS-RDPBCGR has 12.',
    ],
    [0x100, 'exDiscReasonLicenseInternal', 'licensing internal error'],
    [0x101, 'exDiscReasonLicenseNoLicenseServer', 'no licence server'],
    [0x102, 'exDiscReasonLicenseNoLicense', 'no valid licence'],
    [0x103, 'exDiscReasonLicenseErrClientMsg', 'invalid licensing message received'],
    [0x104, 'exDiscReasonLicenseHwidDoesntMatchLicense', 'hardware ID does not match licence'],
    [0x105, 'exDiscReasonLicenseErrClientLicense', 'client licence error'],
    [0x106, 'exDiscReasonLicenseCantFinishProtocol', 'network trouble during licensing'],
    [0x107, 'exDiscReasonLicenseClientEndedProtocol', 'client ended licensing early'],
    [0x108, 'exDiscReasonLicenseErrClientEncryption', 'licensing message wrongly encrypted'],
    [0x109, 'exDiscReasonLicenseCantUpgradeLicense', 'CAL could not be upgraded/renewed'],
    [0x10a, 'exDiscReasonLicenseNoRemoteConnections', 'host not licensed for remote connections'],
    [0x10b, 'exDiscReasonLicenseCreatingLicStoreAccDenied', 'access denied creating licence-store registry key'],
    [0x300, 'exDiscReasonRdpEncInvalidCredentials', 'invalid credentials'],
    [0x1000, 'exDiscReasonProtocolRangeStart', 'start of internal protocol error range'],
    [0x7fff, 'exDiscReasonProtocolRangeEnd', 'end of internal protocol error range'],
  ],
)
