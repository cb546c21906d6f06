/** What a read ran into: which field, where, how much it wanted, and who set the limit. */

/** Who set the limit that a read ran into. */
export type LimitBy =
  /** The PDU ends there by its own outer length field: the sender contradicts itself. */
  | 'frame'
  /** A length field inside the PDU ends there: the sender contradicts itself. */
  | 'length'
  /** Snap length, lost segment or end of file: nobody's fault on the wire. */
  | 'capture'
  /** The sender closed (FIN or RST) in the middle of the PDU. */
  | 'close'
  /** One of our own limits. */
  | 'tool'

export interface Fault {
  /** Name of the field that was wanted. */
  readonly field: string
  /** Bytes from the start of the PDU. */
  readonly at: number
  /** Bytes wanted, and bytes that were there. */
  readonly wanted: number
  readonly had: number
  readonly by: LimitBy
  /** Name of the length field that set the limit; '' for the PDU itself. */
  readonly byField: string
}

/** True when the sender's own words or deeds cut the PDU, not the capture or this tool. */
export function isSendersFault(fault: Fault): boolean {
  return fault.by === 'frame' || fault.by === 'length' || fault.by === 'close'
}

/** One line for people: lower case, no final stop. */
export function describeFault(fault: Fault): string {
  const who = {
    frame: 'the PDU says it ends there',
    length: `${fault.byField} says it ends there`,
    capture: 'the capture holds no more',
    close: 'the sender closed',
    tool: 'a limit of this tool',
  }[fault.by]
  return `${fault.field}: ${fault.wanted} bytes wanted at +${fault.at}, ${fault.had} there (${who})`
}
