/**
 * Client Info: who logs on, with which shell and settings. The password and the reconnect cookie are told by their lengths
 * alone. MS-RDPBCGR 2.2.1.11.1.1 (TS_INFO_PACKET, TS_EXTENDED_INFO_PACKET, TS_TIME_ZONE_INFORMATION).
 */
import type { Out } from '../src/wire/dissector.ts'
import { type Field, field, flag } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { ansiText, utf16Text } from './rdp-text.ts'

export interface ClientInfo {
  readonly kind: 'client-info'
  readonly user: string
  readonly domain: string
  readonly flags: number
  /** A password came along. */
  readonly hasPassword: boolean
  /** As the client knows itself; '' when it does not say. */
  readonly address: string
  /** A cookie to reconnect with came along. */
  readonly reconnects: boolean
  readonly complete: boolean
}

const info = {
  codePage: field('rdp.codePage', 'codePage'),
  flags: field('rdp.optionFlags', 'optionFlags', 'hex'),
  domainLength: field('rdp.domain.length', 'cbDomain'),
  userLength: field('rdp.userName.length', 'cbUserName'),
  passwordLength: field('rdp.password.length', 'cbPassword'),
  shellLength: field('rdp.alternateShell.length', 'cbAlternateShell'),
  directoryLength: field('rdp.workingDir.length', 'cbWorkingDir'),
  domain: field('rdp.domain', 'domain', 'text'),
  user: field('rdp.userName', 'userName', 'text'),
  password: field('rdp.password', 'password (hidden)', 'group'),
  shell: field('rdp.alternateShell', 'alternateShell', 'text'),
  directory: field('rdp.workingDir', 'workingDir', 'text'),
  family: field('rdp.client.addressFamily', 'clientAddressFamily', 'hex'),
  addressLength: field('rdp.client.address.length', 'cbClientAddress'),
  address: field('rdp.client.address', 'clientAddress', 'text'),
  clientDirectoryLength: field('rdp.client.dir.length', 'cbClientDir'),
  clientDirectory: field('rdp.client.dir', 'clientDir', 'text'),
  session: field('rdp.client.sessionId', 'clientSessionId', 'bytes'),
  performance: field('rdp.performanceFlags', 'performanceFlags', 'hex'),
  cookieLength: field('rdp.autoReconnectCookie.length', 'cbAutoReconnectLen'),
  cookie: field('rdp.autoReconnectCookie', 'autoReconnectCookie (hidden)', 'group'),
  reserved1: field('rdp.reserved1', 'reserved1', 'hex'),
  reserved2: field('rdp.reserved2', 'reserved2', 'hex'),
  zoneKeyLength: field('rdp.dynamicDSTTimeZoneKeyName.length', 'cbDynamicDSTTimeZoneKeyName'),
  zoneKey: field('rdp.dynamicDSTTimeZoneKeyName', 'dynamicDSTTimeZoneKeyName', 'text'),
  zoneDisabled: field('rdp.dynamicDaylightTimeDisabled', 'dynamicDaylightTimeDisabled'),
}
const FLAGS = [
  flag('rdp.optionFlags.mouse', 'INFO_MOUSE', 0x00000001),
  flag('rdp.optionFlags.disablectrlaltdel', 'INFO_DISABLECTRLALTDEL', 0x00000002),
  flag('rdp.optionFlags.autologon', 'INFO_AUTOLOGON', 0x00000008),
  flag('rdp.optionFlags.unicode', 'INFO_UNICODE', 0x00000010),
  flag('rdp.optionFlags.maximizeshell', 'INFO_MAXIMIZESHELL', 0x00000020),
  flag('rdp.optionFlags.logonnotify', 'INFO_LOGONNOTIFY', 0x00000040),
  flag('rdp.optionFlags.compression', 'INFO_COMPRESSION', 0x00000080),
  flag('rdp.optionFlags.enablewindowskey', 'INFO_ENABLEWINDOWSKEY', 0x00000100),
  flag('rdp.optionFlags.remoteconsoleaudio', 'INFO_REMOTECONSOLEAUDIO', 0x00002000),
  flag('rdp.optionFlags.forceencrypted', 'INFO_FORCE_ENCRYPTED_CS_PDU', 0x00004000),
  flag('rdp.optionFlags.rail', 'INFO_RAIL', 0x00008000),
  flag('rdp.optionFlags.logonerrors', 'INFO_LOGONERRORS', 0x00010000),
  flag('rdp.optionFlags.mousehaswheel', 'INFO_MOUSE_HAS_WHEEL', 0x00020000),
  flag('rdp.optionFlags.smartcardpin', 'INFO_PASSWORD_IS_SC_PIN', 0x00040000),
  flag('rdp.optionFlags.noaudio', 'INFO_NOAUDIOPLAYBACK', 0x00080000),
  flag('rdp.optionFlags.savedcredentials', 'INFO_USING_SAVED_CREDS', 0x00100000),
]
const zone = {
  group: field('rdp.client.timeZone', 'clientTimeZone', 'group'),
  bias: field('rdp.Bias', 'Bias'),
  standardName: field('rdp.Name.Standard', 'StandardName', 'text'),
  standardDate: field('rdp.Date.Standard', 'StandardDate', 'group'),
  standardBias: field('rdp.Bias.standard', 'StandardBias'),
  daylightName: field('rdp.Name.Daylight', 'DaylightName', 'text'),
  daylightDate: field('rdp.Date.Daylight', 'DaylightDate', 'group'),
  daylightBias: field('rdp.Bias.daylight', 'DaylightBias'),
}
const DATE = [
  field('rdp.wYear', 'wYear'),
  field('rdp.wMonth', 'wMonth'),
  field('rdp.wDayOfWeek', 'wDayOfWeek'),
  field('rdp.wDay', 'wDay'),
  field('rdp.wHour', 'wHour'),
  field('rdp.wMinute', 'wMinute'),
  field('rdp.wSecond', 'wSecond'),
  field('rdp.wMilliseconds', 'wMilliseconds'),
]

const INFO_UNICODE = 0x10
const ZONE_NAME_BYTES = 64

/** What is behind the security header. */
export function clientInfo(pdu: Pdu, out: Out<ClientInfo>): void {
  pdu.u32le(info.codePage)
  const flags = pdu.u32le(info.flags)
  pdu.bits(...FLAGS)
  const isUnicode = (flags & INFO_UNICODE) !== 0
  const read = isUnicode ? utf16Text : ansiText
  // Lengths do not count the NUL that ends each string.
  const end = isUnicode ? 2 : 1
  const domainLength = pdu.u16le(info.domainLength)
  const userLength = pdu.u16le(info.userLength)
  const passwordLength = pdu.u16le(info.passwordLength)
  const shellLength = pdu.u16le(info.shellLength)
  const directoryLength = pdu.u16le(info.directoryLength)
  const domain = read(pdu, info.domain, domainLength + end)
  const user = read(pdu, info.user, userLength + end)
  pdu.mark(info.password, passwordLength + end)
  read(pdu, info.shell, shellLength + end)
  read(pdu, info.directory, directoryLength + end)
  const { address, reconnects } = pdu.left > 0 ? extended(pdu, read) : { address: '', reconnects: false }
  const hasPassword = passwordLength > 0
  out.fact({ kind: 'client-info', user, domain, flags, hasPassword, address, reconnects, complete: pdu.ok })
}

/** From the time zone on each field may be the first that is left out. */
function extended(pdu: Pdu, read: typeof utf16Text): { address: string; reconnects: boolean } {
  pdu.u16le(info.family)
  const address = read(pdu, info.address, pdu.u16le(info.addressLength))
  read(pdu, info.clientDirectory, pdu.u16le(info.clientDirectoryLength))
  if (pdu.left > 0) timeZone(pdu)
  if (pdu.left > 0) pdu.mark(info.session, 4)
  if (pdu.left > 0) pdu.u32le(info.performance)
  const cookieLength = pdu.left > 0 ? pdu.u16le(info.cookieLength) : 0
  if (cookieLength > 0) pdu.mark(info.cookie, cookieLength)
  if (pdu.left > 0) pdu.u16le(info.reserved1)
  if (pdu.left > 0) pdu.u16le(info.reserved2)
  const keyLength = pdu.left > 0 ? pdu.u16le(info.zoneKeyLength) : 0
  if (keyLength > 0) utf16Text(pdu, info.zoneKey, keyLength)
  if (pdu.left > 0) pdu.u16le(info.zoneDisabled)
  return { address, reconnects: cookieLength > 0 }
}

function timeZone(pdu: Pdu): void {
  pdu.group(zone.group)
  pdu.u32le(zone.bias)
  utf16Text(pdu, zone.standardName, ZONE_NAME_BYTES)
  date(pdu, zone.standardDate)
  pdu.u32le(zone.standardBias)
  utf16Text(pdu, zone.daylightName, ZONE_NAME_BYTES)
  date(pdu, zone.daylightDate)
  pdu.u32le(zone.daylightBias)
  pdu.end()
}

function date(pdu: Pdu, group: Field): void {
  pdu.group(group)
  for (const part of DATE) pdu.u16le(part)
  pdu.end()
}
