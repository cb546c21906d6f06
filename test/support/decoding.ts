/** Decoding one packet made by hand, and what holds for any result of the decode whatever the bytes. */
import { expect } from 'vitest'
import { Decoder } from '../../src/flow/decode.ts'
import { type Headers, KIND_FRAGMENT, KIND_OTHER, KIND_TCP, KIND_UDP } from '../../src/flow/headers.ts'
import { concat } from './bytes.ts'

const LINKTYPE_ETHERNET = 1
export const LINKTYPE_RAW = 101

/** Bytes of hexadecimal digits; blanks are for the reader. */
export function octets(...digits: readonly string[]): Uint8Array {
  const text = digits.join('').replace(/\s/g, '')
  return Uint8Array.from({ length: text.length / 2 }, (_, at) => Number.parseInt(text.slice(at * 2, at * 2 + 2), 16))
}

export interface Decoded {
  readonly decoder: Decoder
  readonly headers: Headers
  readonly kind: number
  readonly source: string
  readonly destination: string
}

/** Decodes the packet in the middle of a window, as a capture gives it; holds every prefix of it to {@link expectSane}. */
export function decode(bytes: Uint8Array, linkType = LINKTYPE_ETHERNET, originalLength = bytes.length): Decoded {
  expectPrefixesSane(bytes, linkType)
  const decoder = new Decoder()
  const { headers, addresses } = decoder
  const window = concat(octets('ffff ffff ffff ff'), bytes, octets('ffff ffff'))
  const kind = decoder.decode(window, 7, 7 + bytes.length, originalLength, linkType, 1, 0)
  expectSane(headers, kind)
  const source = addresses.text(headers.family, headers.source)
  const destination = addresses.text(headers.family, headers.destination)
  return { decoder, headers, kind, source, destination }
}

/** No prefix throws, none reaches behind its end, and none depends on what lies there. */
function expectPrefixesSane(bytes: Uint8Array, linkType: number): void {
  const decoders = [new Decoder(), new Decoder()] as const
  for (let length = 0; length <= bytes.length; length++) {
    const [zeros, ones] = decoders.map((decoder, at) => {
      const window = new Uint8Array(length + 64).fill(at === 0 ? 0x00 : 0xff)
      window.set(bytes.subarray(0, length))
      const kind = decoder.decode(window, 0, length, bytes.length, linkType, length + 1, length)
      expectSane(decoder.headers, kind)
      if (decoder.headers.payloadEnd > length) expect.fail(`reaches behind the end of ${length} bytes`)
      return { ...decoder.headers, bytes: null, quoted: { ...decoder.quoted, bytes: null } }
    })
    // The comparison of vitest is slow, and nearly always needless.
    if (JSON.stringify(zeros) !== JSON.stringify(ones)) expect(zeros).toEqual(ones)
  }
}

export function expectSane(headers: Headers, kind: number): void {
  expect(insanity(headers, kind)).toBe('')
}

/** What can not be, whatever the bytes; '' when nothing. One string, because `expect` is slow. */
function insanity(headers: Headers, kind: number): string {
  const { payload, payloadEnd, payloadLength, bytes, tcpStart, family, sourcePort, destinationPort } = headers
  if (headers.kind !== kind || kind < KIND_OTHER || kind > KIND_FRAGMENT) return `kind ${kind} and ${headers.kind}`
  if (!(payload <= payloadEnd && payloadEnd <= bytes.length)) return `payload ${payload} to ${payloadEnd}`
  if (!(payloadLength >= payloadEnd - payload)) return `${payloadLength} bytes on the wire, ${payload} to ${payloadEnd}`
  if (kind === KIND_TCP && !(tcpStart + 20 <= payload)) return `header at ${tcpStart}, payload at ${payload}`
  if (kind !== KIND_TCP && kind !== KIND_UDP) return ''
  if (family !== 4 && family !== 6) return `family ${family}`
  const arePorts = (sourcePort & 0xffff) === sourcePort && (destinationPort & 0xffff) === destinationPort
  return arePorts ? '' : `ports ${sourcePort} and ${destinationPort}`
}
