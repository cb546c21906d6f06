/**
 * What becomes of each field. Numbers, flags and times stay, addresses are replaced; of texts and bytes only what a line here
 * names stays or is replaced: all others are emptied. A new field is emptied too until it has its line.
 */
import type { Field, Format } from '../wire/field.ts'

export type Treatment =
  | 'keep'
  | 'empty'
  /** Bytes that say nothing, the same for the same value. */
  | 'token'
  | 'random'
  | 'ipv4'
  | 'ipv6'
  | 'hardware'
  /** A text, one byte a character or UTF-8. */
  | 'name'
  /** UTF-16, little-endian. */
  | 'wide'
  /** Either of them, told by the value that was read. */
  | 'either'
  /** A text behind its length, where that is its first byte. */
  | 'counted'
  /** Of a secret behind its length, that length. */
  | 'counted-secret'
  /** Labels, each behind its length, up to a pointer. */
  | 'dns'
  | 'der'
  /** A Kerberos message, perhaps behind its record mark. */
  | 'kerberos'
  | 'http-line'
  | 'http-method'
  | 'http-phrase'
  | 'http-version'
  | 'hidden'
  | 'xor-ipv4'
  | 'xor-ipv6'
  | 'client-id'
  /** A number that its table names; another one becomes a value that means nothing (GREASE, RFC 8701). */
  | 'known'
  /** What is around the fields of an MCS message stays. */
  | 'mcs'

const BY_FORMAT: Readonly<Record<Format, Treatment>> = {
  dec: 'keep',
  hex: 'keep',
  flag: 'keep',
  time: 'keep',
  duration: 'keep',
  ipv4: 'ipv4',
  ipv6: 'ipv6',
  ether: 'hardware',
  guid: 'token',
  text: 'empty',
  bytes: 'empty',
  group: 'empty',
}

/** Fields of DTLS have the names of those of TLS, but for their beginning. */
const LINES: Readonly<Partial<Record<Treatment, readonly string[]>>> = {
  keep: [
    // Shapes of protocols: what tells their parts apart, reserved bytes, interfaces that all sites share.
    'http.line_end http.space http2.magic ber.identifier dcerpc.drep dcerpc.reserved dcerpc.cn_bind_to_uuid',
    'dcerpc.cn_bind_trans_id dcerpc.cn_ack_trans_id tls.change_cipher_spec ntlmssp.identifier ntlmssp.reserved',
    'proxy.v1.space proxy.v2.magic stun.cookie stun.att.reserved stun.att.port-xord t124.h221NonStandard t124.header',
    't125.calledDomainSelector t125.callingDomainSelector rdp.channelPDUHeader rdp.shareControlHeader',
    'rdp.encryptionMethods rdp.extEncryptionMethods rdp.capability.order.orderSupport rdp.capability.codec.guid',
    'rdpudp2.ack.delayedAcks t124.object t124.numeric',
    // Masks are no addresses, and neither is the magic number of DHCP.
    'dhcp.cookie dhcp.option.subnet_mask icmp.address_mask',
  ],
  empty: [
    // What somebody typed and pointed at.
    'rdp.fastpath.scancode.keycode rdp.fastpath.unicode.code rdp.pointer.xpos rdp.pointer.ypos rdp.pointerx.xpos',
    'rdp.pointerx.ypos rdp.fastpath.mouserel.x rdp.fastpath.mouserel.y',
    'websocket.masking_key',
  ],
  token: [
    'tls.handshake.session_id tls.handshake.extensions.cookie tls.handshake.cookie tls.handshake.session_ticket',
    'tls.handshake.extensions.psk.identity.identity tls.handshake.extensions_key_share_key_exchange',
    'tls.handshake.sig tls.handshake.client_cert_vrfy.sig tls.handshake.client_point tls.handshake.server_point',
    'tls.handshake.epms tls.handshake.yc tls.handshake.ys tls.handshake.p tls.handshake.g tls.handshake.modulus',
    'tls.handshake.exponent tls.handshake.challenge tls.handshake.hint tls.handshake.identity tls.connection_id',
    'tls.handshake.certificate_request_context tls.handshake.session_ticket_nonce tls.record.sealed',
    'tls.sct.sct_logid tls.sct.sct_signature tls.handshake.extensions_reneg_info tls.esni.encrypted_sni',
    'ntlmssp.ntlmserverchallenge quic.dcid quic.scid quic.token rdg.nonce rdg.udp.correlation.id',
    'rdp.correlationInfo.correlationId rdpudp.correlationid rdpudp.synex.cookiehash stun.id stun.att.tie-breaker',
    'stun.att.ms.connection_id tcp.options.tfo.cookie tcp.options.md5.digest tcp.options.ao.mac ah.icv',
    'rdp.serverRandom rdp.encryptedClientRandom rdp.license.clientRandom rdp.license.serverRandom rdp.license.mac',
    'icmpv6.opt.nonce dns.ds.digest dns.dnskey.public_key dns.rrsig.signature',
  ],
  random: ['tls.handshake.random'],
  name: [
    'tls.handshake.extensions_server_name tls.handshake.extensions_srp_username tls.handshake.extensions_alpn_str',
    'tls.handshake.extensions_npn tls.handshake.npn_selected_protocol tls.handshake.extensions_alps_alpn_str',
    'dhcp.option.hostname dhcp.option.domain_name dhcp.option.vendor_class_id dhcp.option.tftp_server_name',
    'dhcp.option.bootfile_name dhcp.option.nis_domain dhcp.option.root_path dhcp.option.message dhcp.file dhcp.server',
    'dhcp.option.netbios_over_tcpip_scope rdp.rt_cookie rdp.channelName rdp.sourceDescriptor rdp.name',
    'rdp_drdynvc.channelName socks.v4a_dns_name proxy.v1.address proxy.v1.proto',
    'proxy.v1.unknown stun.att.realm stun.att.username stun.att.software stun.att.error.reason stun.att.ms.foundation',
    'websocket.payload.close.reason dcerpc.cn_sec_addr http.request.uri',
  ],
  wide: [
    'rdp.client.name rdp.client.address rdp.client.dir rdp.client.digProductId rdp.userName rdp.domain rdp.workingDir',
    'rdp.alternateShell rdp.Name.Daylight rdp.Name.Standard rdp.dynamicDSTTimeZoneKeyName rdp.license.product.company',
    'rdp.license.product.id rdp.redirection.domain rdp.redirection.targetfqdn rdp.redirection.targetnetaddress',
    'rdp.redirection.targetnetaddresses.address rdp.redirection.targetnetbiosname rdp.redirection.username',
    'rdp.sessioninfo.domain rdp.sessioninfo.username rdstls.domain rdstls.userName rdg.resource_name',
    'rdg.alternate_resource_name rdg.client_name rdg.consent_message rdg.service_message rdg.server_certificate',
  ],
  either: [
    'ntlmssp.auth.domain ntlmssp.auth.hostname ntlmssp.auth.username ntlmssp.challenge.target_name',
    'ntlmssp.negotiate.callingworkstation ntlmssp.negotiate.domain',
    'ntlmssp.challenge.target_info.dns_computer_name ntlmssp.challenge.target_info.dns_domain_name',
    'ntlmssp.challenge.target_info.dns_tree_name ntlmssp.challenge.target_info.nb_computer_name',
    'ntlmssp.challenge.target_info.nb_domain_name ntlmssp.challenge.target_info.target_name',
    'ntlmssp.ntlmv2_response.dns_computer_name ntlmssp.ntlmv2_response.dns_domain_name',
    'ntlmssp.ntlmv2_response.dns_tree_name ntlmssp.ntlmv2_response.nb_computer_name',
    'ntlmssp.ntlmv2_response.nb_domain_name ntlmssp.ntlmv2_response.target_name',
  ],
  counted: ['socks.remote_name socks.username'],
  'counted-secret': ['socks.password'],
  dns: [
    'dns.qry.name dns.resp.name dns.cname dns.dname dns.ns dns.ptr.domain_name dns.mx.mail_exchange dns.srv.target',
    'dns.soa.mname dns.soa.rname dns.rrsig.signers_name dhcp.fqdn.name',
  ],
  der: [
    'tls.handshake.certificate tls.handshake.dname tls.handshake.ocsp_response spnego gss-api credssp kkdcp',
    'gss-api.token spnego.krb5.blob',
  ],
  kerberos: ['kerberos'],
  'http-method': ['http.request.method'],
  'http-phrase': ['http.response.phrase'],
  'http-version': ['http.request.version http.response.version'],
  'http-line': [
    'http.request.line http.response.line http.accept http.accept_encoding http.accept_language http.authorization',
    'http.cache_control http.connection http.content_encoding http.content_length_header http.content_type http.cookie',
    'http.date http.expect http.host http.last_modified http.location http.proxy_authenticate http.proxy_authorization',
    'http.proxy_connection http.proxy_status http.rdg_auth_scheme http.rdg_client_generation http.rdg_connection_id',
    'http.rdg_correlation_id http.rdg_user_id http.referer http.retry_after http.sec_websocket_accept',
    'http.sec_websocket_extensions http.sec_websocket_key http.sec_websocket_protocol http.sec_websocket_version',
    'http.server http.set_cookie http.transfer_encoding http.upgrade http.user_agent http.via http.www_authenticate',
    'http.x_cache http.x_forwarded_for http.x_squid_error',
  ],
  hidden: ['http.chunk_extension http.chunked_trailer_part'],
  hardware: ['icmpv6.opt.src_linkaddr icmpv6.opt.target_linkaddr dhcp.hw.addr arp.src.hw arp.dst.hw sll.src.other'],
  'xor-ipv4': ['stun.att.ipv4-xord'],
  'xor-ipv6': ['stun.att.ipv6-xord'],
  'client-id': ['dhcp.client_id'],
  mcs: ['t125'],
  // In a message whose lengths lie, they would hold whatever stands there.
  known: [
    'tls.handshake.ciphersuite tls.handshake.cipherspec tls.handshake.extensions_supported_group',
    'tls.handshake.sig_hash_alg',
  ],
}

const BY_NAME = new Map<string, Treatment>()
for (const [treatment, lines] of Object.entries(LINES)) {
  for (const name of lines.flatMap(line => line.split(' '))) BY_NAME.set(name, treatment as Treatment)
}

/** By field: they are constants. */
const known = new Map<Field, Treatment>()

export function treatmentOf(field: Field): Treatment {
  const treatment = known.get(field)
  if (treatment !== undefined) return treatment
  const found = looked(field)
  known.set(field, found)
  return found
}

function looked({ name, format }: Field): Treatment {
  return BY_NAME.get(name.startsWith('dtls.') ? name.slice(1) : name) ?? BY_FORMAT[format]
}

/** All names that have a line: a test holds that each is a field. */
export const treatedFields: readonly string[] = [...BY_NAME.keys()]
