/**
 * Kerberos messages, wherever they are carried: who asks for which service in which realm, and why a KDC or a server says
 * no. What is encrypted stays hidden: much of it is encrypted with a key made of a password, which could be guessed.
 *
 * RFC 4120 5.4 (KDC), 5.5 (AP), 5.9.1 (errors), 5.2.7 (pre-authentication); RFC 6113 5.4 (FAST); MS-KILE 2.2 (PAC options,
 * extended errors); RFC 4757, draft-swift-win2k-krb-user2user (TGT requests).
 */
import { latin1 } from '../src/wire/bytes.ts'
import type { Field } from '../src/wire/field.ts'
import { MAX_KERBEROS_VALUES, MAX_NESTED_TOKENS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import * as ber from './ber.ts'
import { AP_OPTIONS, kerberosField as f, KDC_OPTIONS, PAC_OPTIONS } from './kerberos-fields.ts'

export interface KerberosMessage {
  readonly kind: 'kerberos-request' | 'kerberos-reply'
  /** AS 10 and 11, TGS 12 and 13, AP 14 and 15, TGT 16 and 17; safe 20, private 21, credentials 22. */
  readonly messageType: number
  /** Of the service; of a request that names none, the client's. */
  readonly realm: string
  /** '' where it is encrypted. */
  readonly client: string
  /** `TERMSRV/host`, `krbtgt/REALM`; '' where it is not told. */
  readonly service: string
  /** Encryption types: asked for, or chosen for the ticket. */
  readonly etypes: readonly number[]
  /** Types of pre-authentication data. */
  readonly preauthentication: readonly number[]
  readonly complete: boolean
}
export interface KerberosError {
  readonly kind: 'kerberos-error'
  readonly code: number
  readonly realm: string
  readonly client: string
  readonly service: string
  readonly text: string
  /** Clock of the server that answers, milliseconds since 1970; 0 without. */
  readonly serverTimeMs: number
  /** Clock of the client as the server heard of it; 0 without. */
  readonly clientTimeMs: number
  /** NTSTATUS beside the error, as Windows gives it; 0 without. */
  readonly status: number
  readonly complete: boolean
}
export type KerberosFact = KerberosMessage | KerberosError

const APPLICATION = 0x60
const CONTEXT = 0xa0
const SEQUENCE = 0x30
const AS_REQ = APPLICATION + 10
const AS_REP = APPLICATION + 11
const TGS_REQ = APPLICATION + 12
const TGS_REP = APPLICATION + 13
const AP_REQ = APPLICATION + 14
const AP_REP = APPLICATION + 15
const SAFE = APPLICATION + 20
const PRIV = APPLICATION + 21
const CRED = APPLICATION + 22
const KRB_ERROR = APPLICATION + 30

const GROUPS: ReadonlyMap<number, Field> = new Map([
  [AS_REQ, f.asReq],
  [AS_REP, f.asRep],
  [TGS_REQ, f.tgsReq],
  [TGS_REP, f.tgsRep],
  [AP_REQ, f.apReq],
  [AP_REP, f.apRep],
  [SAFE, f.safe],
  [PRIV, f.priv],
  [CRED, f.cred],
  [KRB_ERROR, f.error],
])

/** Errors whose data is a list of pre-authentication data. */
const METHOD_DATA = [14, 24, 25, 90, 91]
/** Errors beside which Windows gives an NTSTATUS. */
const WITH_STATUS = [12, 13, 18, 23]

const PA_TGS_REQ = 1
const PA_ENC_TIMESTAMP = 2
const PA_PW_SALT = 3
const PA_ETYPE_INFO = 11
const PA_ETYPE_INFO2 = 19
const PA_PAC_REQUEST = 128
const PA_FOR_USER = 129
const PA_FX_FAST = 136
const PA_ENCRYPTED_CHALLENGE = 138
const PA_PAC_OPTIONS = 167
/** Values that hold nothing secret: empty, names of encryption types, options. */
const OPEN_VALUES = [PA_PW_SALT, PA_ETYPE_INFO, PA_ETYPE_INFO2, PA_PAC_REQUEST, 149, 150, 165, 166, PA_PAC_OPTIONS]
const IPV4 = 2
const NETBIOS = 20
const IPV6 = 24

/** Does a Kerberos message begin here? */
export function isKerberos(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 4 || !GROUPS.has(bytes[start] as number)) return false
  const first = bytes[start + 1] as number
  const inside = start + 2 + (first > 0x80 && first <= 0x84 ? first & 0x7f : 0)
  return inside < end && bytes[inside] === SEQUENCE
}

/** The Kerberos message at the cursor. Yields null where none is. */
export function readKerberos(pdu: Pdu, depth = 0): KerberosFact | null {
  pdu.group(f.root)
  const message = new Message(pdu, depth)
  message.read()
  pdu.end()
  return message.fact()
}

/** A TGT request or reply (user-to-user), which has no tag of its own. */
export function readTgtMessage(pdu: Pdu): KerberosFact | null {
  pdu.group(f.root)
  const message = new Message(pdu, 0)
  message.readTgt()
  pdu.end()
  return message.fact()
}

class Message {
  private readonly pdu: Pdu
  private readonly depth: number
  private tag = -1
  private type = 0
  private realm = ''
  private clientRealm = ''
  private client = ''
  private service = ''
  private readonly etypes: number[] = []
  private readonly padata: number[] = []
  private code = 0
  private errorText = ''
  private stime = 0
  private susec = 0
  private ctime = 0
  private cusec = 0
  private status = 0
  /** An offer of encryption types was read: others beside it are not it. */
  private offered = false

  constructor(pdu: Pdu, depth: number) {
    this.pdu = pdu
    this.depth = depth
  }

  fact(): KerberosFact | null {
    const { realm, clientRealm, client, service, etypes } = this
    const complete = this.pdu.ok
    if (this.tag === KRB_ERROR) {
      const { code, errorText, status } = this
      return {
        kind: 'kerberos-error',
        code,
        realm: realm === '' ? clientRealm : realm,
        client,
        service,
        text: errorText,
        serverTimeMs: this.stime * 1000 + Math.floor(this.susec / 1000),
        clientTimeMs: this.ctime * 1000 + Math.floor(this.cusec / 1000),
        status,
        complete,
      }
    }
    if (this.type === 0) return null
    return {
      kind: this.type % 2 === 0 ? 'kerberos-request' : 'kerberos-reply',
      messageType: this.type,
      realm: realm === '' ? clientRealm : realm,
      client,
      service,
      etypes,
      preauthentication: this.padata,
      complete,
    }
  }

  read(): void {
    const { pdu } = this
    const tag = ber.peekTag(pdu)
    const group = GROUPS.get(tag)
    if (group === undefined) {
      pdu.mark(f.sealed, pdu.left)
      return
    }
    this.tag = tag
    this.type = tag - APPLICATION
    ber.element(pdu, group, () => ber.sequence(pdu, null, part => this.part(tag, part - CONTEXT)))
  }

  readTgt(): void {
    const { pdu } = this
    ber.sequence(pdu, null, tag => {
      const part = tag - CONTEXT
      if (part === 0) ber.unsigned(pdu, f.pvno)
      else if (part === 1) this.type = ber.integer(pdu, f.type)
      else if (part === 2 && this.type === 16) this.service = this.name(f.serverName, f.nameString, f.namePart)
      else if (part === 2) this.ticket(f.ticket)
      else if (part === 3) this.realm = ber.text(pdu, f.realm)
    })
  }

  /** A numbered part of a message; the numbers differ from message to message. */
  private part(tag: number, part: number): void {
    if (tag === AS_REQ || tag === TGS_REQ) this.request(part)
    else if (part === 0) ber.unsigned(this.pdu, f.pvno)
    else if (part === 1) ber.integer(this.pdu, f.type)
    else if (tag === AS_REP || tag === TGS_REP) this.reply(part)
    else if (tag === AP_REQ) this.apRequest(part)
    else if (tag === AP_REP && part === 2) this.encrypted(f.encPart)
    else if (tag === KRB_ERROR) this.error(part)
    else ber.hidden(this.pdu, f.sealed, this.pdu.left)
  }

  private request(part: number): void {
    const { pdu } = this
    if (part === 1) ber.unsigned(pdu, f.pvno)
    else if (part === 2) ber.integer(pdu, f.type)
    else if (part === 3) ber.listOf(pdu, f.padata, () => this.padataOne())
    else if (part === 4) ber.sequence(pdu, f.body, tag => this.body(tag - CONTEXT))
  }

  private body(part: number): void {
    const { pdu } = this
    if (part === 0) ber.flags(pdu, f.kdcOptions, KDC_OPTIONS)
    else if (part === 1) this.client = this.name(f.cname, f.cnameString, f.cnamePart)
    else if (part === 2) this.realm = ber.text(pdu, f.realm)
    else if (part === 3) this.service = this.name(f.sname, f.snameString, f.snamePart)
    else if (part === 4) ber.time(pdu, f.from)
    else if (part === 5) ber.time(pdu, f.till)
    else if (part === 6) ber.time(pdu, f.rtime)
    else if (part === 7) ber.unsigned(pdu, f.nonce)
    else if (part === 8) {
      this.offered = true
      this.etypes.length = 0
      ber.listOf(pdu, f.etypes, () => remember(this.etypes, ber.integer(pdu, f.etypeOne)))
    } else if (part === 9) ber.listOf(pdu, f.addresses, () => this.address())
    else if (part === 10) this.encrypted(f.encAuthorization)
    else if (part === 11) {
      const { realm, service } = this
      ber.listOf(pdu, f.additionalTickets, () => this.ticket(f.ticketOne))
      this.realm = realm
      this.service = service
    }
  }

  private reply(part: number): void {
    const { pdu } = this
    if (part === 2) ber.listOf(pdu, f.padata, () => this.padataOne())
    else if (part === 3) this.clientRealm = ber.text(pdu, f.crealm)
    else if (part === 4) this.client = this.name(f.cname, f.cnameString, f.cnamePart)
    else if (part === 5) this.ticket(f.ticket)
    else if (part === 6) this.encrypted(f.encPart)
  }

  private apRequest(part: number): void {
    if (part === 2) ber.flags(this.pdu, f.apOptions, AP_OPTIONS)
    else if (part === 3) this.ticket(f.ticket)
    else if (part === 4) this.encrypted(f.authenticator)
  }

  private error(part: number): void {
    const { pdu } = this
    if (part === 2) this.ctime = ber.time(pdu, f.ctime)
    else if (part === 3) this.cusec = ber.unsigned(pdu, f.cusec)
    else if (part === 4) this.stime = ber.time(pdu, f.stime)
    else if (part === 5) this.susec = ber.unsigned(pdu, f.susec)
    else if (part === 6) this.code = ber.integer(pdu, f.errorCode)
    else if (part === 7) this.clientRealm = ber.text(pdu, f.crealm)
    else if (part === 8) this.client = this.name(f.cname, f.cnameString, f.cnamePart)
    else if (part === 9) this.realm = ber.text(pdu, f.realm)
    else if (part === 10) this.service = this.name(f.sname, f.snameString, f.snamePart)
    else if (part === 11) this.errorText = ber.text(pdu, f.errorText)
    else if (part === 12) this.errorData()
    else if (part === 13) this.checksum(f.errorChecksum)
  }

  private errorData(): void {
    const { pdu } = this
    if (METHOD_DATA.includes(this.code)) {
      ber.element(pdu, f.errorData, () => ber.element(pdu, null, () => this.each(() => this.padataOne())))
    } else if (WITH_STATUS.includes(this.code)) {
      ber.element(pdu, f.errorData, () => this.padataOne(null))
    } else ber.octets(pdu, f.errorData)
  }

  private each(read: () => void): void {
    for (let n = 0; n < MAX_KERBEROS_VALUES && this.pdu.left > 0; n++) read()
  }

  private padataOne(group: Field | null = f.padataOne): void {
    const { pdu } = this
    let type = 0
    ber.sequence(pdu, group, tag => {
      const part = tag - CONTEXT
      if (part === 1) {
        type = ber.integer(pdu, f.padataType)
        remember(this.padata, type)
      } else if (part === 2) {
        const isOpen = OPEN_VALUES.includes(type)
        ber.element(pdu, isOpen ? f.padataValue : f.padataHidden, () => {
          this.padataValue(type)
          // Whatever was not understood of a hidden value stays hidden.
          if (!isOpen && pdu.left > 0) ber.hidden(pdu, f.sealed, pdu.left)
          if (isOpen) pdu.seek(pdu.offset + pdu.left)
        })
      }
    })
  }

  private padataValue(type: number): void {
    const { pdu } = this
    if (pdu.left === 0) return
    if (type === PA_TGS_REQ) this.inner()
    else if (type === PA_ENC_TIMESTAMP || type === PA_ENCRYPTED_CHALLENGE) this.encrypted(null)
    else if (type === PA_PW_SALT) this.salt()
    else if (type === PA_ETYPE_INFO) this.etypeInfo(f.etypeInfo, 1)
    else if (type === PA_ETYPE_INFO2) this.etypeInfo(f.etypeInfo2, 2)
    else if (type === PA_PAC_REQUEST) ber.sequence(pdu, null, () => ber.boolean(pdu, f.includePac))
    else if (type === PA_FOR_USER) this.forUser()
    else if (type === PA_PAC_OPTIONS) ber.sequence(pdu, null, () => ber.flags(pdu, f.pacOptions, PAC_OPTIONS))
    else if (type === PA_FX_FAST && ber.peekTag(pdu) === CONTEXT) this.fast()
  }

  /** A message inside the message. */
  private inner(): void {
    if (this.depth >= MAX_NESTED_TOKENS) return
    const inner = new Message(this.pdu, this.depth + 1)
    inner.read()
  }

  /** Of a KDC of Windows beside some errors: an NTSTATUS. */
  private salt(): void {
    const { pdu } = this
    if (!WITH_STATUS.includes(this.code) || pdu.left < 12) {
      pdu.mark(f.salt, pdu.left)
      return
    }
    this.status = pdu.u32le(f.status)
    pdu.u32le(f.statusReserved)
    pdu.u32le(f.statusFlags)
  }

  private etypeInfo(one: Field, version: 1 | 2): void {
    const { pdu } = this
    ber.element(pdu, null, () =>
      this.each(() =>
        ber.sequence(pdu, one, tag => {
          const part = tag - CONTEXT
          if (part === 0) ber.integer(pdu, f.etype)
          else if (part === 1 && version === 1) ber.octets(pdu, f.infoSalt)
          else if (part === 1) ber.text(pdu, f.info2Salt)
          else if (part === 2) ber.octets(pdu, f.s2kparams)
        }),
      ),
    )
  }

  private forUser(): void {
    const { pdu } = this
    ber.sequence(pdu, null, tag => {
      const part = tag - CONTEXT
      if (part === 0) this.name(f.userName, f.nameString, f.namePart)
      else if (part === 1) ber.text(pdu, f.realm)
      else if (part === 2) this.checksum(f.checksum)
      else if (part === 3) ber.text(pdu, f.auth)
    })
  }

  /** Armored request (of three parts) or reply (of one). */
  private fast(): void {
    const { pdu } = this
    const isReply = this.tag === AS_REP || this.tag === TGS_REP || this.tag === KRB_ERROR
    ber.element(pdu, null, () =>
      ber.sequence(pdu, f.armored, tag => {
        const part = tag - CONTEXT
        if (part === 0 && isReply) this.encrypted(f.fastReply)
        else if (part === 0) {
          ber.sequence(pdu, f.armor, inner => {
            if (inner === CONTEXT) ber.integer(pdu, f.armorType)
            else ber.element(pdu, f.armorValue, () => this.inner())
          })
        } else if (part === 1) this.checksum(f.requestChecksum)
        else if (part === 2) this.encrypted(f.fastRequest)
      }),
    )
  }

  /** Tells the service and its realm. */
  private ticket(one: Field): void {
    const { pdu } = this
    ber.element(pdu, one, () =>
      ber.sequence(pdu, null, tag => {
        const part = tag - CONTEXT
        if (part === 0) ber.unsigned(pdu, f.ticketVersion)
        else if (part === 1) this.realm = ber.text(pdu, f.realm)
        else if (part === 2) this.service = this.name(f.sname, f.snameString, f.snamePart)
        else if (part === 3) this.encrypted(f.encPart, !this.offered)
      }),
    )
  }

  /** @param tells its encryption type is that of the ticket. */
  private encrypted(one: Field | null, tells = false): void {
    const { pdu } = this
    ber.sequence(pdu, one, tag => {
      const part = tag - CONTEXT
      if (part === 0) {
        const etype = ber.integer(pdu, f.etype)
        if (tells) remember(this.etypes, etype)
      } else if (part === 1) ber.unsigned(pdu, f.kvno)
      else if (part === 2) ber.hiddenOctets(pdu, f.cipher)
    })
  }

  private checksum(one: Field): void {
    const { pdu } = this
    ber.sequence(pdu, one, tag => {
      if (tag === CONTEXT) ber.integer(pdu, f.checksumType)
      else ber.hiddenOctets(pdu, f.checksumBytes)
    })
  }

  /** The parts of a name with slashes between them. */
  private name(one: Field, list: Field, partOf: Field): string {
    const { pdu } = this
    const parts: string[] = []
    ber.sequence(pdu, one, tag => {
      if (tag === CONTEXT) ber.integer(pdu, f.nameType)
      else
        ber.listOf(pdu, list, () => {
          const part = ber.text(pdu, partOf)
          if (parts.length < MAX_KERBEROS_VALUES) parts.push(part)
        })
    })
    return parts.join('/')
  }

  /** Filled with spaces; its last byte is its kind. */
  private netbiosName(): void {
    const { bytes, pos, left } = this.pdu
    this.pdu.value(f.addressNetbios, left, latin1(bytes, pos, pos + Math.max(0, left - 1)).trimEnd())
  }

  private address(): void {
    const { pdu } = this
    let type = 0
    ber.sequence(pdu, f.address, tag => {
      if (tag === CONTEXT) type = ber.integer(pdu, f.addressType)
      else if (type === IPV4) ber.element(pdu, null, () => pdu.u32be(f.addressIp))
      else if (type === IPV6) ber.octets(pdu, f.addressIpv6)
      else if (type === NETBIOS) ber.element(pdu, null, () => this.netbiosName())
      else ber.octets(pdu, f.addressBytes)
    })
  }
}

function remember(values: number[], value: number): void {
  if (values.length < MAX_KERBEROS_VALUES && !values.includes(value)) values.push(value)
}
