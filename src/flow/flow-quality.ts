/** What the tracking of flows had to leave out because of its limits, counted; as quality notes when somebody asks. */
import { MAX_EXCHANGES, MAX_FLOWS, MAX_ICMP_NOTES, MAX_JUNCTIONS, MAX_STACKS } from '../wire/limits.ts'
import type { QualityNote } from './conversation.ts'

export class FlowQuality {
  evictedFlows = 0
  evictedStacks = 0
  exchangesLeftOut = 0
  icmpLeftOut = 0

  notes(junctionsForgotten: number, holesGivenUp: number): QualityNote[] {
    const notes: QualityNote[] = []
    const note = (count: number, id: string, says: string) => {
      if (count > 0) notes.push({ id, says })
    }
    note(
      this.evictedFlows,
      'flow-table-full',
      `${this.evictedFlows} conversations were closed early: more than ${MAX_FLOWS} were open at one time`,
    )
    note(
      this.evictedStacks,
      'layers-given-up',
      `the layers of ${this.evictedStacks} conversations were given up: more than ${MAX_STACKS} spoke at one time`,
    )
    note(
      this.exchangesLeftOut,
      'datagrams-left-out',
      `${this.exchangesLeftOut} datagrams were not read: more than ${MAX_EXCHANGES} conversations of them were open at one time`,
    )
    note(
      junctionsForgotten,
      'gateway-channels-unpaired',
      `${junctionsForgotten} pairs of gateway channels were forgotten and may be read apart: more were open at one time than ${MAX_JUNCTIONS}`,
    )
    note(
      this.icmpLeftOut,
      'icmp-left-out',
      `${this.icmpLeftOut} ICMP messages were left out: their conversations have ${MAX_ICMP_NOTES} each already`,
    )
    note(
      holesGivenUp,
      'reassembly-limit',
      `${holesGivenUp} times too much data waited behind a hole in a stream and was read without it`,
    )
    return notes
  }
}
