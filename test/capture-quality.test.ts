import { describe, expect, it } from 'vitest'
import { CaptureInfo } from '../src/capture/info.ts'
import { CaptureClock, captureQuality } from '../src/capture-quality.ts'
import { qualities } from '../src/codes/quality.ts'

const DAY_NS = 86_400e9
const clock = (...timesNs: number[]) => {
  const clock = new CaptureClock()
  for (const timeNs of timesNs) clock.packet(timeNs)
  return clock
}

describe('what a capture says of itself', () => {
  it('are the drops of its recorder', () => {
    const info = new CaptureInfo('-', null)
    const one = {
      linkType: 1,
      snapLength: 0,
      fcsLength: -1,
      description: '',
      filter: '',
      operatingSystem: '',
      comment: '',
    }
    info.interfaces.push({
      ...one,
      id: 0,
      name: 'eth0',
      received: 97,
      dropped: 2,
      systemDropped: 1,
      droppedByPackets: 0,
    })
    info.interfaces.push({ ...one, id: 1, name: '', received: -1, dropped: -1, systemDropped: -1, droppedByPackets: 0 })
    expect(captureQuality(info)).toEqual([
      { id: 'recorder-drops', says: 'the recorder dropped 3 of 100 packets on interface eth0: gaps may be its own' },
    ])
  })
})

describe('the clock of a capture', () => {
  it('that goes on is no note, nor is the disorder of a card with several queues', () => {
    expect(clock(0, 5e6, 2e6, 9e9, 8.95e9, 3600e9).notes()).toEqual([])
  })

  it('that goes back is said with how often and how far', () => {
    expect(clock(0, 9e9, 2e9, 9e9, 8e9).notes()).toEqual([
      { id: 'clock-back', says: 'time goes back twice from one packet to the next, by up to 7 s' },
    ])
  })

  it('that leaps by days is that of files put together', () => {
    expect(clock(0, 1e9, 12 * DAY_NS, 12 * DAY_NS + 5).notes()).toEqual([
      { id: 'spliced', says: 'once a day or more lies between one packet and the next, up to 12 days' },
    ])
  })

  it('keeps the latest time, which need not be the last', () => {
    expect(clock(0, 9e9, 2e9).endNs).toBe(9e9)
  })
})

describe('the meaning of notes', () => {
  it('is a whole sentence, and what to do is one', () => {
    for (const [id, { means, remedy }] of qualities) {
      expect(means, id).toMatch(/^[A-Z].*\.$/)
      expect(remedy, id).toMatch(/^[A-Z].*\.$/)
    }
  })
})
