/** What the place that the text goes to can show. */
export interface TextStyle {
  /** Columns. */
  readonly width: number
  /** ✓ and ✗ can be shown. */
  readonly unicode: boolean
  /** Also what was ruled out and what could not be seen, in whole sentences. */
  readonly verbose: boolean
  /** Colours a piece of text, or gives it back as it is. */
  paint(colour: Colour, text: string): string
}

export type Colour = 'strong' | 'faint' | 'good' | 'bad' | 'doubtful'
