/**
 * Numbers of conversations as Wireshark counts them: each TCP and UDP header of a packet belongs to one, those of tunnels
 * and of quoted packets too. The tracker numbers only the innermost ones, which are the ones that attempts are made of.
 */
import type { Direction } from '../wire/dissector.ts'
import { MAX_INSPECTED_CONVERSATIONS } from '../wire/limits.ts'

export interface ConversationKey {
  readonly family: number
  /** As numbers of {@link Addresses}. */
  readonly source: number
  readonly destination: number
  readonly sourcePort: number
  readonly destinationPort: number
}

export class Conversations<T> {
  private readonly known = new Map<string, T>()
  private count = 0
  private readonly make: (stream: number) => T
  /** Told about one that makes room, so that its place can be used again. */
  private readonly drop: (conversation: T) => void

  constructor(make: (stream: number) => T, drop: (conversation: T) => void = () => {}) {
    this.make = make
    this.drop = drop
  }

  find(key: ConversationKey): T {
    return this.known.get(textOf(key)) ?? this.begin(key)
  }

  /** Another one takes the place of the one with the same addresses and ports. */
  begin(key: ConversationKey): T {
    const { known } = this
    const text = textOf(key)
    const before = known.get(text)
    if (before !== undefined) this.drop(before)
    else if (known.size >= MAX_INSPECTED_CONVERSATIONS) this.makeRoom()
    const made = this.make(this.count++)
    known.set(text, made)
    return made
  }

  private makeRoom(): void {
    for (const [text, oldest] of this.known) {
      this.known.delete(text)
      this.drop(oldest)
      break
    }
  }
}

/** Which of the two ends sent it; the same for both packets of an exchange, whoever began. */
export function directionOf({ source, destination, sourcePort, destinationPort }: ConversationKey): Direction {
  return source < destination || (source === destination && sourcePort <= destinationPort) ? 0 : 1
}

function textOf(key: ConversationKey): string {
  const { family, source, destination, sourcePort, destinationPort } = key
  return directionOf(key) === 0
    ? `${family} ${source} ${sourcePort} ${destination} ${destinationPort}`
    : `${family} ${destination} ${destinationPort} ${source} ${sourcePort}`
}
