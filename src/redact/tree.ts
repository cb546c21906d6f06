/** The bytes of one PDU or header by its field tree: what stays and what is replaced is written, all else is left empty. */
import { MAGIC_COOKIE } from '../../dissectors/stun.ts'
import { RETRY_RANDOM } from '../../dissectors/tls-hello.ts'
import { hex } from '../wire/bytes.ts'
import type { Node } from '../wire/field.ts'
import { type Maps, redactDer } from './der.ts'
import { redactDnsName } from './dns-names.ts'
import { treatmentOf } from './fields.ts'
import { HttpText, hidden } from './http-text.ts'
import { keepMcsShape } from './mcs-shape.ts'
import type { Removed } from './removed.ts'
import { encoded, redactText, redactWide } from './texts.ts'

/** Takes redacted bytes; `start` counts as the nodes do. */
export type Put = (start: number, bytes: Uint8Array) => void

/** Where the nodes of a tree lie. */
export interface TreeBytes {
  readonly bytes: Uint8Array
  /** A node lies at bytes[node.start - base, node.end - base). */
  readonly base: number
}

/** At the end of a random: the server could speak TLS 1.3, or 1.2. */
const DOWNGRADE = /444f574e475244(?:00|01)$/
const SENTINEL_BYTES = 8
const RECORD_MARK_BYTES = 4
const NTLM = 'ntlmssp'
/** Values of TLS that mean nothing are made of two such bytes; any first digits will do. */
const GREASE = 0x0a
const LONGEST_NUMBER = 8

export class TreeRedaction {
  readonly #maps: Maps
  readonly #http: HttpText
  readonly #removed: Removed
  // The tree at hand.
  #bytes: Uint8Array = new Uint8Array(0)
  #base = 0
  #put: Put = () => {}
  /** Of the STUN message at hand, as it was and as it is. */
  #transaction: [old: Uint8Array, new: Uint8Array] | null = null

  constructor(maps: Maps, removed: Removed) {
    this.#maps = maps
    this.#http = new HttpText(maps)
    this.#removed = removed
  }

  redact(tree: Node, { bytes, base }: TreeBytes, put: Put): void {
    this.#bytes = bytes
    this.#base = base
    this.#put = put
    this.#transaction = null
    this.#node(tree)
  }

  #node(node: Node): void {
    const { start, end, children, field } = node
    const treatment = treatmentOf(field)
    const isSealed = children === null && field.format === 'group' && isSealedTls(field.name)
    if (end > start || children === null) {
      if (this.#write(isSealed ? 'token' : treatment, node)) {
        if (treatment === 'der' || treatment === 'kerberos') this.#messagesInside(node)
        return
      }
    }
    for (const child of children ?? []) this.#node(child)
  }

  /** NTLM messages are no DER: their own fields say what becomes of them. */
  #messagesInside({ children }: Node): void {
    for (const child of children ?? []) {
      if (child.field.name === NTLM) this.#node(child)
      else this.#messagesInside(child)
    }
  }

  /** @returns whether nothing more is to be done for its children. */
  #write(treatment: ReturnType<typeof treatmentOf>, node: Node): boolean {
    const { start } = node
    const { addresses, names, keyed } = this.#maps
    const bytes = this.#bytesOf(node)
    switch (treatment) {
      case 'empty':
        return false
      case 'mcs':
        keepMcsShape(bytes, (at, kept) => this.#put(start + at, kept))
        return false
      case 'keep':
        if (!isPlain(node, bytes)) return false
        this.#put(start, bytes)
        return true
      case 'known':
        this.#put(start, isKnown(node) ? bytes : bytes.map(() => GREASE))
        return true
      case 'token':
        this.#replace('tokens', start, keyed.token(bytes), bytes)
        return true
      case 'random':
        this.#replace('tokens', start, this.#random(bytes), bytes)
        return true
      case 'ipv4':
        if (bytes.length === 4) this.#replace('addresses', start, addresses.whole(bytes), bytes)
        return true
      case 'ipv6':
        if (bytes.length === 16) this.#replace('addresses', start, addresses.whole(bytes), bytes)
        return true
      case 'hardware':
        this.#replace('hardware addresses', start, addresses.hardware(bytes), bytes)
        return true
      case 'name':
        this.#replace('names', start, redactText(bytes, names), bytes)
        return true
      case 'counted':
        this.#replace('names', start, this.#counted(bytes), bytes)
        return true
      case 'counted-secret':
        this.#put(start, bytes.subarray(0, 1))
        return true
      case 'wide':
        this.#replace('names', start, redactWide(bytes, names), bytes)
        return true
      case 'either':
        this.#replace('names', start, isWide(node) ? redactWide(bytes, names) : redactText(bytes, names), bytes)
        return true
      case 'dns':
        this.#replace('names', start, redactDnsName(bytes, String(node.value), names), bytes)
        return true
      case 'der':
        this.#replace('certificates and tokens', start, redactDer(bytes, this.#maps), bytes)
        return true
      case 'kerberos':
        this.#kerberos(start, bytes)
        return true
      case 'http-line':
        this.#replace('HTTP lines', start, this.#http.line(bytes), bytes)
        return true
      case 'http-method':
        this.#replace('HTTP lines', start, this.#http.method(bytes), bytes)
        return true
      case 'http-phrase':
        this.#replace('HTTP lines', start, this.#http.phrase(bytes), bytes)
        return true
      case 'http-version':
        this.#replace('HTTP lines', start, this.#http.version(bytes), bytes)
        return true
      case 'hidden':
        this.#replace('HTTP lines', start, encoded(bytes, hidden), bytes)
        return true
      case 'client-id':
        this.#clientId(node, bytes)
        return true
      case 'xor-ipv4':
        if (bytes.length === 4) this.#replace('addresses', start, this.#xored(bytes), bytes)
        return true
      case 'xor-ipv6':
        if (bytes.length === 16) this.#replace('addresses', start, this.#xored(bytes), bytes)
        return true
    }
  }

  #replace(kind: string, start: number, replacement: Uint8Array, before: Uint8Array): void {
    this.#removed.replaced(kind, before, replacement)
    this.#put(start, replacement)
  }

  #counted(bytes: Uint8Array): Uint8Array {
    const { names } = this.#maps
    if (bytes[0] !== bytes.length - 1) return redactText(bytes, names)
    const counted = Uint8Array.from(bytes)
    counted.set(redactText(bytes.subarray(1), names), 1)
    return counted
  }

  #random(bytes: Uint8Array): Uint8Array {
    const digits = hex(bytes, 0, bytes.length)
    // A HelloRetryRequest is a server hello.
    if (digits === RETRY_RANDOM) return bytes
    const random = this.#maps.keyed.token(bytes)
    const at = bytes.length - SENTINEL_BYTES
    if (DOWNGRADE.test(digits)) random.set(bytes.subarray(at), at)
    return random
  }

  #kerberos(start: number, bytes: Uint8Array): void {
    // The mark is the length: it is kept, and never begins like a message of Kerberos.
    const from = ((bytes[0] ?? 0) & 0xe0) === 0x60 ? 0 : RECORD_MARK_BYTES
    this.#put(start, bytes.subarray(0, from))
    this.#replace(
      'certificates and tokens',
      start + from,
      redactDer(bytes.subarray(from), this.#maps),
      bytes.subarray(from),
    )
  }

  /** DHCP: a hardware address behind its type, or whatever the client likes. RFC 2132 9.14. */
  #clientId({ start }: Node, bytes: Uint8Array): void {
    const { addresses, keyed } = this.#maps
    if (bytes.length === 6) this.#replace('hardware addresses', start, addresses.hardware(bytes), bytes)
    else this.#replace('tokens', start, keyed.token(bytes), bytes)
  }

  /** RFC 8489 14.2: addresses are masked with the magic cookie, and for IPv6 with the transaction's number behind it. */
  #xored(bytes: Uint8Array): Uint8Array {
    const [id, mappedId] = this.#stunTransaction()
    const plain = bytes.map((byte, at) => byte ^ maskAt(id, at))
    return this.#maps.addresses.whole(plain).map((byte, at) => byte ^ maskAt(mappedId, at))
  }

  /** Behind type, length and cookie. */
  #stunTransaction(): [Uint8Array, Uint8Array] {
    const id = this.#bytes.subarray(8, 20)
    this.#transaction ??= [id, this.#maps.keyed.token(id)]
    return this.#transaction
  }

  #bytesOf({ start, end }: Node): Uint8Array {
    return this.#bytes.subarray(start - this.#base, end - this.#base)
  }
}

/** Bytes, or a number of a plain size, perhaps with its bits below it; a number may also stand for a group. */
function isPlain({ start, end, field, children }: Node, bytes: Uint8Array): boolean {
  if (field.format === 'bytes' || field.format === 'text' || field.format === 'guid') return true
  if (children?.some(child => child.start !== start || child.end !== end) === true) return false
  return bytes.length <= LONGEST_NUMBER || bytes.every(byte => byte >= 0x30 && byte <= 0x39)
}

function isKnown({ field, value }: Node): boolean {
  return typeof value === 'number' && (field.codes?.has(value) === true || (value & 0x0f0f) === GREASE * 0x101)
}

/** Records that nobody could read have no fields inside. */
function isSealedTls(name: string): boolean {
  return /^d?tls\.(?:handshake|alert_message|heartbeat_message)$/.test(name)
}

function isWide({ start, end, value }: Node): boolean {
  return typeof value === 'string' && end - start >= value.length * 2
}

function maskAt(id: Uint8Array, at: number): number {
  return (at < 4 ? MAGIC_COOKIE[at] : id[at - 4]) ?? 0
}
