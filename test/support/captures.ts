/** The events of a whole capture, as the flow room tells them. */
import { openCapture } from '../../src/capture/open.ts'
import type { Event } from '../../src/flow/event.ts'
import { KeySource } from '../../src/flow/tls/keys.ts'
import { Tracker } from '../../src/flow/tracker.ts'

/** @param decrypted with the keys that the capture holds */
export async function eventsOf(path: string, { decrypted }: { readonly decrypted: boolean }): Promise<Event[]> {
  const capture = await openCapture(path)
  const events: Event[] = []
  const tracker = new Tracker(
    { conversation: conversation => events.push(...conversation.events), time: () => {} },
    decrypted ? { keys: new KeySource(null, capture.info.secrets) } : {},
  )
  do {
    while (capture.next()) {
      const { bytes, start, end, originalLength, linkType, number, timeNs } = capture
      tracker.packet(bytes, start, end, originalLength, linkType, number, timeNs)
    }
  } while (await capture.fill())
  tracker.finish()
  await capture.close()
  return events
}
