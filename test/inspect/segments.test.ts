import { describe, expect, it } from 'vitest'
import { roundTrips, type Segment, segmentsOf } from '../../src/inspect/segments.ts'
import { Document } from '../../src/tui/document.ts'

function segment(values: Partial<Segment>): Segment {
  return {
    packet: 1,
    timeNs: 0,
    side: 0,
    sequence: 1,
    length: 0,
    acknowledgement: 1,
    window: 64_240,
    isResend: false,
    isReset: false,
    isSyn: false,
    isFin: false,
    ...values,
  }
}

const ms = (value: number) => value * 1e6

describe('roundTrips', () => {
  it('measures from data to the acknowledgement that first covers it', () => {
    const trips = roundTrips([
      segment({ timeNs: 0, sequence: 1, length: 100 }),
      segment({ timeNs: ms(1), sequence: 101, length: 50 }),
      segment({ timeNs: ms(20), side: 1, acknowledgement: 101 }),
      segment({ timeNs: ms(41), side: 1, acknowledgement: 151 }),
      segment({ timeNs: ms(60), side: 1, acknowledgement: 151 }),
    ])
    expect(trips).toEqual([
      { timeNs: ms(20), milliseconds: 20, side: 0 },
      { timeNs: ms(41), milliseconds: 40, side: 0 },
    ])
  })

  it('learns nothing from what was sent again', () => {
    const trips = roundTrips([
      segment({ timeNs: 0, sequence: 1, length: 100, isResend: true }),
      segment({ timeNs: ms(5), side: 1, sequence: 1, length: 10, acknowledgement: 101 }),
      segment({ timeNs: ms(9), side: 0, acknowledgement: 11 }),
    ])
    expect(trips).toEqual([{ timeNs: ms(9), milliseconds: 4, side: 1 }])
  })
})

describe('segmentsOf', () => {
  it('tells of a conversation what its packets are', async () => {
    const document = await Document.open('captures/net-dpi-rst-clienthello.pcapng', {
      onChange: () => {},
      onError: () => {},
    })
    await document.load()
    const segments = segmentsOf(await document.packets(document.index.rowsOf(0)))
    document.close()
    const told = segments.map(({ packet, side, sequence, length, acknowledgement, isSyn, isReset }) =>
      [packet, side, sequence, length, acknowledgement, isSyn, isReset].join(' '),
    )
    // As tshark 4.0 shows them: tcp.seq, tcp.len, tcp.ack, tcp.flags.
    expect(told).toEqual([
      '3 0 0 0 0 true false',
      '4 1 0 0 1 true false',
      '5 0 1 0 1 false false',
      '6 0 1 45 1 false false',
      '7 1 1 0 46 false false',
      '8 1 1 19 46 false false',
      '9 0 46 0 20 false false',
      '10 0 46 318 20 false false',
      '11 1 20 0 0 false true',
    ])
  })

  it('tells what was sent again', async () => {
    const document = await Document.open('captures/net-pmtud-blackhole.pcapng', {
      onChange: () => {},
      onError: () => {},
    })
    await document.load()
    const segments = segmentsOf(await document.packets(document.index.rowsOf(0)))
    document.close()
    // As tshark 4.0 finds them: tcp.analysis.retransmission.
    expect(segments.flatMap(({ packet, isResend }) => (isResend ? [packet] : []))).toEqual([14, 15, 16, 17, 18])
  })

  it('takes no ICMP message for a segment', async () => {
    const document = await Document.open('captures/net-server-host-down.pcapng', {
      onChange: () => {},
      onError: () => {},
    })
    await document.load()
    const segments = segmentsOf(await document.packets(document.index.rowsOf(0)))
    expect(document.index.last(0)).toBeGreaterThan(document.index.rowOf(3))
    document.close()
    expect(segments.map(({ isSyn }) => isSyn)).toEqual(segments.map(() => true))
  })
})
