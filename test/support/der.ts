/** Writes DER, and certificates with it: what a test wants one to say. They are signed by nobody. */
import { concat } from './bytes.ts'

export const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const OBJECT_IDENTIFIER = 0x06
export const UTF8_STRING = 0x0c
export const PRINTABLE_STRING = 0x13
export const UTC_TIME = 0x17
export const GENERALIZED_TIME = 0x18
export const BMP_STRING = 0x1e
const BOOLEAN = 0x01
export const INTEGER = 0x02
export const SEQUENCE = 0x30
const SET = 0x31

/** One element: its tag and the parts of its content. */
export function element(tag: number, ...parts: (Uint8Array | string)[]): Uint8Array {
  const content = concat(...parts.map(part => (typeof part === 'string' ? new TextEncoder().encode(part) : part)))
  const { length } = content
  const header =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff]
  return concat(Uint8Array.from(header), content)
}

export function identifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const octets: number[] = []
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left % 128) | 0x80)
    octets.push(...groups)
  }
  return element(OBJECT_IDENTIFIER, Uint8Array.from(octets))
}

/** A name of relative names, each of pairs: identifier, type of string, text. */
export type Pair = readonly [identifier: string, tag: number, text: string | Uint8Array]

export function name(...relatives: Pair[][]): Uint8Array {
  return element(
    SEQUENCE,
    ...relatives.map(pairs =>
      element(SET, ...pairs.map(([type, tag, text]) => element(SEQUENCE, identifier(type), element(tag, text)))),
    ),
  )
}

/** A name of one common name. */
export function commonName(text: string): Uint8Array {
  return name([['2.5.4.3', UTF8_STRING, text]])
}

export interface CertificateParts {
  serial?: Uint8Array
  signatureAlgorithm?: string
  issuer?: Uint8Array
  notBefore?: Uint8Array
  notAfter?: Uint8Array
  subject?: Uint8Array
  /** SubjectPublicKeyInfo. */
  key?: Uint8Array
  /** GeneralNames of the subject alternative name: elements with tags 0x82 (DNS) and 0x87 (address). */
  alternativeNames?: Uint8Array[]
  /** With the count of unused bits in front. */
  signature?: Uint8Array
}

export function certificateOf(parts: CertificateParts): Uint8Array {
  const algorithm = element(SEQUENCE, identifier(parts.signatureAlgorithm ?? '1.2.840.113549.1.1.11'), element(0x05))
  const extensions =
    parts.alternativeNames === undefined
      ? []
      : [
          element(
            0xa3,
            element(
              SEQUENCE,
              element(
                SEQUENCE,
                identifier('2.5.29.19'),
                element(BOOLEAN, Uint8Array.of(0xff)),
                element(OCTET_STRING, element(SEQUENCE)),
              ),
              element(
                SEQUENCE,
                identifier('2.5.29.17'),
                element(OCTET_STRING, element(SEQUENCE, ...parts.alternativeNames)),
              ),
            ),
          ),
        ]
  const body = element(
    SEQUENCE,
    element(0xa0, element(INTEGER, Uint8Array.of(2))),
    element(INTEGER, parts.serial ?? Uint8Array.of(1)),
    algorithm,
    parts.issuer ?? commonName('issuer'),
    element(
      SEQUENCE,
      parts.notBefore ?? element(UTC_TIME, '240101000000Z'),
      parts.notAfter ?? element(UTC_TIME, '250101000000Z'),
    ),
    parts.subject ?? commonName('subject'),
    parts.key ??
      element(SEQUENCE, element(SEQUENCE, identifier('1.3.101.112')), element(BIT_STRING, new Uint8Array(33))),
    ...extensions,
  )
  return element(SEQUENCE, body, algorithm, element(BIT_STRING, parts.signature ?? new Uint8Array(65)))
}
