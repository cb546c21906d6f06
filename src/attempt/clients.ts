/**
 * What each client did beside the attempts: whether it did anything else at all, and whether it tries so many targets in so
 * little time that it is a scanner, not a person.
 */
import type { Conversation } from '../flow/conversation.ts'
import { MAX_CLIENTS } from '../wire/limits.ts'
import { isDead } from './outcome.ts'
import { isAlive, isBareProbe, isRdpPort, type Relevance } from './relevance.ts'

interface ClientRecord {
  attempts: number
  /** Attempts in which a server answered in RDP, or on its port. */
  sure: number
  /** TCP connections in which a server said something. */
  alive: number
  tcp: number
  /** Targets that it only knocked at within one window of time. */
  readonly knocked: Set<string>
  windowNs: number
  scans: boolean
}

const NS_PER_SECOND = 1e9
/** A person's client tries one name, a few addresses of it and two or three ports; a scanner passes this in a second. */
const SCAN_TARGETS = 8
const SCAN_WINDOW_SECONDS = 10

export class Clients {
  private readonly records = new Map<string, ClientRecord>()
  /** Server ports on which anybody was answered: a host of two address families tries one after the other. */
  private readonly alivePorts = new Uint8Array(1 << 16)
  /** Clients that found no room: nothing is concluded from what they did not do. */
  forgotten = 0

  note(conversation: Conversation, relevance: Relevance): void {
    const { address } = conversation.client
    const alive = isAlive(conversation)
    if (alive) this.alivePorts[conversation.server.port] = 1
    let record = this.records.get(address)
    if (record === undefined) {
      if (this.records.size >= MAX_CLIENTS) {
        this.forgotten++
        return
      }
      record = { attempts: 0, sure: 0, alive: 0, tcp: 0, knocked: new Set(), windowNs: 0, scans: false }
      this.records.set(address, record)
    }
    record.tcp++
    if (relevance === 'attempt') {
      record.attempts++
      if (alive && isRdpPort(conversation.server.port)) record.sure++
    }
    if (alive) record.alive++
    if (!record.scans && (isDead(conversation) || isBareProbe(conversation))) knock(record, conversation)
  }

  isScanner(client: string): boolean {
    return this.records.get(client)?.scans === true
  }

  /** It is known that this client began nothing that counts as an attempt. */
  triedNothing(client: string): boolean {
    const record = this.records.get(client)
    return record === undefined ? this.forgotten === 0 : record.attempts === 0
  }

  /** This client was answered where desktops are. */
  reachedDesktop(client: string): boolean {
    return (this.records.get(client)?.sure ?? 0) > 0
  }

  /** It is known that no server ever said a word to this client. */
  reachedNobody(client: string): boolean {
    const record = this.records.get(client)
    return record === undefined ? this.forgotten === 0 : record.alive === 0
  }

  /** Some server answered some client on this port. */
  isAnsweredOn(port: number): boolean {
    return this.alivePorts[port] === 1
  }

  /** It is known that this client sent no SYN at all. */
  connectedNowhere(client: string): boolean {
    return !this.records.has(client) && this.forgotten === 0
  }
}

function knock(record: ClientRecord, conversation: Conversation): void {
  const { address, port } = conversation.server
  if (Math.abs(conversation.firstNs - record.windowNs) > SCAN_WINDOW_SECONDS * NS_PER_SECOND) {
    record.knocked.clear()
    record.windowNs = conversation.firstNs
  }
  record.knocked.add(`${address} ${port}`)
  if (record.knocked.size > SCAN_TARGETS) {
    record.scans = true
    record.knocked.clear()
  }
}
