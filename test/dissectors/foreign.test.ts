import { expect, it } from 'vitest'
import { foreignProtocol } from '../../dissectors/foreign.ts'

function latin1(...parts: (string | number[])[]): string {
  return parts.map(part => (typeof part === 'string' ? part : String.fromCharCode(...part))).join('')
}

// First bytes as the specifications of these protocols give them.
it.each([
  ['ssh', latin1('SSH-2.0-OpenSSH_9.2\r\n')],
  ['vnc', latin1('RFB 003.008\n')],
  ['smb2', latin1([0, 0, 0, 0x6c, 0xfe], 'SMB', [0x40, 0])],
  ['smb', latin1([0, 0, 0, 0x85, 0xff], 'SMBr')],
  ['telnet', latin1([0xff, 0xfd, 0x18, 0xff, 0xfd, 0x20])],
  ['ftp', latin1('220 (vsFTPd 3.0.5)\r\n')],
  ['smtp', latin1('220 mx.example.com ESMTP Postfix\r\n')],
  ['ftp-or-smtp', latin1('220 ready\r\n')],
  ['pop', latin1('+OK ready\r\n')],
  ['imap', latin1('* OK [CAPABILITY IMAP4rev1] ready\r\n')],
  ['mysql', latin1([0x4a, 0, 0, 0, 0x0a], '8.0.36', [0])],
  ['tds', latin1([0x12, 1, 0, 0x2f, 0, 0, 1, 0])],
  ['pgsql', latin1([0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f])],
  ['ldap', latin1([0x30, 0x0c, 2, 1, 1, 0x60, 7])],
  ['sip', latin1('OPTIONS sip:gw SIP/2.0\r\n')],
  ['rtsp', latin1('RTSP/1.0 200 OK\r\n')],
  ['nx', latin1('NXD-5.0\r\n')],
  ['ica', latin1([0x7f, 0x7f], 'ICA', [0])],
])('%s is known by its beginning', (protocol, first) => {
  expect(foreignProtocol(first)).toBe(protocol)
})

it.each([
  ['a TPKT', latin1([3, 0, 0, 19, 14, 0xe0])],
  ['a TLS record', latin1([22, 3, 1, 2, 0, 1])],
  ['a TSRequest', latin1([0x30, 0x37, 0xa0, 3, 2, 1, 6])],
  ['nothing', ''],
])('%s is none of them', (_, first) => {
  expect(foreignProtocol(first)).toBe('')
})
