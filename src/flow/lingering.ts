/**
 * Closed flows: they linger for a while, where late segments and resets still find them, and are handed on; then they
 * swallow what comes later, and are forgotten.
 */
import { FIN_LINGER_MS, FORGET_CLOSED_MS, RESET_LINGER_MS } from '../wire/limits.ts'
import { FlowQueue } from './flow-queue.ts'
import { DOUBLES, ID, INTS, LAST_NS } from './flow-record.ts'
import type { FlowTable } from './flow-table.ts'

const NS_PER_MS = 1e6

export class Lingering {
  /** Before this time none of them is due. */
  dueNs = Number.POSITIVE_INFINITY
  private readonly closedByFin = new LingerQueue(FIN_LINGER_MS * NS_PER_MS)
  private readonly closedByReset = new LingerQueue(RESET_LINGER_MS * NS_PER_MS)
  private readonly forgotten = new LingerQueue(FORGET_CLOSED_MS * NS_PER_MS)
  private readonly table: FlowTable
  private readonly close: (flow: number) => void

  /** @param close hands a flow on, and calls {@link handedOn} */
  constructor(table: FlowTable, close: (flow: number) => void) {
    this.table = table
    this.close = close
  }

  closed(flow: number, byReset: boolean, timeNs: number): void {
    this.push(byReset ? this.closedByReset : this.closedByFin, flow, timeNs)
  }

  handedOn(flow: number, timeNs: number): void {
    this.push(this.forgotten, flow, timeNs)
  }

  serve(timeNs: number): void {
    this.serveQueue(this.closedByFin, timeNs)
    this.serveQueue(this.closedByReset, timeNs)
    this.serveQueue(this.forgotten, timeNs)
  }

  private push(lingering: LingerQueue, flow: number, timeNs: number): void {
    lingering.push(flow, this.table.ints[flow * INTS + ID] as number, timeNs)
    this.dueNs = Math.min(this.dueNs, lingering.dueNs)
  }

  /** What saw no packet for long enough is closed, or forgotten. */
  private serveQueue(lingering: LingerQueue, timeNs: number): void {
    const { queue } = lingering
    while (queue.length > 0) {
      const { flow, conversation } = queue
      if (this.table.holds(flow, conversation)) {
        const dueNs = (this.table.doubles[flow * DOUBLES + LAST_NS] as number) + lingering.lingerNs
        if (dueNs > timeNs) {
          lingering.dueNs = dueNs
          break
        }
        if (lingering === this.forgotten) this.table.remove(flow)
        else this.close(flow)
      }
      queue.shift()
    }
    if (queue.length === 0) lingering.dueNs = Number.POSITIVE_INFINITY
    this.dueNs = Math.min(this.closedByFin.dueNs, this.closedByReset.dueNs, this.forgotten.dueNs)
  }
}

/** Flows that wait for a while without a packet before something is done about them, oldest first. */
class LingerQueue {
  /** Before this time nothing is due. */
  dueNs = Number.POSITIVE_INFINITY
  readonly lingerNs: number
  readonly queue = new FlowQueue()

  constructor(lingerNs: number) {
    this.lingerNs = lingerNs
  }

  push(flow: number, conversation: number, nowNs: number): void {
    if (this.queue.length === 0) this.dueNs = nowNs + this.lingerNs
    this.queue.push(flow, conversation)
  }
}
