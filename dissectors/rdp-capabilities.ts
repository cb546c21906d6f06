/**
 * Capability sets: what each side can do, exchanged in Demand Active and Confirm Active. MS-RDPBCGR 2.2.7, MS-RDPERP
 * 2.2.1.1, MS-RDPRFX 2.2.1.3, MS-RDPEGDI 2.2.1.
 */
import { bits, type Field, field, flag } from '../src/wire/field.ts'
import { MAX_CAPABILITY_SETS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'

const SETS = new Map([
  [1, 'General'],
  [2, 'Bitmap'],
  [3, 'Order'],
  [4, 'Bitmap cache'],
  [5, 'Control'],
  [7, 'Activation'],
  [8, 'Pointer'],
  [9, 'Share'],
  [10, 'Color cache'],
  [12, 'Sound'],
  [13, 'Input'],
  [14, 'Font'],
  [15, 'Brush'],
  [16, 'Glyph cache'],
  [17, 'Offscreen cache'],
  [18, 'Bitmap cache host support'],
  [19, 'Bitmap cache revision 2'],
  [20, 'Virtual channel'],
  [21, 'DrawNineGrid cache'],
  [22, 'Draw GDI+'],
  [23, 'Remote programs'],
  [24, 'Window list'],
  [25, 'Desktop composition'],
  [26, 'Multifragment update'],
  [27, 'Large pointer'],
  [28, 'Surface commands'],
  [29, 'Bitmap codecs'],
  [30, 'Frame acknowledge'],
])
const capability = {
  set: field('rdp.capabilitySet', 'capabilitySet', 'group'),
  type: field('rdp.capabilitySetType', 'capabilitySetType', 'hex', SETS),
  length: field('rdp.lengthCapability', 'lengthCapability'),
  data: field('rdp.capabilityData', 'capabilityData', 'group'),
  rest: field('rdp.unknown', 'Unknown part', 'bytes'),
  count: field('rdp.capability.codecs.count', 'bitmapCodecCount'),
  codec: field('rdp.capability.codec', 'Bitmap codec', 'group'),
  codecId: field('rdp.capability.codec.guid', 'codecGUID', 'guid'),
  codecNumber: field('rdp.capability.codec.id', 'codecID'),
  codecLength: field('rdp.capability.codec.length', 'codecPropertiesLength'),
  codecProperties: field('rdp.capability.codec.properties', 'codecProperties', 'bytes'),
}

/** A field, its size, and what its bits mean. */
interface Part {
  readonly field: Field
  readonly bytes: number
  readonly bits: readonly Field[]
}

function part(name: string, bytes: number, ...parts: readonly Field[]): Part {
  const label = name.slice(name.lastIndexOf('.') + 1)
  const format = bytes === 1 || bytes === 2 || bytes === 4 ? (/flags?$/i.test(label) ? 'hex' : 'dec') : 'bytes'
  return { field: field(`rdp.capability.${name}`, label, format), bytes, bits: parts }
}

const GENERAL_FLAGS = [
  flag('rdp.capability.general.extraFlags.fastpath', 'FASTPATH_OUTPUT_SUPPORTED', 0x0001),
  flag('rdp.capability.general.extraFlags.longcredentials', 'LONG_CREDENTIALS_SUPPORTED', 0x0004),
  flag('rdp.capability.general.extraFlags.autoreconnect', 'AUTORECONNECT_SUPPORTED', 0x0008),
  flag('rdp.capability.general.extraFlags.saltedchecksum', 'ENC_SALTED_CHECKSUM', 0x0010),
  flag('rdp.capability.general.extraFlags.nobitmapheader', 'NO_BITMAP_COMPRESSION_HDR', 0x0400),
]
const INPUT_FLAGS = [
  flag('rdp.capability.input.inputFlags.scancodes', 'INPUT_FLAG_SCANCODES', 0x0001),
  flag('rdp.capability.input.inputFlags.mousex', 'INPUT_FLAG_MOUSEX', 0x0004),
  flag('rdp.capability.input.inputFlags.fastpath', 'INPUT_FLAG_FASTPATH_INPUT', 0x0008),
  flag('rdp.capability.input.inputFlags.unicode', 'INPUT_FLAG_UNICODE', 0x0010),
  flag('rdp.capability.input.inputFlags.fastpath2', 'INPUT_FLAG_FASTPATH_INPUT2', 0x0020),
]
const CHANNEL_FLAGS = [
  flag('rdp.capability.virtualchannel.flags.servertoclient', 'VCCAPS_COMPR_SC', 0x00000001),
  flag('rdp.capability.virtualchannel.flags.clienttoserver', 'VCCAPS_COMPR_CS_8K', 0x00000002),
]
const COMMAND_FLAGS = [
  flag('rdp.capability.surfacecommands.cmdFlags.setbits', 'SURFCMDS_SETSURFACEBITS', 0x02),
  flag('rdp.capability.surfacecommands.cmdFlags.framemarker', 'SURFCMDS_FRAMEMARKER', 0x10),
  flag('rdp.capability.surfacecommands.cmdFlags.streambits', 'SURFCMDS_STREAMSURFACEBITS', 0x40),
]
const POINTER_FLAGS = [
  flag('rdp.capability.largepointer.flags.96', 'LARGE_POINTER_FLAG_96x96', 0x01),
  flag('rdp.capability.largepointer.flags.384', 'LARGE_POINTER_FLAG_384x384', 0x02),
]
const RAIL_FLAGS = [
  flag('rdp.capability.rail.level.supported', 'TS_RAIL_LEVEL_SUPPORTED', 0x01),
  flag('rdp.capability.rail.level.handshakeex', 'TS_RAIL_LEVEL_HANDSHAKE_EX_SUPPORTED', 0x80),
  bits('rdp.capability.rail.level.others', 'Others', 0x7e, 'hex'),
]
/** Fields of each set in order; what is behind them, or of a set that is not here, stays bytes. */
const PARTS: ReadonlyMap<number, readonly Part[]> = new Map([
  [
    1,
    [
      part('general.osMajorType', 2),
      part('general.osMinorType', 2),
      part('general.protocolVersion', 2),
      part('general.pad', 2),
      part('general.compressionTypes', 2),
      part('general.extraFlags', 2, ...GENERAL_FLAGS),
      part('general.updateCapabilityFlag', 2),
      part('general.remoteUnshareFlag', 2),
      part('general.compressionLevel', 2),
      part('general.refreshRectSupport', 1),
      part('general.suppressOutputSupport', 1),
    ],
  ],
  [
    2,
    [
      part('bitmap.preferredBitsPerPixel', 2),
      part('bitmap.receive1BitPerPixel', 2),
      part('bitmap.receive4BitsPerPixel', 2),
      part('bitmap.receive8BitsPerPixel', 2),
      part('bitmap.desktopWidth', 2),
      part('bitmap.desktopHeight', 2),
      part('bitmap.pad', 2),
      part('bitmap.desktopResizeFlag', 2),
      part('bitmap.compressionFlag', 2),
      part('bitmap.highColorFlags', 1),
      part('bitmap.drawingFlags', 1),
      part('bitmap.multipleRectangleSupport', 2),
    ],
  ],
  [
    3,
    [
      part('order.terminalDescriptor', 16),
      part('order.pad', 4),
      part('order.desktopSaveXGranularity', 2),
      part('order.desktopSaveYGranularity', 2),
      part('order.pad2', 2),
      part('order.maximumOrderLevel', 2),
      part('order.numberFonts', 2),
      part('order.orderFlags', 2),
      part('order.orderSupport', 32),
      part('order.textFlags', 2),
      part('order.orderSupportExFlags', 2),
      part('order.pad3', 4),
      part('order.desktopSaveSize', 4),
      part('order.pad4', 4),
      part('order.textANSICodePage', 2),
    ],
  ],
  [
    5,
    [
      part('control.controlFlags', 2),
      part('control.remoteDetachFlag', 2),
      part('control.controlInterest', 2),
      part('control.detachInterest', 2),
    ],
  ],
  [8, [part('pointer.colorFlag', 2), part('pointer.colorCacheSize', 2), part('pointer.cacheSize', 2)]],
  [9, [part('share.nodeId', 2)]],
  [12, [part('sound.soundFlags', 2)]],
  [
    13,
    [
      part('input.inputFlags', 2, ...INPUT_FLAGS),
      part('input.pad', 2),
      part('input.keyboardLayout', 4),
      part('input.keyboardType', 4),
      part('input.keyboardSubType', 4),
      part('input.keyboardFunctionKey', 4),
      part('input.imeFileName', 64),
    ],
  ],
  [14, [part('font.fontSupportFlags', 2)]],
  [15, [part('brush.supportLevel', 4)]],
  [17, [part('offscreen.supportLevel', 4), part('offscreen.cacheSize', 2), part('offscreen.cacheEntries', 2)]],
  [18, [part('bitmapcachehost.cacheVersion', 1)]],
  [19, [part('bitmapcache2.cacheFlags', 2), part('bitmapcache2.pad', 1), part('bitmapcache2.numCellCaches', 1)]],
  [20, [part('virtualchannel.flags', 4, ...CHANNEL_FLAGS), part('virtualchannel.chunkSize', 4)]],
  [21, [part('ninegrid.supportLevel', 4), part('ninegrid.cacheSize', 2), part('ninegrid.cacheEntries', 2)]],
  [23, [part('rail.level', 4, ...RAIL_FLAGS)]],
  [24, [part('window.level', 4), part('window.numIconCaches', 1), part('window.numIconCacheEntries', 2)]],
  [25, [part('composition.level', 2)]],
  [26, [part('multifragment.maxRequestSize', 4)]],
  [27, [part('largepointer.flags', 2, ...POINTER_FLAGS)]],
  [28, [part('surfacecommands.cmdFlags', 4, ...COMMAND_FLAGS)]],
  [30, [part('frameacknowledge.maxUnacknowledged', 4)]],
])
const BITMAP_CODECS = 29
const HEADER_BYTES = 4

/** So many sets, each with a length of its own. */
export function capabilitySets(pdu: Pdu, count: number): void {
  for (let n = 0; n < Math.min(count, MAX_CAPABILITY_SETS) && pdu.left > 0; n++) {
    const at = (ahead: number) => Math.max(0, pdu.peek(ahead))
    const type = at(0) | (at(1) << 8)
    pdu.sized(capability.set, Math.max(HEADER_BYTES, at(2) | (at(3) << 8)), capability.length)
    pdu.u16le(capability.type)
    pdu.u16le(capability.length)
    if (pdu.left > 0) {
      pdu.group(capability.data)
      if (type === BITMAP_CODECS) codecs(pdu)
      else parts(pdu, PARTS.get(type) ?? [])
      if (pdu.left > 0) pdu.mark(capability.rest, pdu.left)
      pdu.end()
    }
    pdu.end()
  }
}

function parts(pdu: Pdu, list: readonly Part[]): void {
  for (const { field: f, bytes, bits: meanings } of list) {
    // Older sides leave out the last fields of a set.
    if (pdu.left === 0) return
    if (bytes === 1) pdu.u8(f)
    else if (bytes === 2) pdu.u16le(f)
    else if (bytes === 4) pdu.u32le(f)
    else pdu.mark(f, bytes)
    if (meanings.length > 0) pdu.bits(...meanings)
  }
}

function codecs(pdu: Pdu): void {
  const count = pdu.u8(capability.count)
  for (let n = 0; n < count && pdu.left > 0; n++) {
    pdu.group(capability.codec)
    pdu.mark(capability.codecId, 16)
    pdu.u8(capability.codecNumber)
    const length = pdu.u16le(capability.codecLength)
    if (length > 0) pdu.mark(capability.codecProperties, length)
    pdu.end()
  }
}
