/**
 * Dynamic virtual channels: the server opens them by name on the static channel `drdynvc`, the client agrees or refuses.
 * What they carry is not read. MS-RDPEDYC 2.2.
 */
import { type Direction, type Out, SERVER } from '../src/wire/dissector.ts'
import { bits, type Field, field } from '../src/wire/field.ts'
import { MAX_CHAINED_PARTS, MAX_DYNAMIC_CHANNELS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { mayRepeat, type RdpSession } from './rdp-session.ts'
import { ansiText } from './rdp-text.ts'

/** The client does not open a dynamic channel that the server asked for. */
export interface DynamicChannelRefused {
  readonly kind: 'dynamic-channel-refused'
  /** '' when the capture does not hold the request. */
  readonly name: string
  /** HRESULT of the client. */
  readonly status: number
}
export type DynamicChannelFact = DynamicChannelRefused

/** Channels asked for and not answered yet. */
export interface DynamicChannels {
  ids: number[]
  names: string[]
}

const COMMANDS = new Map([
  [1, 'Create'],
  [2, 'Data first'],
  [3, 'Data'],
  [4, 'Close'],
  [5, 'Capabilities'],
  [6, 'Data first compressed'],
  [7, 'Data compressed'],
  [8, 'Soft-sync request'],
  [9, 'Soft-sync response'],
])
const dvc = {
  root: field('rdp_drdynvc', 'RDP Dynamic Channel Protocol', 'group'),
  header: field('rdp_drdynvc.header', 'Header', 'hex'),
  channel: field('rdp_drdynvc.channelId', 'Channel Id', 'hex'),
  length: field('rdp_drdynvc.length', 'Length', 'hex'),
  name: field('rdp_drdynvc.channelName', 'Channel Name', 'text'),
  status: field('rdp_drdynvc.createresponse.status', 'Creation status'),
  pad: field('rdp_drdynvc.pad', 'Padding', 'hex'),
  version: field('rdp_drdynvc.capabilities.version', 'Version'),
  syncLength: field('rdp_drdynvc.softsyncreq.length', 'Length'),
  syncFlags: field('rdp_drdynvc.softsyncreq.flags', 'Flags'),
  syncTunnels: field('rdp_drdynvc.softsyncreq.ntunnels', 'Number of tunnels'),
  tunnelType: field('rdp_drdynvc.softsyncreq.channel.tunnelType', 'Tunnel type', 'hex'),
  tunnelChannels: field('rdp_drdynvc.softsyncreq.channel.ndvcid', 'Number of DVCs'),
  tunnelChannel: field('rdp_drdynvc.softsyncreq.channel.dvcid', 'DVC Id', 'hex'),
  answeredTunnels: field('rdp_drdynvc.softsyncresp.ntunnels', 'Number of tunnels'),
  answeredTunnel: field('rdp_drdynvc.softsyncresp.tunnel', 'Tunnel'),
  data: field('rdp_drdynvc.data', 'Data', 'bytes'),
}
const CHARGES = [0, 1, 2, 3].map(n => field(`rdp_drdynvc.capabilities.prioritycharge${n}`, `Priority charge ${n}`))
const width = bits('rdp_drdynvc.cbid', 'ChannelId length', 0x03, 'hex')
const command = bits('rdp_drdynvc.cmd', 'PDU type', 0xf0, 'hex', COMMANDS)
const HEADER = [width, bits('rdp_drdynvc.sp', 'Sp', 0x0c, 'hex'), command]
const CREATE_HEADER = [width, bits('rdp_drdynvc.pri', 'Pri', 0x0c, 'hex'), command]

const CREATE = 1
const DATA_FIRST = 2
const DATA = 3
const CLOSE = 4
const CAPABILITIES = 5
const DATA_FIRST_COMPRESSED = 6
const DATA_COMPRESSED = 7
const SOFT_SYNC_REQUEST = 8
const SOFT_SYNC_RESPONSE = 9
/** Capabilities of the server: padding, version, and behind it four charges. */
const CHARGES_BYTES = 8

export function newDynamicChannels(): DynamicChannels {
  return { ids: [], names: [] }
}

export function dynamicChannelPdu(
  pdu: Pdu,
  channels: DynamicChannels,
  session: RdpSession,
  direction: Direction,
  out: Out<DynamicChannelFact>,
): void {
  pdu.group(dvc.root)
  const header = pdu.u8(dvc.header)
  const type = header >> 4
  pdu.bits(...(type === CREATE ? CREATE_HEADER : HEADER))
  switch (type) {
    case CREATE:
      if (direction === SERVER) createRequest(pdu, header, channels)
      else createResponse(pdu, header, channels, session, out)
      break
    case DATA_FIRST:
    case DATA_FIRST_COMPRESSED:
      number(pdu, dvc.channel, header & 3)
      number(pdu, dvc.length, (header >> 2) & 3)
      break
    case DATA:
    case DATA_COMPRESSED:
    case CLOSE:
      number(pdu, dvc.channel, header & 3)
      break
    case CAPABILITIES:
      pdu.u8(dvc.pad)
      pdu.u16le(dvc.version)
      if (pdu.left >= CHARGES_BYTES) for (const charge of CHARGES) pdu.u16le(charge)
      break
    case SOFT_SYNC_REQUEST:
      softSyncRequest(pdu)
      break
    case SOFT_SYNC_RESPONSE: {
      pdu.u8(dvc.pad)
      const tunnels = pdu.u32le(dvc.answeredTunnels)
      for (let n = 0; n < Math.min(tunnels, MAX_CHAINED_PARTS) && pdu.left > 0; n++) pdu.u32le(dvc.answeredTunnel)
      break
    }
    default:
  }
  if (pdu.left > 0) pdu.mark(dvc.data, pdu.left)
  pdu.end()
}

/** One byte, two, or four. */
function number(pdu: Pdu, f: Field, width: number): number {
  if (width === 0) return pdu.u8(f)
  return width === 1 ? pdu.u16le(f) : pdu.u32le(f)
}

function createRequest(pdu: Pdu, header: number, channels: DynamicChannels): void {
  const id = number(pdu, dvc.channel, header & 3)
  const length = pdu.until(0)
  const name = ansiText(pdu, dvc.name, length < 0 ? Math.max(1, pdu.left) : length + 1)
  if (!pdu.ok || channels.ids.length >= MAX_DYNAMIC_CHANNELS) return
  channels.ids.push(id)
  channels.names.push(name)
}

function createResponse(
  pdu: Pdu,
  header: number,
  channels: DynamicChannels,
  session: RdpSession,
  out: Out<DynamicChannelFact>,
): void {
  const id = number(pdu, dvc.channel, header & 3)
  const status = pdu.i32le(dvc.status)
  if (!pdu.ok) return
  const asked = channels.ids.lastIndexOf(id)
  const name = channels.names[asked] ?? ''
  if (asked >= 0) {
    channels.ids.splice(asked, 1)
    channels.names.splice(asked, 1)
  }
  if (status < 0 && mayRepeat(session, true)) {
    out.fact({ kind: 'dynamic-channel-refused', name, status: status >>> 0 })
  }
}

function softSyncRequest(pdu: Pdu): void {
  pdu.u8(dvc.pad)
  pdu.u32le(dvc.syncLength)
  pdu.u16le(dvc.syncFlags)
  const tunnels = pdu.u16le(dvc.syncTunnels)
  for (let n = 0; n < Math.min(tunnels, MAX_CHAINED_PARTS) && pdu.left > 0; n++) {
    pdu.u32le(dvc.tunnelType)
    const count = pdu.u16le(dvc.tunnelChannels)
    for (let one = 0; one < Math.min(count, MAX_DYNAMIC_CHANNELS) && pdu.left > 0; one++) pdu.u32le(dvc.tunnelChannel)
  }
}
