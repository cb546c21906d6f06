/** What a share data PDU is: pduType2. MS-RDPBCGR 2.2.8.1.1.1.2. Found by name; a number alone tells no field. */
import { codeTable } from './table.ts'

export const sharePduTypes = codeTable(
  {
    id: 'pdu-type-2',
    title: 'Share data PDU (pduType2)',
    layer: 'RDP, encrypted inside TLS',
    source: 'MS-RDPBCGR 2.2.8.1.1.1.2',
    tier: 'specification',
    hexDigits: 2,
  },
  [
    [0x02, 'PDUTYPE2_UPDATE', 'graphics update'],
    [0x14, 'PDUTYPE2_CONTROL', 'control: cooperate, request, granted'],
    [0x1b, 'PDUTYPE2_POINTER', 'pointer'],
    [0x1c, 'PDUTYPE2_INPUT', 'input'],
    [0x1f, 'PDUTYPE2_SYNCHRONIZE', 'synchronize'],
    [0x21, 'PDUTYPE2_REFRESH_RECT', 'the client wants an area drawn again'],
    [0x22, 'PDUTYPE2_PLAY_SOUND', 'a beep'],
    [0x23, 'PDUTYPE2_SUPPRESS_OUTPUT', 'the window is hidden or shown again'],
    [0x24, 'PDUTYPE2_SHUTDOWN_REQUEST', 'the user closed the window'],
    [0x25, 'PDUTYPE2_SHUTDOWN_DENIED', 'the session stays logged on; the client asks the user'],
    [0x26, 'PDUTYPE2_SAVE_SESSION_INFO', 'the logon succeeded, or its error'],
    [0x27, 'PDUTYPE2_FONTLIST', 'font list: the last step of the client'],
    [0x28, 'PDUTYPE2_FONTMAP', 'font map: the session is active'],
    [0x29, 'PDUTYPE2_SET_KEYBOARD_INDICATORS', 'keyboard lights'],
    [0x2b, 'PDUTYPE2_BITMAPCACHE_PERSISTENT_LIST', 'what the client holds of the bitmap cache'],
    [0x2c, 'PDUTYPE2_BITMAPCACHE_ERROR_PDU', 'an error of the bitmap cache'],
    [0x2d, 'PDUTYPE2_SET_KEYBOARD_IME_STATUS', 'state of the input method'],
    [0x2e, 'PDUTYPE2_OFFSCRCACHE_ERROR_PDU', 'an error of the offscreen cache'],
    [0x2f, 'PDUTYPE2_SET_ERROR_INFO_PDU', 'the server says why it ends the session', 'Holds an ERRINFO code.'],
    [0x30, 'PDUTYPE2_DRAWNINEGRID_ERROR_PDU', 'an error of NineGrid drawing'],
    [0x31, 'PDUTYPE2_DRAWGDIPLUS_ERROR_PDU', 'an error of GDI+ drawing'],
    [0x32, 'PDUTYPE2_ARC_STATUS_PDU', 'the automatic reconnection failed'],
    [0x36, 'PDUTYPE2_STATUS_INFO_PDU', 'what the broker is doing', 'Holds a status info code.'],
    [0x37, 'PDUTYPE2_MONITOR_LAYOUT_PDU', 'monitor layout'],
  ],
)
