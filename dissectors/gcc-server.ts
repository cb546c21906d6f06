/** The server's settings: blocks of its GCC data. MS-RDPBCGR 2.2.1.4.2 to 2.2.1.4.6. */
import { type Field, field } from '../src/wire/field.ts'
import { MAX_STATIC_CHANNELS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import type { RdpSession } from './rdp-session.ts'

/** What the server says of itself, in MCS Connect Response. */
export interface RdpServer {
  readonly kind: 'rdp-server'
  readonly version: number
  /** What the server believes that the client requested; -1 when it does not say. */
  readonly requestedProtocols: number
  /** 0 under TLS; else the method of standard RDP security. */
  readonly encryptionMethod: number
  readonly encryptionLevel: number
  /** Of standard RDP security: proprietary or a chain of X.509; '' without. */
  readonly certificate: '' | 'proprietary' | 'x509'
  /** Static virtual channels granted. */
  readonly channels: number
  /** Bits of the multitransport block: UDP offered; 0 without. */
  readonly multitransport: number
  readonly complete: boolean
}

const GROUPS: ReadonlyMap<number, Field> = new Map([
  [0x0c01, field('rdp.server.coreData', 'serverCoreData', 'group')],
  [0x0c02, field('rdp.server.securityData', 'serverSecurityData', 'group')],
  [0x0c03, field('rdp.server.networkData', 'serverNetworkData', 'group')],
  [0x0c04, field('rdp.server.msgChannelData', 'serverMsgChannelData', 'group')],
  [0x0c08, field('rdp.server.multiTransportData', 'serverMultiTransportData', 'group')],
])
const UNKNOWN = field('rdp.unknownData.server', 'serverUnknownData', 'group')
const METHODS = new Map([
  [0x00, 'none'],
  [0x01, '40-bit RC4'],
  [0x02, '128-bit RC4'],
  [0x08, '56-bit RC4'],
  [0x10, 'FIPS 140-1'],
])
const LEVELS = new Map([
  [0, 'none'],
  [1, 'low'],
  [2, 'client compatible'],
  [3, 'high'],
  [4, 'FIPS'],
])
const server = {
  major: field('rdp.version.major', 'versionMajor'),
  minor: field('rdp.version.minor', 'versionMinor'),
  requested: field('rdp.client.requestedProtocols', 'clientRequestedProtocols', 'hex'),
  early: field('rdp.earlyCapabilityFlags', 'earlyCapabilityFlags'),
  method: field('rdp.encryptionMethod', 'encryptionMethod', 'hex', METHODS),
  level: field('rdp.encryptionLevel', 'encryptionLevel', 'hex', LEVELS),
  randomLength: field('rdp.serverRandomLen', 'serverRandomLen'),
  certificateLength: field('rdp.serverCertLen', 'serverCertLen'),
  random: field('rdp.serverRandom', 'serverRandom', 'bytes'),
  certificate: field('rdp.serverCertificate', 'serverCertificate', 'bytes'),
  certificateVersion: field(
    'rdp.serverCertificate.version',
    'Kind of certificate',
    'dec',
    new Map([
      [1, 'proprietary'],
      [2, 'X.509 chain'],
    ]),
  ),
  channel: field('rdp.MCSChannelId', 'MCSChannelId'),
  count: field('rdp.channelCount', 'channelCount'),
  channels: field('rdp.channelIdArray', 'channelIdArray', 'group'),
  pad: field('rdp.Pad', 'Pad'),
  messageChannel: field('rdp.msgChannelId', 'msgChannelId'),
  multitransport: field('rdp.multiTransportFlags', 'multiTransportFlags', 'hex'),
  rest: field('rdp.unknown', 'Unknown part', 'bytes'),
}

const CORE = 0x0c01
const SECURITY = 0x0c02
const NETWORK = 0x0c03
const MESSAGE_CHANNEL = 0x0c04
const MULTITRANSPORT = 0x0c08
const X509_CHAIN = 2
const CERTIFICATE_VERSION = 0x7fffffff

/** Collects what the blocks of one server say. */
export class ServerSettings {
  private version = 0
  private requestedProtocols = -1
  private encryptionMethod = 0
  private encryptionLevel = 0
  private certificate: RdpServer['certificate'] = ''
  private ioChannel = 0
  private messageChannel = -1
  private readonly channelIds: number[] = []
  private multitransport = 0

  group(type: number): Field {
    return GROUPS.get(type) ?? UNKNOWN
  }

  /** What is behind the header of a block of this type. */
  block(pdu: Pdu, type: number): void {
    if (type === CORE) this.core(pdu)
    else if (type === SECURITY) this.security(pdu)
    else if (type === NETWORK) this.network(pdu)
    else if (type === MESSAGE_CHANNEL) this.messageChannel = pdu.u16le(server.messageChannel)
    else if (type === MULTITRANSPORT) this.multitransport = pdu.u32le(server.multitransport)
    else if (pdu.left > 0) pdu.mark(server.rest, pdu.left)
  }

  fact(complete: boolean): RdpServer {
    const { version, requestedProtocols, encryptionMethod, encryptionLevel, certificate, multitransport } = this
    return {
      kind: 'rdp-server',
      version,
      requestedProtocols,
      encryptionMethod,
      encryptionLevel,
      certificate,
      channels: this.channelIds.length,
      multitransport,
      complete,
    }
  }

  /** The session goes by it from now on. */
  settle(session: RdpSession): void {
    session.encryption = this.encryptionMethod
    if (this.ioChannel !== 0) session.ioChannel = this.ioChannel
    session.messageChannel = this.messageChannel
    session.channelIds = this.channelIds
  }

  private core(pdu: Pdu): void {
    const low = pdu.u16le(server.major)
    this.version = pdu.u16le(server.minor) * 0x10000 + low
    if (pdu.left > 0) {
      const requested = pdu.u32le(server.requested)
      if (pdu.ok) this.requestedProtocols = requested
    }
    if (pdu.left > 0) pdu.u16le(server.early)
  }

  private security(pdu: Pdu): void {
    this.encryptionMethod = pdu.u32le(server.method)
    this.encryptionLevel = pdu.u32le(server.level)
    if (this.encryptionMethod === 0 && this.encryptionLevel === 0) return
    const randomLength = pdu.u32le(server.randomLength)
    const certificateLength = pdu.u32le(server.certificateLength)
    if (randomLength > 0) pdu.mark(server.random, randomLength)
    if (certificateLength === 0) return
    pdu.sized(server.certificate, certificateLength, server.certificateLength)
    // The top bit says that the certificate is a temporary one.
    const version = pdu.u32le(server.certificateVersion) & CERTIFICATE_VERSION
    if (pdu.ok) this.certificate = version === X509_CHAIN ? 'x509' : 'proprietary'
    if (pdu.left > 0) pdu.mark(server.rest, pdu.left)
    pdu.end()
  }

  private network(pdu: Pdu): void {
    this.ioChannel = pdu.u16le(server.channel)
    const count = pdu.u16le(server.count)
    if (count === 0) return
    pdu.group(server.channels)
    for (let n = 0; n < count && pdu.left >= 2; n++) {
      const id = pdu.u16le(server.channel)
      if (n < MAX_STATIC_CHANNELS) this.channelIds.push(id)
    }
    if (count % 2 === 1 && pdu.left > 0) pdu.u16le(server.pad)
    pdu.end()
  }
}
