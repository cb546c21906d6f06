/**
 * Writes TLS sessions of our own making, record by record, with their key log: for what a real client and server can not be
 * made to do (early data, key updates, loss), and for long ones. Nobody checks a Finished, so that it is only of the right
 * length. RFC 8446, RFC 5246.
 */
import { createHmac } from 'node:crypto'
import { CLIENT, type Direction, SERVER } from '../../src/wire/dissector.ts'
import {
  AES_128_GCM_SHA256,
  ECDHE_RSA_AES_128_GCM_SHA256,
  expand,
  keysOf12,
  keysOf13,
  type RecordKeys,
  recordHeader,
  type Suite,
  seal12,
  seal13,
} from './tls-suites.ts'

export const HANDSHAKE = 22
export const ALERT = 21
const APPLICATION_DATA = 23
const CHANGE_CIPHER_SPEC = 20
const TLS_1_2 = 0x0303

/** What the hellos say, and how the session is sealed; all of it has a plain default. */
export interface TlsWriterOptions {
  readonly suite?: Suite
  /** Suites of the client hello; the chosen one without. */
  readonly offers?: readonly number[]
  /** Whole extensions. */
  readonly clientExtensions?: Uint8Array
  readonly serverExtensions?: Uint8Array
}

export class TlsWriter {
  readonly tls13: boolean
  readonly suite: Suite
  private readonly options: TlsWriterOptions
  private readonly clientRandom: Buffer
  private readonly serverRandom: Buffer
  private readonly master: Buffer
  private readonly keys: [RecordKeys | null, RecordKeys | null] = [null, null]
  private readonly lines: string[] = []

  /** @param seed tells sessions apart */
  constructor(version: 'TLSv1.2' | 'TLSv1.3', seed = 1, options: TlsWriterOptions = {}) {
    this.tls13 = version === 'TLSv1.3'
    this.options = options
    this.suite = options.suite ?? (this.tls13 ? AES_128_GCM_SHA256 : ECDHE_RSA_AES_128_GCM_SHA256)
    this.clientRandom = Buffer.alloc(32, seed)
    this.serverRandom = Buffer.alloc(32, seed + 100)
    this.master = Buffer.alloc(48, seed + 50)
    if (!this.tls13)
      this.lines.push(`CLIENT_RANDOM ${this.clientRandom.toString('hex')} ${this.master.toString('hex')}`)
  }

  get keyLog(): string {
    return `# written by a test\n${this.lines.join('\n')}\n`
  }

  /** All of a handshake that matters here, up to both Finished. */
  handshake(): [Direction, Buffer][] {
    const said: [Direction, Buffer][] = [
      [CLIENT, this.clientHello()],
      [SERVER, this.serverHello()],
    ]
    if (!this.tls13) {
      for (const direction of [CLIENT, SERVER] as const) said.push([direction, this.switchesAndFinishes(direction)])
      return said
    }
    this.useSecret(SERVER, 'SERVER_HANDSHAKE_TRAFFIC_SECRET')
    said.push([SERVER, this.seal(SERVER, HANDSHAKE, message(8, Buffer.alloc(2)))])
    said.push([SERVER, this.finished(SERVER)])
    this.useSecret(CLIENT, 'CLIENT_HANDSHAKE_TRAFFIC_SECRET')
    said.push([CLIENT, this.finished(CLIENT)])
    return said
  }

  clientHello(early = false): Buffer {
    const extensions = early ? Buffer.from('002a0000', 'hex') : (this.options.clientExtensions ?? Buffer.alloc(0))
    const offers = this.options.offers ?? [this.suite.id]
    const suites = Buffer.concat([u16(2 * offers.length), ...offers.map(u16)])
    const parts = [u16(TLS_1_2), this.clientRandom, Buffer.from([0]), suites, Buffer.from([1, 0])]
    return plainRecord(HANDSHAKE, message(1, Buffer.concat([...parts, u16(extensions.length), extensions])))
  }

  serverHello(retry = false): Buffer {
    return plainRecord(HANDSHAKE, this.serverHelloMessage(retry))
  }

  /** Without its record: others may stand in the same one. */
  serverHelloMessage(retry = false): Buffer {
    const versions = this.tls13 ? Buffer.from('002b00020304', 'hex') : Buffer.alloc(0)
    const extensions = Buffer.concat([versions, this.options.serverExtensions ?? Buffer.alloc(0)])
    const random = retry ? Buffer.from(RETRY_RANDOM, 'hex') : this.serverRandom
    const parts = [u16(TLS_1_2), random, Buffer.from([0]), u16(this.suite.id), Buffer.from([0])]
    return message(2, Buffer.concat([...parts, u16(extensions.length), extensions]))
  }

  /** TLS 1.2: ChangeCipherSpec, and the Finished under the new keys. */
  switchesAndFinishes(direction: Direction): Buffer {
    this.keys[direction] = keysOf12(this.suite, this.master, this.clientRandom, this.serverRandom)[direction]
    const finished = this.seal(direction, HANDSHAKE, message(20, Buffer.alloc(12)))
    return Buffer.concat([plainRecord(CHANGE_CIPHER_SPEC, Buffer.from([1])), finished])
  }

  /** TLS 1.3. Behind it the direction has the keys of application data. */
  finished(direction: Direction): Buffer {
    const verify = Buffer.alloc(this.suite.hash === 'sha256' ? 32 : 48)
    const record = this.seal(direction, HANDSHAKE, message(20, verify))
    this.useSecret(direction, direction === CLIENT ? 'CLIENT_TRAFFIC_SECRET_0' : 'SERVER_TRAFFIC_SECRET_0')
    return record
  }

  endOfEarlyData(): Buffer {
    return this.seal(CLIENT, HANDSHAKE, message(5, Buffer.alloc(0)))
  }

  /** Behind it the direction has new keys. */
  keyUpdate(direction: Direction): Buffer {
    const record = this.seal(direction, HANDSHAKE, message(24, Buffer.from([0])))
    const { secret } = this.keys[direction] as RecordKeys
    this.keys[direction] = keysOf13(this.suite, expand(this.suite, secret, 'traffic upd', secret.length))
    return record
  }

  useSecret(direction: Direction, label: string): void {
    const random = this.clientRandom.toString('hex')
    const secret = createHmac(this.suite.hash, this.master).update(label).digest()
    this.lines.push(`${label} ${random} ${secret.toString('hex')}`)
    this.keys[direction] = keysOf13(this.suite, secret)
  }

  data(direction: Direction, content: Uint8Array): Buffer {
    return this.seal(direction, APPLICATION_DATA, content)
  }

  /** One record. */
  seal(direction: Direction, type: number, content: Uint8Array): Buffer {
    const keys = this.keys[direction] as RecordKeys
    return this.tls13 ? seal13(keys, type, content) : seal12(keys, type, content)
  }

  /** Has this side keys: may its words be sealed yet? */
  isSealed(direction: Direction): boolean {
    return this.keys[direction] !== null
  }
}

const RETRY_RANDOM = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c'

/** A handshake message. */
export function message(type: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type, 0]), u16(body.length), body])
}

export function plainRecord(type: number, content: Uint8Array): Buffer {
  return Buffer.concat([recordHeader(type, content.length), content])
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255])
}
