/**
 * TLS over a line of a story, in the shapes that Schannel and OpenSSL give it: hellos with their extensions, a certificate,
 * key exchange messages of the right lengths. RFC 5246, RFC 8446, RFC 8422.
 */
import { CLIENT, type Direction, SERVER } from '../../../src/wire/dissector.ts'
import { concat } from '../../support/bytes.ts'
import { BIT_STRING, certificateOf, commonName, element, identifier, SEQUENCE, UTC_TIME } from '../../support/der.ts'
import { ECDHE_RSA_AES_256_GCM_SHA384, type Suite } from '../../support/tls-suites.ts'
import { ALERT, HANDSHAKE, message, plainRecord, TlsWriter } from '../../support/tls-writer.ts'
import { Line } from './line.ts'
import { STORY_BEGINS_MS, type Wire } from './wire.ts'

export interface TlsOptions {
  readonly version?: 'TLSv1.2' | 'TLSv1.3'
  readonly suite?: Suite
  /** SNI: what the user dialled; '' for none. */
  readonly name?: string
  readonly certificate?: Uint8Array
  readonly alpn?: readonly string[]
  /** Versions that the client hello lists; those of mstsc without. */
  readonly versions?: readonly number[]
  readonly offers?: readonly number[]
  /** NewSessionTickets of TLS 1.3. */
  readonly tickets?: number
}

const DAY_MS = 86_400_000
const P384 = 0x18
const POINT_BYTES = 97
const RSA_PKCS1_SHA256 = 0x0401
const SIGNATURE_BYTES = 256
/** Schannel on Windows 11, most wanted first. */
const SCHANNEL_SUITES = [
  0x1302, 0x1301, 0xc02c, 0xc02b, 0xc030, 0xc02f, 0xc024, 0xc023, 0xc028, 0xc027, 0xc00a, 0xc009, 0xc014, 0xc013,
  0x009d, 0x009c, 0x003d, 0x003c, 0x0035, 0x002f,
]

export class Tls extends Line {
  readonly writer: TlsWriter
  private readonly under: Line
  private readonly wire: Wire
  private readonly options: TlsOptions

  constructor(under: Line, wire: Wire, options: TlsOptions = {}) {
    super()
    this.under = under
    this.wire = wire
    this.options = options
    const version = options.version ?? 'TLSv1.2'
    const suite = options.suite ?? (version === 'TLSv1.2' ? ECDHE_RSA_AES_256_GCM_SHA384 : undefined)
    this.writer = new TlsWriter(version, wire.nextNumber(), {
      ...(suite === undefined ? {} : { suite }),
      offers: options.offers ?? [...new Set([...SCHANNEL_SUITES, ...(suite === undefined ? [] : [suite.id])])],
      clientExtensions: clientExtensions(options),
      serverExtensions: version === 'TLSv1.3' ? keyShare(SERVER) : SECURE_RENEGOTIATION,
    })
  }

  /** The whole handshake. */
  handshakes(): this {
    this.asks()
    return this.answers().agrees().settles()
  }

  /** ClientHello. */
  asks(): unknown {
    return this.under.carries(CLIENT, this.writer.clientHello())
  }

  /** ServerHello, and all that the server says before the client has to answer. */
  answers(): this {
    this.under.carries(SERVER, this.serverFlight())
    return this
  }

  serverFlight(): Uint8Array {
    return this.writer.tls13 ? this.serverFlight13() : this.serverFlight12()
  }

  /** The client's last flight: in TLS 1.2 key exchange, ChangeCipherSpec and Finished. */
  agrees(): this {
    this.under.carries(CLIENT, this.clientFlight())
    return this
  }

  clientFlight(): Uint8Array {
    if (this.writer.tls13) return concat(Uint8Array.of(20, 3, 3, 0, 1, 1), this.writer.finished(CLIENT))
    const exchange = message(16, concat(Uint8Array.of(POINT_BYTES), point(this.wire)))
    return concat(plainRecord(HANDSHAKE, exchange), this.writer.switchesAndFinishes(CLIENT))
  }

  /** What the server has to say once the client has finished. */
  settles(): this {
    if (!this.writer.tls13) this.under.carries(SERVER, this.writer.switchesAndFinishes(SERVER))
    else for (let ticket = 0; ticket < (this.options.tickets ?? 1); ticket++) this.ticket()
    this.wire.keeps(this.writer.keyLog)
    return this
  }

  override carries(from: Direction, bytes: Uint8Array): unknown {
    return this.under.carries(from, this.writer.data(from, bytes))
  }

  /** Sealed where the side has its keys. @param code of RFC 8446 section 6; 0 is the farewell. */
  alerts(from: Direction, code: number, level: 1 | 2 = code === 0 ? 1 : 2): this {
    const content = Uint8Array.of(level, code)
    const { writer } = this
    this.under.carries(from, writer.isSealed(from) ? writer.seal(from, ALERT, content) : plainRecord(ALERT, content))
    return this
  }

  private serverFlight12(): Uint8Array {
    const exchange = concat(
      Uint8Array.of(3, 0, P384, POINT_BYTES),
      point(this.wire),
      Uint8Array.of(RSA_PKCS1_SHA256 >> 8, RSA_PKCS1_SHA256 & 255, SIGNATURE_BYTES >> 8, SIGNATURE_BYTES & 255),
      noise(this.wire, SIGNATURE_BYTES),
    )
    const messages = [
      this.writer.serverHelloMessage(),
      message(11, this.chain(false)),
      message(12, exchange),
      message(14, EMPTY),
    ]
    return plainRecord(HANDSHAKE, concat(...messages))
  }

  private serverFlight13(): Uint8Array {
    const { writer } = this
    const hello = writer.serverHello()
    writer.useSecret(SERVER, 'SERVER_HANDSHAKE_TRAFFIC_SECRET')
    const sealed = (type: number, body: Uint8Array) => writer.seal(SERVER, HANDSHAKE, message(type, body))
    const verify = concat(
      Uint8Array.of(8, 4, SIGNATURE_BYTES >> 8, SIGNATURE_BYTES & 255),
      noise(this.wire, SIGNATURE_BYTES),
    )
    const flight = concat(
      hello,
      Uint8Array.of(20, 3, 3, 0, 1, 1),
      sealed(8, Uint8Array.of(0, 0)),
      sealed(11, this.chain(true)),
      sealed(15, verify),
      writer.finished(SERVER),
    )
    writer.useSecret(CLIENT, 'CLIENT_HANDSHAKE_TRAFFIC_SECRET')
    return flight
  }

  private chain(isTls13: boolean): Uint8Array {
    const certificate =
      this.options.certificate ?? certificateFor(this.options.name ?? 'rdsh01.corp.example', this.wire)
    const entry = concat(u24(certificate.length), certificate, isTls13 ? Uint8Array.of(0, 0) : EMPTY)
    return concat(isTls13 ? Uint8Array.of(0) : EMPTY, u24(entry.length), entry)
  }

  private ticket(): void {
    const body = concat(
      Uint8Array.of(0, 0, 28, 32, 1, 2, 3, 4, 1, 0, 0, 208),
      noise(this.wire, 208),
      Uint8Array.of(0, 0),
    )
    this.under.carries(SERVER, this.writer.seal(SERVER, HANDSHAKE, message(4, body)))
  }
}

export interface CertificateWishes {
  readonly issuer?: string
  /** Days from the day of the story. */
  readonly from?: number
  readonly to?: number
  /** Bytes of a policy text, as chains and long certificates have them. */
  readonly filler?: number
}

/** As a session host issues it to itself, unless somebody else issues it. */
export function certificateFor(
  name: string,
  wire: Wire,
  { issuer, from, to, filler = 0 }: CertificateWishes = {},
): Uint8Array {
  const modulus = concat(Uint8Array.of(0, 0xc5), noise(wire, 255))
  const key = element(SEQUENCE, element(0x02, modulus), element(0x02, Uint8Array.of(1, 0, 1)))
  return certificateOf({
    serial: noise(wire, 16).map((byte, at) => (at === 0 ? byte & 0x7f : byte)),
    issuer: commonName(issuer ?? name),
    subject: commonName(name),
    notBefore: element(UTC_TIME, utcTime(from ?? -60)),
    notAfter: element(UTC_TIME, utcTime(to ?? 123)),
    key: element(
      SEQUENCE,
      element(SEQUENCE, identifier('1.2.840.113549.1.1.1'), element(0x05)),
      element(BIT_STRING, concat(Uint8Array.of(0), key)),
    ),
    alternativeNames: [element(0x82, name), ...otherNames(name, filler)],
    signature: concat(Uint8Array.of(0), noise(wire, SIGNATURE_BYTES)),
  })
}

/** Further names, as certificates for a whole farm have them. */
function otherNames(name: string, bytes: number): Uint8Array[] {
  const names: Uint8Array[] = []
  for (let have = 0; have < bytes; have += name.length + 6) {
    names.push(element(0x82, `n${String(names.length).padStart(3, '0')}-${name}`))
  }
  return names
}

function utcTime(days: number): string {
  const digits = new Date(STORY_BEGINS_MS + days * DAY_MS).toISOString().replace(/\D/g, '')
  return `${digits.slice(2, 14)}Z`
}

const EMPTY = new Uint8Array(0)
const SECURE_RENEGOTIATION = Uint8Array.of(0xff, 1, 0, 1, 0)
const MSTSC_VERSIONS = [0x0304, 0x0303, 0x0302, 0x0301]

function clientExtensions({ name, alpn, versions, version }: TlsOptions): Uint8Array {
  const text = (value: string) => new TextEncoder().encode(value)
  const parts: Uint8Array[] = []
  if (name !== undefined && name !== '') {
    const host = text(name)
    parts.push(extension(0, concat(u16(host.length + 3), Uint8Array.of(0), u16(host.length), host)))
  }
  parts.push(extension(10, listed(29, 23, 24)), extension(11, Uint8Array.of(1, 0)))
  parts.push(
    extension(13, listed(0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0201, 0x0403, 0x0503, 0x0203, 0x0601, 0x0603)),
  )
  if (alpn !== undefined) {
    const names = concat(...alpn.map(protocol => concat(Uint8Array.of(protocol.length), text(protocol))))
    parts.push(extension(16, concat(u16(names.length), names)))
  }
  parts.push(SECURE_RENEGOTIATION)
  const offered = versions ?? MSTSC_VERSIONS
  if (version === 'TLSv1.3' || offered.length > 0) {
    parts.push(extension(43, concat(Uint8Array.of(2 * offered.length), ...offered.map(u16))))
  }
  if (offered.includes(0x0304)) parts.push(extension(45, Uint8Array.of(1, 1)), keyShare(CLIENT))
  return concat(...parts)
}

function keyShare(from: Direction): Uint8Array {
  const entry = concat(u16(29), u16(32), new Uint8Array(32).fill(0x5a))
  return extension(51, from === CLIENT ? concat(u16(entry.length), entry) : entry)
}

function extension(type: number, content: Uint8Array): Uint8Array {
  return concat(u16(type), u16(content.length), content)
}

function listed(...values: readonly number[]): Uint8Array {
  return concat(u16(2 * values.length), ...values.map(u16))
}

/** An uncompressed point of P-384: of the right length, on no curve. */
function point(wire: Wire): Uint8Array {
  return concat(Uint8Array.of(4), noise(wire, POINT_BYTES - 1))
}

export function noise(wire: Wire, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => wire.random.below(256))
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255)
}

function u24(value: number): Uint8Array {
  return Uint8Array.of(value >> 16, (value >> 8) & 255, value & 255)
}
