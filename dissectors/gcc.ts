/**
 * GCC: MCS connects a conference, and its user data is what RDP settles first: blocks of settings from the client and from
 * the server. RDP knows one shape of it, which is read bit by bit; in any other the blocks are looked for by their key.
 *
 * ITU-T T.124 8.7 (ConnectData, conference create), in aligned packed encoding; MS-RDPBCGR 2.2.1.3, 2.2.1.4.
 */
import type { Out } from '../src/wire/dissector.ts'
import { type Field, field, flag } from '../src/wire/field.ts'
import { MAX_GCC_BLOCKS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { ClientSettings, type RdpClient } from './gcc-client.ts'
import { type RdpServer, ServerSettings } from './gcc-server.ts'
import { perLength, perShortLength } from './per.ts'
import type { RdpSession } from './rdp-session.ts'

export type GccFact = RdpClient | RdpServer

const PDU_NAMES = new Map([
  [0, 'conferenceCreateRequest'],
  [1, 'conferenceCreateResponse'],
])
const RESULTS = new Map([
  [0, 'success'],
  [1, 'userRejected'],
  [2, 'resourcesNotAvailable'],
  [3, 'rejectedForSymmetryBreaking'],
  [4, 'lockedConferenceNotSupported'],
])
const TERMINATION = new Map([
  [0, 'automatic'],
  [1, 'manual'],
])
const t124 = {
  root: field('t124', 'Generic Conference Control', 'group'),
  connectData: field('t124.ConnectData', 'ConnectData', 'group'),
  identifier: field('t124.t124Identifier', 't124Identifier', 'dec', new Map([[0, 'object']])),
  object: field('t124.object', 'object', 'text'),
  connectPdu: field('t124.connectPDU', 'connectPDU', 'bytes'),
  choice: field('t124.connectGCCPDU', 'connectGCCPDU', 'dec', PDU_NAMES),
  request: field('t124.conferenceCreateRequest_element', 'conferenceCreateRequest', 'group'),
  response: field('t124.conferenceCreateResponse_element', 'conferenceCreateResponse', 'group'),
  name: field('t124.conferenceName_element', 'conferenceName', 'group'),
  numeric: field('t124.numeric', 'numeric', 'text'),
  termination: field('t124.terminationMethod', 'terminationMethod', 'dec', TERMINATION),
  node: field('t124.nodeID', 'nodeID'),
  tag: field('t124.tag', 'tag'),
  result: field('t124.result', 'result', 'dec', RESULTS),
  items: field('t124.userData', 'userData'),
  item: field('t124.UserData_item_element', 'UserData item', 'group'),
  keyKind: field('t124.key', 'key', 'dec', new Map([[1, 'h221NonStandard']])),
  key: field('t124.h221NonStandard', 'h221NonStandard', 'bytes'),
  value: field('t124.value', 'value', 'bytes'),
  options: field('t124.options', 'Options', 'hex'),
  otherShape: field('t124.header', 'Conference of another shape', 'bytes'),
}
const LOCKED = field('t124.lockedConference', 'lockedConference', 'flag')
const LISTED = field('t124.listedConference', 'listedConference', 'flag')
const CONDUCTIBLE = field('t124.conductibleConference', 'conductibleConference', 'flag')
const USER_DATA_PRESENT = flag('t124.options.userData', 'userData is present', 0x08)
const root = field('rdp', 'Remote Desktop Protocol', 'group')
const block = {
  client: field('rdp.clientData', 'ClientData', 'group'),
  server: field('rdp.serverData', 'ServerData', 'group'),
  type: field('rdp.header.type', 'headerType', 'hex'),
  length: field('rdp.header.length', 'headerLength'),
}

/** ITU-T T.124, version 20 years ago: {itu-t recommendation t 124 version(0) 1}. */
const OBJECT_BYTES = [0x00, 0x05, 0x00, 0x14, 0x7c, 0x00, 0x01]
const OBJECT = '0.0.20.124.0.1'
const CREATE_REQUEST = 0
const CREATE_RESPONSE = 1
/** Options of a request of RDP's shape: user data alone, and a conference name without text. */
const REQUEST_OPTIONS = 0x0008
/** "Duca" and "McDn": the H.221 keys of a client's and a server's data. */
const CLIENT_KEY = 0x44756361
const SERVER_KEY = 0x4d63446e
const KEY_BYTES = 4
const BLOCK_HEADER_BYTES = 4

/** The user data of MCS Connect Initial and Connect Response. */
export function connectData(pdu: Pdu, session: RdpSession, out: Out<GccFact>): void {
  pdu.group(t124.root)
  pdu.group(t124.connectData)
  let key = 0
  if (OBJECT_BYTES.every((byte, n) => pdu.peek(n) === byte)) {
    pdu.value(t124.identifier, 1, 0)
    pdu.value(t124.object, OBJECT_BYTES.length - 1, OBJECT)
    perLength(pdu)
    pdu.group(t124.connectPdu)
    key = conference(pdu)
  } else {
    pdu.group(t124.connectPdu)
    key = search(pdu)
  }
  if (key === CLIENT_KEY || key === SERVER_KEY) {
    const length = perLength(pdu)
    // The blocks have lengths of their own: all that is there is read.
    pdu.group(t124.value)
    pdu.group(root)
    if (length > pdu.left) pdu.note('warning', 'the data is shorter than its length says')
    if (key === CLIENT_KEY) client(pdu, session, out)
    else server(pdu, session, out)
    pdu.end()
    pdu.end()
  }
  pdu.end()
  pdu.end()
  pdu.end()
}

/** @returns the key of the user data; 0 when there is none */
function conference(pdu: Pdu): number {
  const choice = (Math.max(0, pdu.peek()) >> 4) & 7
  const options = ((Math.max(0, pdu.peek()) & 0x0f) << 8) | Math.max(0, pdu.peek(1))
  if (choice === CREATE_REQUEST && options === REQUEST_OPTIONS) return createRequest(pdu)
  if (choice === CREATE_RESPONSE) return createResponse(pdu)
  return search(pdu)
}

function createRequest(pdu: Pdu): number {
  pdu.value(t124.choice, 1, CREATE_REQUEST)
  pdu.group(t124.request)
  pdu.u8(t124.options)
  pdu.bits(USER_DATA_PRESENT)
  pdu.group(t124.name)
  const digits = perShortLength(pdu, 1)
  if (digits !== 1) {
    pdu.end()
    const key = search(pdu)
    pdu.end()
    return key
  }
  // One digit in the upper half; the lower half holds what follows it.
  const packed = Math.max(0, pdu.peek())
  pdu.value(t124.numeric, 1, String(packed >> 4))
  pdu.end()
  pdu.derived(LOCKED, (packed >> 3) & 1)
  pdu.derived(LISTED, (packed >> 2) & 1)
  pdu.derived(CONDUCTIBLE, (packed >> 1) & 1)
  pdu.value(t124.termination, 1, Math.max(0, pdu.peek()) >> 7)
  const key = userData(pdu)
  pdu.end()
  return key
}

function createResponse(pdu: Pdu): number {
  pdu.value(t124.choice, 1, CREATE_RESPONSE)
  pdu.group(t124.response)
  // Node ids count from 1001.
  const node = (Math.max(0, pdu.peek()) << 8) | Math.max(0, pdu.peek(1))
  pdu.value(t124.node, 2, node + 1001)
  const length = Math.max(0, pdu.peek())
  let tag = 0
  for (let n = 1; n <= length && n < pdu.left && n <= 4; n++) tag = tag * 256 + pdu.peek(n)
  pdu.value(t124.tag, 1 + length, tag)
  pdu.value(t124.result, 1, (Math.max(0, pdu.peek()) >> 4) & 7)
  const key = userData(pdu)
  pdu.end()
  return key
}

/** A list of one item: a key of four bytes and its data. */
function userData(pdu: Pdu): number {
  pdu.u8(t124.items)
  pdu.group(t124.item)
  pdu.value(t124.keyKind, 1, (Math.max(0, pdu.peek()) >> 6) & 1)
  const length = perShortLength(pdu, 4)
  const at = pdu.mark(t124.key, length)
  const key = at < 0 || length !== KEY_BYTES ? 0 : keyAt(pdu.bytes, at)
  pdu.end()
  return key
}

/** Goes on behind the first key that is there. */
function search(pdu: Pdu): number {
  for (let ahead = 0; ahead + KEY_BYTES <= pdu.left; ahead++) {
    const key = keyAt(pdu.bytes, pdu.pos + ahead)
    if (key !== CLIENT_KEY && key !== SERVER_KEY) continue
    pdu.mark(t124.otherShape, ahead)
    pdu.mark(t124.key, KEY_BYTES)
    return key
  }
  pdu.mark(t124.otherShape, Math.max(1, pdu.left))
  return 0
}

function keyAt(bytes: Uint8Array, at: number): number {
  let key = 0
  for (let n = 0; n < KEY_BYTES; n++) key = key * 256 + (bytes[at + n] as number)
  return key
}

/** What collects the settings of one side. */
interface Settings {
  group(type: number): Field
  block(pdu: Pdu, type: number): void
}

function blocks(pdu: Pdu, side: Field, settings: Settings): void {
  pdu.group(side)
  for (let n = 0; n < MAX_GCC_BLOCKS && pdu.left > 0; n++) {
    const { type, length } = blockHeader(pdu)
    pdu.sized(settings.group(type), length, block.length)
    pdu.u16le(block.type)
    pdu.u16le(block.length)
    settings.block(pdu, type)
    pdu.end()
  }
  pdu.end()
}

function client(pdu: Pdu, session: RdpSession, out: Out<GccFact>): void {
  const settings = new ClientSettings()
  blocks(pdu, block.client, settings)
  out.fact(settings.fact(pdu.ok))
  if (pdu.ok) session.channelNames = settings.channels
}

function server(pdu: Pdu, session: RdpSession, out: Out<GccFact>): void {
  const settings = new ServerSettings()
  blocks(pdu, block.server, settings)
  out.fact(settings.fact(pdu.ok))
  if (pdu.ok) settings.settle(session)
}

/** Of the block that begins here; at least its header belongs to it. */
function blockHeader(pdu: Pdu): { type: number; length: number } {
  const at = (ahead: number) => Math.max(0, pdu.peek(ahead))
  return { type: at(0) | (at(1) << 8), length: Math.max(BLOCK_HEADER_BYTES, at(2) | (at(3) << 8)) }
}
