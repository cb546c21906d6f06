/** Anything that has a place in the capture and can be evidence. */
export interface Place {
  readonly packet: number
  readonly timeNs: number
}
