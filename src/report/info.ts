/** What the Info column says of a packet. */
export interface Info {
  /** As it came from the packet: to be cleaned before it is shown. */
  readonly text: string
  /** Something that a reader looks for first: a reset, an alert, a refusal. */
  readonly bad: boolean
}
