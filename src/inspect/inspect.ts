/**
 * A capture, packet by packet with all layers and their field trees. Slower than an analysis by far: for people, not for
 * scanning.
 */
import type { Capture } from '../capture/cursor.ts'
import { type GivenKeys, KeySource } from '../flow/tls/keys.ts'
import { Tracker } from '../flow/tracker.ts'
import type { WatchedPdu, Watcher } from '../flow/watcher.ts'
import { MAX_PACKETS_IN_HAND } from '../wire/limits.ts'
import type { InspectedLayer, InspectedPacket } from './packet.ts'

export interface InspectOptions {
  /** Field trees are built for these packets alone; all others come without layers above their headers. */
  readonly wants?: (packet: number) => boolean
  /** Keys for TLS, besides those that the capture holds. */
  readonly keys?: GivenKeys
}

/**
 * In the order of the capture. A PDU is shown with the packet that completed it. Some are read later than that (the bytes
 * behind an Upgrade wait for the answer, those behind a hole for what fills it), so packets are given out a little late.
 */
export async function* inspect(capture: Capture, options: InspectOptions = {}): AsyncGenerator<InspectedPacket> {
  const hand = new Hand(options.wants ?? (() => true))
  const keys = new KeySource(options.keys ?? null, capture.info.secrets)
  const tracker = new Tracker({ conversation: () => {}, time: () => {} }, { watcher: hand, keys })
  do {
    while (capture.next()) {
      const { bytes, start, end, originalLength, linkType, interfaceId, number, timeNs } = capture
      hand.add({
        number,
        timeNs,
        originalLength,
        linkType,
        interfaceId,
        bytes: bytes.slice(start, end),
        conversation: -1,
        transport: null,
        layers: [],
      })
      tracker.packet(bytes, start, end, originalLength, linkType, number, timeNs)
      if (hand.packets.length > MAX_PACKETS_IN_HAND) yield hand.packets.shift() as InspectedPacket
    }
  } while (await capture.fill())
  tracker.finish()
  yield* hand.packets
}

/** The last packets, which may still get layers. */
class Hand implements Watcher {
  readonly packets: (InspectedPacket & { layers: InspectedLayer[] })[] = []
  readonly wants: (packet: number) => boolean

  constructor(wants: (packet: number) => boolean) {
    this.wants = wants
  }

  add(packet: InspectedPacket): void {
    this.packets.push({ ...packet, layers: [...packet.layers] })
  }

  pdu(pdu: WatchedPdu): void {
    const place = this.packets.findLastIndex(packet => packet.number === pdu.packet)
    if (place < 0) return
    const source = pdu.origins.some(({ exact }) => !exact)
      ? 'decrypted'
      : pdu.origins.length > 1
        ? 'reassembled'
        : 'packet'
    this.packets[place]?.layers.push({ tree: pdu.tree, bytes: pdu.bytes, base: pdu.base, source, pdu })
  }
}
