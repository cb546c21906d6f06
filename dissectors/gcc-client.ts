/** The client's settings: blocks of its GCC data. MS-RDPBCGR 2.2.1.3.2 to 2.2.1.3.10. */
import { bits, type Field, field, flag } from '../src/wire/field.ts'
import { MAX_MONITORS, MAX_STATIC_CHANNELS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { ansiText, utf16Text } from './rdp-text.ts'

/** Who the client says that it is, in MCS Connect Initial. */
export interface RdpClient {
  readonly kind: 'rdp-client'
  /** Major version in the upper half, minor in the lower: 0x00080004 is RDP 5 and later. */
  readonly version: number
  readonly build: number
  /** Of the computer. */
  readonly name: string
  /** What the client believes that the server selected; -1 when it does not say. */
  readonly selectedProtocol: number
  readonly earlyCapabilities: number
  /** 1 modem to 6 LAN, 7 detects it; 0 when it does not say. */
  readonly connectionType: number
  /** Bits of the multitransport block: UDP wanted; 0 without. */
  readonly multitransport: number
  /** Static virtual channels that it asks for. */
  readonly channels: readonly string[]
  readonly complete: boolean
}

const BLOCK_NAMES = new Map([
  [0xc001, 'clientCoreData'],
  [0xc002, 'clientSecurityData'],
  [0xc003, 'clientNetworkData'],
  [0xc004, 'clientClusterData'],
  [0xc005, 'clientMonitorData'],
  [0xc006, 'clientMsgChannelData'],
  [0xc008, 'clientMonitorExData'],
  [0xc00a, 'clientMultiTransportData'],
])
const GROUP_NAMES = new Map([
  [0xc001, 'rdp.client.coreData'],
  [0xc002, 'rdp.client.securityData'],
  [0xc003, 'rdp.client.networkData'],
  [0xc004, 'rdp.client.clusterData'],
  [0xc005, 'rdp.client.monitorData'],
  [0xc006, 'rdp.client.msgChannelData'],
  [0xc008, 'rdp.client.monitorExData'],
  [0xc00a, 'rdp.client.multiTransportData'],
])
const GROUPS: ReadonlyMap<number, Field> = new Map(
  [...GROUP_NAMES].map(([type, name]) => [type, field(name, BLOCK_NAMES.get(type) ?? name, 'group')]),
)
const UNKNOWN = field('rdp.unknownData.client', 'clientUnknownData', 'group')
const COLOR_DEPTHS = new Map([
  [0xca00, '4 bits a pixel'],
  [0xca01, '8 bits a pixel'],
  [0xca02, '15 bits a pixel'],
  [0xca03, '16 bits a pixel'],
  [0xca04, '24 bits a pixel'],
])
const CONNECTION_TYPES = new Map([
  [1, 'modem'],
  [2, 'low-speed broadband'],
  [3, 'satellite'],
  [4, 'high-speed broadband'],
  [5, 'WAN'],
  [6, 'LAN'],
  [7, 'detected'],
])
const core = {
  major: field('rdp.version.major', 'versionMajor'),
  minor: field('rdp.version.minor', 'versionMinor'),
  width: field('rdp.desktop.width', 'desktopWidth'),
  height: field('rdp.desktop.height', 'desktopHeight'),
  depth: field('rdp.colorDepth', 'colorDepth', 'hex', COLOR_DEPTHS),
  sas: field('rdp.SASSequence', 'SASSequence'),
  layout: field('rdp.keyboardLayout', 'keyboardLayout'),
  build: field('rdp.client.build', 'clientBuild'),
  name: field('rdp.client.name', 'clientName', 'text'),
  keyboard: field('rdp.keyboard.type', 'keyboardType'),
  subtype: field('rdp.keyboard.subtype', 'keyboardSubType'),
  functionKeys: field('rdp.keyboard.functionkey', 'keyboardFunctionKey'),
  ime: field('rdp.imeFileName', 'imeFileName', 'bytes'),
  depth2: field('rdp.postBeta2ColorDepth', 'postBeta2ColorDepth', 'hex', COLOR_DEPTHS),
  product: field('rdp.client.productId', 'clientProductId'),
  serial: field('rdp.serialNumber', 'serialNumber'),
  highDepth: field('rdp.highColorDepth', 'highColorDepth', 'hex'),
  depths: field('rdp.supportedColorDepths', 'supportedColorDepths', 'hex'),
  early: field('rdp.earlyCapabilityFlags', 'earlyCapabilityFlags'),
  digitalProduct: field('rdp.client.digProductId', 'clientDigProductId', 'text'),
  connection: field('rdp.connectionType', 'connectionType', 'dec', CONNECTION_TYPES),
  pad: field('rdp.pad1octet', 'pad1octet', 'hex'),
  selected: field('rdp.serverSelectedProtocol', 'serverSelectedProtocol'),
  physicalWidth: field('rdp.desktop.physicalwidth', 'desktopPhysicalWidth'),
  physicalHeight: field('rdp.desktop.physicalheight', 'desktopPhysicalHeight'),
  orientation: field('rdp.desktop.orientation', 'desktopOrientation'),
  desktopScale: field('rdp.desktop.scale', 'desktopScaleFactor'),
  deviceScale: field('rdp.device.scale', 'deviceScaleFactor'),
}
const EARLY_FLAGS = [
  flag('rdp.earlyCapabilityFlags.errinfo', 'RNS_UD_CS_SUPPORT_ERRINFO_PDU', 0x0001),
  flag('rdp.earlyCapabilityFlags.want32bpp', 'RNS_UD_CS_WANT_32BPP_SESSION', 0x0002),
  flag('rdp.earlyCapabilityFlags.statusinfo', 'RNS_UD_CS_SUPPORT_STATUSINFO_PDU', 0x0004),
  flag('rdp.earlyCapabilityFlags.strongkeys', 'RNS_UD_CS_STRONG_ASYMMETRIC_KEYS', 0x0008),
  flag('rdp.earlyCapabilityFlags.relativemouse', 'RNS_UD_CS_RELATIVE_MOUSE_INPUT', 0x0010),
  flag('rdp.earlyCapabilityFlags.connectiontype', 'RNS_UD_CS_VALID_CONNECTION_TYPE', 0x0020),
  flag('rdp.earlyCapabilityFlags.monitorlayout', 'RNS_UD_CS_SUPPORT_MONITOR_LAYOUT_PDU', 0x0040),
  flag('rdp.earlyCapabilityFlags.autodetect', 'RNS_UD_CS_SUPPORT_NETCHAR_AUTODETECT', 0x0080),
  flag('rdp.earlyCapabilityFlags.gfx', 'RNS_UD_CS_SUPPORT_DYNVC_GFX_PROTOCOL', 0x0100),
  flag('rdp.earlyCapabilityFlags.timezone', 'RNS_UD_CS_SUPPORT_DYNAMIC_TIME_ZONE', 0x0200),
  flag('rdp.earlyCapabilityFlags.heartbeat', 'RNS_UD_CS_SUPPORT_HEARTBEAT_PDU', 0x0400),
  flag('rdp.earlyCapabilityFlags.skipchanneljoin', 'RNS_UD_CS_SUPPORT_SKIP_CHANNELJOIN', 0x0800),
]
const security = {
  methods: field('rdp.encryptionMethods', 'encryptionMethods', 'bytes'),
  extended: field('rdp.extEncryptionMethods', 'extEncryptionMethods', 'bytes'),
}
const network = {
  count: field('rdp.channelCount', 'channelCount'),
  channels: field('rdp.channelDefArray', 'channelDefArray', 'group'),
  channel: field('rdp.channelDef', 'channelDef', 'group'),
  name: field('rdp.name', 'name', 'text'),
  options: field('rdp.options', 'options', 'hex'),
}
const CHANNEL_OPTIONS = [
  bits('rdp.options.initialized', 'initialized', 0x80000000, 'hex'),
  bits('rdp.options.encrypt.rdp', 'encryptRDP', 0x40000000, 'hex'),
  bits('rdp.options.encrypt.sc', 'encryptSC', 0x20000000, 'hex'),
  bits('rdp.options.encrypt.cs', 'encryptCS', 0x10000000, 'hex'),
  bits('rdp.options.priority.high', 'priorityHigh', 0x08000000, 'hex'),
  bits('rdp.options.priority.med', 'priorityMed', 0x04000000, 'hex'),
  bits('rdp.options.priority.low', 'priorityLow', 0x02000000, 'hex'),
  bits('rdp.options.compress.rdp', 'compressRDP', 0x00800000, 'hex'),
  bits('rdp.options.compress', 'compress', 0x00400000, 'hex'),
  bits('rdp.options.showprotocol', 'showProtocol', 0x00200000, 'hex'),
  bits('rdp.options.remotecontrolpersistent', 'remoteControlPersistent', 0x00100000, 'hex'),
]
const cluster = {
  flags: field('rdp.clusterFlags', 'clusterFlags', 'hex'),
  session: field('rdp.redirectedSessionId', 'redirectedSessionId', 'hex'),
}
const CLUSTER_FLAGS = [
  flag('rdp.clusterFlags.redirectionsupported', 'REDIRECTION_SUPPORTED', 0x01),
  flag('rdp.clusterFlags.sessionidvalid', 'REDIRECTED_SESSIONID_FIELD_VALID', 0x02),
  bits('rdp.clusterFlags.version', 'ServerSessionRedirectionVersion', 0x3c),
  flag('rdp.clusterFlags.smartcard', 'REDIRECTED_SMARTCARD', 0x40),
]
const monitors = {
  flags: field('rdp.monitorFlags', 'monitorFlags', 'hex'),
  count: field('rdp.monitorCount', 'monitorCount'),
  one: field('rdp.client.monitorDefData', 'clientMonitorDefData', 'group'),
  left: field('rdp.monitorDef.left', 'left'),
  top: field('rdp.monitorDef.top', 'top'),
  right: field('rdp.monitorDef.right', 'right'),
  bottom: field('rdp.monitorDef.bottom', 'bottom'),
  primary: field('rdp.monitorDef.flags', 'flags'),
  extendedFlags: field('rdp.monitorExFlags', 'monitorExFlags', 'hex'),
  attributeSize: field('rdp.monitorAttributeSize', 'monitorAttributeSize'),
  attributes: field('rdp.monitorAttributes', 'Monitor attributes', 'group'),
  physicalWidth: field('rdp.monitorAttributes.physicalwidth', 'physicalWidth'),
  physicalHeight: field('rdp.monitorAttributes.physicalheight', 'physicalHeight'),
  orientation: field('rdp.monitorAttributes.orientation', 'orientation'),
  desktopScale: field('rdp.monitorAttributes.desktopscale', 'desktopScaleFactor'),
  deviceScale: field('rdp.monitorAttributes.devicescale', 'deviceScaleFactor'),
}
const messageFlags = field('rdp.msgChannelFlags', 'msgChannelFlags', 'hex')
const multitransportFlags = field('rdp.multiTransportFlags', 'multiTransportFlags', 'hex')
const rest = field('rdp.unknown', 'Unknown part', 'bytes')

const CORE = 0xc001
const SECURITY = 0xc002
const NETWORK = 0xc003
const CLUSTER = 0xc004
const MONITOR = 0xc005
const MESSAGE_CHANNEL = 0xc006
const MONITOR_EX = 0xc008
const MULTITRANSPORT = 0xc00a
const NAME_BYTES = 8
/** Of one monitor's attributes. */
const ATTRIBUTE_BYTES = 20

/** Collects what the blocks of one client say. */
export class ClientSettings {
  readonly channels: string[] = []
  private version = 0
  private build = 0
  private name = ''
  private selectedProtocol = -1
  private earlyCapabilities = 0
  private connectionType = 0
  private multitransport = 0

  group(type: number): Field {
    return GROUPS.get(type) ?? UNKNOWN
  }

  /** What is behind the header of a block of this type. */
  block(pdu: Pdu, type: number): void {
    if (type === CORE) this.core(pdu)
    else if (type === SECURITY) {
      pdu.mark(security.methods, 4)
      if (pdu.left > 0) pdu.mark(security.extended, 4)
    } else if (type === NETWORK) this.network(pdu)
    else if (type === CLUSTER) {
      pdu.u32le(cluster.flags)
      pdu.bits(...CLUSTER_FLAGS)
      pdu.u32le(cluster.session)
    } else if (type === MONITOR) monitorList(pdu)
    else if (type === MESSAGE_CHANNEL) pdu.u32le(messageFlags)
    else if (type === MONITOR_EX) monitorAttributes(pdu)
    else if (type === MULTITRANSPORT) this.multitransport = pdu.u32le(multitransportFlags)
    else if (pdu.left > 0) pdu.mark(rest, pdu.left)
  }

  fact(complete: boolean): RdpClient {
    const { version, build, name, selectedProtocol, earlyCapabilities, connectionType, multitransport, channels } = this
    return {
      kind: 'rdp-client',
      version,
      build,
      name,
      selectedProtocol,
      earlyCapabilities,
      connectionType,
      multitransport,
      channels,
      complete,
    }
  }

  /** From postBeta2ColorDepth on each field may be the first that is left out. */
  private core(pdu: Pdu): void {
    // Wireshark calls the lower half the major version.
    const low = pdu.u16le(core.major)
    this.version = pdu.u16le(core.minor) * 0x10000 + low
    pdu.u16le(core.width)
    pdu.u16le(core.height)
    pdu.u16le(core.depth)
    pdu.u16le(core.sas)
    pdu.u32le(core.layout)
    this.build = pdu.u32le(core.build)
    this.name = utf16Text(pdu, core.name, 32)
    pdu.u32le(core.keyboard)
    pdu.u32le(core.subtype)
    pdu.u32le(core.functionKeys)
    pdu.mark(core.ime, 64)
    if (pdu.left > 0) pdu.u16le(core.depth2)
    if (pdu.left > 0) pdu.u16le(core.product)
    if (pdu.left > 0) pdu.u32le(core.serial)
    if (pdu.left > 0) pdu.u16le(core.highDepth)
    if (pdu.left > 0) pdu.u16le(core.depths)
    if (pdu.left > 0) {
      this.earlyCapabilities = pdu.u16le(core.early)
      pdu.bits(...EARLY_FLAGS)
    }
    if (pdu.left > 0) utf16Text(pdu, core.digitalProduct, 64)
    if (pdu.left > 0) this.connectionType = pdu.u8(core.connection)
    if (pdu.left > 0) pdu.u8(core.pad)
    if (pdu.left > 0) {
      const selected = pdu.u32le(core.selected)
      if (pdu.ok) this.selectedProtocol = selected
    }
    if (pdu.left > 0) pdu.u32le(core.physicalWidth)
    if (pdu.left > 0) pdu.u32le(core.physicalHeight)
    if (pdu.left > 0) pdu.u16le(core.orientation)
    if (pdu.left > 0) pdu.u32le(core.desktopScale)
    if (pdu.left > 0) pdu.u32le(core.deviceScale)
  }

  private network(pdu: Pdu): void {
    const count = pdu.u32le(network.count)
    if (count === 0 || !pdu.ok) return
    pdu.group(network.channels)
    for (let n = 0; n < Math.min(count, MAX_STATIC_CHANNELS) && pdu.ok; n++) {
      pdu.group(network.channel)
      const name = ansiText(pdu, network.name, NAME_BYTES)
      if (pdu.ok) this.channels.push(name)
      pdu.u32le(network.options)
      pdu.bits(...CHANNEL_OPTIONS)
      pdu.end()
    }
    pdu.end()
  }
}

function monitorList(pdu: Pdu): void {
  pdu.u32le(monitors.flags)
  const count = pdu.u32le(monitors.count)
  for (let n = 0; n < Math.min(count, MAX_MONITORS) && pdu.left > 0; n++) {
    pdu.group(monitors.one)
    pdu.i32le(monitors.left)
    pdu.i32le(monitors.top)
    pdu.i32le(monitors.right)
    pdu.i32le(monitors.bottom)
    pdu.u32le(monitors.primary)
    pdu.end()
  }
}

function monitorAttributes(pdu: Pdu): void {
  pdu.u32le(monitors.extendedFlags)
  const size = pdu.u32le(monitors.attributeSize)
  const count = pdu.u32le(monitors.count)
  for (let n = 0; n < Math.min(count, MAX_MONITORS) && pdu.left > 0; n++) {
    pdu.sized(monitors.attributes, size, monitors.attributeSize)
    if (size >= ATTRIBUTE_BYTES) {
      pdu.u32le(monitors.physicalWidth)
      pdu.u32le(monitors.physicalHeight)
      pdu.u32le(monitors.orientation)
      pdu.u32le(monitors.desktopScale)
      pdu.u32le(monitors.deviceScale)
    }
    pdu.end()
    if (size === 0) return
  }
}
