/**
 * The IN and the OUT channel of a gateway are two TCP connections that carry the two directions of one conversation
 * (MS-TSGU 1.3.3.1.2). What was read above both of them is told of the OUT channel, which holds the server's answers.
 */
import type { Conversation } from '../flow/conversation.ts'
import { type Event, sortEvents } from '../flow/event.ts'
import { FIRST_JOINT_LAYER } from '../flow/junction.ts'

/** The same connections, the halves of each joint conversation put together. */
export function joinChannels(conversations: readonly Conversation[]): readonly Conversation[] {
  if (conversations.length < 2 || !conversations.some(one => one.events.some(isJoint))) return conversations
  const outs = conversations.filter(one => asks(one, 'RDG_OUT_DATA') && one.events.some(isJoint))
  const moved = new Map<Conversation, Conversation>()
  for (const one of conversations) {
    if (outs.includes(one) || !one.events.some(isJoint)) continue
    const id = connectionId(one)
    const out = outs.find(other => id !== '' && connectionId(other) === id)
    if (out !== undefined) moved.set(one, out)
  }
  if (moved.size === 0) return conversations
  return conversations.map(one => {
    if (moved.has(one)) return { ...one, events: one.events.filter(event => !isJoint(event)) }
    const halves = conversations.filter(other => moved.get(other) === one)
    if (halves.length === 0) return one
    return { ...one, events: sortEvents([...one.events, ...halves.flatMap(half => half.events.filter(isJoint))]) }
  })
}

function isJoint(event: Event): boolean {
  return event.layer >= FIRST_JOINT_LAYER
}

function asks({ events }: Conversation, method: string): boolean {
  return events.some(({ fact }) => fact.kind === 'http-request' && fact.method === method)
}

function connectionId({ events }: Conversation): string {
  for (const { fact } of events) {
    if (fact.kind !== 'http-request') continue
    const id = fact.headers.find(([name]) => name === 'rdg-connection-id')
    if (id !== undefined) return id[1].toLowerCase()
  }
  return ''
}
