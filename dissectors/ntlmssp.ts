/**
 * NTLM messages, wherever they are carried: who asks (domain, user, workstation), who answers (the server's names and its
 * clock), and for which service. The answer to the challenge, its keys and its checksum are never shown: with them a
 * password could be guessed.
 *
 * MS-NLMP 2.2.1 (messages), 2.2.2.1 (attributes), 2.2.2.5 (flags), 2.2.2.7 (response of version 2), 2.2.2.10 (version).
 */
import { latin1, utf16le } from '../src/wire/bytes.ts'
import { type Field, field, flag } from '../src/wire/field.ts'
import { MAX_NTLM_ATTRIBUTES } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { hidden } from './ber.ts'

export interface NtlmNegotiate {
  readonly kind: 'ntlm-negotiate'
  readonly flags: number
  /** Mostly ''. */
  readonly domain: string
  readonly workstation: string
  /** Of the operating system: `10.0.22621`; '' without. */
  readonly version: string
  readonly complete: boolean
}
export interface NtlmChallenge {
  readonly kind: 'ntlm-challenge'
  readonly flags: number
  readonly targetName: string
  readonly version: string
  /** From the target information; '' where it does not say. */
  readonly computer: string
  readonly domain: string
  readonly dnsComputer: string
  readonly dnsDomain: string
  readonly dnsTree: string
  /** The server's clock, milliseconds since 1970; 0 without. */
  readonly timeMs: number
  readonly complete: boolean
}
export interface NtlmAuthenticate {
  readonly kind: 'ntlm-authenticate'
  readonly flags: number
  readonly domain: string
  readonly user: string
  readonly workstation: string
  readonly version: string
  /** The service that the client dials (`TERMSRV/host`); '' without. */
  readonly targetName: string
  readonly hasMic: boolean
  /** Bound to a TLS channel, by a hash that is not all zeros. */
  readonly hasChannelBindings: boolean
  readonly complete: boolean
}
export type NtlmFact = NtlmNegotiate | NtlmChallenge | NtlmAuthenticate

const MESSAGE_TYPES = new Map([
  [1, 'NTLMSSP_NEGOTIATE'],
  [2, 'NTLMSSP_CHALLENGE'],
  [3, 'NTLMSSP_AUTH'],
])
const ATTRIBUTES = new Map([
  [0, 'End of list'],
  [1, 'NetBIOS computer name'],
  [2, 'NetBIOS domain name'],
  [3, 'DNS computer name'],
  [4, 'DNS domain name'],
  [5, 'DNS tree name'],
  [6, 'Flags'],
  [7, 'Timestamp'],
  [8, 'Restrictions'],
  [9, 'Target Name'],
  [10, 'Channel Bindings'],
])
const message = {
  root: field('ntlmssp', 'NTLM Secure Service Provider', 'group'),
  identifier: field('ntlmssp.identifier', 'NTLMSSP identifier', 'text'),
  type: field('ntlmssp.messagetype', 'NTLM Message Type', 'hex', MESSAGE_TYPES),
  flags: field('ntlmssp.negotiateflags', 'Negotiate Flags', 'hex'),
  unknown: field('ntlmssp.messagetype.unknown', 'Unrecognized NTLMSSP Message', 'group'),
  rest: field('ntlmssp.rest', 'Rest of the message (hidden)', 'group'),
}
const NEGOTIATE_FLAGS = (
  [
    ['negotiate56', 'Negotiate 56'],
    ['negotiatekeyexch', 'Negotiate Key Exchange'],
    ['negotiate128', 'Negotiate 128'],
    ['negotiatent10000000', 'Negotiate 0x10000000'],
    ['negotiatent08000000', 'Negotiate 0x08000000'],
    ['negotiatent04000000', 'Negotiate 0x04000000'],
    ['negotiateversion', 'Negotiate Version'],
    ['negotiatent01000000', 'Negotiate 0x01000000'],
    ['negotiatetargetinfo', 'Negotiate Target Info'],
    ['requestnonntsession', 'Request Non-NT Session'],
    ['negotiatent00200000', 'Negotiate 0x00200000'],
    ['negotiateidentify', 'Negotiate Identify'],
    ['negotiatentlm2', 'Negotiate Extended Security'],
    ['targettypeshare', 'Target Type Share'],
    ['targettypeserver', 'Target Type Server'],
    ['targettypedomain', 'Target Type Domain'],
    ['negotiatealwayssign', 'Negotiate Always Sign'],
    ['negotiate00004000', 'Negotiate 0x00004000'],
    ['negotiateoemworkstationsupplied', 'Negotiate OEM Workstation Supplied'],
    ['negotiateoemdomainsupplied', 'Negotiate OEM Domain Supplied'],
    ['negotiateanonymous', 'Negotiate Anonymous'],
    ['negotiatentonly', 'Negotiate NT Only'],
    ['negotiatentlm', 'Negotiate NTLM key'],
    ['negotiate00000100', 'Negotiate 0x00000100'],
    ['negotiatelmkey', 'Negotiate Lan Manager Key'],
    ['negotiatedatagram', 'Negotiate Datagram'],
    ['negotiateseal', 'Negotiate Seal'],
    ['negotiatesign', 'Negotiate Sign'],
    ['negotiate00000008', 'Request 0x00000008'],
    ['requesttarget', 'Request Target'],
    ['negotiateoem', 'Negotiate OEM'],
    ['negotiateunicode', 'Negotiate UNICODE'],
  ] as const
).map(([name, label], place) => flag(`ntlmssp.${name}`, label, 1 << (31 - place)))
const version = {
  one: field('ntlmssp.version', 'Version', 'group'),
  major: field('ntlmssp.version.major', 'Major Version'),
  minor: field('ntlmssp.version.minor', 'Minor Version'),
  build: field('ntlmssp.version.build_number', 'Build Number'),
  revision: field('ntlmssp.version.ntlm_current_revision', 'NTLM Current Revision'),
}

/** A part of the message that lies elsewhere: where, and how long it is. */
interface Part {
  readonly f: Field
  readonly length: number
  /** From the start of the PDU. */
  readonly offset: number
}
interface Place {
  readonly one: Field
  readonly length: Field
  readonly maxLength: Field
  readonly offset: Field
}
const stringPlace: Place = {
  one: field('ntlmssp.string', 'Place of a string', 'group'),
  length: field('ntlmssp.string.length', 'Length'),
  maxLength: field('ntlmssp.string.maxlen', 'Maxlen'),
  offset: field('ntlmssp.string.offset', 'Offset'),
}
const blobPlace: Place = {
  one: field('ntlmssp.blob', 'Place of bytes', 'group'),
  length: field('ntlmssp.blob.length', 'Length'),
  maxLength: field('ntlmssp.blob.maxlen', 'Maxlen'),
  offset: field('ntlmssp.blob.offset', 'Offset'),
}
const infoPlace: Place = {
  one: field('ntlmssp.challenge.target_info.place', 'Place of the target info', 'group'),
  length: field('ntlmssp.challenge.target_info.length', 'Length'),
  maxLength: field('ntlmssp.challenge.target_info.maxlen', 'Maxlen'),
  offset: field('ntlmssp.challenge.target_info.offset', 'Offset'),
}
const negotiate = {
  domain: field('ntlmssp.negotiate.domain', 'Calling workstation domain', 'text'),
  workstation: field('ntlmssp.negotiate.callingworkstation', 'Calling workstation name', 'text'),
}
const challenge = {
  targetName: field('ntlmssp.challenge.target_name', 'Target Name', 'text'),
  serverChallenge: field('ntlmssp.ntlmserverchallenge', 'NTLM Server Challenge', 'bytes'),
  reserved: field('ntlmssp.reserved', 'Reserved', 'bytes'),
  targetInfo: field('ntlmssp.challenge.target_info', 'Target Info', 'group'),
}
const authenticate = {
  lmResponse: field('ntlmssp.auth.lmresponse', 'Lan Manager Response (hidden)', 'group'),
  ntResponse: field('ntlmssp.auth.ntresponse', 'NTLM Response (hidden)', 'group'),
  domain: field('ntlmssp.auth.domain', 'Domain name', 'text'),
  user: field('ntlmssp.auth.username', 'User name', 'text'),
  workstation: field('ntlmssp.auth.hostname', 'Host name', 'text'),
  sessionKey: field('ntlmssp.auth.sesskey', 'Session Key (hidden)', 'group'),
  mic: field('ntlmssp.authenticate.mic', 'MIC (hidden)', 'group'),
}
const response = {
  one: field('ntlmssp.ntlmv2_response', 'NTLMv2 Response', 'group'),
  proof: field('ntlmssp.ntlmv2_response.ntproofstr', 'NTProofStr (hidden)', 'group'),
  version: field('ntlmssp.ntlmv2_response.rversion', 'Response Version'),
  highVersion: field('ntlmssp.ntlmv2_response.hirversion', 'Hi Response Version'),
  reserved: field('ntlmssp.ntlmv2_response.z', 'Z', 'bytes'),
  time: field('ntlmssp.ntlmv2_response.time', 'Time', 'time'),
  clientChallenge: field('ntlmssp.ntlmv2_response.chal', 'NTLMv2 Client Challenge (hidden)', 'group'),
  padding: field('ntlmssp.ntlmv2_response.pad', 'padding', 'bytes'),
}

/** The same attributes have two sets of names. */
function attributeFields(prefix: string, item: string, typeLabel: string) {
  return {
    one: field(`${prefix}.item`, 'Attribute', 'group'),
    type: field(`${prefix}.item.type`, `${item} Item Type`, 'hex', ATTRIBUTES),
    length: field(`${prefix}.item.length`, `${typeLabel} Item Length`),
    names: new Map([
      [1, field(`${prefix}.nb_computer_name`, 'NetBIOS Computer Name', 'text')],
      [2, field(`${prefix}.nb_domain_name`, 'NetBIOS Domain Name', 'text')],
      [3, field(`${prefix}.dns_computer_name`, 'DNS Computer Name', 'text')],
      [4, field(`${prefix}.dns_domain_name`, 'DNS Domain Name', 'text')],
      [5, field(`${prefix}.dns_tree_name`, 'DNS Tree Name', 'text')],
      [9, field(`${prefix}.target_name`, 'Target Name', 'text')],
    ]),
    flags: field(`${prefix}.flags`, 'Flags', 'hex'),
    timestamp: field(`${prefix}.timestamp`, 'Timestamp', 'time'),
    restrictions: field(`${prefix}.restrictions`, 'Restrictions', 'bytes'),
    channelBindings: field(`${prefix}.channel_bindings`, 'Channel Bindings', 'bytes'),
    unknown: field('ntlmssp.target_info_attr.unknown', 'unknown NTLMSSP Target Info Attribute', 'group'),
  }
}
const TARGET_INFO = attributeFields('ntlmssp.challenge.target_info', 'Target Info', 'Target Info')
const RESPONSE_INFO = attributeFields('ntlmssp.ntlmv2_response', 'NTLMV2 Response', 'NTLMV2 Response')

const SIGNATURE = 'NTLMSSP\0'
const NEGOTIATE = 1
const CHALLENGE = 2
const AUTHENTICATE = 3
const NEGOTIATE_UNICODE = 0x0000_0001
const NEGOTIATE_VERSION = 0x0200_0000
const END_OF_LIST = 0
const AV_FLAGS = 6
const AV_TIMESTAMP = 7
const AV_SINGLE_HOST = 8
const AV_TARGET_NAME = 9
const AV_CHANNEL_BINDINGS = 10
/** A response of version 1 has exactly so many bytes. */
const RESPONSE_V1_BYTES = 24
const PLACE_BYTES = 8
const MIC_BYTES = 16

/** Does an NTLM message begin here? */
export function isNtlmssp(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < SIGNATURE.length + 4) return false
  return latin1(bytes, start, start + SIGNATURE.length) === SIGNATURE
}

/** The NTLM message that begins at the cursor and fills the group at hand. Yields null when it is of no known type. */
export function readNtlmssp(pdu: Pdu): NtlmFact | null {
  pdu.group(message.root)
  const fact = new Message(pdu).read()
  pdu.end()
  return fact
}

/** The same where it is the whole PDU. */
export function readNtlmPdu(pdu: Pdu): NtlmFact | null {
  pdu.retitle(message.root)
  return new Message(pdu).read()
}

class Message {
  private readonly pdu: Pdu
  /** Of the message, from the start of the PDU: its parts are told from here. */
  private readonly origin: number
  /** Where the first part lies: the fixed fields end there, however many there are. */
  private firstPart = Number.MAX_SAFE_INTEGER
  private readonly parts: Part[] = []
  private readonly texts = new Map<Field, string>()
  private readonly attributes = new Attributes()
  private isWide = false

  constructor(pdu: Pdu) {
    this.pdu = pdu
    this.origin = pdu.offset
  }

  read(): NtlmFact | null {
    const { pdu } = this
    pdu.value(message.identifier, SIGNATURE.length, SIGNATURE.slice(0, -1))
    const type = pdu.u32le(message.type)
    if (type === NEGOTIATE) return this.negotiate()
    if (type === CHALLENGE) return this.challenge()
    if (type === AUTHENTICATE) return this.authenticate()
    pdu.mark(message.unknown, pdu.left)
    return null
  }

  private negotiate(): NtlmNegotiate {
    const flags = this.flags()
    let system = ''
    // Old clients end here.
    if (this.pdu.left > 0) {
      this.place(stringPlace, negotiate.domain)
      this.place(stringPlace, negotiate.workstation)
      if ((flags & NEGOTIATE_VERSION) !== 0 && this.goesOn()) system = this.version()
      this.readParts()
    }
    return {
      kind: 'ntlm-negotiate',
      flags,
      domain: this.text(negotiate.domain),
      workstation: this.text(negotiate.workstation),
      version: system,
      complete: this.pdu.ok,
    }
  }

  private challenge(): NtlmChallenge {
    const { pdu } = this
    const flagsAt = pdu.pos + PLACE_BYTES
    this.isWide = flagsAt < pdu.limit && ((pdu.bytes[flagsAt] as number) & NEGOTIATE_UNICODE) !== 0
    this.place(stringPlace, challenge.targetName)
    const flags = this.flags()
    pdu.mark(challenge.serverChallenge, 8)
    let system = ''
    if (this.goesOn()) {
      pdu.mark(challenge.reserved, 8)
      if (this.goesOn()) this.place(infoPlace, challenge.targetInfo)
      if (this.goesOn()) system = this.version()
    }
    this.readParts()
    const { names, timeMs } = this.attributes
    const name = (id: number) => names.get(id) ?? ''
    return {
      kind: 'ntlm-challenge',
      flags,
      targetName: this.text(challenge.targetName),
      version: system,
      computer: name(1),
      domain: name(2),
      dnsComputer: name(3),
      dnsDomain: name(4),
      dnsTree: name(5),
      timeMs,
      complete: pdu.ok,
    }
  }

  private authenticate(): NtlmAuthenticate {
    const { pdu } = this
    this.place(blobPlace, authenticate.lmResponse)
    this.place(blobPlace, authenticate.ntResponse)
    const names = pdu.pos
    this.isWide = this.wideNames(names)
    this.place(stringPlace, authenticate.domain)
    this.place(stringPlace, authenticate.user)
    this.place(stringPlace, authenticate.workstation)
    if (this.goesOn()) this.place(blobPlace, authenticate.sessionKey)
    let flags = 0
    if (this.goesOn()) flags = this.flags()
    let system = ''
    if (this.goesOn()) system = this.version()
    const hasMic = this.goesOn() && pdu.left >= MIC_BYTES
    if (hasMic) hidden(pdu, authenticate.mic, MIC_BYTES)
    this.readParts()
    return {
      kind: 'ntlm-authenticate',
      flags,
      domain: this.text(authenticate.domain),
      user: this.text(authenticate.user),
      workstation: this.text(authenticate.workstation),
      version: system,
      targetName: this.attributes.names.get(AV_TARGET_NAME) ?? '',
      hasMic,
      hasChannelBindings: this.attributes.hasChannelBindings,
      complete: pdu.ok,
    }
  }

  private flags(): number {
    const value = this.pdu.u32le(message.flags)
    this.pdu.bits(...NEGOTIATE_FLAGS)
    return value
  }

  /** The flags lie behind the places of the names; where they are missing, wide names are the rule. */
  private wideNames(names: number): boolean {
    const at = names + 4 * PLACE_BYTES
    if (at >= this.pdu.limit) return true
    return ((this.pdu.bytes[at] as number) & NEGOTIATE_UNICODE) !== 0
  }

  /** Fixed fields go on up to the first part. */
  private goesOn(): boolean {
    return this.pdu.left > 0 && this.pdu.offset < this.firstPart
  }

  private place(p: Place, f: Field): void {
    const { pdu } = this
    const { bytes, pos } = pdu
    const isEmpty = pdu.left >= PLACE_BYTES && bytes[pos] === 0 && bytes[pos + 1] === 0
    if (isEmpty && p !== infoPlace) {
      pdu.value(f, PLACE_BYTES, f.format === 'text' ? 'NULL' : '')
      return
    }
    pdu.group(p.one)
    const length = pdu.u16le(p.length)
    pdu.u16le(p.maxLength)
    const offset = pdu.u32le(p.offset)
    pdu.end()
    if (length === 0 || pdu.pos - pos < PLACE_BYTES) return
    this.firstPart = Math.min(this.firstPart, this.origin + offset)
    this.parts.push({ f, length, offset: this.origin + offset })
  }

  private version(): string {
    const { pdu } = this
    pdu.group(version.one)
    const major = pdu.u8(version.major)
    const minor = pdu.u8(version.minor)
    const build = pdu.u16le(version.build)
    pdu.seek(pdu.offset + 3)
    pdu.u8(version.revision)
    pdu.end()
    return (major | minor | build) !== 0 ? `${major}.${minor}.${build}` : ''
  }

  /** In the order in which they lie; one that begins inside another is not read, so that the tree stays in order. */
  private readParts(): void {
    const { pdu } = this
    const { parts } = this
    parts.sort((one, other) => one.offset - other.offset)
    for (const { f, length, offset } of parts) {
      if (offset < pdu.offset) {
        // Its name may still be wanted: two parts may share bytes.
        const at = pdu.start + offset
        if (f.format === 'text' && at + length <= pdu.limit) this.texts.set(f, this.decode(at, length))
        continue
      }
      pdu.seek(offset)
      this.readPart(f, length)
    }
    if (pdu.left > 0) hidden(pdu, message.rest, pdu.left)
  }

  private readPart(f: Field, length: number): void {
    const { pdu } = this
    if (f.format === 'text' && length > pdu.left) {
      // What is left of the message may be the answer to the challenge.
      hidden(pdu, message.rest, length)
    } else if (f.format === 'text') {
      const isWide = this.isWide
      this.texts.set(f, isWide ? pdu.utf16le(f, length) : pdu.text(f, length))
    } else if (f === challenge.targetInfo) {
      pdu.sized(f, length, infoPlace.length)
      this.attributes.read(pdu, TARGET_INFO)
      pdu.end()
    } else if (f === authenticate.ntResponse && length > RESPONSE_V1_BYTES) {
      pdu.sized(f, length, blobPlace.length)
      this.response()
      pdu.end()
    } else hidden(pdu, f, length)
  }

  /** Of the response to the challenge only what does not serve to guess the password. */
  private response(): void {
    const { pdu } = this
    pdu.group(response.one)
    hidden(pdu, response.proof, 16)
    pdu.u8(response.version)
    pdu.u8(response.highVersion)
    pdu.mark(response.reserved, 6)
    readFileTime(pdu, response.time)
    hidden(pdu, response.clientChallenge, 8)
    pdu.mark(response.reserved, 4)
    this.attributes.read(pdu, RESPONSE_INFO)
    if (pdu.left > 0) pdu.mark(response.padding, pdu.left)
    pdu.end()
  }

  private text(f: Field): string {
    return this.texts.get(f) ?? ''
  }

  private decode(at: number, length: number): string {
    const { bytes } = this.pdu
    return this.isWide ? utf16le(bytes, at, at + length) : latin1(bytes, at, at + length)
  }
}

/** What a list of attributes says. */
class Attributes {
  readonly names = new Map<number, string>()
  timeMs = 0
  hasChannelBindings = false

  read(pdu: Pdu, f: ReturnType<typeof attributeFields>): void {
    for (let n = 0; n < MAX_NTLM_ATTRIBUTES && pdu.left > 0; n++) {
      pdu.group(f.one)
      const type = pdu.u16le(f.type)
      const length = pdu.u16le(f.length)
      if (length > 0) this.value(pdu, f, type, length)
      pdu.end()
      if (type === END_OF_LIST) return
    }
  }

  private value(pdu: Pdu, f: ReturnType<typeof attributeFields>, type: number, length: number): void {
    const name = f.names.get(type)
    if (name !== undefined) this.names.set(type, pdu.utf16le(name, length))
    else if (type === AV_FLAGS && length === 4) pdu.u32le(f.flags)
    else if (type === AV_TIMESTAMP && length === 8) this.timeMs = readFileTime(pdu, f.timestamp)
    else if (type === AV_SINGLE_HOST) pdu.mark(f.restrictions, length)
    else if (type === AV_CHANNEL_BINDINGS) {
      const at = pdu.mark(f.channelBindings, length)
      this.hasChannelBindings = at >= 0 && pdu.bytes.subarray(at, at + length).some(byte => byte !== 0)
    } else pdu.mark(f.unknown, length)
  }
}

/** 100 nanoseconds since 1601 between the epochs. */
const EPOCH_DIFFERENCE = 116_444_736_000_000_000n

/** A FILETIME in milliseconds since 1970; 0 where none is. */
function readFileTime(pdu: Pdu, f: Field): number {
  const { bytes, pos } = pdu
  let ticks = 0n
  if (pdu.left >= 8) for (let n = 7; n >= 0; n--) ticks = (ticks << 8n) | BigInt(bytes[pos + n] as number)
  const since1970 = ticks - EPOCH_DIFFERENCE
  pdu.value(f, 8, since1970 * 100n)
  return ticks === 0n ? 0 : Number(since1970 / 10_000n)
}
