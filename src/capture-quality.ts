/** What the capture file itself says about how far it can be trusted: cut packets, drops of the recorder, limits reached. */
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
