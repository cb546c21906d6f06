/** Streams that nobody reads: how they begin says which protocol it is (`SSH-2.0`), and that alone stays. */
import { foreignStartLength } from '../../dissectors/foreign.ts'
import type { Event } from '../flow/event.ts'
import type { NameMap } from './names.ts'
import type { Overlays } from './overlays.ts'
import { encoded, fromLatin1 } from './texts.ts'

/** A greeting of these names its host before it says what it is. */
const GREETINGS = new Set(['ftp', 'smtp', 'sip', 'rtsp'])

export class ForeignStarts {
  readonly #overlays: Overlays
  readonly #names: NameMap

  constructor(overlays: Overlays, names: NameMap) {
    this.#overlays = overlays
    this.#names = names
  }

  /** @param events of a conversation */
  take(events: readonly Event[]): void {
    for (const { fact, first, at, path } of events) {
      // What lies further in is encrypted or was not read.
      if (fact.kind !== 'unrecognised' || fact.protocol === '' || path !== 'tcp') continue
      const start = fromLatin1(fact.first.slice(0, foreignStartLength(fact.first)))
      const isGreeting = GREETINGS.has(fact.protocol)
      this.#overlays.write(first, 'tcp', at, isGreeting ? encoded(start, text => this.#names.text(text)) : start)
    }
  }
}
