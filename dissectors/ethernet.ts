/**
 * Ethernet frames: addresses, and an EtherType or a length.
 *
 * IEEE 802.3 section 3 (frame, padding, check sequence), IEEE 802 section 8.2 (bits of an address).
 */
import { etherTypes } from '../src/codes/protocol-numbers.ts'
import { alias, field, flag } from '../src/wire/field.ts'
import { NEXT_LLC, STOP_CUT } from '../src/wire/following.ts'
import { header, type Trail } from '../src/wire/header.ts'
import type { Pdu } from '../src/wire/pdu.ts'

const HEADER_BYTES = 14
/** Up to here the two bytes behind the addresses are a length, and LLC follows. */
const MAX_LENGTH = 1500
/** Of a frame, without its check sequence. */
const SHORTEST = 60
const FCS_BYTES = 4
/** The first bits of an address, as they lie in its first three bytes. */
const LOCAL = 0x020000
const GROUP = 0x010000
const addressBits = (name: string) => ({
  local: alias('eth.lg', flag(`${name}.lg`, 'Locally administered', LOCAL)),
  group: alias('eth.ig', flag(`${name}.ig`, 'Group address', GROUP)),
})

const destination = alias('eth.addr', field('eth.dst', 'Destination', 'ether'))
const source = alias('eth.addr', field('eth.src', 'Source', 'ether'))
const destinationBits = addressBits('eth.dst')
const sourceBits = addressBits('eth.src')
const type = field('eth.type', 'Type', 'hex', etherTypes)
const length = field('eth.len', 'Length')
const padding = field('eth.padding', 'Padding', 'bytes')
const trailer = field('eth.trailer', 'Trailer', 'bytes')
const checkSequence = field('eth.fcs', 'Frame check sequence', 'hex')

export const ethernet = header({
  name: 'ethernet',
  filterName: 'eth',
  title: 'Ethernet',
  spec: ['IEEE 802.3 3'],

  read(pdu, trail) {
    if (pdu.left < HEADER_BYTES) {
      trail.next = STOP_CUT
      return
    }
    for (const [address, bits] of [
      [destination, destinationBits],
      [source, sourceBits],
    ] as const) {
      const first = pdu.peek()
      pdu.mark(address, 6)
      pdu.detail(bits.local, 0, 3, (first >> 1) & 1)
      pdu.detail(bits.group, 0, 3, first & 1)
    }
    typeOrLength(pdu, trail, type, length)
  },

  /**
   * Zeros fill a short frame; what else is behind the packet somebody put there. The check sequence comes last, where the
   * file says that there is one, or a frame that is long enough without it has four bytes too many.
   */
  trailer(pdu, { fcsLength }, frameStart) {
    pad(pdu, frameStart)
    const length = pdu.limit - frameStart
    const hasCheck = fcsLength === FCS_BYTES || (fcsLength < 0 && length >= SHORTEST + FCS_BYTES)
    if (!hasCheck || pdu.left < FCS_BYTES) return rest(pdu, pdu.left)
    rest(pdu, pdu.left - FCS_BYTES)
    pdu.u32be(checkSequence)
  },
})

/** Up to the shortest length of a frame, if nothing but zeros is there. */
export function pad(pdu: Pdu, frameStart: number): void {
  const length = Math.min(SHORTEST - (pdu.pos - frameStart), pdu.left)
  let zeros = 0
  while (zeros < length && pdu.peek(zeros) === 0) zeros++
  if (length > 0 && zeros === length) pdu.mark(padding, length)
}

function rest(pdu: Pdu, length: number): void {
  if (length > 0) pdu.mark(trailer, length)
}

/** The two bytes behind an address or a tag. */
export function typeOrLength(pdu: Pdu, trail: Trail, type: typeof length, length_: typeof length): void {
  const value = (pdu.peek() << 8) | pdu.peek(1)
  if (value > MAX_LENGTH) {
    trail.next = pdu.u16be(type)
    return
  }
  pdu.u16be(length_)
  trail.next = NEXT_LLC
  // What the length leaves out is padding.
  if (value > 0 && pdu.pos + value < trail.end) {
    trail.end = pdu.pos + value
  }
}
