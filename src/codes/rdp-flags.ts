/** Flag fields of RDP, bit by bit: found by their names, for a number alone tells no field. MS-RDPBCGR. */
import { type CodeTable, codeTable, type Row } from './table.ts'

function flags(id: string, title: string, layer: string, source: string, rows: readonly Row[]): CodeTable {
  return codeTable({ id, title, layer, source, tier: 'specification', hexDigits: 4 }, rows)
}

const NEGOTIATION = 'X.224 negotiation, in clear'
const SEALED = 'RDP, encrypted inside TLS'

export const negotiationRequestFlags = flags(
  'negotiation-request-flag',
  'Flags of a negotiation request',
  NEGOTIATION,
  'MS-RDPBCGR 2.2.1.1.1',
  [
    [0x01, 'RESTRICTED_ADMIN_MODE_REQUIRED', 'the client wants Restricted Admin mode'],
    [0x02, 'REDIRECTED_AUTHENTICATION_MODE_REQUIRED', 'the client wants Remote Credential Guard'],
    [0x08, 'CORRELATION_INFO_PRESENT', 'a correlation identifier follows'],
  ],
)

export const negotiationResponseFlags = flags(
  'negotiation-response-flag',
  'Flags of a negotiation response',
  NEGOTIATION,
  'MS-RDPBCGR 2.2.1.2.1',
  [
    [0x01, 'EXTENDED_CLIENT_DATA_SUPPORTED', 'the server takes extended client data'],
    [0x02, 'DYNVC_GFX_PROTOCOL_SUPPORTED', 'the server speaks the graphics pipeline'],
    [0x04, 'NEGRSP_FLAG_RESERVED', 'reserved'],
    [0x08, 'RESTRICTED_ADMIN_MODE_SUPPORTED', 'the server takes Restricted Admin mode'],
    [0x10, 'REDIRECTED_AUTHENTICATION_MODE_SUPPORTED', 'the server takes Remote Credential Guard'],
  ],
)

export const earlyCapabilityFlags = flags(
  'early-capability-flag',
  'Early capabilities of the client (CS_CORE)',
  'MCS Connect Initial, inside TLS',
  'MS-RDPBCGR 2.2.1.3.2',
  [
    [
      0x0001,
      'RNS_UD_CS_SUPPORT_ERRINFO_PDU',
      'the client takes Set Error Info PDUs',
      'Without it the server says no reason.',
    ],
    [0x0002, 'RNS_UD_CS_WANT_32BPP_SESSION', 'the client wants 32 bits a pixel'],
    [0x0004, 'RNS_UD_CS_SUPPORT_STATUSINFO_PDU', 'the client takes Server Status Info PDUs'],
    [0x0008, 'RNS_UD_CS_STRONG_ASYMMETRIC_KEYS', 'the client takes keys above 512 bits'],
    [0x0010, 'RNS_UD_CS_RELATIVE_MOUSE_INPUT', 'the client sends relative mouse events'],
    [0x0020, 'RNS_UD_CS_VALID_CONNECTION_TYPE', 'connectionType is filled in'],
    [0x0040, 'RNS_UD_CS_SUPPORT_MONITOR_LAYOUT_PDU', 'the client takes Monitor Layout PDUs'],
    [0x0080, 'RNS_UD_CS_SUPPORT_NETCHAR_AUTODETECT', 'the client takes part in network auto-detection'],
    [0x0100, 'RNS_UD_CS_SUPPORT_DYNVC_GFX_PROTOCOL', 'the client speaks the graphics pipeline'],
    [0x0200, 'RNS_UD_CS_SUPPORT_DYNAMIC_TIME_ZONE', 'the client sends its time zone with daylight saving'],
    [0x0400, 'RNS_UD_CS_SUPPORT_HEARTBEAT_PDU', 'the client takes heartbeats'],
    [0x0800, 'RNS_UD_CS_SUPPORT_SKIP_CHANNELJOIN', 'the client can leave the channel joins out'],
  ],
)

export const securityHeaderFlags = flags(
  'security-header-flag',
  'Flags of the basic security header',
  SEALED,
  'MS-RDPBCGR 2.2.8.1.1.2.1',
  [
    [0x0001, 'SEC_EXCHANGE_PKT', 'security exchange'],
    [0x0002, 'SEC_TRANSPORT_REQ', 'the server asks for multitransport'],
    [0x0004, 'SEC_TRANSPORT_RSP', 'the answer of the client about multitransport'],
    [0x0008, 'SEC_ENCRYPT', 'encrypted with standard RDP security'],
    [0x0010, 'SEC_RESET_SEQNO', 'not used'],
    [0x0020, 'SEC_IGNORE_SEQNO', 'not used'],
    [0x0040, 'SEC_INFO_PKT', 'client info: user, password, settings'],
    [0x0080, 'SEC_LICENSE_PKT', 'licensing'],
    [
      0x0200,
      'SEC_LICENSE_ENCRYPT_CS',
      'licensing messages may be encrypted',
      'Of the server the same bit is called SEC_LICENSE_ENCRYPT_SC.',
    ],
    [0x0400, 'SEC_REDIRECTION_PKT', 'server redirection'],
    [0x0800, 'SEC_SECURE_CHECKSUM', 'the checksum is salted'],
    [0x1000, 'SEC_AUTODETECT_REQ', 'network auto-detection, request'],
    [0x2000, 'SEC_AUTODETECT_RSP', 'network auto-detection, response'],
    [0x4000, 'SEC_HEARTBEAT', 'heartbeat'],
    [0x8000, 'SEC_FLAGSHI_VALID', 'the upper half of the flags is in use'],
  ],
)

export const redirectionFlags = codeTable(
  {
    id: 'redirection-flag',
    title: 'Flags of a server redirection (RedirFlags)',
    layer: SEALED,
    source: 'MS-RDPBCGR 2.2.13.1',
    tier: 'specification',
    hexDigits: 8,
  },
  [
    [0x0_0001, 'LB_TARGET_NET_ADDRESS', 'the address of the target follows'],
    [0x0_0002, 'LB_LOAD_BALANCE_INFO', 'a routing token follows', 'It comes back in the next connection request.'],
    [0x0_0004, 'LB_USERNAME', 'a user name follows'],
    [0x0_0008, 'LB_DOMAIN', 'a domain follows'],
    [0x0_0010, 'LB_PASSWORD', 'a password or a cookie in its place follows'],
    [0x0_0020, 'LB_DONTSTOREUSERNAME', 'the client is not to store the user name'],
    [0x0_0040, 'LB_SMARTCARD_LOGON', 'the user may log on with a smart card'],
    [0x0_0080, 'LB_NOREDIRECT', 'information only: the client stays'],
    [0x0_0100, 'LB_TARGET_FQDN', 'the full name of the target follows'],
    [0x0_0200, 'LB_TARGET_NETBIOS_NAME', 'the NetBIOS name of the target follows'],
    [0x0_0800, 'LB_TARGET_NET_ADDRESSES', 'several addresses of the target follow'],
    [0x0_1000, 'LB_CLIENT_TSV_URL', 'the address of the workspace follows'],
    [0x0_2000, 'LB_SERVER_TSV_CAPABLE', 'the server redirects by workspace addresses'],
    [0x0_4000, 'LB_PASSWORD_IS_PK_ENCRYPTED', 'the password is encrypted: RDSTLS follows'],
    [0x0_8000, 'LB_REDIRECTION_GUID', 'an identifier of the redirection follows'],
    [0x1_0000, 'LB_TARGET_CERTIFICATE', 'the certificate of the target follows'],
  ],
)
