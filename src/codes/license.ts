/** Licensing Error Message: dwErrorCode. MS-RDPBCGR 2.2.1.12.1.3, MS-RDPELE. */
import { codeTable } from './table.ts'

/** Success, although it comes as an "error message". */
const STATUS_VALID_CLIENT = 7

export const licenseErrors = codeTable(
  {
    id: 'license-error',
    title: 'Licensing error message (dwErrorCode)',
    layer: 'RDP licensing, encrypted inside TLS',
    source: 'MS-RDPBCGR 2.2.1.12.1.3',
    tier: 'specification',
    hexDigits: 8,
  },
  [
    [1, 'ERR_INVALID_SERVER_CERTIFICATE', "the client refuses the server's certificate"],
    [2, 'ERR_NO_LICENSE', 'the client has no licence and ends licensing'],
    [3, 'ERR_INVALID_MAC', 'a licensing message does not verify', 'Either side may send it.'],
    [4, 'ERR_INVALID_SCOPE', 'the licence is for another scope'],
    [6, 'ERR_NO_LICENSE_SERVER', 'the grace period is over and the server finds no licence server'],
    [
      STATUS_VALID_CLIENT,
      'STATUS_VALID_CLIENT',
      'success: the client needs no further licence',
      'Not an error. Do not take it for ERRINFO 7 or for extended error code 0x7.',
    ],
    [8, 'ERR_INVALID_CLIENT', 'the server refuses the client: the grace period is over'],
    [0x0b, 'ERR_INVALID_PRODUCTID', 'the licence is for another product'],
    [0x0c, 'ERR_INVALID_MESSAGE_LEN', 'a licensing message of a wrong length'],
  ],
)

/** What the receiver of an error message is to do. */
export const licenseTransitions = codeTable(
  {
    id: 'license-transition',
    title: 'Licensing error message (dwStateTransition)',
    layer: 'RDP licensing, encrypted inside TLS',
    source: 'MS-RDPBCGR 2.2.1.12.1.3',
    tier: 'specification',
    hexDigits: 8,
  },
  [
    [1, 'ST_TOTAL_ABORT', 'licensing ends and the connection with it'],
    [2, 'ST_NO_TRANSITION', 'nothing changes', 'What comes with STATUS_VALID_CLIENT.'],
    [3, 'ST_RESET_PHASE_TO_START', 'licensing begins again'],
    [4, 'ST_RESEND_LAST_MESSAGE', 'the last message is to be sent again'],
  ],
)

/** Licensing messages by their type. */
export const licenseMessages = codeTable(
  {
    id: 'license-message',
    title: 'Licensing message (bMsgType)',
    layer: 'RDP licensing, encrypted inside TLS',
    source: 'MS-RDPBCGR 2.2.1.12.1.1, MS-RDPELE 2.2.2',
    tier: 'specification',
    hexDigits: 2,
  },
  [
    [0x01, 'LICENSE_REQUEST', 'the server asks for a licence'],
    [0x02, 'PLATFORM_CHALLENGE', 'the server challenges the client'],
    [0x03, 'NEW_LICENSE', 'the server grants a licence'],
    [0x04, 'UPGRADE_LICENSE', 'the server grants a better licence'],
    [0x12, 'LICENSE_INFO', 'the client shows the licence that it has'],
    [0x13, 'NEW_LICENSE_REQUEST', 'the client asks for a licence'],
    [0x15, 'PLATFORM_CHALLENGE_RESPONSE', 'the client answers the challenge'],
    [0xff, 'ERROR_ALERT', 'an error, or success: see dwErrorCode'],
  ],
)
