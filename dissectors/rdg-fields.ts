/** The fields of RD Gateway packets: MS-TSGU 2.2.10. Wireshark does not read them; the names are our own. */
import { gatewayResults } from '../src/codes/rdg-hresults.ts'
import { rdgPacketTypes } from '../src/codes/rdg-names.ts'
import { field, flag } from '../src/wire/field.ts'

const EXTENDED_AUTHENTICATION = new Map([
  [0, 'none'],
  [1, 'smart card'],
  [2, 'PAA'],
  [4, 'NTLM'],
  [8, 'bearer'],
])
export const head = {
  seed: field('rdg.seed', 'Random bytes', 'bytes'),
  type: field('rdg.type', 'Packet type', 'hex', rdgPacketTypes),
  reserved: field('rdg.reserved', 'Reserved', 'hex'),
  length: field('rdg.length', 'Packet length'),
  rest: field('rdg.rest', 'Rest', 'bytes'),
}
export const handshake = {
  major: field('rdg.version.major', 'Major version'),
  minor: field('rdg.version.minor', 'Minor version'),
  client: field('rdg.client_version', 'Client version', 'hex'),
  server: field('rdg.server_version', 'Server version', 'hex'),
  extended: field('rdg.extended_auth', 'Extended authentication', 'hex', EXTENDED_AUTHENTICATION),
  smartCard: flag('rdg.extended_auth.smart_card', 'Smart card', 0x1),
  paa: flag('rdg.extended_auth.paa', 'Pluggable authentication (PAA)', 0x2),
  ntlm: flag('rdg.extended_auth.ntlm', 'NTLM', 0x4),
  bearer: flag('rdg.extended_auth.bearer', 'Bearer token', 0x8),
}
export const result = field('rdg.error_code', 'Error code', 'hex', gatewayResults.symbols)
export const capability = {
  all: field('rdg.capabilities', 'Capabilities', 'hex'),
  health: flag('rdg.capabilities.quarantine_soh', 'Statement of health', 0x1),
  idle: flag('rdg.capabilities.idle_timeout', 'Idle timeout', 0x2),
  consent: flag('rdg.capabilities.consent_sign', 'Consent message', 0x4),
  service: flag('rdg.capabilities.service_message', 'Service message', 0x8),
  again: flag('rdg.capabilities.reauth', 'Reauthentication', 0x10),
  udp: flag('rdg.capabilities.udp_transport', 'UDP transport', 0x20),
}
export const redirection = {
  all: field('rdg.redirection', 'Redirection flags', 'hex'),
  enable: flag('rdg.redirection.enable_all', 'Enable all', 0x80000000),
  disable: flag('rdg.redirection.disable_all', 'Disable all', 0x40000000),
  drive: flag('rdg.redirection.disable_drive', 'No drives', 0x1),
  printer: flag('rdg.redirection.disable_printer', 'No printers', 0x2),
  port: flag('rdg.redirection.disable_port', 'No ports', 0x4),
  clipboard: flag('rdg.redirection.disable_clipboard', 'No clipboard', 0x8),
  plug: flag('rdg.redirection.disable_pnp', 'No plug and play devices', 0x10),
}
export const tunnel = {
  present: field('rdg.fields_present', 'Fields present', 'hex'),
  again: field('rdg.reauth_context', 'Tunnel context of the reauthentication', 'hex'),
  id: field('rdg.tunnel_id', 'Tunnel'),
  blobLength: field('rdg.blob.length', 'Length'),
  cookie: field('rdg.paa_cookie', 'PAA cookie (hidden)', 'group'),
  token: field('rdg.extended_auth.blob', 'Authentication token (hidden)', 'group'),
  nonce: field('rdg.nonce', 'Nonce', 'bytes'),
  textLength: field('rdg.text.length', 'Length in bytes'),
  certificate: field('rdg.server_certificate', 'Server certificate', 'text'),
  consent: field('rdg.consent_message', 'Consent message', 'text'),
  clientName: field('rdg.client_name', 'Client name', 'text'),
  health: field('rdg.statement_of_health', 'Statement of health', 'group'),
  idle: field('rdg.idle_timeout', 'Idle timeout (minutes)'),
}
export const channel = {
  resources: field('rdg.resources', 'Resources'),
  alternates: field('rdg.alternate_resources', 'Alternate resources'),
  port: field('rdg.port', 'Port'),
  protocol: field('rdg.protocol', 'Protocol'),
  name: field('rdg.resource_name', 'Resource', 'text'),
  alternate: field('rdg.alternate_resource_name', 'Alternate resource', 'text'),
  id: field('rdg.channel_id', 'Channel'),
  udpPort: field('rdg.udp_port', 'UDP port'),
  cookie: field('rdg.authn_cookie', 'Cookie of the UDP channel (hidden)', 'group'),
  dataLength: field('rdg.data.length', 'Data length'),
  data: field('rdg.data', 'Data', 'group'),
  message: field('rdg.service_message', 'Service message', 'text'),
}
