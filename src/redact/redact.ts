/**
 * A capture that can be given away: the same packets at the same times, in which all that names somebody is replaced and all
 * that nobody needs is empty. It is read twice: first for what the layers make of it, then packet by packet to be written.
 *
 * What stays is named (fields.ts); whatever is not known, stays out.
 */
import type { Capture } from '../capture/cursor.ts'
import { openCapture } from '../capture/open.ts'
import { absoluteNs, PcapngWriter, SYNTHETIC_SNAP_LENGTH } from '../capture/pcapng-writer.ts'
import { KeySource } from '../flow/tls/keys.ts'
import { Tracker } from '../flow/tracker.ts'
import { HeaderWalk, type Walk } from '../inspect/header-walk.ts'
import { innermostNetwork } from '../inspect/tree-search.ts'
import { VERSION } from '../version.ts'
import { PROTOCOL_TCP, PROTOCOL_UDP } from '../wire/following.ts'
import { AddressMap } from './addresses.ts'
import type { Maps } from './der.ts'
import { ForeignStarts } from './foreign-starts.ts'
import { fragmentOf, WholeDatagrams } from './fragments.ts'
import { type Filling, Frames } from './frames.ts'
import { Keyed } from './keyed.ts'
import { NameMap } from './names.ts'
import { Overlays } from './overlays.ts'
import { Pdus } from './pdus.ts'
import { Places } from './places.ts'
import { Removed } from './removed.ts'
import { placeOf } from './transport-place.ts'
import { TreeRedaction } from './tree.ts'

export interface RedactOptions {
  /** The same gives the same names; a random one without. */
  readonly keyed?: Keyed
  /** Called now and then: bytes read of both readings together; `totalBytes` is null when it is not known. */
  readonly onProgress?: (readBytes: number, totalBytes: number | null) => void
}

export interface RedactionSummary {
  readonly packets: number
  /** Kind -> how many places were changed or left out. */
  readonly removed: ReadonlyMap<string, number>
  /** Payload that was emptied. */
  readonly emptiedBytes: number
  /** Different names that were replaced. */
  readonly names: number
  /** The capture holds keys that TLS could be decrypted with; they are left out. */
  readonly hadSecrets: boolean
  /** Why the capture could not be read to its end; '' when it could. */
  readonly damage: string
}

/** A link type of whose packets nothing is known (LINKTYPE_USER0): for those that have no number in pcapng. */
const UNKNOWN_LINK_TYPE = 147
const MOST_LINK_TYPE = 0xffff

/**
 * @param put takes the blocks of the redacted capture, one by one.
 * @throws CaptureError when the file can not be opened. Of a damaged one all is written that can be read.
 */
export async function redactFile(
  path: string,
  put: (block: Uint8Array) => void,
  { keyed = Keyed.random(), onProgress }: RedactOptions = {},
): Promise<RedactionSummary> {
  const redaction = new Redaction(keyed)
  const first = await openCapture(path)
  let firstBytes = 0
  try {
    await each(first, capture => redaction.learn(capture), onProgress)
    redaction.learned()
    firstBytes = first.bytesRead
  } finally {
    await first.close()
  }
  const second = await openCapture(path)
  try {
    return await redaction.write(first, second, put, (read, total) =>
      onProgress?.(firstBytes + read, total === null ? null : 2 * total),
    )
  } finally {
    await second.close()
  }
}

async function each(
  capture: Capture,
  take: (capture: Capture) => void,
  onProgress: RedactOptions['onProgress'],
): Promise<void> {
  do {
    while (capture.next()) take(capture)
    const total = capture.info.fileBytes
    onProgress?.(capture.bytesRead, total === null ? null : 2 * total)
  } while (await capture.fill())
}

class Redaction {
  readonly #maps: Maps
  readonly #names: NameMap
  readonly #removed = new Removed()
  readonly #places = new Places()
  readonly #overlays = new Overlays(this.#places)
  readonly #foreign: ForeignStarts
  readonly #frames: Frames
  readonly #pdus: Pdus
  readonly #tracker: Tracker
  readonly #wholeDatagrams = new WholeDatagrams<() => Uint8Array>()
  #walk = new HeaderWalk()
  /** The packet that is being learned, until its place is known. */
  #unplaced: (() => void) | null = null

  constructor(keyed: Keyed) {
    const addresses = new AddressMap(keyed)
    this.#names = new NameMap(keyed, addresses)
    this.#maps = { keyed, addresses, names: this.#names }
    this.#foreign = new ForeignStarts(this.#overlays, this.#names)
    const trees = new TreeRedaction(this.#maps, this.#removed)
    this.#frames = new Frames(this.#maps, trees)
    this.#pdus = new Pdus(trees, this.#overlays)
    // Without keys: what they would open is not in the redacted capture.
    this.#tracker = new Tracker(
      { conversation: ({ events }) => this.#foreign.take(events), time: () => {} },
      {
        keys: new KeySource(null, []),
        watcher: {
          wants: () => true,
          pdu: pdu => {
            this.#unplaced?.()
            this.#pdus.take(pdu)
          },
        },
      },
    )
  }

  /** The first reading. */
  learn(capture: Capture): void {
    const { bytes, start, end, originalLength, linkType, number, timeNs } = capture
    const walk = this.#walked(capture)
    this.#unplaced = () => {
      // The tracker knows by now whose packet it is; before, what it hands out is of older ones.
      if (this.#tracker.stream < 0) return
      this.#unplaced = null
      placeOf(walk, this.#tracker.stream, number, this.#places)
    }
    this.#tracker.packet(bytes, start, end, originalLength, linkType, number, timeNs)
    this.#unplaced?.()
    this.#unplaced = null
    this.#learnFragments(walk, bytes.subarray(start, end), number)
  }

  /** The first reading is over. */
  learned(): void {
    this.#tracker.finish()
    this.#walk = new HeaderWalk()
  }

  async write(
    { info: learned }: Capture,
    capture: Capture,
    put: (block: Uint8Array) => void,
    onProgress: RedactOptions['onProgress'],
  ): Promise<RedactionSummary> {
    const writer = new PcapngWriter(put)
    writer.section(`rdpscope ${VERSION}`, '')
    for (const { linkType, snapLength, fcsLength } of learned.interfaces) {
      writer.interface({ linkType: written(linkType), snapLength, fcsLength, name: '' })
    }
    // NetMon files and damaged ones may name interfaces that nobody described.
    const others = new Map<string, number>()
    await each(
      capture,
      ({
        bytes,
        start,
        end,
        originalLength,
        linkType,
        interfaceId,
        number,
        timeNs,
        startSeconds,
        startNanoseconds,
      }) => {
        const known = learned.interfaces[interfaceId]
        let interfaceIndex = interfaceId
        if (known === undefined || known.linkType !== linkType) {
          const key = `${interfaceId} ${linkType}`
          interfaceIndex = others.get(key) ?? learned.interfaces.length + others.size
          if (!others.has(key)) {
            writer.interface({ linkType: written(linkType), snapLength: SYNTHETIC_SNAP_LENGTH, name: '' })
            others.set(key, interfaceIndex)
          }
        }
        const before = bytes.slice(start, end)
        writer.packet({
          interfaceIndex,
          bytes: this.#redacted(before, this.#walked(capture), number),
          originalLength,
          timeNs: absoluteNs(startSeconds, startNanoseconds, timeNs),
          comments: [],
        })
      },
      onProgress,
    )
    for (const [interfaceIndex, one] of learned.interfaces.entries()) {
      const { received, systemDropped, droppedByPackets } = one
      const dropped = one.dropped < 0 && droppedByPackets === 0 ? -1 : Math.max(one.dropped, 0) + droppedByPackets
      if (received < 0 && dropped < 0 && systemDropped < 0) continue
      const timeNs = absoluteNs(capture.startSeconds, capture.startNanoseconds, capture.timeNs)
      writer.statistics({ interfaceIndex, timeNs, received, dropped, systemDropped })
    }
    return this.#summary(capture)
  }

  #summary({ info, packets, error }: Capture): RedactionSummary {
    const removed = this.#removed
    removed.dropped('TLS secrets', info.secrets.length)
    removed.dropped('comments', info.comments.length + info.interfaces.filter(({ comment }) => comment !== '').length)
    removed.dropped('resolved names', info.names.size)
    const texts = [info.hardware, info.operatingSystem, info.application]
    for (const { name, description, filter, operatingSystem } of info.interfaces) {
      texts.push(name, description, filter, operatingSystem)
    }
    removed.dropped('descriptions of the recorder', texts.filter(text => text !== '').length)
    return {
      packets,
      removed: removed.places,
      emptiedBytes: removed.emptiedBytes,
      names: this.#names.replaced.size,
      hadSecrets: info.secrets.length > 0,
      damage: error?.message ?? '',
    }
  }

  #walked({ bytes, start, end, originalLength, linkType, fcsLength, number, timeNs }: Capture): Walk {
    return this.#walk.walk({ bytes: bytes.subarray(start, end), originalLength, linkType, fcsLength, number, timeNs })
  }

  /** A datagram that this packet made whole: redacted when somebody asks for it, and all is learned. */
  #learnFragments({ layers, payload }: Walk, bytes: Uint8Array, packet: number): void {
    const inside = layers.filter(({ source }) => source === 'reassembled')
    const [first] = inside
    const fragment = first === undefined ? null : fragmentOf(layers, bytes)
    if (first === undefined || fragment === null) return
    const whole = first.bytes
    const from = first.tree.start
    const network = innermostNetwork(layers.filter(({ source }) => source === 'packet'))
    const header = bytes.slice(0, network?.tree.end ?? 0)
    let redacted: Uint8Array | null = null
    this.#wholeDatagrams.add(fragment.key, packet, () => {
      if (redacted !== null) return redacted
      const fillings = payload?.source === 'reassembled' ? [this.#filling(packet, payload)] : []
      const around = network === null ? null : this.#networkOf(header, network.tree, whole.length)
      redacted = this.#frames.redact(whole, inside, fillings, around).subarray(from)
      return redacted
    })
  }

  #networkOf(header: Uint8Array, tree: Walk['layers'][number]['tree'], end: number) {
    const after = this.#frames.redact(header, [{ tree, bytes: header, base: 0, source: 'packet', pdu: null }], [])
    return this.#frames.networkOf(header, after, tree, end)
  }

  #redacted(before: Uint8Array, walk: Walk, packet: number): Uint8Array {
    const layers = walk.layers.filter(({ source }) => source === 'packet')
    const fillings: Filling[] = []
    const { payload } = walk
    const fragment = fragmentOf(layers, before)
    if (fragment !== null) {
      const { key, start, end, offset, protocol } = fragment
      const whole = this.#wholeDatagrams.find(key, packet)
      const fill = (into: Uint8Array): void => {
        if (whole !== null) into.set(whole().subarray(offset, offset + into.length))
        else if (offset === 0) keepPorts(protocol, before.subarray(start, end), into)
      }
      fillings.push({ start, end, fill })
    } else if (payload !== null && payload.source === 'packet') fillings.push(this.#filling(packet, payload))
    const after = this.#frames.redact(before, layers, fillings)
    for (let at = 0; at < after.length; at++) if (after[at] === 0 && before[at] !== 0) this.#removed.emptiedBytes++
    return after
  }

  #filling(packet: number, { transport, start, end }: NonNullable<Walk['payload']>): Filling {
    return this.#overlays.filling(packet, transport, start, end)
  }
}

const UDP_HEADER_BYTES = 8
const TCP_HEADER_BYTES = 20

/** Of a datagram that never became whole: the header of UDP, and that of TCP without options. */
function keepPorts(protocol: number, before: Uint8Array, into: Uint8Array): void {
  const length = protocol === PROTOCOL_UDP ? UDP_HEADER_BYTES : protocol === PROTOCOL_TCP ? TCP_HEADER_BYTES : 0
  into.set(before.subarray(0, Math.min(length, into.length)))
}

function written(linkType: number): number {
  return linkType > MOST_LINK_TYPE ? UNKNOWN_LINK_TYPE : linkType
}
