/** What a message on the wire says, in a few words: for ladders. The words of facts, not of rules: they judge nothing. */
import { errorInfo } from '../codes/errinfo.ts'
import { kerberosErrors } from '../codes/kerberos.ts'
import { licenseErrors } from '../codes/license.ts'
import { negotiationFailureName, shortProtocolNames } from '../codes/negotiation.ts'
import { ntStatuses } from '../codes/ntstatus.ts'
import { gatewayResults } from '../codes/rdg-hresults.ts'
import { rdgPacketTypes } from '../codes/rdg-names.ts'
import { sspiResults } from '../codes/sspi.ts'
import { type CodeTable, symbolOf } from '../codes/table.ts'
import { alertName } from '../codes/tls-alerts.ts'
import { cipherSuiteName, tlsVersionName } from '../codes/tls-names.ts'
import type { Event } from '../flow/event.ts'

export type Mood = 'plain' | 'good' | 'bad' | 'doubtful'

export interface MessageWords {
  readonly text: string
  readonly mood: Mood
}

const CLOSE_NOTIFY = 0
const LICENCE_IS_VALID = 7
const KRB_PREAUTH_REQUIRED = 25
const DNS_TYPES: ReadonlyMap<number, string> = new Map([
  [1, 'A'],
  [28, 'AAAA'],
  [33, 'SRV'],
])

/** null for what says nothing by itself: data, records, change cipher specs. */
export function messageWords({ fact }: Event): MessageWords | null {
  switch (fact.kind) {
    case 'negotiation-request':
      return plain(`RDP connection request: ${shortProtocolNames(fact.protocols)}${quoted(', cookie ', fact.cookie)}`)
    case 'negotiation-response':
      return good(
        `RDP confirm: ${fact.present ? shortProtocolNames(fact.selected) : 'no negotiation (standard RDP security)'}`,
      )
    case 'negotiation-failure':
      return bad(`RDP negotiation failure: ${negotiationFailureName(fact.code)}`)
    case 'x224-disconnect':
      return bad('X.224 disconnect')
    case 'disconnect-provider-ultimatum':
      return plain(`MCS disconnect provider ultimatum (reason ${fact.reason})`)
    case 'mcs-connect-response':
      return fact.result === 0 ? good('MCS connect response') : bad(`MCS connect response: result ${fact.result}`)
    case 'mcs-refusal':
      return bad(`MCS ${fact.step}: refused (result ${fact.result})`)
    case 'rdp-client':
      return plain(`MCS connect: client ${fact.name}, build ${fact.build}`)
    case 'client-info':
      return plain(`client info: ${fact.domain === '' ? '' : `${fact.domain}\\`}${fact.user}`)
    case 'license-message':
      if (fact.type !== 0xff) return plain('licensing')
      return fact.code === LICENCE_IS_VALID
        ? good('licence valid')
        : bad(`licence error: ${name(licenseErrors, fact.code)}`)
    case 'demand-active':
      return plain('demand active')
    case 'confirm-active':
      return plain('confirm active')
    case 'session-active':
      return good('session active')
    case 'deactivate-all':
      return plain('deactivate all')
    case 'error-info':
      return fact.code === 0 ? null : doubtful(`error info: ${name(errorInfo, fact.code)}`)
    case 'logon':
      return good(`logged on: ${fact.domain === '' ? '' : `${fact.domain}\\`}${fact.user}`)
    case 'logon-error':
      return doubtful(`logon notification 0x${(fact.type >>> 0).toString(16)}`)
    case 'redirection':
      return plain(`redirection to ${fact.targetName || fact.targetAddress || 'another server'}`)
    case 'shutdown-denied':
      return plain('shutdown denied')
    case 'auto-reconnect-failed':
      return bad(`automatic reconnection failed: ${name(ntStatuses, fact.status)}`)
    case 'client-hello':
      return plain(
        `ClientHello${quoted(' for ', fact.serverName)}, up to ${tlsVersionName(Math.max(fact.version, ...fact.versions.filter(isVersion)))}`,
      )
    case 'server-hello':
      return fact.retry
        ? plain('HelloRetryRequest')
        : good(`ServerHello: ${tlsVersionName(fact.version)}, ${cipherSuiteName(fact.suite)}`)
    case 'certificate':
      return plain(`certificate: ${fact.chain[0]?.subject ?? 'none'}`)
    case 'alert':
      if (fact.code < 0) return plain('TLS alert (encrypted)')
      if (fact.code === CLOSE_NOTIFY) return plain('TLS close_notify')
      return bad(`TLS alert: ${alertName(fact.code)}`)
    case 'http-request':
      return plain(`${fact.method} ${fact.target}`)
    case 'http-response': {
      const text = `${fact.status} ${fact.phrase}`.trim()
      if (fact.status === 101 || (fact.status >= 200 && fact.status < 300)) return good(text)
      return fact.status === 401 || fact.status === 407 ? doubtful(text) : fact.status >= 400 ? bad(text) : plain(text)
    }
    case 'http-body-cut':
      return bad('the body of the HTTP message was cut off')
    case 'http2-headers':
      return plain(fact.status > 0 ? `HTTP/2 ${fact.status}` : `HTTP/2 ${fact.method} ${fact.path}`)
    case 'websocket-close':
      return plain(`WebSocket close (${fact.code})`)
    case 'rdg': {
      const type = rdgPacketTypes.get(fact.type) ?? `type ${fact.type}`
      // What a packet of its type does not say is -1.
      if (fact.code === 0 || fact.code === -1) return plain(`gateway: ${type}`)
      return bad(`gateway: ${type}: ${name(gatewayResults, fact.code)}`)
    }
    case 'ts-proxy-call':
      return plain(`gateway call ${fact.call}`)
    case 'ts-proxy-result':
      if (fact.result === -1) return plain(`gateway call ${fact.call}: answered`)
      return fact.result === 0
        ? plain(`gateway call ${fact.call}: done`)
        : bad(`gateway call ${fact.call}: ${name(gatewayResults, fact.result)}`)
    case 'credssp':
      if (fact.errorCode !== 0) {
        const table = ntStatuses.byValue.has(fact.errorCode) ? ntStatuses : sspiResults
        return bad(`CredSSP error: ${name(table, fact.errorCode)}`)
      }
      return plain(
        `CredSSP version ${fact.version}${fact.hasAuthInfo ? ', credentials' : fact.publicKeyBytes > 0 ? ', public key' : ''}`,
      )
    case 'early-user-authorization':
      return fact.result === 0 ? good('user authorized') : bad('user denied (early authorization)')
    case 'ntlm-negotiate':
      return plain('NTLM negotiate')
    case 'ntlm-challenge':
      return plain(`NTLM challenge from ${fact.dnsComputer || fact.computer || fact.targetName}`)
    case 'ntlm-authenticate':
      return plain(`NTLM authenticate: ${fact.domain === '' ? '' : `${fact.domain}\\`}${fact.user}`)
    case 'kerberos-error':
      return fact.code === KRB_PREAUTH_REQUIRED
        ? plain('Kerberos: pre-authentication required')
        : bad(`Kerberos error: ${name(kerberosErrors, fact.code)}`)
    case 'rdstls-response':
      return fact.result === 0 ? good('RDSTLS: accepted') : bad(`RDSTLS: refused (0x${fact.result.toString(16)})`)
    case 'rdsaad-result':
      return plain('RDSAAD result')
    case 'dns-query':
      return plain(`DNS: ${DNS_TYPES.get(fact.type) ?? `type ${fact.type}`} of ${fact.name}?`)
    case 'dns-response':
      if (fact.rcode !== 0) return bad(`DNS: rcode ${fact.rcode} for ${fact.name}`)
      return plain(`DNS: ${fact.answers.map(({ data }) => data).join(', ') || 'no address'}`)
    case 'socks-request':
      return plain(`SOCKS${fact.version} to ${fact.host}:${fact.port}`)
    case 'socks-method':
    case 'socks-logon':
    case 'socks-reply':
      return fact.granted ? good('SOCKS: granted') : bad(`SOCKS: refused (${fact.code})`)
    case 'rdpudp-syn':
      return plain(`RDP-UDP SYN${fact.lossy ? ' (lossy)' : ''}`)
    case 'rdpudp-syn-ack':
      return good('RDP-UDP SYN+ACK')
    case 'kerberos-request':
    case 'kerberos-reply':
      return plain(`Kerberos ${fact.kind === 'kerberos-request' ? 'request' : 'reply'}${quoted(': ', fact.service)}`)
    case 'unrecognised':
      return doubtful(fact.protocol === '' ? 'bytes of an unknown protocol' : `speaks ${fact.protocol}`)
    case 'malformed':
      return bad(`malformed: ${fact.fault.field}`)
    case 'stream-gap':
      return doubtful(fact.length > 0 ? `${fact.length} bytes are not in the capture` : 'bytes are not in the capture')
    default:
      return null
  }
}

function isVersion(version: number): boolean {
  return version >= 0x0300 && version <= 0x0304
}

function name(table: CodeTable, code: number): string {
  return symbolOf(table, code)
}

function quoted(before: string, text: string): string {
  return text === '' ? '' : `${before}${text}`
}

function plain(text: string): MessageWords {
  return { text, mood: 'plain' }
}

function good(text: string): MessageWords {
  return { text, mood: 'good' }
}

function bad(text: string): MessageWords {
  return { text, mood: 'bad' }
}

function doubtful(text: string): MessageWords {
  return { text, mood: 'doubtful' }
}
