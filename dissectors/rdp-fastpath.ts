/**
 * Fast-path PDUs: the short form of a session's output and input, which alternates with TPKT in one stream. Its headers
 * are read; what is drawn is not. Behind the header of an encrypted PDU only its signature can be told.
 *
 * MS-RDPBCGR 2.2.8.1.2 (input), 2.2.9.1.2 (output), 5.3.8 (fast-path and TPKT in one stream).
 */
import { BROKEN, CLIENT, type Direction, NEED_MORE } from '../src/wire/dissector.ts'
import { bits, field, flag } from '../src/wire/field.ts'
import { MAX_INPUT_EVENTS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { COMPRESSION_TYPES } from './rdp-compression.ts'

const EVENT_NAMES = new Map([
  [0, 'Scancode'],
  [1, 'Mouse'],
  [2, 'MouseEx'],
  [3, 'Sync'],
  [4, 'Unicode'],
  [5, 'Relative mouse'],
  [6, 'QoE timestamp'],
])
const UPDATE_NAMES = new Map([
  [0, 'Orders'],
  [1, 'Bitmap'],
  [2, 'Palette'],
  [3, 'Synchronize'],
  [4, 'Surface commands'],
  [5, 'Pointer hidden'],
  [6, 'Pointer default'],
  [8, 'Pointer position'],
  [9, 'Color pointer'],
  [10, 'Cached pointer'],
  [11, 'New pointer'],
  [12, 'Large pointer'],
])
const FRAGMENTS = new Map([
  [0, 'Single fragment'],
  [1, 'Last fragment'],
  [2, 'First fragment'],
  [3, 'Next fragment'],
])
const fastPath = {
  root: field('rdp', 'Remote Desktop Protocol', 'group'),
  header: field('rdp.fastpath.header', 'Header', 'hex'),
  length: field('rdp.fastpathPDULength', 'fastpathPDULength'),
  signature: field('rdp.dataSignature', 'dataSignature', 'bytes'),
  encrypted: field('rdp.encryptedData', 'encryptedData', 'group'),
  data: field('rdp.fastpath.data', 'Data', 'bytes'),
  events: field('rdp.fastpath.numevents2', 'NumEvents2'),
  event: field('rdp.fastpath.event', 'Input event', 'group'),
  eventHeader: field('rdp.fastpath.eventheader', 'EventHeaderCode', 'hex'),
  keyCode: field('rdp.fastpath.scancode.keycode', 'KeyCode', 'hex'),
  unicode: field('rdp.fastpath.unicode.code', 'unicodeCode', 'hex'),
  pointerFlags: field('rdp.pointerflags', 'pointerFlags', 'hex'),
  x: field('rdp.pointer.xpos', 'xPos'),
  y: field('rdp.pointer.ypos', 'yPos'),
  pointerXFlags: field('rdp.pointerxflags', 'pointerFlags', 'hex'),
  xOfX: field('rdp.pointerx.xpos', 'xPos'),
  yOfX: field('rdp.pointerx.ypos', 'yPos'),
  xDelta: field('rdp.fastpath.mouserel.x', 'xDelta'),
  yDelta: field('rdp.fastpath.mouserel.y', 'yDelta'),
  timestamp: field('rdp.fastpath.qoe.timestamp', 'Timestamp', 'hex'),
  update: field('rdp.fastpath.update', 'Update', 'group'),
  updateHeader: field('rdp.fastpath.updateheader', 'Update header', 'hex'),
  compressionType: field('rdp.fastpath.server.compressiontype', 'CompressionType', 'hex'),
  size: field('rdp.fastpath.server.size', 'Size'),
  updateData: field('rdp.fastpath.updatedata', 'Update data', 'bytes'),
}
const action = bits('rdp.fastpath.action', 'Action', 0x03)
const flags = bits('rdp.fastpath.flags', 'Flags', 0xc0)
const INPUT_HEADER = [action, bits('rdp.fastpath.numevents', 'numEvents', 0x3c), flags]
const OUTPUT_HEADER = [action, bits('rdp.fastpath.reserved', 'Reserved', 0x3c, 'hex'), flags]
const eventCode = bits('rdp.fastpath.clienteventcode', 'Code', 0xe0, 'dec', EVENT_NAMES)
const eventFlags = [bits('rdp.fastpath.eventflags', 'Flags', 0x1f), eventCode]
const SCANCODE_FLAGS = [
  flag('rdp.fastpath.scancode.release', 'Release', 0x01),
  flag('rdp.fastpath.scancode.extended', 'Extended', 0x02),
  flag('rdp.fastpath.scancode.extended1', 'Extended1', 0x04),
  eventCode,
]
const SYNC_FLAGS = [
  flag('rdp.fastpath.sync.scrolllock', 'ScrollLock', 0x01),
  flag('rdp.fastpath.sync.numlock', 'NumLock', 0x02),
  flag('rdp.fastpath.sync.capslock', 'CapsLock', 0x04),
  flag('rdp.fastpath.sync.kanalock', 'KanaLock', 0x08),
  eventCode,
]
const UNICODE_FLAGS = [flag('rdp.fastpath.unicode.release', 'Release', 0x01), eventCode]
const POINTER_FLAGS = [
  flag('rdp.pointerflags.move', 'Move', 0x0800),
  flag('rdp.pointerflags.down', 'Down', 0x8000),
  flag('rdp.pointerflags.button1', 'Button1', 0x1000),
  flag('rdp.pointerflags.button2', 'Button2', 0x2000),
  flag('rdp.pointerflags.button3', 'Button3', 0x4000),
  bits('rdp.pointerflags.wheelrotation', 'Wheel rotation', 0x01ff),
  flag('rdp.pointerflags.wheelnegative', 'Wheel negative', 0x0100),
  flag('rdp.pointerflags.wheel', 'Wheel', 0x0200),
  flag('rdp.pointerflags.hwheel', 'Horizontal wheel', 0x0400),
]
const POINTER_X_FLAGS = [
  flag('rdp.pointerxflags.down', 'Down', 0x8000),
  flag('rdp.pointerxflags.button1', 'Button1', 0x0001),
  flag('rdp.pointerxflags.button2', 'Button2', 0x0002),
]
const UPDATE_HEADER = [
  bits('rdp.fastpath.clienteventcode', 'Code', 0x0f, 'dec', UPDATE_NAMES),
  bits('rdp.fastpath.serverfragmentation', 'Fragmentation', 0x30, 'dec', FRAGMENTS),
  bits('rdp.fastpath.servercompression', 'Compression', 0xc0, 'hex'),
]
const COMPRESSION = [
  flag('rdp.fastpath.server.compressionflags.compressed', 'Compressed', 0x20),
  flag('rdp.fastpath.server.compressionflags.atfront', 'At front', 0x40),
  flag('rdp.fastpath.server.compressionflags.flushed', 'Flushed', 0x80),
  bits('rdp.fastpath.server.compressionflags', 'CompressionFlags', 0x0f, 'hex', COMPRESSION_TYPES),
]

const ENCRYPTED = 0x80
const SIGNATURE_BYTES = 8
const COMPRESSION_USED = 0x80

/** Length of the whole PDU at `start`, or NEED_MORE, or BROKEN: one byte, or two when the top bit of the first is set. */
export function fastPathLength(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 2) return NEED_MORE
  const first = bytes[start + 1] as number
  if ((first & 0x80) === 0) return first < 2 ? BROKEN : first
  if (end - start < 3) return NEED_MORE
  const length = ((first & 0x7f) << 8) | (bytes[start + 2] as number)
  return length < 3 ? BROKEN : length
}

/** Header and length; what is behind them may have to be passed over. @returns the length of the whole PDU */
export function fastPathHeader(pdu: Pdu, direction: Direction): number {
  pdu.retitle(fastPath.root)
  pdu.u8(fastPath.header)
  pdu.bits(...(direction === CLIENT ? INPUT_HEADER : OUTPUT_HEADER))
  const long = (pdu.peek() & 0x80) !== 0
  const length = long ? ((pdu.peek() & 0x7f) << 8) | Math.max(0, pdu.peek(1)) : Math.max(0, pdu.peek())
  pdu.value(fastPath.length, long ? 2 : 1, length)
  return length
}

/** What is behind the header, to the end of the PDU. Only the tree wants it. */
export function fastPathContent(pdu: Pdu, direction: Direction, header: number): void {
  if ((header & ENCRYPTED) !== 0) {
    pdu.mark(fastPath.signature, SIGNATURE_BYTES)
    if (pdu.left > 0) pdu.mark(fastPath.encrypted, pdu.left)
    return
  }
  if (direction === CLIENT) input(pdu, (header >> 2) & 0x0f)
  else while (pdu.left > 0) update(pdu)
}

function input(pdu: Pdu, few: number): void {
  const count = few === 0 ? pdu.u8(fastPath.events) : few
  for (let n = 0; n < Math.min(count, MAX_INPUT_EVENTS) && pdu.left > 0; n++) {
    pdu.group(fastPath.event)
    if (!inputEvent(pdu)) {
      pdu.note('warning', 'an unknown event: those behind it can not be told apart')
      pdu.mark(fastPath.data, pdu.left)
    }
    pdu.end()
  }
  if (pdu.left > 0) pdu.mark(fastPath.data, pdu.left)
}

function inputEvent(pdu: Pdu): boolean {
  const code = pdu.u8(fastPath.eventHeader) >> 5
  switch (code) {
    case 0:
      pdu.bits(...SCANCODE_FLAGS)
      pdu.u8(fastPath.keyCode)
      return true
    case 1:
      pdu.bits(...eventFlags)
      pdu.u16le(fastPath.pointerFlags)
      pdu.bits(...POINTER_FLAGS)
      pdu.u16le(fastPath.x)
      pdu.u16le(fastPath.y)
      return true
    case 2:
      pdu.bits(...eventFlags)
      pdu.u16le(fastPath.pointerXFlags)
      pdu.bits(...POINTER_X_FLAGS)
      pdu.u16le(fastPath.xOfX)
      pdu.u16le(fastPath.yOfX)
      return true
    case 3:
      pdu.bits(...SYNC_FLAGS)
      return true
    case 4:
      pdu.bits(...UNICODE_FLAGS)
      pdu.u16le(fastPath.unicode)
      return true
    case 5:
      pdu.bits(...eventFlags)
      pdu.u16le(fastPath.pointerFlags)
      pdu.bits(...POINTER_FLAGS)
      pdu.u16le(fastPath.xDelta)
      pdu.u16le(fastPath.yDelta)
      return true
    case 6:
      pdu.bits(...eventFlags)
      pdu.u32le(fastPath.timestamp)
      return true
    default:
      pdu.bits(...eventFlags)
      return false
  }
}

function update(pdu: Pdu): void {
  pdu.group(fastPath.update)
  const header = pdu.u8(fastPath.updateHeader)
  pdu.bits(...UPDATE_HEADER)
  if ((header & 0xc0) === COMPRESSION_USED) {
    pdu.u8(fastPath.compressionType)
    pdu.bits(...COMPRESSION)
  }
  const size = pdu.u16le(fastPath.size)
  if (size > 0) pdu.mark(fastPath.updateData, size)
  pdu.end()
}
