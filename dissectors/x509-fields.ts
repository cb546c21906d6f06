/** The fields of X.509 certificates, their names and their extensions. RFC 5280 section 4. */
import { field, flag } from '../src/wire/field.ts'

const VERSIONS = new Map([
  [0, 'v1'],
  [1, 'v2'],
  [2, 'v3'],
])
const TIMES = new Map([
  [0, 'utcTime'],
  [1, 'generalizedTime'],
])
const NAMES = new Map([[0, 'rdnSequence']])
const DIRECTORY_STRINGS = new Map([
  [0, 'teletexString'],
  [1, 'printableString'],
  [2, 'universalString'],
  [3, 'bmpString'],
  [4, 'uTF8String'],
])
const GENERAL_NAMES = new Map([
  [0, 'otherName'],
  [1, 'rfc822Name'],
  [2, 'dNSName'],
  [3, 'x400Address'],
  [4, 'directoryName'],
  [5, 'ediPartyName'],
  [6, 'uniformResourceIdentifier'],
  [7, 'iPAddress'],
  [8, 'registeredID'],
])

export const certificate = {
  signed: field('x509af.signedCertificate_element', 'signedCertificate', 'group'),
  version: field('x509af.version', 'version', 'dec', VERSIONS),
  serial: field('x509af.serialNumber', 'serialNumber', 'bytes'),
  signature: field('x509af.signature_element', 'signature', 'group'),
  algorithm: field('x509af.algorithm.id', 'Algorithm Id', 'text'),
  parameters: field('x509af.algorithm.parameters', 'Parameters', 'bytes'),
  issuer: field('x509af.issuer', 'issuer', 'dec', NAMES),
  validity: field('x509af.validity_element', 'validity', 'group'),
  notBefore: field('x509af.notBefore', 'notBefore', 'dec', TIMES),
  notAfter: field('x509af.notAfter', 'notAfter', 'dec', TIMES),
  utcTime: field('x509af.utcTime', 'utcTime', 'text'),
  generalizedTime: field('x509af.generalizedTime', 'generalizedTime', 'time'),
  subject: field('x509af.subject', 'subject', 'dec', NAMES),
  subjectSequence: field('x509af.rdnSequence', 'rdnSequence'),
  keyInfo: field('x509af.subjectPublicKeyInfo_element', 'subjectPublicKeyInfo', 'group'),
  keyAlgorithm: field('x509af.algorithm_element', 'algorithm', 'group'),
  namedCurve: field('pkcs1.namedCurve', 'namedCurve', 'text'),
  curve: field('pkcs1.ECParameters', 'ECParameters', 'dec', new Map([[1, 'namedCurve']])),
  unusedBits: field('x509af.unused_bits', 'Unused bits'),
  key: field('x509af.subjectPublicKey', 'subjectPublicKey', 'bytes'),
  modulus: field('pkcs1.modulus', 'modulus', 'bytes'),
  exponent: field('pkcs1.publicExponent', 'publicExponent'),
  extensions: field('x509af.extensions', 'extensions'),
  extension: field('x509af.Extension_element', 'Extension', 'group'),
  extensionId: field('x509af.extension.id', 'Extension Id', 'text'),
  critical: field('x509af.critical', 'critical', 'flag'),
  unknown: field('x509af.unknown_extension', 'Content', 'bytes'),
  signatureAlgorithm: field('x509af.algorithmIdentifier_element', 'algorithmIdentifier', 'group'),
  encrypted: field('x509af.encrypted', 'encrypted', 'bytes'),
}

export const directory = {
  sequence: field('x509if.rdnSequence', 'rdnSequence'),
  relative: field('x509if.RDNSequence_item', 'RDNSequence item'),
  pair: field('x509if.RelativeDistinguishedName_item_element', 'RelativeDistinguishedName item', 'group'),
  type: field('x509if.oid', 'Object Id', 'text'),
  string: field('x509sat.DirectoryString', 'DirectoryString', 'dec', DIRECTORY_STRINGS),
  teletex: field('x509sat.teletexString', 'teletexString', 'text'),
  printable: field('x509sat.printableString', 'printableString', 'text'),
  universal: field('x509sat.universalString', 'universalString', 'text'),
  bmp: field('x509sat.bmpString', 'bmpString', 'text'),
  utf8: field('x509sat.uTF8String', 'uTF8String', 'text'),
  country: field('x509sat.CountryName', 'CountryName', 'text'),
  plainPrintable: field('x509sat.PrintableString', 'PrintableString', 'text'),
  ia5: field('x509sat.IA5String', 'IA5String', 'text'),
  other: field('x509sat.other', 'Value', 'text'),
}

export const general = {
  names: field('x509ce.GeneralNames', 'GeneralNames'),
  name: field('x509ce.GeneralName', 'GeneralName', 'dec', GENERAL_NAMES),
  mail: field('x509ce.rfc822Name', 'rfc822Name', 'text'),
  dns: field('x509ce.dNSName', 'dNSName', 'text'),
  directory: field('x509ce.directoryName', 'directoryName', 'dec', NAMES),
  uri: field('x509ce.uniformResourceIdentifier', 'uniformResourceIdentifier', 'text'),
  ipv4: field('x509ce.IPAddress.ipv4', 'iPAddress', 'ipv4'),
  ipv6: field('x509ce.IPAddress.ipv6', 'iPAddress', 'ipv6'),
  registered: field('x509ce.registeredID', 'registeredID', 'text'),
  other: field('x509ce.otherName_element', 'otherName', 'group'),
  otherType: field('x509ce.type_id', 'type-id', 'text'),
  unread: field('x509ce.unread', 'Content', 'bytes'),
}

export const extension = {
  subjectKey: field('x509ce.SubjectKeyIdentifier', 'SubjectKeyIdentifier', 'bytes'),
  authorityKey: field('x509ce.AuthorityKeyIdentifier_element', 'AuthorityKeyIdentifier', 'group'),
  keyIdentifier: field('x509ce.keyIdentifier', 'keyIdentifier', 'bytes'),
  authorityIssuer: field('x509ce.authorityCertIssuer', 'authorityCertIssuer'),
  authoritySerial: field('x509ce.authorityCertSerialNumber', 'authorityCertSerialNumber', 'bytes'),
  keyUsage: field('x509ce.KeyUsage', 'KeyUsage', 'bytes'),
  constraints: field('x509ce.BasicConstraintsSyntax_element', 'BasicConstraintsSyntax', 'group'),
  isAuthority: field('x509ce.cA', 'cA', 'flag'),
  pathLength: field('x509ce.pathLenConstraint', 'pathLenConstraint'),
  purposes: field('x509ce.KeyPurposeIDs', 'KeyPurposeIDs'),
  purpose: field('x509ce.KeyPurposeId', 'KeyPurposeId', 'text'),
  crlPoints: field('x509ce.CRLDistPointsSyntax', 'CRLDistPointsSyntax'),
  crlPoint: field('x509ce.DistributionPoint_element', 'DistributionPoint', 'group'),
  crlPointName: field('x509ce.distributionPoint', 'distributionPoint', 'dec', new Map([[0, 'fullName']])),
  crlFullName: field('x509ce.fullName', 'fullName'),
  policies: field('x509ce.CertificatePoliciesSyntax', 'CertificatePoliciesSyntax'),
  policy: field('x509ce.PolicyInformation_element', 'PolicyInformation', 'group'),
  policyId: field('x509ce.policyIdentifier', 'policyIdentifier', 'text'),
  qualifiers: field('x509ce.policyQualifiers', 'policyQualifiers'),
  qualifier: field('x509ce.PolicyQualifierInfo_element', 'PolicyQualifierInfo', 'group'),
  qualifierId: field('x509ce.id', 'Id', 'text'),
  practice: field('pkix1explicit.DirectoryString', 'DirectoryString', 'text'),
  accesses: field('pkix1implicit.AuthorityInfoAccessSyntax', 'AuthorityInfoAccessSyntax'),
  access: field('pkix1implicit.AccessDescription_element', 'AccessDescription', 'group'),
  accessMethod: field('pkix1implicit.accessMethod', 'accessMethod', 'text'),
  accessLocation: field('pkix1implicit.accessLocation', 'accessLocation', 'dec', GENERAL_NAMES),
  template: field('x509ce.CertificateTemplate_element', 'CertificateTemplate', 'group'),
  templateId: field('x509ce.templateID', 'templateID', 'text'),
  templateMajor: field('x509ce.templateMajorVersion', 'templateMajorVersion'),
  templateMinor: field('x509ce.templateMinorVersion', 'templateMinorVersion'),
}

/** The first bit is the highest. @param shift where the first byte lies in the number */
function keyUsages(shift: number, decipherOnly: number) {
  const usage = (name: string, mask: number) => flag(`x509ce.KeyUsage.${name}`, name, mask << shift)
  return [
    usage('digitalSignature', 0x80),
    usage('contentCommitment', 0x40),
    usage('keyEncipherment', 0x20),
    usage('dataEncipherment', 0x10),
    usage('keyAgreement', 0x08),
    usage('keyCertSign', 0x04),
    usage('cRLSign', 0x02),
    usage('encipherOnly', 0x01),
    flag('x509ce.KeyUsage.decipherOnly', 'decipherOnly', decipherOnly),
  ]
}

/** In one byte the last usage has no place: a bit that is never set stands for it. */
export const keyUsageOfOneByte = keyUsages(0, 0x8000)
export const keyUsageOfTwoBytes = keyUsages(8, 0x80)
