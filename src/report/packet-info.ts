/** What a layer of a packet says, in a few words: the last column of the packet list. */
import type { InspectedLayer } from '../inspect/packet.ts'
import { nameOf, nodeNamed, numberOf, textOf } from '../inspect/tree-search.ts'
import { codeName } from '../inspect/value-text.ts'
import type { Node } from '../wire/field.ts'
import type { Info } from './info.ts'
import { tcpInfo } from './tcp-info.ts'

type Describe = (layer: InspectedLayer, layers: readonly InspectedLayer[]) => Info | string | null

const HANDSHAKE_RECORD = 22
const APPLICATION_DATA_RECORD = 23
const FATAL = 2
/** ICMP type 3, and why (RFC 792, RFC 1812). */
const UNREACHABLE = 3
const UNREACHABLE_CODES: ReadonlyMap<number, string> = new Map([
  [0, 'network'],
  [1, 'host'],
  [2, 'protocol'],
  [3, 'port'],
  [4, 'fragmentation needed'],
  [9, 'network prohibited'],
  [10, 'host prohibited'],
  [13, 'communication prohibited'],
])
const CLIENT_ERROR = 400
const NEGOTIATION_PROTOCOLS: readonly (readonly [bit: number, name: string])[] = [
  [1, 'SSL'],
  [2, 'HYBRID'],
  [4, 'RDSTLS'],
  [8, 'HYBRID_EX'],
  [16, 'RDSAAD'],
]

/** By the name of the layer's root. Whoever is not here is described by its first field that has named values. */
const DESCRIPTIONS: ReadonlyMap<string, Describe> = new Map<string, Describe>([
  ['arp', arp],
  ['icmp', icmp],
  ['icmpv6', layer => nameOf(layer, 'icmpv6.type')],
  ['tcp', tcpInfo],
  ['udp', layer => `${textOf(layer, 'udp.srcport')} → ${textOf(layer, 'udp.dstport')} Len=${payloadLength(layer)}`],
  ['tls', tls],
  ['tls.handshake', handshake],
  ['tpkt', x224],
  ['credssp', credssp],
  ['t125', mcs],
  ['rdp', rdp],
  ['rdg', rdg],
  ['data', () => null],
  ['ip', layer => fragment(layer, 'ip.frag_offset', 'ip.id', 'ip.proto')],
  ['ipv6', layer => fragment(layer, 'ipv6.fraghdr.offset', 'ipv6.fraghdr.ident', 'ipv6.fraghdr.nxt')],
  ['http', http],
  ['dns', dns],
  ['mdns', dns],
  ['llmnr', dns],
])

/** null: nothing worth a word. */
export function infoOf(layer: InspectedLayer, layers: readonly InspectedLayer[]): Info | null {
  const describe = DESCRIPTIONS.get(layer.tree.field.name) ?? byFirstCode
  const info = describe(layer, layers)
  if (info === null || info === '') return null
  return typeof info === 'string' ? { text: info, bad: false } : info
}

/** The first named value of the tree, otherwise the protocol's title. */
function byFirstCode({ tree }: InspectedLayer): string {
  let left = MOST_NODES
  const named = (node: Node): string | null => {
    if (--left < 0) return null
    if (node.field.format === 'group' && typeof node.value === 'string' && node.value !== '') return node.value
    const name = codeName(node.field, node.value)
    if (name !== null) return name
    for (const child of node.children ?? []) {
      const found = named(child)
      if (found !== null) return found
    }
    return null
  }
  return named(tree) ?? tree.field.label
}

/** A name is looked for among the first fields: further down it is a detail. */
const MOST_NODES = 40

function arp(layer: InspectedLayer): string {
  const asked = textOf(layer, 'arp.dst.proto_ipv4')
  const asker = textOf(layer, 'arp.src.proto_ipv4')
  if (asked === asker) return `Announcement for ${asker}`
  return numberOf(layer, 'arp.opcode') === 2
    ? `${asker} is at ${textOf(layer, 'arp.src.hw_mac')}`
    : `Who has ${asked}? Tell ${asker}`
}

/** A piece of a datagram that is not complete here, or a protocol that nobody reads. */
function fragment(layer: InspectedLayer, offset: string, id: string, protocol: string): string {
  const at = numberOf(layer, offset)
  const carried = nameOf(layer, protocol)
  const isPiece = at !== null && (at > 0 || numberOf(layer, 'ip.flags.mf') === 1 || protocol.includes('frag'))
  return isPiece ? `Fragment of ${carried}, offset ${at}, ID ${textOf(layer, id)}` : carried
}

function icmp(layer: InspectedLayer): Info {
  const type = numberOf(layer, 'icmp.type')
  const code = numberOf(layer, 'icmp.code') ?? 0
  const unreachable = type === UNREACHABLE
  const why = unreachable ? ` (${UNREACHABLE_CODES.get(code) ?? `code ${code}`})` : ''
  return { text: `${nameOf(layer, 'icmp.type')}${why}`, bad: unreachable }
}

function payloadLength(layer: InspectedLayer): number {
  return Math.max(0, (numberOf(layer, 'udp.length') ?? 8) - 8)
}

function tls(layer: InspectedLayer, layers: readonly InspectedLayer[]): Info | string | null {
  if (nodeNamed(layer, 'tls.handshake.type') !== null) return handshake(layer)
  if (nodeNamed(layer, 'tls.alert_message.desc') !== null) {
    const text = `Alert (${nameOf(layer, 'tls.alert_message.level')}: ${nameOf(layer, 'tls.alert_message.desc')})`
    return { text, bad: numberOf(layer, 'tls.alert_message.level') === FATAL }
  }
  const type = numberOf(layer, 'tls.record.content_type') ?? numberOf(layer, 'tls.record.opaque_type')
  const isRead = layers.some(({ tree }) => tree.field.name === 'tls.handshake')
  if (type === HANDSHAKE_RECORD) return isRead ? null : 'Encrypted Handshake Message'
  // What was in it speaks for itself.
  if (type === APPLICATION_DATA_RECORD && layers.some(({ source }) => source === 'decrypted')) return null
  return nameOf(layer, 'tls.record.content_type') || nameOf(layer, 'tls.record.opaque_type')
}

function handshake(layer: InspectedLayer): string {
  const name = nameOf(layer, 'tls.handshake.type')
  const server = textOf(layer, 'tls.handshake.extensions_server_name')
  return server === '' ? name : `${name} (SNI=${server})`
}

function x224(layer: InspectedLayer): Info | string {
  const type = nameOf(layer, 'cotp.type')
  const parts: string[] = []
  const cookie = textOf(layer, 'rdp.rt_cookie').trim()
  if (cookie !== '') parts.push(cookie.replace(/^Cookie: /i, ''))
  const requested = numberOf(layer, 'rdp.negReq.requestedProtocols')
  if (requested !== null) parts.push(protocols(requested))
  const selected = numberOf(layer, 'rdp.negReq.selectedProtocol')
  if (selected !== null) parts.push(protocols(selected))
  const failure = nodeNamed(layer, 'rdp.negFailure.failureCode')
  if (failure !== null) parts.push(`Negotiation Failure: ${nameOf(layer, 'rdp.negFailure.failureCode')}`)
  const what = type === '' ? 'Fast-path' : type.replace(/^[A-Z]{2} /, '')
  return { text: [what, ...parts].join(', '), bad: failure !== null }
}

function protocols(bits: number): string {
  const names = NEGOTIATION_PROTOCOLS.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name)
  return names.length === 0 ? 'RDP' : names.join('|')
}

/** The orderly end of a session has a reason; joins tell their channel. */
function mcs(layer: InspectedLayer): Info | string {
  const what = byFirstCode(layer)
  if (what === 'disconnectProviderUltimatum') return { text: `${what} ${nameOf(layer, 't124.reason')}`, bad: true }
  return what.startsWith('channelJoin') ? `${what} ${textOf(layer, 't124.channelId')}` : what
}

function rdp(layer: InspectedLayer): Info | string {
  const error = nameOf(layer, 'rdp.errorInfo')
  const isError = (numberOf(layer, 'rdp.errorInfo') ?? 0) !== 0
  if (error !== '') return { text: `Set Error Info: ${error}`, bad: isError }
  const data = nameOf(layer, 'rdp.pduType2')
  if (data !== '') return data
  const channel = textOf(layer, 'rdp.channelName')
  return channel === '' ? byFirstCode(layer) : `Channel ${channel}`
}

function rdg(layer: InspectedLayer): Info {
  const code = numberOf(layer, 'rdg.error_code') ?? 0
  const result = code === 0 ? '' : ` ${nameOf(layer, 'rdg.error_code') || textOf(layer, 'rdg.error_code')}`
  return { text: `${nameOf(layer, 'rdg.type')}${result}`, bad: code !== 0 }
}

/** Its token says for itself what it is. */
function credssp(layer: InspectedLayer): Info {
  const parts = ['TSRequest']
  const version = textOf(layer, 'credssp.version')
  if (version !== '') parts.push(`version ${version}`)
  if (nodeNamed(layer, 'credssp.pubKeyAuth') !== null) parts.push('pubKeyAuth')
  if (nodeNamed(layer, 'credssp.authInfo') !== null) parts.push('authInfo')
  const token = nameOf(layer, 'ntlmssp.messagetype')
  if (token !== '') parts.push(token)
  const error = nameOf(layer, 'credssp.errorCode')
  if (error !== '') parts.push(`errorCode ${error}`)
  return { text: parts.join(' '), bad: error !== '' }
}

function http(layer: InspectedLayer): Info | string | null {
  const method = textOf(layer, 'http.request.method')
  if (method !== '') {
    return [method, textOf(layer, 'http.request.uri'), textOf(layer, 'http.request.version')].join(' ').trim()
  }
  const code = numberOf(layer, 'http.response.code')
  if (code === null) return null
  const phrase = textOf(layer, 'http.response.phrase')
  return { text: `${textOf(layer, 'http.response.version')} ${code} ${phrase}`.trim(), bad: code >= CLIENT_ERROR }
}

function dns(layer: InspectedLayer): Info {
  const isResponse = numberOf(layer, 'dns.flags.response') === 1
  const rcode = numberOf(layer, 'dns.flags.rcode') ?? 0
  const id = textOf(layer, 'dns.id')
  const question = `${nameOf(layer, 'dns.qry.type')} ${textOf(layer, 'dns.qry.name')}`.trim()
  const answers = ['dns.cname', 'dns.a', 'dns.aaaa', 'dns.srv.target'].map(name => textOf(layer, name))
  const failure = rcode === 0 ? '' : nameOf(layer, 'dns.flags.rcode')
  const parts = [isResponse ? 'Response' : 'Query', id, question, failure, ...answers]
  return { text: parts.filter(part => part !== '').join(' '), bad: isResponse && rcode !== 0 }
}
