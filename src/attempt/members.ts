/** What each connection is to its attempt: the one explained, what came before and behind it, and what ran beside it. */
import type { Conversation } from '../flow/conversation.ts'
import type { Member, Outcome, Part } from './attempt.ts'
import type { Examined } from './outcome.ts'

export function membersOf(attempt: {
  readonly explained: Examined
  readonly near: readonly Examined[]
  readonly far: readonly Examined[]
  readonly udp: readonly Conversation[]
  readonly kerberos: readonly Conversation[]
}): readonly Member[] {
  const { explained, near, far, udp, kerberos } = attempt
  const own = explained.seen.conversation
  const members = near.map(one => member(one.seen.conversation, partOf(one, own), one.outcome))
  for (const one of far) {
    members.push(member(one.seen.conversation, one.seen.conversation === own ? 'explained' : 'leg', one.outcome))
  }
  for (const one of udp) members.push(member(one, 'udp', null))
  for (const one of kerberos) members.push(member(one, 'kerberos', null))
  return members.sort((a, b) => a.firstPacket - b.firstPacket)
}

function partOf(one: Examined, explained: Conversation): Part {
  const { conversation } = one.seen
  if (conversation.id === explained.id) return 'explained'
  if (one.redirected) return 'redirected'
  if (conversation.lastNs <= explained.firstNs) return 'before'
  return conversation.firstNs >= explained.lastNs ? 'after' : 'beside'
}

function member(conversation: Conversation, part: Part, outcome: Outcome | null): Member {
  const { id, transport, client, server, firstPacket, lastPacket } = conversation
  return { part, stream: id, transport, client, server, firstPacket, lastPacket, outcome }
}
