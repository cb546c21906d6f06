/** What a view is, and what it may ask of the program around it. */

import type { AttemptAnalysis } from '../analysis.ts'
import type { Node } from '../wire/field.ts'
import type { Area, Canvas } from './canvas.ts'
import type { Document } from './document.ts'
import type { Action, ViewId } from './keys.ts'
import type { PromptRequest } from './prompt.ts'
import type { MouseEvent } from './terminal.ts'
import type { Theme } from './theme.ts'

export interface View {
  readonly id: ViewId
  /** For the line at the top. */
  title(): string
  draw(canvas: Canvas, area: Area): void
  /** @returns false when the action means nothing here: then the program does what it does everywhere. */
  act(action: Action): boolean
  /** At cells of the screen; false when nothing lies there. */
  mouse?(event: MouseEvent): boolean
  /** The display filter that shows what is chosen, for who copies it; '' when nothing is. */
  filter?(): string
  /** It is shown again, after another view was left. */
  shown?(): void
}

/** The program around the views. */
export interface Ui {
  readonly theme: Theme
  readonly unicode: boolean
  /** Shows a view above this one; Back returns. */
  open(view: View): void
  back(): void
  /** A line at the bottom, until the next key. */
  say(text: string, kind?: 'info' | 'error'): void
  ask(request: PromptRequest): void
  /** Something changed that no key brought about. */
  redraw(): void
  copy(text: string, what: string): void
  /** Work that no key waits for: what goes wrong in it is told. */
  background(work: Promise<void>): void
}

/** What all views share: the open capture, and the ways from one view to another. */
export interface Workspace {
  readonly ui: Ui
  readonly document: Document
  /** Files that are being written. */
  readonly saving: Set<string>
  /** How times are shown. */
  timeMode: TimeMode
  /** Names that the capture itself gives, in place of addresses. */
  showsNames: boolean
  /** The name of the address where names are shown and the capture tells one, otherwise the address. */
  nameOf(address: string): string
  /** The packet of this number in the list, with its layers. */
  showPacket(number: number): void
  showAttempt(attempt: AttemptAnalysis): void
  /** The list of packets behind a display filter. */
  showFiltered(filter: string): void
  /** Follow a conversation: twice its number, and one more where it is UDP. */
  showStream(stream: number): void
  showGraph(stream: number): void
  /** Codes, words or the id of a rule; without any, it is asked for. */
  explain(text: string): void
  /** The value of a field, by the table that belongs to it. */
  explainField(node: Node): void
}

export const TIME_MODES = ['since-start', 'since-previous', 'of-day'] as const
export type TimeMode = (typeof TIME_MODES)[number]
