/**
 * What each client did beside the attempts: whether it did anything else at all, and whether it tries so many targets in so
 * little time that it is a scanner, not a person.
 */
import type { Conversation, Endpoint } from '../flow/conversation.ts'
import { MAX_CLIENTS, MAX_SCANNED } from '../wire/limits.ts'
import type { Brief } from './brief.ts'
import { isAlive, isRdpPort, type Relevance } from './relevance.ts'

interface ClientRecord {
  attempts: number
  /** Attempts in which a server answered in RDP, or on its port. */
  sure: number
  /** TCP connections in which a server said something. */
  alive: number
  tcp: number
  /** Targets that it only knocked at within one window of time, by address and port. */
  readonly knocked: Map<string, Endpoint>
  windowNs: number
  scans: Scan | null
}

/** What a client knocked at one after the other: ports of these hosts, hosts on these ports, or anything. */
interface Scan {
  readonly hosts: Set<string>
  readonly ports: Set<number>
  all: boolean
}

const NS_PER_SECOND = 1e9
/** A person's client tries one name, a few addresses of it and two or three ports; a scanner passes this in a second. */
const SCAN_TARGETS = 8
const SCAN_WINDOW_SECONDS = 10
/** Of these targets, on one host or on one port: that is what the scan is about. */
const SCAN_MAJORITY = 5
/** SYNs of a stack that waits for an answer: scanners go on to the next target. */
const PATIENT_SYNS = 3

export class Clients {
  private readonly records = new Map<string, ClientRecord>()
  /** Server ports on which anybody was answered: a host of two address families tries one after the other. */
  private readonly alivePorts = new Uint8Array(1 << 16)
  /** Clients that found no room: nothing is concluded from what they did not do. */
  forgotten = 0

  note(conversation: Conversation, relevance: Relevance, brief: Brief | null): void {
    const { address } = conversation.client
    const alive = isAlive(conversation)
    if (alive) this.alivePorts[conversation.server.port] = 1
    let record = this.records.get(address)
    if (record === undefined) {
      if (this.records.size >= MAX_CLIENTS) {
        this.forgotten++
        return
      }
      record = { attempts: 0, sure: 0, alive: 0, tcp: 0, knocked: new Map(), windowNs: 0, scans: null }
      this.records.set(address, record)
    }
    record.tcp++
    if (relevance === 'attempt') {
      record.attempts++
      if (alive && isRdpPort(conversation.server.port)) record.sure++
    }
    if (alive) record.alive++
    if (brief !== null && !isPatient(conversation, brief)) knock(record, conversation)
  }

  /** Its client knocks at one target after the other, and this connection is part of that. */
  isScanned({ client, server }: Conversation): boolean {
    const scans = this.records.get(client.address)?.scans ?? null
    return scans !== null && (scans.all || scans.hosts.has(server.address) || scans.ports.has(server.port))
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

/** A whole network out of reach looks like a scan, but each program waits and asks again. */
function isPatient({ tcp }: Conversation, brief: Brief): boolean {
  return brief === 'dead' && tcp !== null && tcp.syns >= PATIENT_SYNS
}

function knock(record: ClientRecord, conversation: Conversation): void {
  const { server } = conversation
  const { knocked } = record
  if (Math.abs(conversation.firstNs - record.windowNs) > SCAN_WINDOW_SECONDS * NS_PER_SECOND) {
    knocked.clear()
    record.windowNs = conversation.firstNs
  }
  knocked.set(`${server.address} ${server.port}`, server)
  if (knocked.size <= SCAN_TARGETS) return
  record.scans ??= { hosts: new Set(), ports: new Set(), all: false }
  noteScan(record.scans, [...knocked.values()])
  knocked.clear()
}

function noteScan(scan: Scan, targets: readonly Endpoint[]): void {
  const { hosts, ports } = scan
  const host = majority(targets.map(target => target.address))
  const port = majority(targets.map(target => target.port))
  if (host !== undefined) hosts.add(host)
  if (port !== undefined) ports.add(port)
  if ((host === undefined && port === undefined) || hosts.size + ports.size > MAX_SCANNED) scan.all = true
}

/** The value that most of the targets share; undefined when they share none. */
function majority<T>(values: readonly T[]): T | undefined {
  return values.find(value => values.filter(other => other === value).length >= SCAN_MAJORITY)
}
