/**
 * Names asked of the neighbours: multicast DNS (RFC 6762) and LLMNR (RFC 4795). The answer comes from another address than
 * the question went to, so that it is another conversation, and either may be handed on first. A question that nobody
 * answers says nothing: most of them are asked without hope.
 */
import type { DnsMessage } from '../../dissectors/dns.ts'
import type { Conversation } from '../flow/conversation.ts'
import type { Event } from '../flow/event.ts'
import { CLIENT } from '../wire/dissector.ts'
import { MAX_NEIGHBOUR_NAMES, MAX_NEIGHBOUR_NAMES_ALIKE } from '../wire/limits.ts'

export interface NeighbourAnswer {
  readonly addresses: readonly string[]
  readonly type: number
  readonly name: string
  readonly packet: number
  readonly timeNs: number
  /** Whom it was sent to; a group where all hear it. */
  readonly to: string
}

export interface NeighbourQuestion {
  readonly event: Event<DnsMessage>
  readonly client: string
  /** The group that is asked. */
  readonly resolver: string
}

const NS_PER_SECOND = 1e9
const PORTS: readonly number[] = [5353, 5355]
const GROUP = /^(?:224\.0\.0\.25[12]|ff02::(?:fb|1:3))$/i
const TYPE_A = 1
const TYPE_AAAA = 28
/** They answer within a second, or not at all. */
const ANSWER_SECONDS = 5

export class NeighbourNames {
  private readonly questions = new Map<string, NeighbourQuestion[]>()
  private readonly answers = new Map<string, NeighbourAnswer[]>()
  private readonly found: (question: NeighbourQuestion, answer: NeighbourAnswer) => void

  /** @param found is told of each question and its answer, once both are known. */
  constructor(found: (question: NeighbourQuestion, answer: NeighbourAnswer) => void) {
    this.found = found
  }

  take(conversation: Conversation, event: Event<DnsMessage>): void {
    const { fact, direction } = event
    const ends = [conversation.client.address, conversation.server.address] as const
    const from = ends[direction]
    const to = ends[direction === CLIENT ? 1 : 0]
    if (fact.kind === 'dns-query') {
      const question: NeighbourQuestion = { event, client: from, resolver: to }
      const key = keyOf(fact.type, fact.name)
      keep(this.questions, key, question)
      for (const answer of this.answers.get(key) ?? []) if (fits(question, answer)) this.found(question, answer)
      return
    }
    for (const answer of answersOf(event, to)) {
      const key = keyOf(answer.type, answer.name)
      keep(this.answers, key, answer)
      for (const question of this.questions.get(key) ?? []) if (fits(question, answer)) this.found(question, answer)
    }
  }
}

/** Either way round: answers to LLMNR come from its port. */
export function asksNeighbours({ client, server }: Conversation): boolean {
  return PORTS.includes(server.port) || PORTS.includes(client.port)
}

function answersOf({ fact, packet, timeNs }: Event<DnsMessage>, to: string): NeighbourAnswer[] {
  const found: NeighbourAnswer[] = []
  for (const type of [TYPE_A, TYPE_AAAA]) {
    const records = fact.answers.filter(record => record.type === type)
    for (const name of new Set(records.map(record => record.name.toLowerCase()))) {
      const addresses = records.filter(record => record.name.toLowerCase() === name).map(record => record.data)
      found.push({ addresses, type, name, packet, timeNs, to })
    }
  }
  return found
}

function fits({ event, client }: NeighbourQuestion, answer: NeighbourAnswer): boolean {
  const waitedNs = answer.timeNs - event.timeNs
  return waitedNs >= 0 && waitedNs <= ANSWER_SECONDS * NS_PER_SECOND && (answer.to === client || GROUP.test(answer.to))
}

function keyOf(type: number, name: string): string {
  return `${type} ${name.toLowerCase()}`
}

/** Of each name the latest ones, and the latest names. */
function keep<T>(table: Map<string, T[]>, key: string, value: T): void {
  const alike = table.get(key)
  if (alike !== undefined) {
    alike.push(value)
    if (alike.length > MAX_NEIGHBOUR_NAMES_ALIKE) alike.shift()
    return
  }
  table.set(key, [value])
  if (table.size <= MAX_NEIGHBOUR_NAMES) return
  for (const oldest of table.keys()) {
    table.delete(oldest)
    break
  }
}
