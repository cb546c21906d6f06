/** The fields of HTTP/2, and the numbers that they are named by: RFC 9113 sections 6 (frame types) and 7 (error codes), RFC 8441. */
import { bits, type Field, field, flag } from '../src/wire/field.ts'

export const DATA = 0
export const HEADERS = 1
export const PRIORITY = 2
export const RST_STREAM = 3
export const SETTINGS = 4
export const PUSH_PROMISE = 5
export const PING = 6
export const GOAWAY = 7
export const WINDOW_UPDATE = 8
export const CONTINUATION = 9
const TYPES = new Map([
  [DATA, 'DATA'],
  [HEADERS, 'HEADERS'],
  [PRIORITY, 'PRIORITY'],
  [RST_STREAM, 'RST_STREAM'],
  [SETTINGS, 'SETTINGS'],
  [PUSH_PROMISE, 'PUSH_PROMISE'],
  [PING, 'PING'],
  [GOAWAY, 'GOAWAY'],
  [WINDOW_UPDATE, 'WINDOW_UPDATE'],
  [CONTINUATION, 'CONTINUATION'],
])
const ERRORS = new Map([
  [0, 'NO_ERROR'],
  [1, 'PROTOCOL_ERROR'],
  [2, 'INTERNAL_ERROR'],
  [3, 'FLOW_CONTROL_ERROR'],
  [4, 'SETTINGS_TIMEOUT'],
  [5, 'STREAM_CLOSED'],
  [6, 'FRAME_SIZE_ERROR'],
  [7, 'REFUSED_STREAM'],
  [8, 'CANCEL'],
  [9, 'COMPRESSION_ERROR'],
  [10, 'CONNECT_ERROR'],
  [11, 'ENHANCE_YOUR_CALM'],
  [12, 'INADEQUATE_SECURITY'],
  [13, 'HTTP_1_1_REQUIRED'],
])
const SETTING_NAMES = new Map([
  [1, 'Header table size'],
  [2, 'Enable PUSH'],
  [3, 'Max concurrent streams'],
  [4, 'Initial Windows size'],
  [5, 'Max frame size'],
  [6, 'Max header list size'],
  [8, 'Extended CONNECT'],
])
const END_STREAM = 0x01
export const END_HEADERS = 0x04
export const PADDED = 0x08
export const HAS_PRIORITY = 0x20

export const frame = {
  stream: field('http2.stream', 'Stream', 'group'),
  magic: field('http2.magic', 'Magic', 'text'),
  length: field('http2.length', 'Length'),
  type: field('http2.type', 'Type', 'dec', TYPES),
  flags: field('http2.flags', 'Flags', 'hex'),
  streamWord: field('http2.stream_word', 'Reserved and stream', 'hex'),
  reserved: bits('http2.r', 'Reserved', 0x80000000, 'hex'),
  streamId: bits('http2.streamid', 'Stream Identifier', 0x7fffffff),
  unknown: field('http2.unknown', 'Unknown', 'bytes'),
  data: field('http2.data.data', 'Data', 'bytes'),
  padLength: field('http2.pad_length', 'Pad Length'),
  padding: field('http2.data.padding', 'Padding', 'bytes'),
  headerPadding: field('http2.headers.padding', 'Padding', 'bytes'),
  dependencyWord: field('http2.dependency_word', 'Exclusive and stream dependency', 'hex'),
  exclusive: flag('http2.exclusive', 'Exclusive', 0x80000000),
  dependency: bits('http2.stream_dependency', 'Stream Dependency', 0x7fffffff),
  weight: field('http2.headers.weight', 'Weight'),
  reset: field('http2.rst_stream.error', 'Error', 'dec', ERRORS),
  settings: field('http2.settings', 'Settings', 'group'),
  settingId: field('http2.settings.id', 'Settings Identifier', 'dec', SETTING_NAMES),
  ping: field('http2.ping', 'Ping', 'bytes'),
  lastStreamWord: field('http2.goaway.last_stream_word', 'Last stream', 'hex'),
  lastStream: bits('http2.goaway.last_stream_id', 'Promised-Stream-ID', 0x7fffffff),
  goaway: field('http2.goaway.error', 'Error', 'dec', ERRORS),
  goawayData: field('http2.goaway.addata', 'Additional Debug Data', 'bytes'),
  windowWord: field('http2.window_update.word', 'Reserved and increment', 'hex'),
  windowReserved: bits('http2.window_update.r', 'Reserved', 0x80000000, 'hex'),
  window: bits('http2.window_update.window_size_increment', 'Window Size Increment', 0x7fffffff),
}
export const settings = new Map([
  [1, field('http2.settings.header_table_size', 'Header table size')],
  [2, field('http2.settings.enable_push', 'Enable PUSH')],
  [3, field('http2.settings.max_concurrent_streams', 'Max concurrent streams')],
  [4, field('http2.settings.initial_window_size', 'Initial Windows size')],
  [5, field('http2.settings.max_frame_size', 'Max frame size')],
  [6, field('http2.settings.max_header_list_size', 'Max header list size')],
  [8, field('http2.settings.extended_connect', 'Extended CONNECT')],
])
export const unknownSetting = field('http2.settings.unknown', 'Unknown Settings')
const flags = {
  endStream: flag('http2.flags.end_stream', 'End Stream', END_STREAM),
  endHeaders: flag('http2.flags.eh', 'End Headers', END_HEADERS),
  padded: flag('http2.flags.padded', 'Padded', PADDED),
  priority: flag('http2.flags.priority', 'Priority', HAS_PRIORITY),
  settingsAck: flag('http2.flags.ack.settings', 'ACK', 0x01),
  pingAck: flag('http2.flags.ack.ping', 'ACK', 0x01),
}
const unused = (name: string, mask: number) => bits(name, 'Unused', mask, 'hex')
export const anyFlags = [unused('http2.flags.unused', 0xff)]
export const FLAGS: ReadonlyMap<number, readonly Field[]> = new Map([
  [DATA, [unused('http2.flags.unused_data', 0xf6), flags.padded, flags.endStream]],
  [
    HEADERS,
    [unused('http2.flags.unused_headers', 0xd2), flags.priority, flags.padded, flags.endHeaders, flags.endStream],
  ],
  [SETTINGS, [unused('http2.flags.unused_settings', 0xfe), flags.settingsAck]],
  [PUSH_PROMISE, [unused('http2.flags.unused_push_promise', 0xf3), flags.padded, flags.endHeaders]],
  [PING, [unused('http2.flags.unused_ping', 0xfe), flags.pingAck]],
  [CONTINUATION, [unused('http2.flags.unused_continuation', 0xfb), flags.endHeaders]],
])
export const header = {
  block: field('http2.headers', 'Header Block Fragment', 'bytes'),
  one: field('http2.header', 'Header', 'group'),
  length: field('http2.header.length', 'Header Length'),
  count: field('http2.header.count', 'Header Count'),
  nameLength: field('http2.header.name.length', 'Name Length'),
  name: field('http2.header.name', 'Name', 'text'),
  valueLength: field('http2.header.value.length', 'Value Length'),
  value: field('http2.header.value', 'Value', 'text'),
  packed: field('http2.header.packed', 'Representation', 'bytes'),
}
const NAMED = `:authority :path :method :scheme accept accept-charset accept-encoding accept-language accept-ranges
  access-control-allow-origin allow authorization cache-control content-disposition content-encoding content-language
  content-location content-range content-type cookie date etag expect expires from if-match if-modified-since
  if-none-match if-range if-unmodified-since last-modified link location proxy-authenticate proxy-authorization range
  referer refresh retry-after server set-cookie strict-transport-security user-agent vary via www-authenticate`
  .split(/\s+/)
  .map(name => [name, field(`http2.headers.${name.replace(':', '').replaceAll('-', '_')}`, name, 'text')] as const)
const NUMBERED = [':status', 'age', 'content-length', 'max-forwards'].map(
  name => [name, field(`http2.headers.${name.replace(':', '').replaceAll('-', '_')}`, name)] as const,
)
export const TEXT_FIELDS: ReadonlyMap<string, Field> = new Map(NAMED)
export const NUMBER_FIELDS: ReadonlyMap<string, Field> = new Map(NUMBERED)
export const contentOf = field('http2.content', 'Content', 'group')
export const CONTENTS: ReadonlyMap<number, Field> = new Map(
  [...TYPES.keys()].map(type => [type, type === SETTINGS ? frame.settings : contentOf]),
)
