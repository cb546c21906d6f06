/**
 * Values as DER and BER write them: identifiers, strings, times. ITU-T X.690 section 8 and 11; the elements around them are
 * read in ber.ts. Nothing here throws: what is no such value is '' or 0.
 */
import { latin1 } from '../src/wire/bytes.ts'
import { MAX_OBJECT_IDENTIFIER } from '../src/wire/limits.ts'

export const BOOLEAN = 0x01
export const INTEGER = 0x02
export const BIT_STRING = 0x03
export const OBJECT_IDENTIFIER = 0x06
export const UTC_TIME = 0x17
export const GENERALIZED_TIME = 0x18
export const SEQUENCE = 0x30
const UTF8_STRING = 0x0c
export const UNIVERSAL_STRING = 0x1c
export const BMP_STRING = 0x1e

/** `2.5.4.3`; '' when it is empty or longer than any real one. */
export function objectIdentifier(bytes: Uint8Array, start: number, end: number): string {
  if (end <= start || end - start > MAX_OBJECT_IDENTIFIER) return ''
  let text = ''
  let arc = 0
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number
    arc = arc * 128 + (byte & 0x7f)
    if (byte >= 0x80) continue
    // The first two arcs share a number.
    if (text === '') text = arc < 80 ? `${Math.floor(arc / 40)}.${arc % 40}` : `2.${arc - 80}`
    else text += `.${arc}`
    arc = 0
  }
  return text
}

/** A string of any of ASN.1's types as text. */
export function stringText(tag: number, bytes: Uint8Array, start: number, end: number): string {
  if (tag === BMP_STRING) return wideText(bytes, start, end, 2)
  if (tag === UNIVERSAL_STRING) return wideText(bytes, start, end, 4)
  if (tag === UTF8_STRING) {
    for (let at = start; at < end; at++) {
      if ((bytes[at] as number) >= 0x80) return new TextDecoder().decode(bytes.slice(start, end))
    }
  }
  return latin1(bytes, start, end)
}

/** Big-endian characters of two or four bytes; what is no character becomes U+FFFD. */
function wideText(bytes: Uint8Array, start: number, end: number, width: 2 | 4): string {
  let text = ''
  for (let at = start; at + width <= end; at += width) {
    let code = 0
    for (let n = 0; n < width; n++) code = code * 256 + (bytes[at + n] as number)
    text += code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code)
  }
  return text
}

/** Seconds since 1970 of a UTCTime or GeneralizedTime (RFC 5280 4.1.2.5); 0 when it is no time. */
export function timeSeconds(tag: number, bytes: Uint8Array, start: number, end: number): number {
  const text = latin1(bytes, start, Math.min(end, start + 32))
  const parts =
    tag === UTC_TIME
      ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(Z|[+-]\d{4})$/.exec(text)
      : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:[.,]\d+)?(Z|[+-]\d{4})?$/.exec(text)
  if (parts === null) return 0
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(part => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59) return 0
  // RFC 5280: a two-digit year from 50 on is of the last century.
  const fullYear = tag !== UTC_TIME ? year : year >= 50 ? 1900 + year : 2000 + year
  const date = new Date(0)
  date.setUTCFullYear(fullYear, month - 1, day)
  date.setUTCHours(hour, minute, second)
  return date.getTime() / 1000 - zoneSeconds(parts[7] ?? 'Z')
}

function zoneSeconds(zone: string): number {
  if (zone === 'Z') return 0
  const seconds = Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(3)) * 60
  return zone.startsWith('-') ? -seconds : seconds
}
