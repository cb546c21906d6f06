/** The address meant a host far away, and one on the local link answers for it. Cause 34; RFC 1918 section 5. */
import type { Attempt } from '../attempt/attempt.ts'
import type { Place } from '../attempt/place.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { pictureOf } from './picture.ts'
import { beforeClick, onServer } from './recordings.ts'
import { at, type Evidence, likely, notVisible, possible, rule, ruledOut, type Verdict } from './rule.ts'
import { tunnelName } from './vpn.ts'

/** What operating systems put into the time to live: a packet that still has it crossed no router. */
const INITIAL_TTLS: readonly number[] = [64, 128, 255]
/** Networks that many sites number alike (RFC 1918, RFC 4193). */
const PRIVATE = /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|f[cd])/

const PUBLIC = ruledOut("The server's address belongs to no network that two sites could both use.")
const HOPS = ruledOut("The server's packets crossed a router on their way, so that no host of the local link answered.")
const MEANT = ruledOut(
  'A host on the local link answers for the address, and nothing says that another one was meant: no other name, and no VPN.',
)
const NAMELESS = notVisible(
  'A host on the local link answers for the address, and left or refused without a name: whether another one was meant does not show.',
  'On the client: route print -4 and Find-NetRoute -RemoteIPAddress <server>: is that network the local one, or should it lie behind a VPN? arp -a | findstr <server> gives the hardware address that answers.',
)
const AS_NAMED = ruledOut('A host on the local link answers, and it carries the name that was asked for.')
const NO_LINK = notVisible(
  'This capture does not show whether a host on the local link answered: it holds no ARP or neighbour discovery of the client for the address.',
  'On the client: arp -a | findstr <server> (an entry means that the host is on the local link), Find-NetRoute -RemoteIPAddress <server> (the interface that is used), and tracert -d <server> (one hop).',
)
const TO_SETTLE =
  'On the client: route print -4 and Find-NetRoute -RemoteIPAddress <server>: two routes for the same network, or the local interface where the tunnel is expected, settle it. Then connect with the local network changed (a mobile hotspot): the right host answers.'

export const subnetConflict = rule({
  id: 'subnet-conflict',
  severity: 'warning',
  title: 'A host on the local link answers in place of the remote one',
  short: 'wrong host answers',
  causes: [34],
  looksAt:
    'ARP or neighbour discovery of the client for the server, the time to live of both, the names in certificate and NTLM challenge against the name that was asked for, and VPNs of the client.',
  confirms:
    'Never: that the local network and the remote one use the same addresses is a matter of routes. Likely: a host on the local link answers, carries another name, and a VPN of the client is up. Possible: one of the two.',
  rulesOut:
    'Packets of the server that crossed a router; a host that carries the name asked for; a session with a local host where nothing says that another one was meant.',
  cannotSee: 'The routing table of the client. route print shows it.',
  settledBy: [beforeClick, onServer],
  remedy: [
    'Give the home or branch network another range (192.168.178.0/24 and 10.x are common; pick an unusual one), or let the VPN translate addresses.',
    'Route the host through the tunnel: Add-VpnConnectionRoute -ConnectionName "<vpn>" -DestinationPrefix <server>/32; or turn split tunnelling off.',
    'Stopgap: route add <server> mask 255.255.255.255 <tunnel gateway> metric 1.',
  ],
  ask: ['network', 'client'],
  filter: 'arp.opcode == 2 || icmpv6.type == 136 || tls.handshake.type == 11 || ntlmssp.challenge.target_info',

  assess(attempt): Verdict {
    if (!PRIVATE.test(attempt.server.address)) return PUBLIC
    const local = localAnswer(attempt)
    if (local === null) return hasHops(attempt) ? HOPS : NO_LINK
    const asked = askedName(attempt)
    const shown = shownNames(attempt)
    const isNamed = shown.names.some(name => isRelated(name, asked))
    if (asked !== '' && isNamed) return AS_NAMED
    const otherName = asked !== '' && shown.place !== null ? { asked, ...shown, place: shown.place } : null
    const vpn = clientTunnel(attempt)
    if (otherName !== null) return byName(attempt, local, otherName, vpn)
    if (vpn !== null && attempt.outcome === 'failed' && isOther(attempt)) return byTunnel(attempt, local, vpn)
    return attempt.outcome === 'established' ? MEANT : NAMELESS
  },
})

interface Shown {
  readonly names: readonly string[]
  readonly place: Place | null
}

/** The client asked the local link for the server, and somebody answered; or no router lies between the two. */
function localAnswer(attempt: Attempt): Place | null {
  for (const note of attempt.neighbours) {
    if (note.address !== attempt.server.address || note.asker !== attempt.client.address) continue
    if (note.answers.length > 0) return { packet: note.firstPacket, timeNs: note.firstNs }
  }
  return null
}

function hasHops(attempt: Attempt): boolean {
  const { tcp } = pictureOf(attempt)
  if (tcp === null || tcp.synAckPacket === 0) return false
  const client = tcp.sides[CLIENT]
  const server = tcp.sides[SERVER]
  // Taken at the client, whose packets are fresh, while those of the server are not.
  return INITIAL_TTLS.includes(client.ttlMost) && server.ttlMost > 0 && !INITIAL_TTLS.includes(server.ttlMost)
}

/** A full name, as only DNS knows it; '' where an address was dialled or a name without a domain. */
function askedName(attempt: Attempt): string {
  const { serverName, lookups, server } = attempt
  const looked = lookups.find(lookup => lookup.addresses.includes(server.address))?.name ?? ''
  const name = (looked === '' ? serverName : looked).toLowerCase()
  return name.includes('.') && !/^[\d.]+$/.test(name) && !name.includes(':') ? name : ''
}

function shownNames(attempt: Attempt): Shown {
  const { certificate } = pictureOf(attempt)
  const challenge = attempt.find('ntlm-challenge')
  const leaf = certificate?.fact.chain[0]
  const names = [
    ...(leaf === undefined ? [] : [leaf.commonName, ...leaf.names]),
    ...(challenge === undefined ? [] : [challenge.fact.computer, challenge.fact.dnsComputer]),
  ]
  return {
    names: [...new Set(names.map(name => name.toLowerCase()).filter(name => name !== ''))],
    place: certificate ?? challenge ?? null,
  }
}

/** The same host, or one of the same domain: an alias is no other host. */
function isRelated(shown: string, asked: string): boolean {
  if (asked === '') return false
  const own = shown.replace(/^\*\./, '')
  if (own.split('.')[0] === asked.split('.')[0]) return true
  return own.includes('.') && domainOf(own) === domainOf(asked)
}

function domainOf(name: string): string {
  return name.split('.').slice(-2).join('.')
}

/** One that began before the connection and has the client as an end. */
function clientTunnel(attempt: Attempt) {
  const startNs = attempt.explained?.firstNs ?? 0
  return (
    attempt.tunnels.find(
      ({ ends, packets, firstNs }) =>
        ends.includes(attempt.client.address) && packets[0] > 0 && packets[1] > 0 && firstNs < startNs,
    ) ?? null
  )
}

/** What answered is no Remote Desktop host, or refused. */
function isOther(attempt: Attempt): boolean {
  const { connected, tcp, firstFromServer } = pictureOf(attempt)
  const kind = firstFromServer?.fact.kind
  if (kind === 'unrecognised' || kind === 'http-response') return true
  return !connected && (tcp?.marks.some(mark => mark.kind === 'reset' && mark.direction === SERVER) ?? false)
}

function byName(
  attempt: Attempt,
  local: Place,
  { asked, names, place }: { asked: string; names: readonly string[]; place: Place },
  vpn: Attempt['tunnels'][number] | null,
): Verdict {
  const { address } = attempt.server
  const says = `A host on the local link answers for ${address}, but calls itself ${names.slice(0, 3).join(', ')} where ${asked} was asked for`
  const evidence: Evidence[] = [
    [local, `${attempt.client.address} asks the local link for ${address}, and a host there answers.`],
    [place, `It shows the name ${names[0]}.`],
  ]
  if (vpn !== null) {
    evidence.unshift([
      { packet: vpn.firstPacket, timeNs: vpn.firstNs },
      `The client has a VPN up: ${tunnelName(vpn)} between ${vpn.ends.join(' and ')}.`,
    ])
  }
  if (attempt.outcome === 'established')
    return at('info', possible(`${says}; the session works.`, TO_SETTLE, ...evidence))
  return vpn === null
    ? possible(`${says}: the local network may use the same addresses as the remote one.`, TO_SETTLE, ...evidence)
    : likely(
        `${says}, while a VPN of the client is up: the local network uses the same addresses as the remote one.`,
        TO_SETTLE,
        ...evidence,
      )
}

function byTunnel(attempt: Attempt, local: Place, vpn: Attempt['tunnels'][number]): Verdict {
  const { address, port } = attempt.server
  return possible(
    `A VPN of the client is up, but ${address} was looked for on the local link, and the host that answered there does not offer Remote Desktop on port ${port}: it may stand in the place of the remote one.`,
    TO_SETTLE,
    [
      { packet: vpn.firstPacket, timeNs: vpn.firstNs },
      `The client has a VPN up: ${tunnelName(vpn)} between ${vpn.ends.join(' and ')}.`,
    ],
    [local, `${attempt.client.address} asks the local link for ${address}, and a host there answers.`],
  )
}
