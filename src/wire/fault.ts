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
