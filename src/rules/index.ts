/** The list of rules, cause before consequence: the diagnosis breaks ties in this order. Adding a rule adds its line here. */

import { avdServiceClosed } from './avd-service-closed.ts'
import { checksumCorruption } from './checksum-corruption.ts'
import { clientAborted } from './client-aborted.ts'
import { clockSkew } from './clock-skew.ts'
import { connectProhibited } from './connect-prohibited.ts'
import { connectionStateLost } from './connection-state-lost.ts'
import { credSspVersionMismatch } from './credssp-version-mismatch.ts'
import { dnsLookupFailed } from './dns-lookup-failed.ts'
import { duplicateIp } from './duplicate-ip.ts'
import { foreignService } from './foreign-service.ts'
import { gatewayAuthFailed } from './gateway-auth-failed.ts'
import { gatewayAuthLoop } from './gateway-auth-loop.ts'
import { gatewayClosed } from './gateway-closed.ts'
import { gatewayHttpError } from './gateway-http-error.ts'
import { gatewayPolicyDenied } from './gateway-policy-denied.ts'
import { gatewayResponseBuffered } from './gateway-response-buffered.ts'
import { gatewayResponseMalformed } from './gateway-response-malformed.ts'
import { gatewayTargetUnreachable } from './gateway-target-unreachable.ts'
import { gatewayUnanswered } from './gateway-unanswered.ts'
import { gatewayWebsocketRefused } from './gateway-websocket-refused.ts'
import { hostUnreachable } from './host-unreachable.ts'
import { idleTimeoutClose } from './idle-timeout-close.ts'
import { ipFragmentation } from './ip-fragmentation.ts'
import { ipFragmentsLost } from './ip-fragments-lost.ts'
import { licenseRefused } from './license-refused.ts'
import { middleboxReset } from './middlebox-reset.ts'
import { nlaLogonFailed } from './nla-logon-failed.ts'
import { nlaNtlmRefused } from './nla-ntlm-refused.ts'
import { nlaRequired } from './nla-required.ts'
import { packetLoss } from './packet-loss.ts'
import { pathMtuBlackHole } from './path-mtu-black-hole.ts'
import { proxyConnectRefused } from './proxy-connect-refused.ts'
import { rdpBruteForce } from './rdp-brute-force.ts'
import type { Rule } from './rule.ts'
import { securityNegotiationFailed } from './security-negotiation-failed.ts'
import { serverCertificateUnusable } from './server-certificate-unusable.ts'
import { serverConnectionLimit } from './server-connection-limit.ts'
import { serverDenied } from './server-denied.ts'
import { serverEndedSession } from './server-ended-session.ts'
import { serverOverloaded } from './server-overloaded.ts'
import { sessionAbortedByServer } from './session-aborted-by-server.ts'
import { sessionRedirected } from './session-redirected.ts'
import { slowPath } from './slow-path.ts'
import { subnetConflict } from './subnet-conflict.ts'
import { tcpConnectRefused } from './tcp-connect-refused.ts'
import { tcpConnectUnanswered } from './tcp-connect-unanswered.ts'
import { tlsCertificateExpired } from './tls-certificate-expired.ts'
import { tlsCertificateNameMismatch } from './tls-certificate-name-mismatch.ts'
import { tlsCertificateNotYetValid } from './tls-certificate-not-yet-valid.ts'
import { tlsCertificateRejected } from './tls-certificate-rejected.ts'
import { tlsCertificateUntrusted } from './tls-certificate-untrusted.ts'
import { tlsCipherMismatch } from './tls-cipher-mismatch.ts'
import { tlsClientFlightSplit } from './tls-client-flight-split.ts'
import { tlsHandshakeRefused } from './tls-handshake-refused.ts'
import { tlsHandshakeUnanswered } from './tls-handshake-unanswered.ts'
import { tlsIntercepted } from './tls-intercepted.ts'
import { tlsVersionDeprecated } from './tls-version-deprecated.ts'
import { tlsVersionMismatch } from './tls-version-mismatch.ts'
import { udpTransportBlocked } from './udp-transport-blocked.ts'
import { vpnDropped } from './vpn-dropped.ts'
import { x224NoConfirm } from './x224-no-confirm.ts'

export const rules: readonly Rule[] = [
  // The way to the server.
  dnsLookupFailed,
  connectProhibited,
  hostUnreachable,
  duplicateIp,
  subnetConflict,
  tcpConnectRefused,
  tcpConnectUnanswered,
  vpnDropped,
  ipFragmentsLost,
  pathMtuBlackHole,
  checksumCorruption,
  middleboxReset,
  foreignService,
  proxyConnectRefused,
  // The negotiation, then TLS.
  tlsIntercepted,
  serverCertificateUnusable,
  nlaRequired,
  securityNegotiationFailed,
  tlsVersionMismatch,
  tlsCipherMismatch,
  tlsCertificateNotYetValid,
  tlsCertificateExpired,
  tlsCertificateUntrusted,
  tlsCertificateNameMismatch,
  tlsCertificateRejected,
  tlsClientFlightSplit,
  tlsHandshakeRefused,
  tlsHandshakeUnanswered,
  // Where connections pile up, requests that are not confirmed are the consequence.
  serverConnectionLimit,
  x224NoConfirm,
  // The gateway.
  gatewayHttpError,
  gatewayAuthLoop,
  gatewayAuthFailed,
  gatewayResponseMalformed,
  gatewayResponseBuffered,
  gatewayUnanswered,
  gatewayWebsocketRefused,
  gatewayPolicyDenied,
  gatewayTargetUnreachable,
  gatewayClosed,
  avdServiceClosed,
  // The logon and the session.
  rdpBruteForce,
  credSspVersionMismatch,
  clockSkew,
  nlaNtlmRefused,
  nlaLogonFailed,
  serverOverloaded,
  idleTimeoutClose,
  licenseRefused,
  serverDenied,
  connectionStateLost,
  sessionAbortedByServer,
  packetLoss,
  clientAborted,
  serverEndedSession,
  sessionRedirected,
  tlsVersionDeprecated,
  ipFragmentation,
  slowPath,
  udpTransportBlocked,
]
