/**
 * What weakens verdicts about an attempt: the capture began too late, saw one side only, cut its packets, lost some, or was
 * taken where packets look different from those on the wire, or is encrypted and the keys do not fit.
 */
import type { Conversation, QualityNote } from '../flow/conversation.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'

/** Larger than any TCP payload on Ethernet: put together by the network card or driver (LRO, TSO). */
const LARGEST_WIRE_SEGMENT_BYTES = 1460
/** Below this a side that shows nothing may just have had nothing to say. */
const ONE_SIDED_PACKETS = 3

const NOTES = {
  'no-syn': 'the capture began in the middle of the connection',
  'one-sided': 'the capture holds the packets of one side only',
  'snap-length': 'packets were cut when they were recorded: their content is not all there',
  drops: 'packets are missing in the capture that their receiver acknowledged: the recorder lost them',
  duplicates: 'packets were recorded twice, as on a mirror port: copies do not count as resends',
  offload: 'segments larger than the wire allows: recorded on an end host with segmentation offload',
  'events-lost': 'more happened in a connection than is kept: its middle was left out',
} as const
type NoteId = keyof typeof NOTES
const QUALITY: Readonly<Record<NoteId, QualityNote>> = Object.fromEntries(
  Object.entries(NOTES).map(([id, says]) => [id, { id, says }]),
) as Record<NoteId, QualityNote>
const NONE: readonly QualityNote[] = []

export function qualityOf(conversations: readonly Conversation[]): readonly QualityNote[] {
  let found: readonly QualityNote[] = NONE
  for (const conversation of conversations) found = noted(found, conversation)
  return found
}

/** True when one side's packets are not in the capture although the other one's are answers to them. */
export function isOneSided(conversation: Conversation): boolean {
  const { tcp, packets } = conversation
  if (tcp === null) return false
  if (packets[CLIENT] === 0) return packets[SERVER] >= ONE_SIDED_PACKETS || tcp.synAckPacket > 0
  // SYNs and their resends alone are an unanswered connection, which is evidence; data shows that somebody answered.
  return packets[SERVER] === 0 && tcp.sides[CLIENT].bytes > 0
}

function noted(found: readonly QualityNote[], conversation: Conversation): readonly QualityNote[] {
  const { tcp } = conversation
  if (tcp === null) return found
  const [client, server] = tcp.sides
  let notes = found
  if (tcp.synPacket === 0 && tcp.synAckPacket === 0) notes = and(notes, 'no-syn')
  if (isOneSided(conversation)) notes = and(notes, 'one-sided')
  if (conversation.cutPackets > 0) notes = and(notes, 'snap-length')
  if (client.ackedUnseen + server.ackedUnseen > 0) notes = and(notes, 'drops')
  if (client.mirrorDuplicates + server.mirrorDuplicates > 0) notes = and(notes, 'duplicates')
  const largest = Math.max(client.largestSegment, server.largestSegment)
  if (largest > largestOnTheWire(client.mss, server.mss)) notes = and(notes, 'offload')
  if (conversation.eventsLost > 0) notes = and(notes, 'events-lost')
  for (const { fact } of conversation.events) if (fact.kind === 'not-decrypted') notes = undecrypted(notes, fact.why)
  return notes
}

function and(notes: readonly QualityNote[], id: NoteId): readonly QualityNote[] {
  return notes.includes(QUALITY[id]) ? notes : [...notes, QUALITY[id]]
}

/** Only where there are keys at all. The reasons are few: one note each. */
function undecrypted(notes: readonly QualityNote[], why: string): readonly QualityNote[] {
  const says = `TLS was not decrypted, or not all of it: ${why}`
  return notes.some(note => note.says === says) ? notes : [...notes, { id: 'not-decrypted', says }]
}

/** A segment that fits one of the two announced sizes proves nothing: a clamp on the way may have changed the other. */
function largestOnTheWire(clientMss: number, serverMss: number): number {
  return Math.max(clientMss, serverMss, LARGEST_WIRE_SEGMENT_BYTES)
}
