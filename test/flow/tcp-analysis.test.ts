import { describe, expect, it } from 'vitest'
import { ACK, FIN, PSH, RST, SYN } from '../../src/flow/headers.ts'
import { TcpAnalysis } from '../../src/flow/tcp-analysis.ts'
import { type SegmentHeader, Talk } from '../support/tcp-segments.ts'

const CLIENT = 0
const SERVER = 1

/** SYN, SYN-ACK, ACK, `roundTripMs` from the first to the last. */
function shakeHands(talk: Talk, options: SegmentHeader = {}, roundTripMs = 10): Talk {
  expect(talk.client({ ...options, flags: SYN })).toEqual([])
  talk.after(roundTripMs / 2)
  expect(talk.server({ ...options, flags: SYN | ACK, acknowledgement: 1 })).toEqual([])
  talk.after(roundTripMs / 2)
  expect(talk.client({ sequence: 1, acknowledgement: 1 })).toEqual([])
  return talk
}

/** A connection on which the client has sent 1..300 in three segments, and the server has acknowledged up to 101. */
function established(options: SegmentHeader = {}): Talk {
  const talk = shakeHands(new Talk(), options)
  for (const sequence of [1, 101, 201]) {
    expect(talk.after(1).client({ sequence, acknowledgement: 1, length: 100 })).toEqual([])
  }
  expect(talk.after(1).server({ sequence: 1, acknowledgement: 101 })).toEqual([])
  return talk
}

describe('an undisturbed connection', () => {
  it('has no flags, from SYN to the last ACK', () => {
    const talk = established()
    expect(talk.server({ sequence: 1, acknowledgement: 301, length: 50 })).toEqual([])
    expect(talk.client({ sequence: 301, acknowledgement: 51, flags: FIN | ACK })).toEqual([])
    expect(talk.server({ sequence: 51, acknowledgement: 302, flags: FIN | ACK })).toEqual([])
    expect(talk.client({ sequence: 302, acknowledgement: 52 })).toEqual([])
  })

  it('has none across the wrap of sequence numbers', () => {
    const talk = shakeHands(new Talk([0xffffff00, 0x7fffff80]))
    for (let sequence = 1; sequence < 1000; sequence += 100) {
      expect(talk.client({ sequence, acknowledgement: sequence, length: 100 })).toEqual([])
      expect(talk.server({ sequence, acknowledgement: sequence + 100, length: 100 })).toEqual([])
    }
  })

  it('has none when the capture begins in its middle', () => {
    const talk = new Talk()
    expect(talk.server({ sequence: 7000, acknowledgement: 9000, length: 100 })).toEqual([])
    expect(talk.client({ sequence: 9000, acknowledgement: 7100, length: 10 })).toEqual([])
  })
})

describe('bytes sent again', () => {
  it('are a retransmission when nothing more precise holds', () => {
    expect(established().after(300).client({ sequence: 101, acknowledgement: 1, length: 100 })).toEqual([
      'retransmission',
    ])
  })

  it('are a retransmission for SYN and FIN too', () => {
    const talk = new Talk()
    talk.client({ flags: SYN })
    expect(talk.after(1000).client({ flags: SYN })).toEqual(['retransmission'])
    const closing = established()
    closing.client({ sequence: 301, acknowledgement: 1, flags: FIN | ACK })
    expect(closing.after(400).client({ sequence: 301, acknowledgement: 1, flags: FIN | ACK })).toEqual([
      'retransmission',
    ])
  })

  it('are spurious when the capture holds the ACK for all of them', () => {
    expect(established().client({ sequence: 1, acknowledgement: 1, length: 100 })).toEqual(['spurious_retransmission'])
    expect(established().client({ sequence: 1, acknowledgement: 1, length: 101 })).not.toContain(
      'spurious_retransmission',
    )
  })

  it('are fast within 20 ms of the second duplicate ACK that asks for them', () => {
    const asked = (duplicates: number): Talk => {
      const talk = established()
      for (let count = 1; count <= duplicates; count++) {
        expect(talk.after(1).server({ sequence: 1, acknowledgement: 101 })).toEqual(['duplicate_ack'])
      }
      return talk
    }
    const missing = { sequence: 101, acknowledgement: 1, length: 100 }
    expect(asked(2).after(19).client(missing)).toEqual(['fast_retransmission'])
    expect(asked(2).after(20).client(missing)).toEqual(['retransmission'])
    expect(asked(1).after(19).client(missing)).toEqual(['retransmission'])
    expect(
      asked(2)
        .after(19)
        .client({ ...missing, sequence: 201 }),
    ).toEqual(['retransmission'])
  })

  it('are out of order within one round trip of the newest segment', () => {
    const overtaken = (ms: number): string[] => {
      const talk = established()
      talk.client({ sequence: 501, acknowledgement: 1, length: 100 })
      return talk.after(ms).client({ sequence: 301, acknowledgement: 1, length: 100 })
    }
    expect(overtaken(9)).toEqual(['out_of_order'])
    expect(overtaken(10)).toEqual(['retransmission'])
  })

  it('are out of order within 3 ms while the round trip is not known', () => {
    const overtaken = (ms: number): string[] => {
      const talk = new Talk()
      talk.client({ sequence: 1, acknowledgement: 1, length: 100 })
      talk.client({ sequence: 201, acknowledgement: 1, length: 100 })
      return talk.after(ms).client({ sequence: 101, acknowledgement: 1, length: 100 })
    }
    expect(overtaken(2.999)).toEqual(['out_of_order'])
    expect(overtaken(3)).toEqual(['retransmission'])
  })

  it('are no out-of-order segment when they end where the newest one does', () => {
    const talk = established()
    expect(talk.client({ sequence: 201, acknowledgement: 1, length: 100 })).toEqual(['retransmission'])
  })

  it('measure the round trip from the last SYN, to the first ACK after it', () => {
    const talk = new Talk()
    talk.client({ flags: SYN })
    talk.after(1000).client({ flags: SYN })
    talk.after(20).server({ flags: SYN | ACK, acknowledgement: 1 })
    talk.after(20).client({ sequence: 1, acknowledgement: 1 })
    talk.client({ sequence: 101, acknowledgement: 1, length: 100 })
    expect(talk.after(39).client({ sequence: 1, acknowledgement: 1, length: 50 })).toEqual(['out_of_order'])
    expect(talk.after(1).client({ sequence: 51, acknowledgement: 1, length: 50 })).toEqual(['retransmission'])
  })
})

describe('oddities that are kept because Wireshark has them', () => {
  it('one byte below the next expected one, and more behind it, is new data: the byte may have been a probe', () => {
    expect(established().client({ sequence: 300, acknowledgement: 1, length: 50 })).toEqual([])
  })

  it('an ACK for unseen data stands for any number of duplicate ones, until it is repeated', () => {
    const beyond = (): Talk => {
      const talk = new Talk()
      talk.client({ sequence: 1, acknowledgement: 301, length: 100 })
      talk.server({ sequence: 301, acknowledgement: 51, length: 10 })
      expect(talk.client({ sequence: 101, acknowledgement: 501, length: 10 })).toEqual(['ack_lost_segment'])
      expect(talk.client({ sequence: 111, acknowledgement: 501, length: 10 })).toEqual([])
      return talk.after(5)
    }
    expect(beyond().client({ sequence: 51, acknowledgement: 501, length: 10 })).toEqual(['fast_retransmission'])
    const repeated = beyond()
    expect(repeated.server({ sequence: 311, acknowledgement: 51 })).toEqual(['duplicate_ack'])
    expect(repeated.client({ sequence: 51, acknowledgement: 311, length: 10 })).toEqual(['retransmission'])
    const twice = beyond()
    twice.server({ sequence: 311, acknowledgement: 51 })
    twice.server({ sequence: 311, acknowledgement: 51 })
    expect(twice.client({ sequence: 51, acknowledgement: 311, length: 10 })).toEqual(['fast_retransmission'])
  })

  it('an acknowledgement number of 0 was not seen', () => {
    const talk = new Talk([100, 0])
    talk.client({ sequence: 0, length: 10 })
    talk.server({ sequence: 0, acknowledgement: -100, length: 10 })
    expect(talk.after(10).client({ sequence: -190, length: 10 })).toEqual(['retransmission'])
  })

  it('a clock that went back makes nothing fast or out of order', () => {
    const talk = established()
    talk.server({ sequence: 1, acknowledgement: 101 })
    talk.server({ sequence: 1, acknowledgement: 101 })
    expect(talk.after(-50).client({ sequence: 101, acknowledgement: 1, length: 100 })).toEqual(['retransmission'])
    const hole = established()
    hole.client({ sequence: 401, acknowledgement: 1, length: 100 })
    expect(hole.after(-1).client({ sequence: 301, acknowledgement: 1, length: 100 })).toEqual(['retransmission'])
  })

  it('a round trip below zero makes everything out of order', () => {
    const talk = shakeHands(new Talk(), {}, -10)
    talk.client({ sequence: 101, acknowledgement: 1, length: 100 })
    expect(talk.after(60_000).client({ sequence: 1, acknowledgement: 1, length: 50 })).toEqual(['out_of_order'])
    expect(talk.after(-60_005).client({ sequence: 51, acknowledgement: 1, length: 10 })).toEqual(['retransmission'])
    expect(talk.after(-6).client({ sequence: 61, acknowledgement: 1, length: 10 })).toEqual(['out_of_order'])
  })

  it('a round trip of nothing is measured again', () => {
    const talk = shakeHands(new Talk(), {}, 0)
    talk.after(50).client({ sequence: 1, acknowledgement: 1 })
    talk.client({ sequence: 101, acknowledgement: 1, length: 100 })
    expect(talk.after(49).client({ sequence: 1, acknowledgement: 1, length: 50 })).toEqual(['out_of_order'])
  })

  it('the first segment tells the sequence number before it for a SYN of either side', () => {
    const talk = new Talk()
    talk.client({ sequence: 1, acknowledgement: 1 })
    expect(talk.reusesPorts(CLIENT, { flags: SYN, sequence: 0 })).toBe(false)
    expect(talk.reusesPorts(CLIENT, { flags: SYN, sequence: 1 })).toBe(true)
    expect(talk.reusesPorts(SERVER, { flags: SYN, sequence: 0 })).toBe(false)
    expect(talk.reusesPorts(SERVER, { flags: SYN, sequence: 1 })).toBe(true)
  })
})

describe('the short way of ordinary segments', () => {
  it('is not taken by one that has something to say about the window scale', () => {
    const talk = new Talk()
    talk.client({ sequence: 1, acknowledgement: 1, length: 100 })
    talk.server({ sequence: 1, acknowledgement: 101 })
    talk.client({ sequence: 101, acknowledgement: 1, length: 100 })
    talk.server({ sequence: 1, acknowledgement: 201, window: 50, windowScale: 2 })
    expect(talk.client({ sequence: 201, acknowledgement: 1, length: 200 })).toEqual(['window_full'])
  })

  it('is not taken by one that tells the first sequence number of the other side', () => {
    const talk = new Talk([100_000, 0x90000000])
    talk.client({ sequence: 1, flags: PSH, length: 10 })
    talk.client({ sequence: 11, acknowledgement: 1, length: 10 })
    expect(talk.reusesPorts(SERVER, { flags: SYN, sequence: 0 })).toBe(false)
    expect(talk.reusesPorts(SERVER, { flags: SYN, sequence: 5 })).toBe(true)
  })
})

describe('holes', () => {
  it('are told once, at the segment beyond them', () => {
    const talk = established()
    expect(talk.client({ sequence: 401, acknowledgement: 1, length: 100 })).toEqual(['lost_segment'])
    expect(talk.client({ sequence: 501, acknowledgement: 1, length: 100 })).toEqual([])
  })

  it('are not told for a reset, whose sequence number may be anything', () => {
    expect(established().client({ sequence: 4000, flags: RST })).toEqual([])
  })

  it('are told once by the ACK for what the capture does not hold', () => {
    const talk = established()
    expect(talk.server({ sequence: 1, acknowledgement: 401 })).toEqual(['ack_lost_segment'])
    expect(talk.server({ sequence: 1, acknowledgement: 501 })).toEqual([])
  })

  it('are told again by the ACK when data came between', () => {
    const talk = established()
    talk.client({ sequence: 401, acknowledgement: 1, length: 100 })
    expect(talk.server({ sequence: 1, acknowledgement: 501 })).toEqual(['ack_lost_segment'])
    // The ACK jumped to what the capture does hold: the next one is in order.
    talk.client({ sequence: 501, acknowledgement: 1, length: 100 })
    expect(talk.server({ sequence: 1, acknowledgement: 601 })).toEqual([])
    talk.client({ sequence: 701, acknowledgement: 1, length: 100 })
    expect(talk.server({ sequence: 1, acknowledgement: 801 })).toEqual(['ack_lost_segment'])
  })
})

describe('ACKs that repeat the one before', () => {
  it('are duplicate with the same window, and a window update with another', () => {
    const talk = established()
    expect(talk.server({ sequence: 1, acknowledgement: 101 })).toEqual(['duplicate_ack'])
    expect(talk.server({ sequence: 1, acknowledgement: 101, window: 2000 })).toEqual(['window_update'])
    expect(talk.server({ sequence: 1, acknowledgement: 101, window: 2000 })).toEqual(['duplicate_ack'])
  })

  it('are counted from the newest acknowledgement', () => {
    const talk = established()
    talk.server({ sequence: 1, acknowledgement: 101 })
    talk.server({ sequence: 1, acknowledgement: 101 })
    talk.server({ sequence: 1, acknowledgement: 201 })
    expect(talk.client({ sequence: 201, acknowledgement: 1, length: 50 })).toEqual(['out_of_order'])
  })

  it('are neither with data, SYN, FIN or RST', () => {
    const talk = established()
    expect(talk.server({ sequence: 1, acknowledgement: 101, length: 10 })).toEqual([])
    expect(talk.server({ sequence: 11, acknowledgement: 101, flags: RST | ACK })).toEqual([])
  })

  it('answer a keep-alive', () => {
    const talk = established()
    talk.server({ sequence: 1, acknowledgement: 301 })
    expect(talk.after(5000).client({ sequence: 300, acknowledgement: 1, length: 1 })).toEqual(['keep_alive'])
    expect(talk.server({ sequence: 1, acknowledgement: 301 })).toEqual(['keep_alive_ack'])
    expect(talk.after(5000).client({ sequence: 300, acknowledgement: 1 })).toEqual(['keep_alive'])
    expect(talk.server({ sequence: 1, acknowledgement: 301 })).toEqual(['keep_alive_ack'])
  })
})

describe('windows', () => {
  it('closed, probed, answered and opened again', () => {
    const talk = established()
    expect(talk.server({ sequence: 1, acknowledgement: 301, window: 0 })).toEqual(['zero_window'])
    expect(talk.after(200).client({ sequence: 301, acknowledgement: 1, length: 1 })).toEqual(['zero_window_probe'])
    expect(talk.server({ sequence: 1, acknowledgement: 301, window: 0 })).toEqual([
      'zero_window',
      'zero_window_probe_ack',
    ])
    // The probe's byte does not count as sent: the next one is the same.
    expect(talk.after(400).client({ sequence: 301, acknowledgement: 1, length: 1 })).toEqual(['zero_window_probe'])
    expect(talk.server({ sequence: 1, acknowledgement: 301, window: 500 })).toEqual(['window_update'])
    expect(talk.client({ sequence: 301, acknowledgement: 1, length: 100 })).toEqual([])
  })

  it('of zero are probed with one byte, and answered only when they stay zero', () => {
    const talk = established()
    talk.server({ sequence: 1, acknowledgement: 301, window: 0 })
    expect(talk.client({ sequence: 301, acknowledgement: 1, window: 900 })).toEqual(['window_update'])
    expect(talk.client({ sequence: 301, acknowledgement: 1, length: 1, window: 900 })).toEqual(['zero_window_probe'])
    talk.server({ sequence: 1, acknowledgement: 301, window: 5 })
    expect(talk.server({ sequence: 1, acknowledgement: 301, window: 0 })).toEqual(['zero_window'])
  })

  it('of zero say nothing on SYN, FIN and RST', () => {
    const talk = new Talk()
    expect(talk.client({ flags: SYN, window: 0 })).toEqual([])
    expect(talk.server({ flags: RST | ACK, acknowledgement: 1, window: 0 })).toEqual([])
  })

  it('are full when the last byte reaches the edge that the receiver offered', () => {
    const fill = (options: SegmentHeader, window: number, length: number): string[] => {
      const talk = shakeHands(new Talk(), options)
      talk.server({ sequence: 1, acknowledgement: 1, window })
      return talk.client({ sequence: 1, acknowledgement: 1, length })
    }
    expect(fill({ windowScale: 3 }, 100, 800)).toEqual(['window_full'])
    expect(fill({ windowScale: 3 }, 100, 799)).toEqual([])
    expect(fill({}, 100, 100)).toEqual(['window_full'])
  })

  it('of a SYN are not scaled', () => {
    const talk = shakeHands(new Talk(), { windowScale: 3, window: 200 })
    expect(talk.client({ sequence: 1, acknowledgement: 1, length: 200 })).toEqual(['window_full'])
  })

  it('are not scaled at all when only one side offers it', () => {
    const talk = new Talk()
    talk.client({ flags: SYN, windowScale: 7 })
    talk.server({ flags: SYN | ACK, acknowledgement: 1 })
    talk.client({ sequence: 1, acknowledgement: 1, window: 100 })
    expect(talk.server({ sequence: 1, acknowledgement: 1, length: 100 })).toEqual(['window_full'])
  })

  it('are not scaled when the SYN did not offer it, whatever the SYN-ACK says', () => {
    const talk = new Talk()
    talk.client({ flags: SYN })
    talk.server({ flags: SYN | ACK, acknowledgement: 1, windowScale: 7 })
    talk.client({ sequence: 1, acknowledgement: 1 })
    talk.server({ sequence: 1, acknowledgement: 1, window: 100 })
    expect(talk.client({ sequence: 1, acknowledgement: 1, length: 100 })).toEqual(['window_full'])
  })

  it('are never full while the scale is not known', () => {
    const talk = new Talk()
    talk.server({ sequence: 1, acknowledgement: 1, window: 100 })
    expect(talk.client({ sequence: 1, acknowledgement: 1, length: 100 })).toEqual([])
    talk.server({ sequence: 1, acknowledgement: 101, window: 200 })
    expect(talk.client({ sequence: 1, acknowledgement: 1, length: 100 })).toEqual(['spurious_retransmission'])
  })

  it('take a shift beyond 14 as 14', () => {
    const talk = shakeHands(new Talk(), { windowScale: 15 })
    talk.server({ sequence: 1, acknowledgement: 1, window: 1 })
    expect(talk.client({ sequence: 1, acknowledgement: 1, length: 1 << 14 })).toEqual(['window_full'])
  })
})

describe('ports used again', () => {
  it('make another connection of a SYN with another sequence number, in either direction', () => {
    const talk = established()
    expect(talk.reusesPorts(CLIENT, { flags: SYN, sequence: 70_000 })).toBe(true)
    expect(talk.restart().client({ flags: SYN, sequence: 70_000 })).toEqual(['reused_ports'])
    expect(talk.server({ flags: SYN | ACK, acknowledgement: 70_001 })).toEqual([])
    expect(talk.reusesPorts(SERVER, { flags: SYN, sequence: 4 })).toBe(true)
  })

  it('do not make one of the same SYN, also after a reset', () => {
    const talk = new Talk()
    talk.client({ flags: SYN })
    talk.server({ flags: RST | ACK, acknowledgement: 1 })
    expect(talk.reusesPorts(CLIENT, { flags: SYN })).toBe(false)
    expect(talk.client({ flags: SYN })).toEqual(['retransmission'])
  })

  it('do not make one of the SYN-ACK, but tell that its number is another', () => {
    const talk = new Talk()
    talk.client({ flags: SYN })
    talk.server({ flags: SYN | ACK, acknowledgement: 1 })
    expect(talk.reusesPorts(SERVER, { flags: SYN | ACK, sequence: 900, acknowledgement: 1 })).toBe(false)
    expect(talk.server({ flags: SYN | ACK, sequence: 900, acknowledgement: 1 })).toContain('reused_ports')
    expect(talk.server({ flags: SYN | ACK, sequence: 900, acknowledgement: 1 })).not.toContain('reused_ports')
  })

  it('forget a sequence number that only a reset had', () => {
    const talk = new Talk()
    talk.client({ flags: SYN })
    talk.client({ flags: RST, sequence: 5000 })
    talk.client({ flags: SYN })
    expect(talk.client({ sequence: 1, length: 10 })).toEqual([])
  })
})

describe('the records', () => {
  it('are apart, keep what they hold when the table grows, and begin anew after a reset', () => {
    const analysis = new TcpAnalysis()
    const first = new Talk([10, 20], 0, analysis)
    first.client({ sequence: 1, length: 100 })
    const second = new Talk([30, 40], 1, analysis)
    expect(second.client({ sequence: 901, length: 100 })).toEqual([])
    expect(first.client({ sequence: 901, length: 100 })).toEqual(['lost_segment'])
    first.restart()
    expect(first.client({ sequence: 5001, length: 100 })).toEqual([])
    expect(second.client({ sequence: 5001, length: 100 })).toEqual(['lost_segment'])
  })
})
