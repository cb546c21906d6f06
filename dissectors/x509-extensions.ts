/**
 * Extensions of certificates: for which names, to which end, by whose leave. RFC 5280 section 4.2, MS-WCCE 2.2.2.7.7
 * (templates), RFC 6962 section 3.3.
 */
import { MAX_ALTERNATIVE_NAMES } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { boolean, element, integer, listOf, objectId, octets, peekTag } from './ber.ts'
import { readTimestamps } from './certificate-timestamps.ts'
import { BOOLEAN, INTEGER } from './der.ts'
import { tlsFields } from './tls-fields.ts'
import { certificate, extension, general, keyUsageOfOneByte, keyUsageOfTwoBytes } from './x509-fields.ts'
import { choice, generalName, generalNames, string } from './x509-names.ts'

const PRACTICE_STATEMENT = '1.3.6.1.5.5.7.2.1'

/** The list of extensions. Answers with the alternative names of the subject. */
export function readCertificateExtensions(pdu: Pdu): string[] {
  const names: string[] = []
  element(pdu, null, () =>
    listOf(pdu, certificate.extensions, () =>
      element(pdu, certificate.extension, () => {
        const id = objectId(pdu, certificate.extensionId)
        if (peekTag(pdu) === BOOLEAN) boolean(pdu, certificate.critical)
        // An octet string, in which the extension is an element of its own.
        element(pdu, null, () => {
          const read = READERS.get(id)
          if (read === undefined) pdu.mark(certificate.unknown, pdu.left)
          else read(pdu, names)
        })
      }),
    ),
  )
  return names
}

type Read = (pdu: Pdu, names: string[]) => void

const READERS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['2.5.29.14', pdu => octets(pdu, extension.subjectKey)],
  ['2.5.29.15', keyUsage],
  ['2.5.29.17', (pdu, names) => generalNames(pdu, general.names, name => addName(names, name))],
  ['2.5.29.18', pdu => generalNames(pdu, general.names, () => {})],
  ['2.5.29.19', basicConstraints],
  ['2.5.29.31', distributionPoints],
  ['2.5.29.32', policies],
  ['2.5.29.35', authorityKey],
  ['2.5.29.37', pdu => listOf(pdu, extension.purposes, () => objectId(pdu, extension.purpose))],
  ['1.3.6.1.5.5.7.1.1', informationAccess],
  ['1.3.6.1.4.1.311.21.7', template],
  // Policies again, those that bind applications.
  ['1.3.6.1.4.1.311.21.10', policies],
  ['1.3.6.1.4.1.11129.2.4.2', pdu => element(pdu, null, () => readTimestamps(pdu, tlsFields))],
])

function addName(names: string[], name: string): void {
  if (name === '' || names.length > MAX_ALTERNATIVE_NAMES) return
  names.push(names.length < MAX_ALTERNATIVE_NAMES ? name : '…')
}

function keyUsage(pdu: Pdu): void {
  element(pdu, null, () => {
    pdu.u8(certificate.unusedBits)
    const { left } = pdu
    pdu.mark(extension.keyUsage, left)
    if (left === 1) pdu.bits(...keyUsageOfOneByte)
    else if (left === 2) pdu.bits(...keyUsageOfTwoBytes)
  })
}

function basicConstraints(pdu: Pdu): void {
  element(pdu, extension.constraints, () => {
    if (peekTag(pdu) === BOOLEAN) boolean(pdu, extension.isAuthority)
    if (peekTag(pdu) === INTEGER) integer(pdu, extension.pathLength)
  })
}

function distributionPoints(pdu: Pdu): void {
  listOf(pdu, extension.crlPoints, () =>
    element(pdu, extension.crlPoint, () => {
      if (peekTag(pdu) !== 0xa0) return
      element(pdu, null, () =>
        choice(pdu, extension.crlPointName, peekTag(pdu) & 0x1f, () => {
          if (peekTag(pdu) === 0xa0) generalNames(pdu, extension.crlFullName, () => {})
        }),
      )
    }),
  )
}

function policies(pdu: Pdu): void {
  listOf(pdu, extension.policies, () =>
    element(pdu, extension.policy, () => {
      objectId(pdu, extension.policyId)
      if (pdu.left === 0) return
      listOf(pdu, extension.qualifiers, () =>
        element(pdu, extension.qualifier, () => {
          if (objectId(pdu, extension.qualifierId) === PRACTICE_STATEMENT) string(pdu, extension.practice)
          else pdu.mark(certificate.unknown, pdu.left)
        }),
      )
    }),
  )
}

function authorityKey(pdu: Pdu): void {
  element(pdu, extension.authorityKey, () => {
    if (peekTag(pdu) === 0x80) octets(pdu, extension.keyIdentifier)
    if (peekTag(pdu) === 0xa1) generalNames(pdu, extension.authorityIssuer, () => {})
    if (peekTag(pdu) === 0x82) octets(pdu, extension.authoritySerial)
  })
}

function informationAccess(pdu: Pdu): void {
  listOf(pdu, extension.accesses, () =>
    element(pdu, extension.access, () => {
      objectId(pdu, extension.accessMethod)
      generalName(pdu, extension.accessLocation)
    }),
  )
}

function template(pdu: Pdu): void {
  element(pdu, extension.template, () => {
    objectId(pdu, extension.templateId)
    if (peekTag(pdu) === INTEGER) integer(pdu, extension.templateMajor)
    if (peekTag(pdu) === INTEGER) integer(pdu, extension.templateMinor)
  })
}
