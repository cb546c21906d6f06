/** What a file is, by its first bytes. */
import { CaptureError } from './error.ts'
import type { Compression } from './info.ts'

/** First bytes that are looked at. */
export const MAGIC_BYTES = 96

interface Known {
  readonly name: string
  readonly starts: string
}

const CONVERT = 'convert it with: editcap -F pcapng in out'
const UNPACK = 'unpack it, then open the capture in it'

/** Captures that are not read here; Wireshark converts them. */
const CAPTURES: readonly Known[] = [
  { name: 'a snoop capture (Solaris)', starts: 'snoop\0\0\0' },
  { name: 'a NetMon 1.x capture', starts: 'RTSS' },
  { name: 'a Sniffer capture', starts: 'TRSNIFF data    \x1a' },
  { name: 'a NetXRay or Windows Sniffer capture', starts: 'XCP\0' },
  { name: 'a NetXRay 1.0 capture', starts: 'VL\0\0' },
  { name: 'an Observer capture', starts: 'ObserverPktBuffe' },
  { name: 'an OmniPeek capture', starts: '\x7fver' },
  { name: 'a K12 capture', starts: '\0\0\x02\0\x12\x05\0\x10' },
  { name: 'an AIX iptrace capture', starts: 'iptrace ' },
  { name: 'a Bluetooth snoop capture', starts: 'btsnoop\0' },
  { name: 'a 5View capture', starts: '\xaa\xaa\xaa\xaa' },
  { name: 'a BLF log', starts: 'LOGG' },
]

const ARCHIVES: readonly Known[] = [
  { name: 'a zip archive', starts: 'PK\x03\x04' },
  { name: 'a 7-Zip archive', starts: "7z\xbc\xaf'\x1c" },
  { name: 'a RAR archive', starts: 'Rar!\x1a\x07' },
  { name: 'compressed with xz', starts: '\xfd7zXZ\0' },
  { name: 'compressed with bzip2', starts: 'BZh' },
]

const OTHERS: readonly Known[] = [
  { name: 'a PNG picture', starts: '\x89PNG\r\n\x1a\n' },
  { name: 'a JPEG picture', starts: '\xff\xd8\xff' },
  { name: 'a GIF picture', starts: 'GIF8' },
  { name: 'a PDF document', starts: '%PDF' },
  { name: 'a program', starts: '\x7fELF' },
  { name: 'a Windows program', starts: 'MZ' },
  { name: 'a Windows event log', starts: 'ElfFile\0' },
]

const LZ4 = '\x04\x22\x4d\x18'
const GZIP = '\x1f\x8b'
const ZSTD = '\x28\xb5\x2f\xfd'
/** Frames of zstd that hold no data begin with 0x50 to 0x5f and this. */
const ZSTD_SKIPPABLE = '\x2a\x4d\x18'
/** Where the header of the first event lies in an event trace, and how it begins on 64 and on 32 bits. */
const ETL_EVENT_AT = 72
const ETL_EVENTS: readonly string[] = ['\x02\x00\x02\xc0', '\x02\x00\x01\xc0']

/** How the bytes are compressed, if they are. @param head one character a byte. */
export function compressionOf(head: string): Compression | null {
  if (head.startsWith(GZIP)) return 'gzip'
  if (head.startsWith(ZSTD) || isSkippable(head)) return 'zstd'
  return null
}

/** Why this can not be read. @param head one character a byte. */
export function unreadableFormat(path: string, head: string): CaptureError {
  if (head === '') return new CaptureError('empty', `${path}: the file is empty`, 'nothing was recorded; record again')
  if (head.startsWith(LZ4)) {
    return new CaptureError(
      'unsupported-format',
      `${path}: compressed with lz4, which is not read`,
      'unpack it with: lz4 -d in out',
    )
  }
  if (ETL_EVENTS.some(event => head.startsWith(event, ETL_EVENT_AT))) {
    return new CaptureError(
      'unsupported-format',
      `${path}: a Windows event trace (.etl)`,
      'convert it with: pktmon etl2pcap in.etl --out out.pcapng (or etl2pcapng in.etl out.pcapng for netsh traces)',
    )
  }
  const capture = CAPTURES.find(known => head.startsWith(known.starts))
  if (capture !== undefined) {
    return new CaptureError('unsupported-format', `${path}: ${capture.name}, which is not read`, CONVERT)
  }
  const archive = ARCHIVES.find(known => head.startsWith(known.starts))
  if (archive !== undefined) {
    return new CaptureError('unsupported-format', `${path}: ${archive.name}, which is not read`, UNPACK)
  }
  const other = OTHERS.find(known => head.startsWith(known.starts))
  const what = other?.name ?? (isText(head) ? 'text' : 'of no known format')
  return new CaptureError(
    'not-a-capture',
    `${path}: not a capture: the file is ${what}`,
    'give a capture of tcpdump, Wireshark, dumpcap, pktmon or Network Monitor (pcap, pcapng, cap)',
  )
}

function isSkippable(head: string): boolean {
  return head.charCodeAt(0) >> 4 === 5 && head.startsWith(ZSTD_SKIPPABLE, 1)
}

/** Printable, white space, escapes, or beyond ASCII. */
function isText(head: string): boolean {
  for (let at = 0; at < head.length; at++) {
    const code = head.charCodeAt(at)
    if (code === 0x7f || (code < 0x20 && !'\t\n\f\r\x1b'.includes(head.charAt(at)))) return false
  }
  return true
}
