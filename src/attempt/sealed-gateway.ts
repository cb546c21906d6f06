/**
 * How far a gateway's tunnel came behind TLS, told from the sizes of its records: inference, not reading. What it rests on
 * (MS-TSGU 2.2.10, 3.3.5): client and gateway speak in turns, and first of all 14 and 18 bytes, the handshake; then the
 * tunnel, its authorization and the channel are asked for and answered, and only who was let in goes on. A WebSocket frame
 * (RFC 6455 5.2) or a chunk (RFC 9112 7.1) around a packet adds what its length says, so that the packet's own length is
 * known; inside the data packets lies the TLS of the session, whose records are read as those of a direct one.
 */
import { CLIENT, type Direction, SERVER } from '../wire/dissector.ts'
import type { Place } from './place.ts'
import { exactly, isExact, type Overhead } from './record-sizes.ts'
import { readSealedSession, type Sealed, type SealedSession } from './sealed-session.ts'

/** A record of the tunnel's connections, with what protection added to it. */
export interface TunnelRecord extends Place {
  readonly conversation: number
  readonly direction: Direction
  readonly length: number
  readonly overhead: Overhead
}

export interface SealedTunnel {
  /** The gateway answered the handshake: HTTP was passed. */
  readonly http: Place
  /** Behind these the client went on: it was let in. */
  readonly tunnel: Place | null
  readonly channel: Place | null
  /** The answer to the connection request inside, and what shows that TLS inside was done. */
  readonly x224: Place | null
  readonly security: Place | null
  /** What the records inside tell; null before them, or where their suite can not be told. */
  readonly session: SealedSession | null
  /** The gateway answered, and the client did not go on: the step, and both. */
  readonly stopped: { readonly step: TunnelStep; readonly asked: Place; readonly answer: Place } | null
}

export type TunnelStep = 'handshake' | 'tunnel' | 'authorization' | 'channel'

const STEPS: readonly TunnelStep[] = ['handshake', 'tunnel', 'authorization', 'channel']
/** Least lengths of each step's packets. The first ones are exact. */
const ASKED_BYTES = [14, 16, 12, 12]
const ANSWERED_BYTES = [18, 18, 16, 16]
const DATA_HEADER_BYTES = 10
const CONNECTION_CONFIRM_BYTES = [11, 19]
const RECORD_HEADER_BYTES = 5
const LEAST_CLIENT_HELLO_BYTES = 60
/** Change Cipher Spec, where it is sent, and a Finished of SHA-256 or SHA-384: all that a client of TLS 1.3 says there. */
const TLS_1_3_FINISHED_BYTES = [58, 64, 74, 80]
/** What the suites of today add: of TLS 1.3; GCM and CCM of TLS 1.2; ChaCha20 of TLS 1.2. */
const TLS_1_3_OVERHEAD = 17
const TLS_1_2_OVERHEADS = [24, 16]

/** How packets are wrapped on their way in one direction: what is added to so many bytes. */
type Framing = (bytes: number) => number
const BARE: Framing = () => 0
const CHUNKED: Framing = bytes => bytes.toString(16).length + 4
const frame = (mask: number) => (bytes: number) => mask + (bytes < 126 ? 2 : bytes < 65_536 ? 4 : 10)
const FRAMINGS: readonly (readonly [client: Framing, server: Framing])[] = [
  [frame(4), frame(0)],
  [CHUNKED, BARE],
  [CHUNKED, CHUNKED],
]
/** Chunk length and WebSocket header are never longer together. */
const MOST_FRAMING_BYTES = 14

/** A packet of the tunnel: its place, and its own length where the framing leaves one. */
interface Packet extends Place {
  readonly direction: Direction
  readonly bytes: number
}

/**
 * @param records application data of all connections of the tunnel, in packet order.
 * @param conversation the connection to explain: of several tunnels in turn, the one that used it.
 */
export function readSealedTunnel(records: readonly TunnelRecord[], conversation: number): SealedTunnel | null {
  if (records.some(record => !isExact(record.overhead))) return null
  for (const framing of FRAMINGS) {
    for (const start of handshakes(records, framing)) {
      // The connections over which the handshake went are the tunnel.
      const channels = [records[start]?.conversation, records[start + 1]?.conversation]
      if (!channels.includes(conversation)) continue
      const round = records.slice(start).filter(record => channels.includes(record.conversation))
      return readTunnel(round, framing)
    }
  }
  return null
}

type Framings = (typeof FRAMINGS)[number]

function plainOf({ length, overhead }: TunnelRecord): number {
  return length - overhead.least
}

/** Indices of the client's records that a handshake may be, and that were answered as one. */
function handshakes(records: readonly TunnelRecord[], [client, server]: Framings): number[] {
  const [asked, answered] = [ASKED_BYTES[0] as number, ANSWERED_BYTES[0] as number]
  return [...records.keys()].filter(at => {
    const [question, answer] = [records[at] as TunnelRecord, records[at + 1]]
    return (
      question.direction === CLIENT &&
      plainOf(question) === asked + client(asked) &&
      answer?.direction === SERVER &&
      plainOf(answer) === answered + server(answered)
    )
  })
}

function readTunnel(round: readonly TunnelRecord[], framing: Framings): SealedTunnel | null {
  const packets = round.map(record => unframed(record, framing))
  const answers: Packet[] = []
  let stopped: SealedTunnel['stopped'] = null
  let at = 0
  for (const [step, name] of STEPS.entries()) {
    const [asked, answer] = [packets[at], packets[at + 1]]
    if (asked?.direction !== CLIENT || asked.bytes < (ASKED_BYTES[step] as number)) break
    if (answer?.direction !== SERVER || answer.bytes < (ANSWERED_BYTES[step] as number)) break
    answers.push(answer)
    at += 2
    if (packets.slice(at).some(packet => packet.direction === CLIENT)) continue
    stopped = { step: name, asked, answer }
    break
  }
  const [http] = answers
  if (http === undefined) return null
  const passed = answers.length - (stopped === null ? 0 : 1)
  const inside = passed === STEPS.length ? packets.slice(at) : []
  return {
    http,
    tunnel: passed > 2 ? (answers[2] as Packet) : null,
    channel: passed > 3 ? (answers[3] as Packet) : null,
    ...readInside(inside),
    stopped,
  }
}

/** The data packets: connection request and confirm, then TLS. */
function readInside(packets: readonly Packet[]): Pick<SealedTunnel, 'x224' | 'security' | 'session'> {
  const nothing = { x224: null, security: null, session: null }
  const [request, confirm, hello] = packets
  if (request?.direction !== CLIENT || confirm?.direction !== SERVER) return nothing
  if (!CONNECTION_CONFIRM_BYTES.includes(confirm.bytes - DATA_HEADER_BYTES)) return nothing
  if (hello?.direction !== CLIENT || hello.bytes - DATA_HEADER_BYTES < LEAST_CLIENT_HELLO_BYTES) {
    return { ...nothing, x224: confirm }
  }
  // The client's second word inside TLS ends its handshake; what follows is said in records of their own.
  const done = packets.findIndex((packet, at) => at > 3 && packet.direction === CLIENT)
  const finished = packets[done]
  if (finished === undefined) return { ...nothing, x224: confirm }
  const isTls13 = TLS_1_3_FINISHED_BYTES.includes(finished.bytes - DATA_HEADER_BYTES)
  const rest = packets.slice(done + 1)
  // A server of TLS 1.2 answers with its own Finished.
  const from = isTls13 ? 0 : rest.findIndex(packet => packet.direction === SERVER) + 1
  const sealed = rest.slice(from).map(sealedRecord)
  return { x224: confirm, security: finished, session: readSession(sealed, isTls13) }
}

function readSession(records: readonly Sealed[], isTls13: boolean): SealedSession | null {
  for (const overhead of isTls13 ? [TLS_1_3_OVERHEAD] : TLS_1_2_OVERHEADS) {
    const session = readSealedSession(records, exactly(overhead))
    // Only the opening of MCS shows that the suite was guessed right.
    if (session.mcs !== null) return session
  }
  return null
}

function sealedRecord({ packet, timeNs, direction, bytes }: Packet): Sealed {
  return { packet, timeNs, direction, fact: { length: bytes - DATA_HEADER_BYTES - RECORD_HEADER_BYTES } }
}

/** -1 where no length fits. */
function unframed(record: TunnelRecord, framing: Framings): Packet {
  const { packet, timeNs, direction } = record
  const framed = plainOf(record)
  const added = framing[direction]
  for (let bytes = framed; bytes >= Math.max(0, framed - MOST_FRAMING_BYTES); bytes--) {
    if (bytes + added(bytes) === framed) return { packet, timeNs, direction, bytes }
  }
  return { packet, timeNs, direction, bytes: -1 }
}
