/** Attempts made by hand around hand-made conversations, for tests of rules: failed unless the test says otherwise. */
import { Attempt, type AttemptParts, type Lookup, type ServerHistory } from '../../src/attempt/attempt.ts'
import { NO_CROWD } from '../../src/attempt/crowd.ts'
import { rules } from '../../src/rules/index.ts'
import type { Verdict } from '../../src/rules/rule.ts'
import { CLIENT_ADDRESS, SERVER_ADDRESS } from './addresses.ts'
import { type ConversationParts, conversation } from './conversation.ts'

/** One connection, as `conversation` makes it, and what the test says about the attempt. */
export function attempt(parts: ConversationParts = {}, values: Partial<AttemptParts> = {}): Attempt {
  const made = conversation(parts)
  return attemptWith({ conversations: [made], explained: made, client: made.client, server: made.server, ...values })
}

/** An attempt of any parts; without connections it has none to explain. */
export function attemptWith(values: Partial<AttemptParts> = {}): Attempt {
  const last = Math.max(0, ...(values.conversations ?? []).map(one => one.lastNs))
  return new Attempt({
    id: 1,
    conversations: [],
    explained: null,
    kerberos: [],
    members: [],
    lookups: [],
    neighbours: [],
    contested: [],
    tunnels: [],
    companions: { silent: [], heard: [], movedTo: null },
    history: history(),
    crowd: NO_CROWD,
    purpose: 'connection',
    transport: 'direct',
    client: { address: CLIENT_ADDRESS, port: 50_000 },
    server: { address: SERVER_ADDRESS, port: 3389 },
    serverName: '',
    milestones: [],
    outcome: 'failed',
    closing: { side: 'nobody', how: 'end-of-capture', packet: 0, timeNs: last },
    sealedTunnel: null,
    quality: [],
    captureEndNs: last,
    captureStartSeconds: 1_700_000_000,
    ...values,
  })
}

/** What other attempts say of the server: nothing, unless the test says more. */
export function history(values: Partial<ServerHistory> = {}): ServerHistory {
  return {
    attempts: 0,
    established: 0,
    versions: [],
    suites: [],
    idleCloses: [],
    certificates: [],
    ...values,
  }
}

export function lookup(values: Partial<Lookup> = {}): Lookup {
  return {
    name: 'rdp.lab.test',
    type: 1,
    client: CLIENT_ADDRESS,
    resolver: '10.0.1.1',
    queries: 1,
    firstPacket: 1,
    firstNs: 0,
    lastQueryPacket: 1,
    lastQueryNs: 0,
    answerPacket: 0,
    answerNs: 0,
    rcode: -1,
    addresses: [],
    ...values,
  }
}

/** What the rule of this id answers. */
export function verdictOf(id: string, one: Attempt): Verdict {
  const rule = rules.find(each => each.id === id)
  if (rule === undefined) throw new Error(`no rule ${id}`)
  return rule.assess(one)
}

/** Who claims something above info, as `rule (word)`, in the order of the list. */
export function claims(one: Attempt): string[] {
  return rules.flatMap(rule => {
    const { verdict, severity } = rule.assess(one)
    const claimed = verdict === 'confirmed' || verdict === 'likely'
    return claimed && (severity ?? rule.severity) !== 'info' ? [`${rule.id} (${verdict})`] : []
  })
}
