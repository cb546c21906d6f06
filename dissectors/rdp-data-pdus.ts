/**
 * Share data PDUs: the steps that make a session active, its end with a reason, and the settings in between. Graphics and
 * input are told by their kind alone. What is compressed stays so.
 *
 * MS-RDPBCGR 2.2.8.1.1.1.2 (header), 2.2.1.14 to 2.2.1.22 (finalization), 2.2.2 (shutdown), 2.2.5 (error and status info),
 * 2.2.8.2, 2.2.9.1.1.5, 2.2.11, 2.2.12 (the others).
 */
import { statusInfo } from '../src/codes/authorization.ts'
import { errorInfo } from '../src/codes/errinfo.ts'
import { type Direction, type Out, SERVER } from '../src/wire/dissector.ts'
import { bits, field } from '../src/wire/field.ts'
import { MAX_INPUT_EVENTS, MAX_MONITORS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { COMPRESSION_TYPES } from './rdp-compression.ts'
import { type LogonFact, saveSessionInfo } from './rdp-logon.ts'
import { mayRepeat, type RdpSession } from './rdp-session.ts'

/** Set Error Info: why the server is about to end the session; 0 is no error. */
export interface ErrorInfo {
  readonly kind: 'error-info'
  readonly code: number
}
/** Status Info: what the server is doing meanwhile. */
export interface StatusInfo {
  readonly kind: 'status-info'
  readonly code: number
}
/** The Font Map of the server: the session is active. Again after each reactivation. */
export interface SessionActive {
  readonly kind: 'session-active'
}
/** The server refuses to end the session of a logged-on user by itself. */
export interface ShutdownDenied {
  readonly kind: 'shutdown-denied'
}
/** Auto-reconnect failed; the NTSTATUS. */
export interface AutoReconnectFailed {
  readonly kind: 'auto-reconnect-failed'
  readonly status: number
}
export type RdpDataPduFact = ErrorInfo | StatusInfo | SessionActive | ShutdownDenied | AutoReconnectFailed | LogonFact

const TYPES = new Map([
  [0x02, 'Update'],
  [0x14, 'Control'],
  [0x1b, 'Pointer'],
  [0x1c, 'Input'],
  [0x1f, 'Synchronize'],
  [0x21, 'Refresh rect'],
  [0x22, 'Play sound'],
  [0x23, 'Suppress output'],
  [0x24, 'Shutdown request'],
  [0x25, 'Shutdown denied'],
  [0x26, 'Save session info'],
  [0x27, 'Font list'],
  [0x28, 'Font map'],
  [0x29, 'Set keyboard indicators'],
  [0x2b, 'Bitmap cache persistent list'],
  [0x2c, 'Bitmap cache error'],
  [0x2d, 'Set keyboard IME status'],
  [0x2e, 'Offscreen cache error'],
  [0x2f, 'Set error info'],
  [0x30, 'DrawNineGrid error'],
  [0x31, 'Draw GDI+ error'],
  [0x32, 'Auto-reconnect status'],
  [0x36, 'Status info'],
  [0x37, 'Monitor layout'],
])
const ACTIONS = new Map([
  [1, 'Request control'],
  [2, 'Granted control'],
  [3, 'Detach'],
  [4, 'Cooperate'],
])
const UPDATE_TYPES = new Map([
  [0, 'Orders'],
  [1, 'Bitmap'],
  [2, 'Palette'],
  [3, 'Synchronize'],
])
const data = {
  pad: field('rdp.pad1', 'pad1', 'hex'),
  stream: field('rdp.streamId', 'streamId'),
  uncompressedLength: field('rdp.uncompressedLength', 'uncompressedLength'),
  type: field('rdp.pduType2', 'pduType2', 'dec', TYPES),
  compressedType: field('rdp.compressedType', 'compressedType', 'hex'),
  compressedLength: field('rdp.compressedLength', 'compressedLength'),
  compressed: field('rdp.compressedData', 'Compressed data', 'bytes'),
  content: field('rdp.pduData', 'Data', 'bytes'),
  updateType: field('rdp.updateType', 'updateType', 'dec', UPDATE_TYPES),
  pointerType: field('rdp.pointerType', 'messageType', 'hex'),
  events: field('rdp.input.numEvents', 'numEvents'),
  eventTime: field('rdp.input.eventTime', 'eventTime'),
  eventType: field('rdp.input.messageType', 'messageType', 'hex'),
  event: field('rdp.input.event', 'Input event', 'bytes'),
  pad2: field('rdp.pduPad', 'Pad', 'bytes'),
  errorInfo: field('rdp.errorInfo', 'errorInfo', 'hex', errorInfo.symbols),
  status: field('rdp.statusInfo', 'statusCode', 'hex', statusInfo.symbols),
  arcStatus: field('rdp.arcStatus', 'Auto-reconnect status', 'hex'),
  unit: field('rdp.keyboard.unitId', 'unitId'),
  leds: field('rdp.keyboard.ledFlags', 'ledFlags', 'hex'),
  imeState: field('rdp.keyboard.imeState', 'imeState', 'hex'),
  imeMode: field('rdp.keyboard.imeConvMode', 'imeConvMode', 'hex'),
  duration: field('rdp.sound.duration', 'duration'),
  frequency: field('rdp.sound.frequency', 'frequency'),
  allow: field('rdp.suppressOutput.allowDisplayUpdates', 'allowDisplayUpdates'),
  areas: field('rdp.refreshRect.numberOfAreas', 'numberOfAreas'),
  cacheError: field('rdp.cacheError', 'Error', 'hex'),
  monitors: field('rdp.monitorLayout.count', 'monitorCount'),
  monitor: field('rdp.monitorLayout.monitor', 'Monitor', 'group'),
}
const COMPRESSION = [
  bits('rdp.compressedType.type', 'compressedTypeType', 0x0f, 'hex', COMPRESSION_TYPES),
  bits('rdp.compressedType.compressed', 'compressedTypeCompressed', 0x20, 'hex'),
  bits('rdp.compressedType.atFront', 'compressedTypeAtFront', 0x40, 'hex'),
  bits('rdp.compressedType.flushed', 'compressedTypeFlushed', 0x80, 'hex'),
]
const control = {
  action: field('rdp.action', 'action', 'hex', ACTIONS),
  grant: field('rdp.grantId', 'grantId'),
  control: field('rdp.controlId', 'controlId'),
}
const synchronize = {
  type: field('rdp.messageType', 'messageType'),
  user: field('rdp.targetUser', 'targetUser'),
}
const fontMap = {
  entries: field('rdp.numberEntries', 'numberEntries'),
  total: field('rdp.totalNumberEntries', 'totalNumberEntries'),
  flags: field('rdp.mapFlags', 'mapFlags', 'hex'),
  size: field('rdp.entrySize', 'entrySize'),
}
const MAP_FLAGS = [
  bits('rdp.mapFlags.fontMapFirst', 'fontMapFirst', 0x0001, 'hex'),
  bits('rdp.mapFlags.fontMapLast', 'fontMapLast', 0x0002, 'hex'),
]
const FONT_LIST = [
  field('rdp.fontList.numberFonts', 'numberFonts'),
  field('rdp.fontList.totalNumFonts', 'totalNumFonts'),
  field('rdp.fontList.listFlags', 'listFlags', 'hex'),
  field('rdp.fontList.entrySize', 'entrySize'),
]
const RECTANGLE = [
  field('rdp.rectangle.left', 'left'),
  field('rdp.rectangle.top', 'top'),
  field('rdp.rectangle.right', 'right'),
  field('rdp.rectangle.bottom', 'bottom'),
]
const MONITOR = [
  field('rdp.monitorLayout.left', 'left'),
  field('rdp.monitorLayout.top', 'top'),
  field('rdp.monitorLayout.right', 'right'),
  field('rdp.monitorLayout.bottom', 'bottom'),
]
const monitorFlags = field('rdp.monitorLayout.flags', 'flags', 'hex')
const PERSISTENT_COUNTS = ['numEntriesCache', 'totalEntriesCache'].flatMap(name =>
  [0, 1, 2, 3, 4].map(n => field(`rdp.${name}${n}`, `${name}${n}`)),
)
const persistent = {
  mask: field('rdp.bBitMask', 'bBitMask', 'hex'),
  pad2: field('rdp.Pad2', 'Pad2', 'hex'),
  pad3: field('rdp.Pad3', 'Pad3', 'hex'),
}

const COMPRESSED = 0x20

/** From behind the share id. */
export function dataPdu(pdu: Pdu, session: RdpSession, direction: Direction, out: Out<RdpDataPduFact>): void {
  pdu.u8(data.pad)
  pdu.u8(data.stream)
  pdu.u16le(data.uncompressedLength)
  const type = pdu.u8(data.type)
  const compression = pdu.u8(data.compressedType)
  pdu.bits(...COMPRESSION)
  pdu.u16le(data.compressedLength)
  if ((compression & COMPRESSED) !== 0) {
    if (pdu.left > 0) pdu.mark(data.compressed, pdu.left)
    return
  }
  if (!say(pdu, type, session, direction, out)) content(pdu, type)
  if (pdu.left > 0) pdu.mark(data.content, pdu.left)
}

/** Those that are facts. */
function say(pdu: Pdu, type: number, session: RdpSession, direction: Direction, out: Out<RdpDataPduFact>): boolean {
  switch (type) {
    case 0x2f: {
      const code = pdu.u32le(data.errorInfo)
      if (pdu.ok) out.fact({ kind: 'error-info', code })
      return true
    }
    case 0x36: {
      const code = pdu.u32le(data.status)
      if (pdu.ok && mayRepeat(session, true)) out.fact({ kind: 'status-info', code })
      return true
    }
    case 0x32: {
      const status = pdu.u32le(data.arcStatus)
      if (pdu.ok) out.fact({ kind: 'auto-reconnect-failed', status })
      return true
    }
    case 0x25:
      if (pdu.ok && mayRepeat(session, true)) out.fact({ kind: 'shutdown-denied' })
      return true
    case 0x26:
      saveSessionInfo(pdu, out)
      return true
    case 0x28:
      map(pdu, session, direction, out)
      return true
    default:
      return false
  }
}

function map(pdu: Pdu, session: RdpSession, direction: Direction, out: Out<RdpDataPduFact>): void {
  pdu.u16le(fontMap.entries)
  pdu.u16le(fontMap.total)
  pdu.u16le(fontMap.flags)
  pdu.bits(...MAP_FLAGS)
  pdu.u16le(fontMap.size)
  if (!pdu.ok || direction !== SERVER) return
  session.connecting = false
  out.bulk()
  if (mayRepeat(session, true)) out.fact({ kind: 'session-active' })
}

function content(pdu: Pdu, type: number): void {
  switch (type) {
    case 0x02:
      pdu.u16le(data.updateType)
      break
    case 0x14:
      pdu.u16le(control.action)
      pdu.u16le(control.grant)
      pdu.u32le(control.control)
      break
    case 0x1b:
      pdu.u16le(data.pointerType)
      break
    case 0x1c:
      input(pdu)
      break
    case 0x1f:
      pdu.u16le(synchronize.type)
      pdu.u16le(synchronize.user)
      break
    case 0x21: {
      const areas = pdu.u8(data.areas)
      pdu.mark(data.pad2, 3)
      for (let n = 0; n < areas && pdu.left > 0; n++) rectangle(pdu)
      break
    }
    case 0x22:
      pdu.u32le(data.duration)
      pdu.u32le(data.frequency)
      break
    case 0x23:
      pdu.u8(data.allow)
      pdu.mark(data.pad2, 3)
      if (pdu.left > 0) rectangle(pdu)
      break
    case 0x27:
      for (const f of FONT_LIST) pdu.u16le(f)
      break
    case 0x29:
      pdu.u16le(data.unit)
      pdu.u16le(data.leds)
      break
    case 0x2b:
      for (const f of PERSISTENT_COUNTS) pdu.u16le(f)
      pdu.u8(persistent.mask)
      pdu.u8(persistent.pad2)
      pdu.u16le(persistent.pad3)
      break
    case 0x2d:
      pdu.u16le(data.unit)
      pdu.u32le(data.imeState)
      pdu.u32le(data.imeMode)
      break
    case 0x2e:
    case 0x30:
    case 0x31:
      pdu.u32le(data.cacheError)
      break
    case 0x37:
      monitorLayout(pdu)
      break
    default:
  }
}

function input(pdu: Pdu): void {
  const count = pdu.u16le(data.events)
  pdu.mark(data.pad2, 2)
  for (let n = 0; n < Math.min(count, MAX_INPUT_EVENTS) && pdu.left > 0; n++) {
    pdu.u32le(data.eventTime)
    pdu.u16le(data.eventType)
    pdu.mark(data.event, 6)
  }
}

function rectangle(pdu: Pdu): void {
  for (const side of RECTANGLE) pdu.u16le(side)
}

function monitorLayout(pdu: Pdu): void {
  const count = pdu.u32le(data.monitors)
  for (let n = 0; n < Math.min(count, MAX_MONITORS) && pdu.left > 0; n++) {
    pdu.group(data.monitor)
    for (const side of MONITOR) pdu.i32le(side)
    pdu.u32le(monitorFlags)
    pdu.end()
  }
}
