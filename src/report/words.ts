/** Words for the steps of a connection, how it travelled and who ended it. */
import type { AttemptAnalysis, CaptureAnalysis, ChainLink } from '../analysis.ts'
import type { Closing, Member, MilestoneId, Part, Purpose, Transport } from '../attempt/attempt.ts'
import { byteCount, counted, relativeTime } from './layout.ts'
import { spokenTime } from './time.ts'

interface Signs {
  readonly unicode: boolean
}

const NAMES: Record<MilestoneId, string> = {
  dns: 'DNS',
  tcp: 'TCP',
  proxy: 'proxy',
  tls: 'TLS',
  'gateway-http': 'gateway',
  'gateway-tunnel': 'tunnel',
  'gateway-channel': 'channel',
  x224: 'X.224',
  security: 'TLS',
  nla: 'NLA',
  mcs: 'MCS',
  licence: 'licence',
  active: 'session',
  udp: 'UDP',
}
const INNER_TLS = 'inner TLS'

/** Of many hidden steps in a row the first and the last are named; a number stands for those between. */
export function shownLinks(chain: readonly ChainLink[]): (ChainLink | number)[] {
  const list: (ChainLink | number)[] = []
  const isHidden = (at: number): boolean => chain[at]?.state === 'not-visible' && chain[at]?.step !== null
  for (const [at, one] of chain.entries()) {
    const isInside = isHidden(at - 1) && isHidden(at) && isHidden(at + 1)
    const last = list.at(-1)
    if (!isInside) list.push(one)
    else if (typeof last === 'number') list[list.length - 1] = last + 1
    else list.push(1)
  }
  return list
}

/**
 * `DNS ✓`, `gateway 401→200 ✓`, `tunnel ✗ policy (CAP) denied`: the links of the chain, in the order of the way.
 */
export function chainTexts(chain: readonly ChainLink[], { unicode }: Signs): string[] {
  const signs = unicode
    ? { reached: '✓', failed: '✗', 'not-visible': '?', arrow: '→', more: '…' }
    : { reached: 'ok', failed: 'FAILED', 'not-visible': '?', arrow: '->', more: '...' }
  const nested = chain.some(({ step }) => step === 'tls')
  return shownLinks(chain).map(link => {
    if (typeof link === 'number') return signs.more
    const { step, state, inferred, statuses, says } = link
    const name = step === null ? '' : step === 'security' && nested ? INNER_TLS : NAMES[step]
    const sign = `${signs[state]}${inferred ? '~' : ''}`
    return [name, statuses.join(signs.arrow), sign, says].filter(part => part !== '').join(' ')
  })
}

/** What the signs mean that are not plain to see; '' when there are none. */
export function chainLegend(chains: readonly (readonly ChainLink[])[], { unicode }: Signs): string {
  const links = chains.flat()
  const parts: string[] = []
  if (links.some(({ inferred }) => inferred))
    parts.push(`${unicode ? '✓' : 'ok'}~ was told from record sizes or from what came later, not read`)
  if (links.some(({ state }) => state === 'not-visible')) parts.push('? is not visible in this capture')
  return parts.length === 0 ? '' : `Steps: ${parts.join('; ')}.`
}

const TRANSPORTS: Record<Transport, string> = {
  direct: 'direct',
  'gateway-websocket': 'through a gateway (WebSocket)',
  'gateway-http': 'through a gateway (HTTP)',
  'gateway-rpc': 'through a gateway (RPC over HTTP)',
  'gateway-tls': 'TLS, perhaps to a gateway',
  unknown: 'transport unknown',
}

export function transportText(transport: Transport): string {
  return TRANSPORTS[transport]
}

/** Of what is nobody's attempt to get a session; '' of the others. */
export const PURPOSES: Record<Purpose, string> = { connection: '', probe: 'a probe', scan: 'part of a scan' }

const HOW: Record<Closing['how'], string> = {
  fin: 'with FIN',
  rst: 'with RST',
  'close-notify': 'with a TLS close_notify',
  alert: 'with a TLS alert',
  icmp: 'with an ICMP message',
  silence: 'by silence',
  'end-of-capture': '',
}

/**
 * `the server, with RST, packet 12, 0.123456 s: genuine (time to live 57 as its other packets)`, or
 * `in the name of the server, with RST, packet 12, 0.123456 s, most likely by a device about 2 hops from the capture point`.
 */
export function closingText({ closing }: Pick<AttemptAnalysis, 'closing'>): string {
  const { side, how, packet, timeNs, sender } = closing
  if (side === 'nobody' || how === 'end-of-capture') {
    return how === 'silence' ? 'nobody: it fell silent' : 'nobody: the capture ends before'
  }
  const where = packet === 0 ? '' : `, packet ${packet}, ${relativeTime(timeNs)}`
  const ended = `the ${side}, ${HOW[how]}${where}`
  if (sender === undefined || sender.signs.length === 0) return ended
  const signs = sender.signs.join('; ')
  // The address on a packet says little where its sender is in doubt.
  if (sender.authenticity === 'foreign') {
    const device = sender.whereabouts === '' ? 'by a device on the way' : `by a device ${sender.whereabouts}`
    return `in the name of ${ended}, most likely ${device}: ${signs}`
  }
  return sender.authenticity === 'genuine' ? `${ended}: genuine (${signs})` : `${ended}: in doubt (${signs})`
}

/** Besides the one explained. */
const PARTS: Record<Exclude<Part, 'explained'>, readonly [one: string, several: string]> = {
  before: ['connection before it', 'connections before it'],
  redirected: [
    'connection whose server sent the client elsewhere',
    'connections whose servers sent the client elsewhere',
  ],
  beside: ['connection beside it', 'connections beside it'],
  leg: ['leg on the other side of a proxy or NAT', 'legs on the other side of a proxy or NAT'],
  after: ['retry', 'retries'],
  udp: ['UDP conversation', 'UDP conversations'],
  kerberos: ['Kerberos exchange', 'Kerberos exchanges'],
}
/** Streams that are named one by one. */
const NAMED_STREAMS = 4

/** `1 connection before it (tcp.stream 3, failed); 2 retries (tcp.stream 5, 6, failed as well)`; '' where there is only one. */
export function companyText(members: readonly Member[]): string {
  const clauses: string[] = []
  for (const part of Object.keys(PARTS) as Exclude<Part, 'explained'>[]) {
    const own = members.filter(member => member.part === part)
    if (own.length > 0) clauses.push(`${own.length} ${PARTS[part][own.length === 1 ? 0 : 1]} (${streams(own)})`)
  }
  return clauses.join('; ')
}

function streams(members: readonly Member[]): string {
  const [first] = members
  if (first === undefined) return ''
  const listed = members.slice(0, NAMED_STREAMS).map(member => member.stream)
  const more = members.length > NAMED_STREAMS ? ' ...' : ''
  const ended = members.every(member => member.outcome === 'failed')
    ? first.part === 'after'
      ? ', failed as well'
      : ', failed'
    : ''
  return `${first.transport}.stream ${listed.join(', ')}${more}${ended}`
}

const POINTS: Record<AttemptAnalysis['capturePoint']['at'], string> = {
  client: 'at or near the client',
  server: 'at or near the server',
  middle: 'on the way between both',
  unknown: '',
}

/** `at or near the client: packets of the client have passed no router, those of the server 5`; '' when unknown. */
export function capturePointText({ at, because }: AttemptAnalysis['capturePoint']): string {
  return at === 'unknown' ? '' : `${POINTS[at]}: ${because}`
}

/** `192.0.2.10:50000 to 198.51.100.20:3389 (rdp.example), direct, failed; begins at 0.000025 s`. */
export function attemptText(attempt: AttemptAnalysis): string {
  const { client, server, serverName, purpose, transport, outcome, startNs } = attempt
  const named = serverName === '' || serverName === server.address ? '' : ` (${serverName})`
  const ends = `${endpoint(client.address, client.port)} to ${endpoint(server.address, server.port)}${named}`
  const what = [transportText(transport), PURPOSES[purpose], outcome].filter(word => word !== '').join(', ')
  return `${ends}, ${what}; begins at ${relativeTime(startNs)}`
}

/** `198.51.100.20:3389`, `[2001:db8::20]:3389`; the address alone where no port is known. */
export function endpoint(address: string, port: number): string {
  if (port === 0) return address
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** `pcapng, 39 packets, 14.2 kB, from 2026-…, 5.680 s long`. */
export function originText({ format, packets, bytes, start, endNs }: CaptureAnalysis): string {
  const span = start === null ? '' : `, from ${spokenTime(start, 0)}, ${(endNs / 1e9).toFixed(3)} s long`
  return `${format}, ${counted(packets, 'packet')}, ${byteCount(bytes)}${span}`
}

/** Of all outcomes; more than are listed where a capture has many. */
export function attemptTotal({ established, failed, unfinished }: CaptureAnalysis['attemptCounts']): number {
  return established + failed + unfinished
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** A capital letter and a full stop, for a sentence that stands alone. */
export function sentence(text: string): string {
  if (text === '') return text
  return `${capital(text)}${/[.!?:]$/.test(text) ? '' : '.'}`
}
