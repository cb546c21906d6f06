/** Whose events they are: those of the conversation that is being read, or of another that a junction joins with it. */
import type { FlowNotes } from './flow-notes.ts'

export class Attribution {
  private current: FlowNotes | null = null
  private currentId = -1
  /** Datagrams are numbered apart, and nothing joins them. */
  private joinable = false
  /** Open TCP conversations that feed a junction, by number: their events may come while another one is read. */
  private readonly joined = new Map<number, FlowNotes>()

  /** From now on this conversation is read. */
  reads(notes: FlowNotes | null, conversation: number, tcp: boolean): void {
    this.current = notes
    this.joinable = tcp
    this.currentId = conversation
  }

  join(conversation: number): void {
    if (this.joinable && conversation === this.currentId && this.current !== null)
      this.joined.set(conversation, this.current)
  }

  /** It is over. */
  leave(conversation: number): void {
    this.joined.delete(conversation)
  }

  /** Of the conversation itself while it is open; what comes later goes to the one that made it readable. */
  notesOf(conversation: number): FlowNotes | null {
    if (conversation === this.currentId) return this.current
    return this.joined.get(conversation) ?? this.current
  }
}
