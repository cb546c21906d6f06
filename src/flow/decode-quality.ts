/** What the hot decode had to pass over, counted; as quality notes when somebody asks. */
import { MAX_UNKNOWN_LINK_TYPES } from '../wire/limits.ts'
import type { Addresses } from './addresses.ts'
import type { QualityNote } from './conversation.ts'
import type { Defragmenter } from './defragment.ts'
import type { Neighbours } from './neighbours.ts'
import { STOP_CUT, STOP_MALFORMED, STOP_TOO_DEEP } from './position.ts'
import type { EspPairs } from './vpn.ts'

export class DecodeQuality {
  private cut = 0
  private malformed = 0
  private tooDeep = 0
  private unknownLink = 0
  private readonly unknownLinkTypes = new Set<number>()

  /** @param reason why the decode ended early. */
  stopped(reason: number): void {
    if (reason === STOP_CUT) this.cut++
    else if (reason === STOP_MALFORMED) this.malformed++
    else if (reason === STOP_TOO_DEEP) this.tooDeep++
  }

  unknownLinkType(linkType: number): void {
    this.unknownLink++
    if (this.unknownLinkTypes.size < MAX_UNKNOWN_LINK_TYPES) this.unknownLinkTypes.add(linkType)
  }

  notes(addresses: Addresses, defragmenter: Defragmenter, neighbours: Neighbours, esp: EspPairs): QualityNote[] {
    const notes: QualityNote[] = []
    const note = (count: number, id: string, says: string) => {
      if (count > 0) notes.push({ id, says })
    }
    const types = [...this.unknownLinkTypes].sort((a, b) => a - b).join(', ')
    note(
      this.unknownLink,
      'unknown-link-type',
      `${packets(this.unknownLink)} of a link type that this tool does not read (${types}): passed over`,
    )
    note(this.cut, 'headers-cut', `${packets(this.cut)} cut by the snap length within the headers: passed over`)
    note(
      this.malformed,
      'headers-malformed',
      `${packets(this.malformed)} with headers that contradict themselves: passed over`,
    )
    note(
      this.tooDeep,
      'headers-too-deep',
      `${packets(this.tooDeep)} with more headers inside one another than this tool follows`,
    )
    note(
      addresses.overflows,
      'ipv6-addresses-full',
      `more IPv6 addresses than this tool tells apart: ${packets(addresses.overflows)} may be mixed up`,
    )
    note(
      defragmenter.dropped,
      'fragments-dropped',
      `${defragmenter.dropped} IP fragments or fragmented datagrams given up: more than this tool holds`,
    )
    note(
      defragmenter.malformed,
      'fragments-malformed',
      `${packets(defragmenter.malformed)} are IP fragments that can not belong to any datagram: passed over`,
    )
    note(
      defragmenter.incomplete,
      'fragments-missing',
      `${defragmenter.incomplete} fragmented datagrams are not complete in this capture`,
    )
    note(
      defragmenter.overlapping,
      'fragments-overlap',
      `${defragmenter.overlapping} datagrams have fragments that overlap: the bytes that came first count`,
    )
    note(
      neighbours.dropped,
      'neighbours-full',
      `${neighbours.dropped} ARP or neighbour discovery packets not kept: more than this tool holds`,
    )
    note(
      esp.dropped,
      'tunnels-full',
      `${packets(esp.dropped)} of ESP between more pairs of hosts than this tool counts`,
    )
    return notes
  }
}

function packets(count: number): string {
  return count === 1 ? '1 packet' : `${count} packets`
}
