/** Flows in the order in which something happened to them: a ring of record number and conversation, no object an entry. */
export class FlowQueue {
  length = 0
  private ring = new Int32Array(2048)
  private head = 0

  push(flow: number, conversation: number): void {
    if (2 * this.length === this.ring.length) this.grow()
    const at = (this.head + 2 * this.length) & (this.ring.length - 1)
    this.ring[at] = flow
    this.ring[at + 1] = conversation
    this.length++
  }

  /** Record of the oldest entry, and the conversation that it held then: the record may hold another one by now. */
  get flow(): number {
    return this.ring[this.head] as number
  }

  get conversation(): number {
    return this.ring[this.head + 1] as number
  }

  shift(): void {
    this.head = (this.head + 2) & (this.ring.length - 1)
    this.length--
  }

  private grow(): void {
    const ring = new Int32Array(this.ring.length * 2)
    ring.set(this.ring.subarray(this.head))
    ring.set(this.ring.subarray(0, this.head), this.ring.length - this.head)
    this.ring = ring
    this.head = 0
  }
}
