/**
 * What the capture file itself says about how far it can be trusted: cut packets, drops of the recorder, limits reached, and a
 * clock that jumps.
 */
import type { CaptureInfo, InterfaceInfo } from './capture/info.ts'
import type { QualityNote } from './flow/conversation.ts'

export function captureQuality(info: CaptureInfo): QualityNote[] {
  const notes: QualityNote[] = info.notes.map(({ id, says }) => ({ id, says }))
  if (info.snapped > 0) notes.push(snapped(info))
  for (const { id, name, received, dropped, systemDropped, droppedByPackets } of info.interfaces) {
    const lost = Math.max(dropped, 0) + Math.max(systemDropped, 0) + droppedByPackets
    if (lost === 0) continue
    const of = received > 0 ? ` of ${received + lost}` : ''
    const says = `the recorder dropped ${lost}${of} packets on interface ${name === '' ? id : name}: gaps may be its own`
    notes.push({ id: 'recorder-drops', says })
  }
  if (info.untimed > 0) notes.push({ id: 'no-time', says: `${info.untimed} packets carry no time of their own` })
  return notes
}

function snapped({ snapped, interfaces }: CaptureInfo): QualityNote {
  const lengths = [...new Set(interfaces.map(snapLengthOf).filter(length => length > 0))].sort((a, b) => a - b)
  const to = lengths.length === 0 ? '' : ` (snap length ${lengths.slice(0, 3).join(', ')} bytes)`
  return { id: 'snap-length', says: `${snapped} packets were cut when they were recorded${to}: record whole packets` }
}

function snapLengthOf({ snapLength }: InterfaceInfo): number {
  return snapLength
}

/** Less is the disorder of several interfaces or queues written to one file. */
const NOTABLE_STEP_BACK_NS = 100e6
/** No recorder is left waiting so long for the next packet of a whole host: these are parts of different recordings. */
const SPLICE_NS = 86_400e9

/** The times of all packets, in the order of the file. */
export class CaptureClock {
  /** The latest time. */
  endNs = 0
  private lastNs = 0
  private stepsBack = 0
  private worstBackNs = 0
  private gaps = 0
  private widestGapNs = 0

  packet(timeNs: number): void {
    const stepNs = timeNs - this.lastNs
    if (stepNs < -NOTABLE_STEP_BACK_NS || stepNs > SPLICE_NS) this.jumped(stepNs)
    this.lastNs = timeNs
    if (timeNs > this.endNs) this.endNs = timeNs
  }

  notes(): QualityNote[] {
    const notes: QualityNote[] = []
    if (this.stepsBack > 0) {
      const says = `time goes back ${times(this.stepsBack)} from one packet to the next, by up to ${span(this.worstBackNs)}`
      notes.push({ id: 'clock-back', says })
    }
    if (this.gaps > 0) {
      const says = `${times(this.gaps)} a day or more lies between one packet and the next, up to ${span(this.widestGapNs)}`
      notes.push({ id: 'spliced', says })
    }
    return notes
  }

  private jumped(stepNs: number): void {
    if (stepNs < 0) {
      this.stepsBack++
      this.worstBackNs = Math.max(this.worstBackNs, -stepNs)
    } else {
      this.gaps++
      this.widestGapNs = Math.max(this.widestGapNs, stepNs)
    }
  }
}

function times(count: number): string {
  if (count === 1) return 'once'
  return count === 2 ? 'twice' : `${count} times`
}

/** `0.4 s`, `3.2 h`, `12 days`. */
function span(ns: number): string {
  const seconds = ns / 1e9
  if (seconds >= 86_400) return `${Math.round(seconds / 86_400)} ${seconds < 129_600 ? 'day' : 'days'}`
  return seconds >= 7200 ? `${Math.round(seconds / 360) / 10} h` : `${Math.round(seconds * 10) / 10} s`
}
