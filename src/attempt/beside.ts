/**
 * What runs beside the connections of an attempt and belongs to it: RDP over UDP (MS-RDPEUDP), and the tickets that
 * Kerberos is asked for, on its own port or through a KDC proxy (RFC 4120, MS-KKDCP). Bounded; the oldest are kept.
 */
import type { Conversation } from '../flow/conversation.ts'
import { MAX_KERBEROS_BESIDE, MAX_UDP_BESIDE } from '../wire/limits.ts'

const NS_PER_SECOND = 1e9
/** UDP beside a session begins with it, or soon after. */
const UDP_SECONDS = 60
/** Tickets are asked for when the logon begins; a client that asks for the password first does it before it connects. */
const TICKETS_BEFORE_SECONDS = 30
/** A person types the password behind the negotiation; later ones are renewals, or another program's. */
const TICKETS_WITHIN_SECONDS = 180
const AS_REQUEST = 10
const AS_REPLY = 11
const TICKET_SERVICE = 'krbtgt/'
/** The service that CredSSP wants a ticket for (MS-CSSP 3.1.5). */
const TERMINAL_SERVICE = 'termsrv/'
const IP_LITERAL = /^[\d.]+$|:/

export class Beside {
  private readonly udp = new Map<string, Conversation[]>()
  private readonly tickets = new Map<string, Conversation[]>()
  private udpKept = 0
  private ticketsKept = 0
  udpLost = 0
  ticketsLost = 0

  addUdp(conversation: Conversation): void {
    if (this.udpKept >= MAX_UDP_BESIDE) this.udpLost++
    else {
      this.udpKept++
      put(this.udp, conversation)
    }
  }

  /** Keeps what asks for a ticket to a desktop, or logs a person on. */
  addTickets(conversation: Conversation): void {
    if (serviceOf(conversation) === null) return
    if (this.ticketsKept >= MAX_KERBEROS_BESIDE) this.ticketsLost++
    else {
      this.ticketsKept++
      put(this.tickets, conversation)
    }
  }

  udpOf(client: string, server: string, firstNs: number, lastNs: number): readonly Conversation[] {
    return (this.udp.get(client) ?? NONE).filter(
      one =>
        one.server.address === server && one.firstNs >= firstNs && one.firstNs <= lastNs + UDP_SECONDS * NS_PER_SECOND,
    )
  }

  /** @param name that the client dials; '' or an address leaves every desktop's ticket in. */
  ticketsOf(client: string, name: string, firstNs: number, lastNs: number): readonly Conversation[] {
    const mine = this.tickets.get(client)
    if (mine === undefined) return NONE
    const from = firstNs - TICKETS_BEFORE_SECONDS * NS_PER_SECOND
    const to = Math.min(lastNs, firstNs + TICKETS_WITHIN_SECONDS * NS_PER_SECOND)
    return mine
      .filter(one => one.firstNs >= from && one.firstNs <= to && isFor(serviceOf(one) ?? '', name))
      .sort((a, b) => a.firstPacket - b.firstPacket)
  }
}

const NONE: readonly Conversation[] = []

function put(to: Map<string, Conversation[]>, conversation: Conversation): void {
  const { address } = conversation.client
  const mine = to.get(address)
  if (mine === undefined) to.set(address, [conversation])
  else mine.push(conversation)
}

/**
 * The host whose desktop a ticket is asked for, in lower case; '' where a person logs on; null for everything else,
 * as the tickets of machines (`HOST$`) and of other services.
 */
function serviceOf(conversation: Conversation): string | null {
  let logon: string | null = null
  for (const { fact } of conversation.events) {
    if (fact.kind !== 'kerberos-request' && fact.kind !== 'kerberos-reply' && fact.kind !== 'kerberos-error') continue
    const service = fact.service.toLowerCase()
    if (service.startsWith(TERMINAL_SERVICE)) return service.slice(TERMINAL_SERVICE.length)
    const isLogon =
      fact.kind === 'kerberos-error'
        ? service.startsWith(TICKET_SERVICE)
        : fact.messageType === AS_REQUEST || fact.messageType === AS_REPLY
    if (isLogon && !fact.client.endsWith('$')) logon = ''
    else if (isLogon) return null
  }
  return logon
}

/** `rdp` and `rdp.corp.example` are one host, in either order. */
function isFor(host: string, name: string): boolean {
  if (host === '' || name === '' || IP_LITERAL.test(name)) return true
  const wanted = name.toLowerCase()
  return host === wanted || host.startsWith(`${wanted}.`) || wanted.startsWith(`${host}.`)
}
