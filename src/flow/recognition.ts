/** Which dissector knows some bytes, by their content, or by its name. */
import { messageDissectors, type ProtocolFact, streamDissectors } from '../../dissectors/index.ts'
import { type Direction, LIKELY, type Likeness, NO, type Stream } from '../wire/dissector.ts'
import type { Layer } from './layers.ts'

export type AnyStream = Stream<unknown, ProtocolFact>
const DISSECTORS = streamDissectors as unknown as readonly AnyStream[]
const MESSAGE_DISSECTORS = messageDissectors as unknown as readonly AnyStream[]
const ALL_DISSECTORS = [...MESSAGE_DISSECTORS, ...DISSECTORS]
const BY_NAME: ReadonlyMap<string, AnyStream> = new Map(ALL_DISSECTORS.map(dissector => [dissector.name, dissector]))

/** Who speaks must not depend on the segmentation: probing waits for so much, or the end. */
export const PROBE_BYTES = 64

/** Why no layer goes on: there is too little to tell, nobody knows these bytes, or another reason in words. */
export type NoLayer = string
export const UNDECIDED = 'undecided'
export const UNRECOGNISED = 'unrecognised'

export function dissectorNamed(name: string): AnyStream | undefined {
  return BY_NAME.get(name)
}

/** Who recognises these bytes, by their content; null when nobody does surely enough. */
export function recognise(
  bytes: Uint8Array,
  start: number,
  end: number,
  direction: Direction,
  except: Layer | null,
  among: readonly AnyStream[] = DISSECTORS,
): AnyStream | null {
  let best: AnyStream | null = null
  let likeness: Likeness = NO
  for (const dissector of among) {
    if (dissector === except?.dissector) continue
    const answer = dissector.probe(bytes, start, end, direction)
    if (answer > likeness) {
      likeness = answer
      best = dissector
    }
  }
  return likeness >= LIKELY ? best : null
}

/** Who recognises a datagram and remembers its conversation. */
export function recogniseMessage(
  bytes: Uint8Array,
  start: number,
  end: number,
  direction: Direction,
): AnyStream | null {
  return recognise(bytes, start, end, direction, null, MESSAGE_DISSECTORS)
}

/** Who recognises a message that some layer hands up: protocols with a length of their own may fill messages too. */
export function recogniseInside(bytes: Uint8Array, start: number, end: number, direction: Direction): AnyStream | null {
  return recognise(bytes, start, end, direction, null, ALL_DISSECTORS)
}
