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
