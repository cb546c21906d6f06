/**
 * Licensing: whether the client may have a session at all. The usual end is an "error alert" that says that all is well.
 * MS-RDPBCGR 2.2.1.12.1 (preamble, error alert), MS-RDPELE 2.2.2 (the other messages).
 */
import { licenseErrors, licenseTransitions } from '../src/codes/license.ts'
import type { Out } from '../src/wire/dissector.ts'
import { field } from '../src/wire/field.ts'
import { MAX_CHAINED_PARTS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { utf16Text } from './rdp-text.ts'

export interface LicenseMessage {
  readonly kind: 'license-message'
  /** bMsgType. */
  readonly type: number
  /** Of an error alert: dwErrorCode and dwStateTransition, where code 7 is success; -1 of any other message. */
  readonly code: number
  readonly transition: number
  readonly complete: boolean
}

const TYPES = new Map([
  [0x01, 'License Request'],
  [0x02, 'Platform Challenge'],
  [0x03, 'New License'],
  [0x04, 'Upgrade License'],
  [0x12, 'License Info'],
  [0x13, 'New License Request'],
  [0x15, 'Platform Challenge Response'],
  [0xff, 'Error Alert'],
])
const BLOB_TYPES = new Map([
  [0x0001, 'data'],
  [0x0002, 'random'],
  [0x0003, 'certificate'],
  [0x0004, 'error'],
  [0x0009, 'encrypted data'],
  [0x000d, 'key exchange algorithms'],
  [0x000e, 'scope'],
  [0x000f, 'client user name'],
  [0x0010, 'client machine name'],
])
const license = {
  type: field('rdp.bMsgType', 'bMsgType', 'hex', TYPES),
  version: field('rdp.bVersion', 'bVersion'),
  size: field('rdp.wMsgSize', 'wMsgSize'),
  code: field('rdp.errorCode', 'errorCode', 'dec', licenseErrors.symbols),
  transition: field('rdp.stateTransition', 'stateTransition', 'dec', licenseTransitions.symbols),
  errorBlobType: field('rdp.wBlobType', 'wBlobType', 'dec', BLOB_TYPES),
  errorBlobLength: field('rdp.wBlobLen', 'wBlobLen'),
  errorBlob: field('rdp.blobData', 'blobData', 'bytes'),
  serverRandom: field('rdp.license.serverRandom', 'ServerRandom', 'bytes'),
  clientRandom: field('rdp.license.clientRandom', 'ClientRandom', 'bytes'),
  productVersion: field('rdp.license.product.version', 'dwVersion', 'hex'),
  companyLength: field('rdp.license.product.company.length', 'cbCompanyName'),
  company: field('rdp.license.product.company', 'CompanyName', 'text'),
  productLength: field('rdp.license.product.id.length', 'cbProductId'),
  product: field('rdp.license.product.id', 'ProductId', 'text'),
  scopes: field('rdp.license.scopes', 'ScopeCount'),
  connectFlags: field('rdp.license.connectFlags', 'ConnectFlags', 'hex'),
  algorithm: field('rdp.license.keyExchange', 'PreferredKeyExchangeAlg', 'hex'),
  platform: field('rdp.license.platform', 'PlatformId', 'hex'),
  mac: field('rdp.license.mac', 'MACData', 'bytes'),
  blob: field('rdp.license.blob', 'Blob', 'group'),
  blobType: field('rdp.license.blob.type', 'wBlobType', 'dec', BLOB_TYPES),
  blobLength: field('rdp.license.blob.length', 'wBlobLen'),
  blobData: field('rdp.license.blob.data', 'blobData', 'bytes'),
  unknown: field('rdp.unknown', 'Unknown part', 'bytes'),
}

const LICENSE_REQUEST = 0x01
const PLATFORM_CHALLENGE = 0x02
const NEW_LICENSE = 0x03
const UPGRADE_LICENSE = 0x04
const LICENSE_INFO = 0x12
const NEW_LICENSE_REQUEST = 0x13
const PLATFORM_CHALLENGE_RESPONSE = 0x15
const ERROR_ALERT = 0xff
const RANDOM_BYTES = 32
const MAC_BYTES = 16

/** What is behind the security header. */
export function licenseMessage(pdu: Pdu, out: Out<LicenseMessage>): void {
  const type = pdu.u8(license.type)
  pdu.u8(license.version)
  pdu.u16le(license.size)
  let code = -1
  let transition = -1
  if (type === ERROR_ALERT) {
    code = pdu.u32le(license.code)
    transition = pdu.u32le(license.transition)
    if (pdu.left > 0) errorBlob(pdu)
  } else message(pdu, type)
  out.fact({ kind: 'license-message', type, code, transition, complete: pdu.ok })
}

function message(pdu: Pdu, type: number): void {
  switch (type) {
    case LICENSE_REQUEST:
      licenseRequest(pdu)
      return
    case PLATFORM_CHALLENGE:
      pdu.u32le(license.connectFlags)
      blobs(pdu, 1)
      break
    case NEW_LICENSE:
    case UPGRADE_LICENSE:
      blobs(pdu, 1)
      break
    case LICENSE_INFO:
      clientKeys(pdu)
      blobs(pdu, 3)
      break
    case NEW_LICENSE_REQUEST:
      clientKeys(pdu)
      blobs(pdu, 3)
      return
    case PLATFORM_CHALLENGE_RESPONSE:
      blobs(pdu, 2)
      break
    default:
      if (pdu.left > 0) pdu.mark(license.unknown, pdu.left)
      return
  }
  pdu.mark(license.mac, MAC_BYTES)
}

function licenseRequest(pdu: Pdu): void {
  pdu.mark(license.serverRandom, RANDOM_BYTES)
  pdu.u32le(license.productVersion)
  utf16Text(pdu, license.company, pdu.u32le(license.companyLength))
  utf16Text(pdu, license.product, pdu.u32le(license.productLength))
  // Key exchange algorithms, and the server's certificate.
  blobs(pdu, 2)
  const scopes = pdu.u32le(license.scopes)
  blobs(pdu, Math.min(scopes, MAX_CHAINED_PARTS))
}

function clientKeys(pdu: Pdu): void {
  pdu.u32le(license.algorithm)
  pdu.u32le(license.platform)
  pdu.mark(license.clientRandom, RANDOM_BYTES)
}

function blobs(pdu: Pdu, count: number): void {
  for (let n = 0; n < count; n++) {
    pdu.group(license.blob)
    pdu.u16le(license.blobType)
    const length = pdu.u16le(license.blobLength)
    if (length > 0) pdu.mark(license.blobData, length)
    pdu.end()
  }
}

function errorBlob(pdu: Pdu): void {
  pdu.u16le(license.errorBlobType)
  const length = pdu.u16le(license.errorBlobLength)
  if (length > 0) pdu.mark(license.errorBlob, length)
}
