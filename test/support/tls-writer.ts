/**
 * Writes TLS sessions of our own making, record by record, with their key log: for what a real client and server can not be
 * made to do (early data, key updates, loss), and for long ones. Nobody checks a Finished, so that it is only of the right
 * length. RFC 8446, RFC 5246, RFC 5288.
 */
import { createCipheriv, createHmac } from 'node:crypto'
import { CLIENT, type Direction, SERVER } from '../../src/wire/dissector.ts'

const HANDSHAKE = 22
export const ALERT = 21
const APPLICATION_DATA = 23
const CHANGE_CIPHER_SPEC = 20
const TLS_1_2 = 0x0303
const AES_128_GCM_SHA256_1_3 = 0x1301
const ECDHE_RSA_AES_128_GCM_SHA256 = 0xc02f
const KEY_BYTES = 16

interface Keys {
  secret: Buffer
  key: Buffer
  iv: Buffer
  sequence: bigint
}

export class TlsWriter {
  readonly tls13: boolean
  private readonly clientRandom: Buffer
  private readonly serverRandom: Buffer
  private readonly master: Buffer
  private readonly keys: [Keys | null, Keys | null] = [null, null]
  private readonly lines: string[] = []

  /** @param seed tells sessions apart */
  constructor(version: 'TLSv1.2' | 'TLSv1.3', seed = 1) {
    this.tls13 = version === 'TLSv1.3'
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
      for (const direction of [CLIENT, SERVER] as const) {
        this.switchTo12(direction)
        const spec = plainRecord(CHANGE_CIPHER_SPEC, Buffer.from([1]))
        said.push([direction, Buffer.concat([spec, this.seal(direction, HANDSHAKE, message(20, Buffer.alloc(12)))])])
      }
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
    const extensions = early ? Buffer.from('002a0000', 'hex') : Buffer.alloc(0)
    const suite = this.tls13 ? AES_128_GCM_SHA256_1_3 : ECDHE_RSA_AES_128_GCM_SHA256
    const parts = [u16(TLS_1_2), this.clientRandom, Buffer.from([0]), u16(2), u16(suite), Buffer.from([1, 0])]
    return plainRecord(HANDSHAKE, message(1, Buffer.concat([...parts, u16(extensions.length), extensions])))
  }

  serverHello(retry = false): Buffer {
    const extensions = this.tls13 ? Buffer.from('002b00020304', 'hex') : Buffer.alloc(0)
    const suite = this.tls13 ? AES_128_GCM_SHA256_1_3 : ECDHE_RSA_AES_128_GCM_SHA256
    const random = retry ? Buffer.from(RETRY_RANDOM, 'hex') : this.serverRandom
    const parts = [u16(TLS_1_2), random, Buffer.from([0]), u16(suite), Buffer.from([0])]
    return plainRecord(HANDSHAKE, message(2, Buffer.concat([...parts, u16(extensions.length), extensions])))
  }

  /** Behind it the direction has the keys of application data. */
  finished(direction: Direction): Buffer {
    const record = this.seal(direction, HANDSHAKE, message(20, Buffer.alloc(32)))
    this.useSecret(direction, direction === CLIENT ? 'CLIENT_TRAFFIC_SECRET_0' : 'SERVER_TRAFFIC_SECRET_0')
    return record
  }

  endOfEarlyData(): Buffer {
    return this.seal(CLIENT, HANDSHAKE, message(5, Buffer.alloc(0)))
  }

  /** Behind it the direction has new keys. */
  keyUpdate(direction: Direction): Buffer {
    const record = this.seal(direction, HANDSHAKE, message(24, Buffer.from([0])))
    const { secret } = this.keys[direction] as Keys
    this.keys[direction] = keysOf(expand(secret, 'traffic upd', 32))
    return record
  }

  useSecret(direction: Direction, label: string): void {
    const random = this.clientRandom.toString('hex')
    const secret = createHmac('sha256', this.master).update(label).digest()
    this.lines.push(`${label} ${random} ${secret.toString('hex')}`)
    this.keys[direction] = keysOf(secret)
  }

  data(direction: Direction, content: Uint8Array): Buffer {
    return this.seal(direction, APPLICATION_DATA, content)
  }

  /** One record. */
  seal(direction: Direction, type: number, content: Uint8Array): Buffer {
    const keys = this.keys[direction] as Keys
    const sequence = Buffer.alloc(8)
    sequence.writeBigUInt64BE(keys.sequence++)
    return this.tls13 ? seal13(keys, sequence, type, content) : seal12(keys, sequence, type, content)
  }

  private switchTo12(direction: Direction): void {
    const seed = Buffer.concat([Buffer.from('key expansion'), this.serverRandom, this.clientRandom])
    const block: Buffer[] = []
    let chain: Buffer = seed
    for (let at = 0; at < 2; at++) {
      chain = createHmac('sha256', this.master).update(chain).digest()
      block.push(createHmac('sha256', this.master).update(chain).update(seed).digest())
    }
    const material = Buffer.concat(block)
    const key = material.subarray(direction * KEY_BYTES, (direction + 1) * KEY_BYTES)
    const iv = material.subarray(2 * KEY_BYTES + direction * 4, 2 * KEY_BYTES + (direction + 1) * 4)
    this.keys[direction] = { secret: this.master, key, iv, sequence: 0n }
  }
}

const RETRY_RANDOM = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c'

function seal12({ key, iv }: Keys, sequence: Buffer, type: number, content: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-128-gcm', key, Buffer.concat([iv, sequence]))
  cipher.setAAD(Buffer.concat([sequence, header(type, content.length)]))
  const sealed = Buffer.concat([sequence, cipher.update(content), cipher.final()])
  const tag = cipher.getAuthTag()
  return Buffer.concat([header(type, sealed.length + tag.length), sealed, tag])
}

function seal13({ key, iv }: Keys, sequence: Buffer, type: number, content: Uint8Array): Buffer {
  const nonce = Buffer.from(iv)
  for (let at = 0; at < 8; at++) nonce[4 + at] = (nonce[4 + at] as number) ^ (sequence[at] as number)
  const head = header(APPLICATION_DATA, content.length + 17)
  const cipher = createCipheriv('aes-128-gcm', key, nonce)
  cipher.setAAD(head)
  return Buffer.concat([
    head,
    cipher.update(content),
    cipher.update(Buffer.from([type])),
    cipher.final(),
    cipher.getAuthTag(),
  ])
}

function keysOf(secret: Buffer): Keys {
  return { secret, key: expand(secret, 'key', KEY_BYTES), iv: expand(secret, 'iv', 12), sequence: 0n }
}

function expand(secret: Buffer, label: string, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`)
  const info = Buffer.concat([u16(length), Buffer.from([name.length]), name, Buffer.from([0, 1])])
  return createHmac('sha256', secret).update(info).digest().subarray(0, length)
}

function message(type: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type, 0]), u16(body.length), body])
}

function plainRecord(type: number, content: Uint8Array): Buffer {
  return Buffer.concat([header(type, content.length), content])
}

function header(type: number, length: number): Buffer {
  return Buffer.concat([Buffer.from([type]), u16(TLS_1_2), u16(length)])
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255])
}
