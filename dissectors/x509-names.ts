/**
 * Names in certificates: distinguished names, and the general names that a subject may have besides.
 *
 * RFC 5280 sections 4.1.2.4 and 4.2.1.6, RFC 4514 (names as text), RFC 4519 (attributes).
 */

import type { Field } from '../src/wire/field.ts'
import { MAX_CERTIFICATE_NAME, MAX_DER_ELEMENTS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { element, listOf, objectId, octets, peekTag } from './ber.ts'
import { elementLength } from './ber-header.ts'
import { stringText } from './der.ts'
import { ipv4Text, ipv6Text } from './ip-address.ts'
import { directory, general } from './x509-fields.ts'

const MAX_STRING_BYTES = 4096
const COMMON_NAME = '2.5.4.3'
const SERIAL_NUMBER = '2.5.4.5'
const COUNTRY = '2.5.4.6'
/** Where a company was founded, in certificates of the stricter kind. */
const JURISDICTION_COUNTRY = '1.3.6.1.4.1.311.60.2.1.3'
const QUALIFIER = '2.5.4.46'
const DOMAIN_COMPONENT = '0.9.2342.19200300.100.1.25'
const MAIL = '1.2.840.113549.1.9.1'
/** RFC 4514 section 3, and what else is met in names. */
const ATTRIBUTES = new Map([
  [COMMON_NAME, 'CN'],
  ['2.5.4.4', 'SN'],
  [SERIAL_NUMBER, 'serialNumber'],
  [COUNTRY, 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'STREET'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.12', 'title'],
  ['2.5.4.42', 'GN'],
  ['2.5.4.97', 'organizationIdentifier'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  [DOMAIN_COMPONENT, 'DC'],
  [MAIL, 'emailAddress'],
])
/** Attributes whose value is a string of one kind; the others choose. */
const PLAIN: ReadonlyMap<string, Field> = new Map([
  [COUNTRY, directory.country],
  [JURISDICTION_COUNTRY, directory.country],
  [SERIAL_NUMBER, directory.plainPrintable],
  [QUALIFIER, directory.plainPrintable],
  [DOMAIN_COMPONENT, directory.ia5],
  [MAIL, directory.ia5],
])
/** Tags of the strings that an attribute may choose from, with their number among them. */
const CHOICES: ReadonlyMap<number, readonly [choice: number, field: Field]> = new Map([
  [0x14, [0, directory.teletex]],
  [0x13, [1, directory.printable]],
  [0x1c, [2, directory.universal]],
  [0x1e, [3, directory.bmp]],
  [0x0c, [4, directory.utf8]],
])

/** The whole element at the cursor, header and all, as a group whose value says which of several it is. */
export function choice(pdu: Pdu, f: Field, value: number, read: () => void): void {
  const length = elementLength(pdu.bytes, pdu.pos, pdu.limit)
  pdu.sized(f, length > 0 ? length : pdu.left, f, value)
  read()
  pdu.end()
}

export interface DistinguishedName {
  /** RFC 4514: the last relative name first, several attributes of one joined by a plus sign. */
  readonly text: string
  readonly commonName: string
}

/** @param f the choice, which has one member @param sequence the list of relative names */
export function distinguishedName(pdu: Pdu, f: Field, sequence: Field): DistinguishedName {
  const parts: Parts = { relatives: [], commonName: '', read: 0 }
  choice(pdu, f, 0, () => listOf(pdu, sequence, () => relativeName(pdu, parts)))
  return { text: bounded(parts.relatives.reverse().join(',')), commonName: parts.commonName }
}

/** A distinguished name that stands in a group of its own already. */
export function bareName(pdu: Pdu): void {
  const parts: Parts = { relatives: [], commonName: '', read: 0 }
  element(pdu, null, () => {
    while (pdu.left > 0) relativeName(pdu, parts)
  })
}

interface Parts {
  readonly relatives: string[]
  commonName: string
  read: number
}

function relativeName(pdu: Pdu, parts: Parts): void {
  const pairs: string[] = []
  listOf(pdu, directory.relative, () =>
    element(pdu, directory.pair, () => {
      const type = objectId(pdu, directory.type)
      if (pdu.left === 0 || parts.read++ >= MAX_DER_ELEMENTS) return
      const value = attributeValue(pdu, type)
      if (type === COMMON_NAME) parts.commonName = value
      pairs.push(`${ATTRIBUTES.get(type) ?? type}=${escaped(value)}`)
    }),
  )
  parts.relatives.push(pairs.join('+'))
}

function attributeValue(pdu: Pdu, type: string): string {
  const plain = PLAIN.get(type)
  if (plain !== undefined) return string(pdu, plain)
  const chosen = CHOICES.get(peekTag(pdu))
  if (chosen === undefined) return string(pdu, directory.other)
  const [number, f] = chosen
  let value = ''
  choice(pdu, directory.string, number, () => {
    value = string(pdu, f)
  })
  return value
}

/** A string of any type, in the characters of its type. */
export function string(pdu: Pdu, f: Field): string {
  let value = ''
  element(pdu, null, tag => {
    const { bytes, pos, limit } = pdu
    value = bounded(stringText(tag, bytes, pos, Math.min(limit, pos + MAX_STRING_BYTES)))
    pdu.value(f, pdu.left, value)
  })
  return value
}

const OTHER_NAME = 0xa0
const DIRECTORY_NAME = 0xa4
const IP_ADDRESS = 0x87
const STRINGS: ReadonlyMap<number, Field> = new Map([
  [0x81, general.mail],
  [0x82, general.dns],
  [0x86, general.uri],
])

/** A host's name or its address as text; '' for the other kinds. @param f the choice, or what takes its place */
export function generalName(pdu: Pdu, f: Field): string {
  const tag = peekTag(pdu)
  let name = ''
  choice(pdu, f, tag & 0x1f, () => {
    const text = STRINGS.get(tag)
    if (text !== undefined) {
      const value = string(pdu, text)
      if (text === general.dns) name = value
    } else if (tag === IP_ADDRESS) name = address(pdu)
    else if (tag === DIRECTORY_NAME) {
      element(pdu, null, () => distinguishedName(pdu, general.directory, directory.sequence))
    } else if (tag === OTHER_NAME) {
      element(pdu, general.other, () => {
        objectId(pdu, general.otherType)
        pdu.mark(general.unread, pdu.left)
      })
    } else if (tag === 0x88) objectId(pdu, general.registered)
    else octets(pdu, general.unread)
  })
  return name
}

export function generalNames(pdu: Pdu, f: Field, each: (name: string) => void): void {
  listOf(pdu, f, () => each(generalName(pdu, general.name)))
}

function address(pdu: Pdu): string {
  let name = ''
  element(pdu, null, () => {
    const { bytes, pos, left } = pdu
    name = left === 4 ? ipv4Text(bytes, pos) : left === 16 ? ipv6Text(bytes, pos) : ''
    if (left === 4) pdu.u32be(general.ipv4)
    else pdu.mark(left === 16 ? general.ipv6 : general.unread, left)
  })
  return name
}

/** RFC 4514 2.4. */
function escaped(value: string): string {
  return value.replace(/[,+"\\<>;]|^[ #]| $/g, '\\$&')
}

function bounded(text: string): string {
  return text.length <= MAX_CERTIFICATE_NAME ? text : `${text.slice(0, MAX_CERTIFICATE_NAME - 1)}…`
}
