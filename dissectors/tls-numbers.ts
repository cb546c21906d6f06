/** Numbers of TLS that several parts of its dissector know: types of handshake messages and of extensions. */

export const CLIENT_HELLO = 1
export const SERVER_HELLO = 2
export const NEW_SESSION_TICKET = 4
export const END_OF_EARLY_DATA = 5
export const ENCRYPTED_EXTENSIONS = 8
export const CERTIFICATE = 11
export const SERVER_KEY_EXCHANGE = 12
export const CERTIFICATE_REQUEST = 13
export const CERTIFICATE_VERIFY = 15
export const CLIENT_KEY_EXCHANGE = 16
export const FINISHED = 20
export const CERTIFICATE_STATUS = 22
export const KEY_UPDATE = 24
export const COMPRESSED_CERTIFICATE = 25
export const NEXT_PROTOCOL = 67

export const HANDSHAKE_TYPES: ReadonlyMap<number, string> = new Map([
  [0, 'Hello Request'],
  [CLIENT_HELLO, 'Client Hello'],
  [SERVER_HELLO, 'Server Hello'],
  [3, 'Hello Verify Request'],
  [NEW_SESSION_TICKET, 'New Session Ticket'],
  [END_OF_EARLY_DATA, 'End of Early Data'],
  [6, 'Hello Retry Request'],
  [ENCRYPTED_EXTENSIONS, 'Encrypted Extensions'],
  [CERTIFICATE, 'Certificate'],
  [SERVER_KEY_EXCHANGE, 'Server Key Exchange'],
  [CERTIFICATE_REQUEST, 'Certificate Request'],
  [14, 'Server Hello Done'],
  [CERTIFICATE_VERIFY, 'Certificate Verify'],
  [CLIENT_KEY_EXCHANGE, 'Client Key Exchange'],
  [FINISHED, 'Finished'],
  [21, 'Certificate URL'],
  [CERTIFICATE_STATUS, 'Certificate Status'],
  [23, 'Supplemental Data'],
  [KEY_UPDATE, 'Key Update'],
  [COMPRESSED_CERTIFICATE, 'Compressed Certificate'],
  [NEXT_PROTOCOL, 'Next Protocol'],
])

export const SERVER_NAME = 0
export const MAX_FRAGMENT_LENGTH = 1
export const STATUS_REQUEST = 5
export const SUPPORTED_GROUPS = 10
export const POINT_FORMATS = 11
export const SRP = 12
export const SIGNATURE_ALGORITHMS = 13
export const USE_SRTP = 14
export const HEARTBEAT_MODE = 15
export const ALPN = 16
export const STATUS_REQUEST_V2 = 17
export const SIGNED_CERTIFICATE_TIMESTAMP = 18
export const CLIENT_CERTIFICATE_TYPE = 19
export const SERVER_CERTIFICATE_TYPE = 20
export const PADDING = 21
export const ENCRYPT_THEN_MAC = 22
export const EXTENDED_MASTER_SECRET = 23
export const COMPRESS_CERTIFICATE = 27
export const RECORD_SIZE_LIMIT = 28
export const DELEGATED_CREDENTIALS = 34
export const SESSION_TICKET = 35
/** Of TLS 1.3 before its 23rd draft. */
export const KEY_SHARE_OF_DRAFTS = 40
export const PRE_SHARED_KEY = 41
export const EARLY_DATA = 42
export const SUPPORTED_VERSIONS = 43
export const COOKIE = 44
export const PSK_MODES = 45
export const CERTIFICATE_AUTHORITIES = 47
export const POST_HANDSHAKE_AUTH = 49
export const SIGNATURE_ALGORITHMS_CERT = 50
export const KEY_SHARE = 51
export const CONNECTION_ID = 54
export const NEXT_PROTOCOL_NEGOTIATION = 13172
export const APPLICATION_SETTINGS = 17513
export const ENCRYPTED_SERVER_NAME = 0xffce
export const RENEGOTIATION_INFO = 0xff01

export const EXTENSION_TYPES: ReadonlyMap<number, string> = new Map([
  [SERVER_NAME, 'server_name'],
  [MAX_FRAGMENT_LENGTH, 'max_fragment_length'],
  [STATUS_REQUEST, 'status_request'],
  [SUPPORTED_GROUPS, 'supported_groups'],
  [POINT_FORMATS, 'ec_point_formats'],
  [SRP, 'srp'],
  [SIGNATURE_ALGORITHMS, 'signature_algorithms'],
  [USE_SRTP, 'use_srtp'],
  [HEARTBEAT_MODE, 'heartbeat'],
  [ALPN, 'application_layer_protocol_negotiation'],
  [STATUS_REQUEST_V2, 'status_request_v2'],
  [SIGNED_CERTIFICATE_TIMESTAMP, 'signed_certificate_timestamp'],
  [CLIENT_CERTIFICATE_TYPE, 'client_certificate_type'],
  [SERVER_CERTIFICATE_TYPE, 'server_certificate_type'],
  [PADDING, 'padding'],
  [ENCRYPT_THEN_MAC, 'encrypt_then_mac'],
  [EXTENDED_MASTER_SECRET, 'extended_master_secret'],
  [COMPRESS_CERTIFICATE, 'compress_certificate'],
  [RECORD_SIZE_LIMIT, 'record_size_limit'],
  [DELEGATED_CREDENTIALS, 'delegated_credentials'],
  [SESSION_TICKET, 'session_ticket'],
  [KEY_SHARE_OF_DRAFTS, 'key_share'],
  [PRE_SHARED_KEY, 'pre_shared_key'],
  [EARLY_DATA, 'early_data'],
  [SUPPORTED_VERSIONS, 'supported_versions'],
  [COOKIE, 'cookie'],
  [PSK_MODES, 'psk_key_exchange_modes'],
  [CERTIFICATE_AUTHORITIES, 'certificate_authorities'],
  [48, 'oid_filters'],
  [POST_HANDSHAKE_AUTH, 'post_handshake_auth'],
  [SIGNATURE_ALGORITHMS_CERT, 'signature_algorithms_cert'],
  [KEY_SHARE, 'key_share'],
  [CONNECTION_ID, 'connection_id'],
  [57, 'quic_transport_parameters'],
  [NEXT_PROTOCOL_NEGOTIATION, 'next_protocol_negotiation'],
  [APPLICATION_SETTINGS, 'application_settings'],
  [0xfe0d, 'encrypted_client_hello'],
  [ENCRYPTED_SERVER_NAME, 'encrypted_server_name'],
  [RENEGOTIATION_INFO, 'renegotiation_info'],
])
