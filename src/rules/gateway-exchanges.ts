/**
 * HTTP requests to an RD Gateway and their answers, on a hop that can be read. MS-TSGU 3.3.5.1, MS-RPCH 2.1.2.
 * NTLM binds to its TCP connection: the three messages of a round must stay on one.
 */
import type { Attempt } from '../attempt/attempt.ts'
import type { Conversation } from '../flow/conversation.ts'
import type { Event, FactOf } from '../flow/event.ts'
import { rememberLast } from './remember.ts'

/** A message of an authentication round. 'token' = one that can not be told from outside (Kerberos, SPNEGO). */
export type AuthenticationStep = 'none' | 'negotiate' | 'challenge' | 'authenticate' | 'token'

export interface Exchange {
  readonly conversation: Conversation
  readonly request: Event<FactOf<'http-request'>>
  /** Null while no answer came; an interim answer (100) does not count. */
  readonly response: Event<FactOf<'http-response'>> | null
  readonly sent: AuthenticationStep
  readonly answered: AuthenticationStep
}

const METHODS: ReadonlySet<string> = new Set(['RDG_OUT_DATA', 'RDG_IN_DATA', 'RPC_IN_DATA', 'RPC_OUT_DATA'])
const NO_EXCHANGES: readonly Exchange[] = []

/** All of the attempt, in the order of the requests; empty where the way to the gateway is encrypted, or is none. */
export const exchangesOf: (attempt: Attempt) => readonly Exchange[] = rememberLast(look)

function look(attempt: Attempt): readonly Exchange[] {
  let exchanges: Exchange[] | null = null
  for (const conversation of attempt.conversations) {
    if (!speaksHttp(conversation)) continue
    exchanges ??= []
    exchanges.push(...pairs(conversation))
  }
  return exchanges?.sort((a, b) => a.request.packet - b.request.packet) ?? NO_EXCHANGES
}

/** In clear, behind a CONNECT, or inside TLS that was decrypted. */
function speaksHttp({ events }: Conversation): boolean {
  return events.some(({ fact }) => fact.kind === 'http-request' || fact.kind === 'http-response')
}

function pairs(conversation: Conversation): Exchange[] {
  const found: Exchange[] = []
  const waiting: Event<FactOf<'http-request'>>[] = []
  const close = (request: Event<FactOf<'http-request'>>, response: Event<FactOf<'http-response'>> | null) => {
    if (!METHODS.has(request.fact.method)) return
    found.push({
      conversation,
      request,
      response,
      sent: step(header(request.fact, 'authorization')),
      answered: response === null ? 'none' : step(header(response.fact, 'www-authenticate')),
    })
  }
  for (const event of conversation.events) {
    if (event.fact.kind === 'http-request') waiting.push(event as Event<FactOf<'http-request'>>)
    else if (event.fact.kind === 'http-response' && event.fact.status !== 100) {
      const request = waiting.shift()
      if (request !== undefined) close(request, event as Event<FactOf<'http-response'>>)
    }
  }
  for (const request of waiting) close(request, null)
  return found
}

/** The first header of this name; '' without. */
export function header(head: FactOf<'http-request'> | FactOf<'http-response'>, name: string): string {
  return head.headers.find(([one]) => one === name)?.[1] ?? ''
}

/** An NTLM message in base64 begins "NTLMSSP\0" and its type; RFC 4559, MS-NLMP 2.2.1. */
function step(value: string): AuthenticationStep {
  const token = value.split(' ')[1] ?? ''
  if (token === '') return 'none'
  if (token.startsWith('TlRMTVNTUAAB')) return 'negotiate'
  if (token.startsWith('TlRMTVNTUAAC')) return 'challenge'
  if (token.startsWith('TlRMTVNTUAAD')) return 'authenticate'
  return 'token'
}
