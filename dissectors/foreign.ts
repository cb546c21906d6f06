/**
 * Protocols that no dissector here reads, told by how they begin: what squats on a port of Remote Desktop, or is asked for
 * by mistake. Names are Wireshark's where it has one.
 */

/** Those that begin with words; the first that fits counts. */
const WORDS: readonly (readonly [protocol: string, beginning: RegExp])[] = [
  // RFC 4253 4.2.
  ['ssh', /^SSH-\d/],
  // RFC 6143 7.1.1.
  ['vnc', /^RFB \d{3}\.\d{3}/],
  // RFC 959 and RFC 5321 both begin with 220.
  ['ftp', /^220[ -][^\r\n]*ftp/i],
  ['smtp', /^220[ -][^\r\n]*(smtp|mail|postfix|exim|sendmail)/i],
  ['ftp-or-smtp', /^220[ -]/],
  // RFC 1939 and RFC 3501.
  ['pop', /^\+OK/],
  ['imap', /^\* (OK|PREAUTH|BYE)\b/],
  // RFC 3261 7, RFC 2326 6.
  ['sip', /^(SIP\/2\.0 |[A-Z]+ [^\r\n]* SIP\/2\.0)/],
  ['rtsp', /^(RTSP\/1\.0 |[A-Z_]+ [^\r\n]* RTSP\/1\.0)/],
  ['amqp', /^AMQP/],
  ['nx', /^NX(D|SH)-/],
  ['http', /^HTTP\//],
]

/** Those that begin with bytes, in hexadecimal digits. */
const BYTES: readonly (readonly [protocol: string, beginning: RegExp])[] = [
  // MS-SMB2 2.2.1, MS-CIFS 2.2.3.1, behind the length of MS-SMB2 2.1.
  ['smb2', /^(00.{6})?fe534d42/],
  ['smb', /^(00.{6})?ff534d42/],
  // RFC 854: WILL, WONT, DO, DONT.
  ['telnet', /^fff[b-e]/],
  // A MySQL handshake of version 10, or the refusal of a host.
  ['mysql', /^.{4}0000(0a3\d(3\d)?2e|ff.{4})/],
  // MS-TDS 2.2.3: prelogin, and the answer to it.
  ['tds', /^(12|04)01.{4}00000[01]00/],
  // PostgreSQL 3.0: start-up, request for TLS, or an error.
  ['pgsql', /^(0000.{4}00030000|0000000804d2162f|450000.{4}53(464154414c|4552524f52))/],
  // RFC 4511 4.1.1: a message with its number, then a bind, an answer to it, a search or an extended request.
  ['ldap', /^30([0-7].|81.{2}|82.{4}|84.{8})0201.{2}(60|61|63|64|65|77|78)/],
  ['ica', /^7f7f49434100/],
  ['bittorrent', /^13426974546f7272656e7420/],
]
/** Bytes that the longest of these needs. */
const LOOKED_AT = 16

/** The protocol that begins so, one character a byte; '' when it is not known. */
export function foreignProtocol(first: string): string {
  const digits = hexDigits(first)
  const named = WORDS.find(([, beginning]) => beginning.test(first)) ?? BYTES.find(([, begins]) => begins.test(digits))
  return named?.[0] ?? ''
}

/** How many bytes of such a beginning tell the protocol; 0 when it is not known. */
export function foreignStartLength(first: string): number {
  const word = WORDS.map(([, beginning]) => beginning.exec(first)).find(found => found !== null)
  if (word !== undefined) return word?.[0].length ?? 0
  const digits = hexDigits(first)
  const found = BYTES.map(([, begins]) => begins.exec(digits)).find(one => one !== null)
  return Math.ceil((found?.[0].length ?? 0) / 2)
}

function hexDigits(first: string): string {
  return Array.from(first.slice(0, LOOKED_AT), byte => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('')
}
