/**
 * The captures that the budgets are measured on, the same bytes in every run:
 *
 * - mixed: 100,000 connections, 256 of them at a time: RDP with TLS, gateways with TLS and HTTP, refusals, silence.
 * - bulk: 1 GiB of 16 KiB TLS records in full segments, on 8 connections.
 * - small: 10,000,000 frames of 60 to 70 bytes, on 5,000 connections.
 * - flows: 1,000,000 connections that are all open at one time, having negotiated and no more.
 * - sealed: 500 MiB of RDP in TLS whose keys are in a key log beside it: logon, session, end, on 4 connections.
 * - single: one RDP session of about 40 packets, at every scale.
 *
 * Each is multiplied by a scale. Run alone: `tsx test/bench/generate.ts mixed out.pcap 0.1`.
 */
import { writeFileSync } from 'node:fs'
import { argv } from 'node:process'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { Random } from '../support/random.ts'
import { ALERT, TlsWriter } from '../support/tls-writer.ts'
import { connection, type End, type Message, type Script } from './connection.ts'
import { type Frame, FrameWriter, type Route } from './frame-writer.ts'
import {
  applicationData,
  connectionConfirm,
  connectionConfirmTls,
  connectionRequests,
  disconnectUltimatum,
  gatewayTls12,
  gatewayTls13,
  hostTls12,
  hostTls13,
  httpDialogue,
  loggedOff,
  negotiationFailure,
  rdpSession,
} from './messages.ts'

const KINDS = ['mixed', 'bulk', 'small', 'flows', 'sealed', 'single'] as const
export type Kind = (typeof KINDS)[number]

/** Changes whenever the same kind and scale give other bytes, so that old files are not taken for new ones. */
export const GENERATION = 1

export interface Generated {
  readonly packets: number
  readonly bytes: number
  readonly connections: number
}

/** @param scale 1 is the size above. */
export function generate(kind: Kind, path: string, scale: number): Generated {
  const writer = new FrameWriter(path)
  const random = new Random(12_345)
  const connections = { mixed, bulk, small, flows, sealed, single }[kind](writer, random, scale, path)
  writer.close()
  return { packets: writer.frames, bytes: writer.bytes + 24, connections }
}

/** Beside the capture. */
export const KEY_LOG_SUFFIX = '.keys'

interface Running {
  readonly route: Route
  readonly frames: Generator<Frame>
}

function start(script: Script, random: Random): Running {
  return { route: script.route, frames: connection(script, random) }
}

const ADDRESSES_10 = 0x0a00_0000
const ADDRESSES_192_168 = 0xc0a8_0000

function mixed(writer: FrameWriter, random: Random, scale: number): number {
  const count = Math.round(100_000 * scale)
  const atATime = 256
  let started = 0
  const live = Array.from({ length: atATime }, () => start(mixedScript(started++, random), random))
  while (live.length > 0) {
    const index = random.below(live.length)
    for (let burst = 1 + random.below(3); burst > 0; burst--) {
      const { route, frames } = live[index] as Running
      const { value: frame, done } = frames.next()
      if (!done) {
        writer.write(route, frame)
        continue
      }
      if (started < count) live[index] = start(mixedScript(started++, random), random)
      else {
        live[index] = live[live.length - 1] as Running
        live.pop()
      }
      break
    }
  }
  return started
}

function mixedScript(number: number, random: Random): Script {
  const route = {
    clientAddress: ADDRESSES_10 + (((number * 2_654_435_761) >>> 0) % 2 ** 24),
    serverAddress: ADDRESSES_192_168 + (number % 211) + 1,
    clientPort: 1024 + ((number * 7919) % 64_000),
  }
  const request = connectionRequests[number % connectionRequests.length] as Message
  /** Sessions of different lengths: the handshake, and some of what follows. */
  const cut = (dialogue: readonly Message[]) => dialogue.slice(0, 5 + random.below(dialogue.length - 4))
  const choice = random.fraction()
  let serverPort = 3389
  let messages: readonly Message[]
  let end: End = 'fin'
  if (choice < 0.3) messages = [request, connectionConfirm, ...cut(hostTls12)]
  else if (choice < 0.45) messages = [request, connectionConfirm, ...cut(hostTls13)]
  else if (choice < 0.7) {
    serverPort = 443
    messages = cut(choice < 0.58 ? gatewayTls12 : gatewayTls13)
  } else if (choice < 0.85) {
    serverPort = 80
    messages = httpDialogue.slice(0, 2 + 2 * random.below(2))
  } else if (choice < 0.9) messages = [request, negotiationFailure]
  else if (choice < 0.97) {
    messages = []
    end = choice < 0.94 ? 'refused' : 'silent'
  } else {
    messages = [request, connectionConfirm, ...hostTls12.slice(0, 2)]
    end = 'rst'
  }
  if (end === 'fin' && random.fraction() < 0.05) end = 'open'
  return { route: { ...route, serverPort }, messages, end, resent: 0.01, reordered: 0.03 }
}

function bulk(writer: FrameWriter, random: Random, scale: number): number {
  const wanted = 1024 * 2 ** 20 * scale
  const pool = Buffer.allocUnsafe(1 << 22)
  for (let at = 0; at < pool.length; at += 4) pool.writeUInt32LE(random.below(2 ** 32), at)
  const records = applicationData(pool, 16_384)
  const answer = applicationData(Buffer.alloc(90), 85)
  const live = Array.from({ length: 8 }, (_, number) => {
    const route = {
      clientAddress: ADDRESSES_10 + number + 1,
      serverAddress: ADDRESSES_192_168 + 1,
      clientPort: 50_000 + number,
      serverPort: 3389,
    }
    const messages = session(hostTls12, [SERVER, records], [CLIENT, answer])
    return start({ route, messages, end: 'open', resent: 0.001, reordered: 0.001 }, random)
  })
  while (writer.bytes < wanted) {
    const { route, frames } = live[random.below(live.length)] as Running
    for (let burst = 2 + random.below(20); burst > 0; burst--) writer.write(route, frames.next().value)
  }
  return live.length
}

function small(writer: FrameWriter, random: Random, scale: number): number {
  const wanted = 1e7 * scale
  const record = applicationData(Buffer.alloc(8), 3)
  const live = Array.from({ length: 5000 }, (_, number) => {
    const route = {
      clientAddress: ADDRESSES_10 + 1 + number * 7,
      serverAddress: ADDRESSES_192_168 + 1 + (number % 50),
      clientPort: 40_000 + (number % 20_000),
      serverPort: 3389,
    }
    const messages = session(hostTls12, [CLIENT, record], [SERVER, record])
    return start({ route, messages, end: 'open', resent: 0.002, reordered: 0 }, random)
  })
  while (writer.frames < wanted) {
    const { route, frames } = live[random.below(live.length)] as Running
    writer.write(route, frames.next().value)
  }
  return live.length
}

function flows(writer: FrameWriter, random: Random, scale: number): number {
  const count = Math.round(1e6 * scale)
  for (let number = 0; number < count; number++) {
    const route = {
      clientAddress: ADDRESSES_10 + number,
      serverAddress: ADDRESSES_192_168 + (number % 211) + 1,
      clientPort: 1024 + ((number * 7919) % 64_000),
      serverPort: 3389,
    }
    const messages = [connectionRequests[number % connectionRequests.length] as Message, connectionConfirm]
    const script: Script = { route, messages, end: 'open', resent: 0, reordered: 0 }
    for (const frame of connection(script, random)) writer.write(route, frame)
  }
  return count
}

/** Sessions that can be decrypted: what is said until the session is active, pictures and mouse, and the end. */
function sealed(writer: FrameWriter, random: Random, scale: number, path: string): number {
  const wanted = 500 * 2 ** 20 * scale
  const sessions = Array.from({ length: 4 }, (_, number) => {
    const route = {
      clientAddress: ADDRESSES_10 + number + 1,
      serverAddress: ADDRESSES_192_168 + 1,
      clientPort: 51_000 + number,
      serverPort: 3389,
    }
    const tls = new TlsWriter(number % 2 === 0 ? 'TLSv1.2' : 'TLSv1.3', number + 1)
    const messages = sealedSession(tls, random, () => writer.bytes >= wanted)
    return { tls, ...start({ route, messages, end: 'fin', resent: 0.001, reordered: 0.001 }, random) }
  })
  const live = [...sessions]
  while (live.length > 0) {
    const index = random.below(live.length)
    const { route, frames } = live[index] as Running
    for (let burst = 2 + random.below(20); burst > 0; burst--) {
      const { value: frame, done } = frames.next()
      if (done === true) {
        live.splice(index, 1)
        break
      }
      writer.write(route, frame)
    }
  }
  writeFileSync(path.replace(/\.pcap(\.part)?$/, KEY_LOG_SUFFIX), sessions.map(({ tls }) => tls.keyLog).join(''))
  return sessions.length
}

function* sealedSession(tls: TlsWriter, random: Random, over: () => boolean): Generator<Message> {
  yield connectionRequests[0] as Message
  yield connectionConfirmTls
  yield* tls.handshake()
  for (const [from, pdu] of rdpSession) yield [from, tls.data(from, pdu)]
  const picture = Buffer.alloc(16_384)
  const mouse = Buffer.from('04800a20000800028001', 'hex')
  while (!over()) {
    for (let count = 1 + random.below(6); count > 0; count--) {
      // Fast-path output of one record, its content as good as random.
      for (let at = 0; at < picture.length; at += 4) picture.writeUInt32LE(random.below(2 ** 32), at)
      picture.writeUInt32BE(0x0080_0000 | (0x8000 | (picture.length & 0x7fff)), 0)
      yield [SERVER, tls.data(SERVER, picture)]
    }
    yield [CLIENT, tls.data(CLIENT, mouse)]
  }
  yield [SERVER, tls.data(SERVER, loggedOff)]
  yield [SERVER, tls.data(SERVER, disconnectUltimatum)]
  yield [SERVER, tls.seal(SERVER, ALERT, Buffer.from([1, 0]))]
}

function single(writer: FrameWriter, random: Random): number {
  const route = {
    clientAddress: ADDRESSES_10 + 1,
    serverAddress: ADDRESSES_192_168 + 1,
    clientPort: 50_000,
    serverPort: 3389,
  }
  const messages = [connectionRequests[0] as Message, connectionConfirm, ...hostTls12]
  const script: Script = { route, messages, end: 'fin', resent: 0, reordered: 0 }
  for (const frame of connection(script, random)) writer.write(route, frame)
  return 1
}

/** Negotiation, TLS handshake, and then these two for ever. */
function* session(handshake: readonly Message[], one: Message, other: Message): Generator<Message> {
  yield connectionRequests[0] as Message
  yield connectionConfirm
  yield* handshake.slice(0, 4)
  for (;;) {
    yield one
    yield other
  }
}

if (import.meta.filename === argv[1]) {
  const [kind, path, scale] = argv.slice(2)
  if (!KINDS.includes(kind as Kind) || path === undefined) {
    console.error(`usage: tsx test/bench/generate.ts ${KINDS.join('|')} FILE [SCALE]`)
    process.exit(2)
  }
  console.log(generate(kind as Kind, path, Number(scale ?? 1)))
}
