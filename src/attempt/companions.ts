/**
 * What the other connections of a client did when one of them fell silent: whether others fell silent at the same instant,
 * which of them went on, and whether the same server was then tried from another address. Small tables, read when an
 * attempt is judged.
 */
import type { Conversation, Endpoint } from '../flow/conversation.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { MAX_COMPANIONS, MAX_COMPANIONS_OF_CLIENT, MAX_HEARD_OF_CLIENT, MAX_STARTS_OF_SERVER } from '../wire/limits.ts'
import type { Companion, Companions } from './attempt.ts'
import type { Place } from './place.ts'

interface Known extends Companion {
  /** Of the conversation. */
  readonly id: number
}

interface Start extends Place {
  readonly client: string
}

const NS_PER_MS = 1e6
/** The client went on asking for so long behind the last word of the server. */
const SILENT_MS = 1_000
/** What falls silent so close together does so for one cause: keep-alives and resends come a second or two apart. */
const SAME_INSTANT_MS = 5_000
/** A client that lost its address tries again by another one within this time. */
const NEW_ADDRESS_MS = 300_000

export class CompanionTable {
  private readonly silent = new Map<string, Known[]>()
  /** By client: the server that was heard last, and the last one of another network. */
  private readonly heard = new Map<string, Known[]>()
  private readonly starts = new Map<string, Start[]>()

  /** @param isAttempt it is part of one: only then its server matters. */
  note(conversation: Conversation, isAttempt: boolean): void {
    const { tcp, client, server, id } = conversation
    if (tcp === null) return
    if (isAttempt) this.noteStart(conversation)
    const [asking, answering] = tcp.sides
    if (answering.packets === 0 || !this.hasRoom(client.address)) return
    const known: Known = {
      id,
      server,
      lastHeard: { packet: answering.lastPacket, timeNs: answering.lastNs },
      lastAsked: { packet: asking.lastPacket, timeNs: asking.lastNs },
    }
    if (isSilent(conversation)) keep(this.silent, client.address, known)
    keepHeard(this.heard, client.address, known)
  }

  /** Beside the silence of this connection's server. */
  of({ id, client, server, tcp, firstNs }: Conversation): Companions {
    const side = tcp?.sides[SERVER]
    if (side === undefined || side.packets === 0) return ALONE
    const { lastNs } = side
    const silent = (this.silent.get(client.address) ?? NONE).filter(
      one => one.id !== id && Math.abs(one.lastHeard.timeNs - lastNs) <= SAME_INSTANT_MS * NS_PER_MS,
    )
    const heard = (this.heard.get(client.address) ?? NONE).filter(
      one =>
        one.id !== id &&
        one.server.address !== server.address &&
        one.lastHeard.timeNs > lastNs + SAME_INSTANT_MS * NS_PER_MS,
    )
    const start = this.starts
      .get(keyOf(server))
      ?.find(
        ({ client: other, timeNs }) =>
          other !== client.address &&
          timeNs > lastNs &&
          timeNs > firstNs &&
          timeNs <= lastNs + NEW_ADDRESS_MS * NS_PER_MS,
      )
    if (silent.length === 0 && heard.length === 0 && start === undefined) return ALONE
    return { silent, heard, movedTo: start ?? null }
  }

  /** A capture of many clients is not taken at one of them: then the first ones are enough. */
  private hasRoom(client: string): boolean {
    return this.heard.size < MAX_COMPANIONS || this.heard.has(client)
  }

  private noteStart({ client, server, tcp }: Conversation): void {
    if (tcp === null || tcp.synPacket === 0) return
    const key = keyOf(server)
    let starts = this.starts.get(key)
    if (starts === undefined) {
      if (this.starts.size >= MAX_COMPANIONS) return
      starts = []
      this.starts.set(key, starts)
    }
    if (starts.length >= MAX_STARTS_OF_SERVER) return
    let at = starts.length
    while (at > 0 && (starts[at - 1] as Start).timeNs > tcp.synNs) at--
    starts.splice(at, 0, { client: client.address, packet: tcp.synPacket, timeNs: tcp.synNs })
  }
}

export const ALONE: Companions = { silent: [], heard: [], movedTo: null }
const NONE: readonly Known[] = []

/** The client asks on, the server does not answer, and neither of them has left. */
function isSilent({ tcp }: Conversation): boolean {
  if (tcp === null) return false
  const asking = tcp.sides[CLIENT]
  const answering = tcp.sides[SERVER]
  if (asking.lastNs - answering.lastNs < SILENT_MS * NS_PER_MS) return false
  if (asking.unacknowledged === 0 && asking.keepAlives === 0) return false
  return !tcp.marks.some(
    mark =>
      (mark.kind === 'fin' || mark.kind === 'reset') && (mark.direction === SERVER || mark.timeNs <= answering.lastNs),
  )
}

function keep(table: Map<string, Known[]>, client: string, known: Known): void {
  let mine = table.get(client)
  if (mine === undefined) {
    if (table.size >= MAX_COMPANIONS) return
    mine = []
    table.set(client, mine)
  }
  if (mine.length >= MAX_COMPANIONS_OF_CLIENT) mine.shift()
  mine.push(known)
}

/** The latest word of each server, of those that were heard last. */
function keepHeard(table: Map<string, Known[]>, client: string, known: Known): void {
  let mine = table.get(client)
  if (mine === undefined) {
    if (table.size >= MAX_COMPANIONS) return
    mine = []
    table.set(client, mine)
  }
  const same = mine.findIndex(one => one.server.address === known.server.address)
  if (same !== -1) {
    if ((mine[same] as Known).lastHeard.timeNs < known.lastHeard.timeNs) mine[same] = known
    return
  }
  mine.push(known)
  if (mine.length <= MAX_HEARD_OF_CLIENT) return
  let oldest = 0
  for (const [at, one] of mine.entries()) {
    if (one.lastHeard.timeNs < (mine[oldest] as Known).lastHeard.timeNs) oldest = at
  }
  mine.splice(oldest, 1)
}

function keyOf({ address, port }: Endpoint): string {
  return `${address} ${port}`
}
