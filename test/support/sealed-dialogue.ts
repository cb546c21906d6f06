/**
 * RDP connections of our own making behind real TLS: Node's client and server send messages of the lengths that a test names,
 * and what they put on the wire becomes a capture without keys.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import * as tls from 'node:tls'
import type { Attempt } from '../../src/attempt/attempt.ts'
import { Attempts } from '../../src/attempt/grouping.ts'
import { Tracker } from '../../src/flow/tracker.ts'
import { CLIENT, type Direction, SERVER } from '../../src/wire/dissector.ts'
import { bytes } from './bytes.ts'
import { type Packet, TcpConversation } from './packets.ts'
import { RSA_CERTIFICATE, RSA_KEY } from './tls-session.ts'

export interface DialogueOptions {
  readonly version: tls.SecureVersion
  /** In OpenSSL's words. */
  readonly ciphers: string
}

export interface Dialogue {
  /** In the order of sending. */
  readonly said: readonly (readonly [direction: Direction, bytes: Uint8Array])[]
  readonly version: string
  readonly cipher: string
}

const ETHERNET = 1

/** @param lengths of the messages in their order; those of the client are negative. */
export async function sealedDialogue(options: DialogueOptions, lengths: readonly number[]): Promise<Dialogue> {
  const said: [Direction, Uint8Array][] = []
  const context = {
    key: RSA_KEY,
    cert: RSA_CERTIFICATE,
    minVersion: options.version,
    maxVersion: options.version,
    ciphers: `${options.ciphers}${options.ciphers.startsWith('TLS_') ? ':DEFAULT' : ''}:@SECLEVEL=0`,
  }
  const server = tls.createServer(context)
  const far = await listening(server)
  const relay = createServer(near => relayed(near, connect(far, '127.0.0.1'), said))
  const port = await listening(relay)
  const accepted = new Promise<tls.TLSSocket>(done => server.once('secureConnection', done))
  const client = tls.connect({ ...context, port, host: '127.0.0.1', rejectUnauthorized: false })
  try {
    await new Promise<void>((done, fail) => client.once('secureConnect', done).once('error', fail))
    const other = await accepted
    const ends = [client, other].map(socket => socket.setNoDelay(true).on('error', () => {}))
    for (const length of lengths) {
      const [from, to] = length < 0 ? ends : ends.toReversed()
      await passed(from as tls.TLSSocket, to as tls.TLSSocket, Math.abs(length))
    }
    return { said: [...said], version: client.getProtocol() ?? '', cipher: client.getCipher().standardName }
  } finally {
    client.destroy()
    relay.close()
    server.close()
  }
}

/** How the connection ends, behind all that was said. */
export type End = 'client-reset' | 'server-reset' | 'server-close' | 'open'

/**
 * The attempt as it is judged: TCP, the negotiation in clear, and the dialogue, each message in packets of its own.
 *
 * @param selected protocol: 1 TLS, 2 with NLA, 8 with NLA and an early authorization result.
 */
export function attemptOf({ said }: Dialogue, selected: number, end: End): Attempt {
  const whole = new TcpConversation()
    .handshake()
    .send(CLIENT, bytes('030000130ee00000000000010008000b000000'))
    .send(SERVER, bytes(`030000130ed0000012340002000800${selected.toString(16).padStart(2, '0')}000000`))
  for (const [direction, content] of said) whole.send(direction, content)
  if (end === 'client-reset') whole.reset(CLIENT)
  else if (end === 'server-reset') whole.reset(SERVER)
  else if (end === 'server-close') whole.close(SERVER)
  return attemptIn(whole.packets())
}

/** The only attempt that these packets show. */
function attemptIn(packets: readonly Packet[]): Attempt {
  const found: Attempt[] = []
  const attempts = new Attempts(attempt => found.push(attempt), { startSeconds: () => 1_700_000_000 })
  const tracker = new Tracker(attempts)
  const start = packets[0]?.timeUs ?? 0
  let endNs = 0
  packets.forEach(({ bytes, timeUs }, index) => {
    endNs = (timeUs - start) * 1000
    tracker.packet(bytes, 0, bytes.length, bytes.length, ETHERNET, index + 1, endNs)
  })
  attempts.end(tracker.finish(), endNs)
  const [one] = found
  if (one === undefined || found.length !== 1) throw new Error(`${found.length} attempts`)
  return one
}

async function listening(server: {
  listen(port: number, host: string, done: () => void): unknown
  address(): unknown
}) {
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return (server.address() as AddressInfo).port
}

function relayed(near: Socket, far: Socket, said: [Direction, Uint8Array][]): void {
  const pass = (from: Socket, to: Socket, direction: Direction): void => {
    from.setNoDelay(true)
    from.on('data', content => {
      said.push([direction, new Uint8Array(content)])
      to.write(content)
    })
    from.on('end', () => to.end())
    from.on('error', () => to.destroy())
  }
  pass(near, far, CLIENT)
  pass(far, near, SERVER)
}

function passed(from: tls.TLSSocket, to: tls.TLSSocket, length: number): Promise<void> {
  return new Promise(done => {
    let got = 0
    const take = (content: Buffer): void => {
      got += content.length
      if (got < length) return
      to.off('data', take)
      done()
    }
    to.on('data', take)
    from.write(new Uint8Array(length))
  })
}
