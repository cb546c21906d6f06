/** The way to one network is gone from one moment to the next: a VPN or route that went down. Cause 33; RFC 3706. */
import type { Attempt } from '../attempt/attempt.ts'
import type { Place } from '../attempt/place.ts'
import type { IcmpNote } from '../flow/conversation.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { count, duration } from './figures.ts'
import { pictureOf } from './picture.ts'
import { beforeClick, onBothEnds } from './recordings.ts'
import {
  confirmed,
  type Evidence,
  likely,
  notVisible,
  possible,
  resting,
  rule,
  ruledOut,
  type Verdict,
} from './rule.ts'
import { isNotable, type Silence, silenceOf } from './silence.ts'
import { type DeadTunnel, deadEndOf, tunnelName } from './vpn.ts'

/** Outer and inner packets of the same instant; the outer ones may hold the answers that come last. */
const SAME_INSTANT_NS = 10e9
/** Dead peer detection and rekeying have asked by then (RFC 3706; WireGuard asks 10 s behind unanswered data). */
const CERTAIN_SILENCE_NS = 10e9
/** So many connections besides this one that fall silent together are no accident. */
const MANY_COMPANIONS = 2

const NOT_CONNECTED = notVisible(
  'The connection was never established, so that nothing could be dropped.',
  'Capture from before the moment at which the connections break, on all interfaces of the client (dumpcap -i 1 -i 2, or -i any).',
)
const NO_SILENCE = resting(['silence'], ruledOut('Both sides answered each other to the end.'))
const OTHERS_LIVE = ruledOut(
  'Other connections over the same VPN, or to the same server, went on: the way there was not down.',
)
const ALONE = notVisible(
  'The server fell silent, but the capture holds neither another connection to its network nor the outer packets of a VPN.',
  'Capture on all interfaces of the client at once, so that both the inner and the outer packets are there; the log of the VPN client names its disconnects.',
)
const TO_SETTLE =
  'The log of the VPN client or gateway at that second (dead peer detection, rekeying, reconnect). Windows: event log Application, source RasClient (20226, 20227); Get-NetAdapter shows the state of the tunnel interface.'

export const vpnDropped = rule({
  id: 'vpn-dropped',
  severity: 'error',
  title: 'All connections to one network fell silent at one instant: the VPN or route there went down',
  short: 'way to the network lost',
  causes: [33],
  looksAt:
    'The moment at which the server was heard last, against other connections of the same client, the outer packets of VPNs (IPsec, WireGuard, OpenVPN, L2TP, SSTP), ICMP "network unreachable", and the address of later SYNs.',
  confirms:
    'The other end of the VPN fell silent at the same instant, while packets to it went on. Likely: other connections fell silent at the same instant while servers elsewhere were still heard; or ICMP "network unreachable" in a working connection.',
  rulesOut: 'Answers to the end, or another connection to the same server that went on.',
  cannotSee:
    'Without the outer packets and without a second connection over the VPN a server that died looks the same. The log of the VPN client tells.',
  settledBy: [beforeClick, onBothEnds],
  remedy: [
    'Read the log of the VPN client and gateway at that second: dead peer detection, rekeying, idle and session time-outs, licence limits.',
    'Lower the keep-alive of the VPN below the time-out of the NAT in front of it: PersistentKeepalive = 25 (WireGuard), keepalive 10 60 (OpenVPN), DPD 30 s (IPsec).',
    'Wi-Fi and power saving of the client: Disable-NetAdapterPowerManagement, and event log WLAN-AutoConfig (8003).',
  ],
  ask: ['network'],
  filter: 'esp || isakmp || udp.port in {500, 4500, 1194, 51820, 1701} || (icmp.type == 3 && icmp.code in {0, 6, 11})',
  restsOn: ['silence', 'lasting'],

  assess(attempt): Verdict {
    const picture = pictureOf(attempt)
    if (!picture.connected || picture.tcp === null) return NOT_CONNECTED
    const silence = silenceOf(picture, SERVER)
    const unreachable = netUnreachable(attempt)
    if (unreachable !== null && isMidway(attempt, unreachable)) return resting([], byIcmp(attempt, unreachable))
    if (silence === null || !isNotable(silence)) return NO_SILENCE
    const { silent, heard, movedTo } = attempt.companions
    const dead = deadTunnel(attempt, silence)
    if (dead !== null) return byTunnel(attempt, silence, dead)
    if (sameServerHeard(attempt)) return OTHERS_LIVE
    if (silent.length > 0 && heard.length > 0) return together(attempt, silence)
    if (silent.length >= MANY_COMPANIONS) return all(attempt, silence)
    if (movedTo !== null) return moved(attempt, silence, movedTo)
    return ALONE
  },
})

/** A router, or the client's own system, knows no way to the network any more. */
function netUnreachable(attempt: Attempt): IcmpNote | null {
  for (const note of attempt.explained?.icmp ?? []) {
    if (note.direction !== CLIENT) continue
    if (note.family === 4 && note.type === 3 && (note.code === 0 || note.code === 6 || note.code === 11)) return note
    if (note.family === 6 && note.type === 1 && note.code === 0) return note
  }
  return null
}

/** The server had said more than its SYN-ACK before, and says nothing behind it. */
function isMidway(attempt: Attempt, note: IcmpNote): boolean {
  const side = attempt.explained?.tcp?.sides[SERVER]
  return side !== undefined && side.bytes > 0 && side.lastPacket < note.packet
}

function byIcmp(attempt: Attempt, note: IcmpNote): Verdict {
  const { address } = attempt.server
  return likely(
    `In the middle of the working connection ${note.from} reports that it has no way to the network of ${address} any more.`,
    TO_SETTLE,
    [lastHeard(attempt), `The last packet of ${address}.`],
    [note, `${note.from} reports: network unreachable.`],
  )
}

function deadTunnel(attempt: Attempt, silence: Silence): DeadTunnel | null {
  for (const note of attempt.tunnels) {
    const dead = deadEndOf(note)
    if (dead === null) continue
    const apart = Math.abs(dead.lastHeard.timeNs - silence.lastHeard.timeNs)
    // The outer end that is silent must not be the client's own.
    if (apart <= SAME_INSTANT_NS && dead.silentEnd !== attempt.client.address) return dead
  }
  return null
}

function byTunnel(attempt: Attempt, silence: Silence, dead: DeadTunnel): Verdict {
  const name = tunnelName(dead.note)
  const waited = duration(dead.lastAsked.timeNs - dead.lastHeard.timeNs)
  const says = `The ${name} tunnel to ${dead.silentEnd} went dead: its other end was heard last within ${duration(Math.max(1e9, Math.abs(dead.lastHeard.timeNs - silence.lastHeard.timeNs)))} of the last packet of ${attempt.server.address}, and ${dead.askingEnd} went on sending into it for ${waited}.`
  const evidence = [
    [silence.lastHeard, `The last packet of ${attempt.server.address}.`],
    [dead.lastHeard, `The last outer packet of ${dead.silentEnd}.`],
    [dead.lastAsked, `${dead.askingEnd} still sends outer packets, ${waited} later, without an answer.`],
  ] as const
  return dead.lastAsked.timeNs - dead.lastHeard.timeNs >= CERTAIN_SILENCE_NS
    ? confirmed(says, ...evidence)
    : likely(says, TO_SETTLE, ...evidence)
}

function sameServerHeard(attempt: Attempt): boolean {
  const side = attempt.explained?.tcp?.sides[SERVER]
  if (side === undefined) return false
  return attempt.conversations.some(
    ({ tcp, id, server }) =>
      tcp !== null &&
      id !== attempt.explained?.id &&
      server.address === attempt.server.address &&
      tcp.sides[SERVER].packets > 0 &&
      tcp.sides[SERVER].lastNs > side.lastNs + SAME_INSTANT_NS,
  )
}

function together(attempt: Attempt, silence: Silence): Verdict {
  const { silent, heard } = attempt.companions
  const [companion] = silent
  const [alive] = heard
  const evidence: Evidence[] = [[silence.lastHeard, `The last packet of ${attempt.server.address}.`]]
  if (companion !== undefined) {
    evidence.push([companion.lastHeard, `The last packet of ${companion.server.address}, at the same instant.`])
  }
  evidence.push([silence.lastDemand, `The client still asks ${attempt.server.address}, in vain.`])
  if (alive !== undefined) evidence.push([alive.lastHeard, `${alive.server.address} is still heard.`])
  const names = [...new Set(silent.map(one => one.server.address))].slice(0, 3).join(', ')
  return likely(
    `The connection to ${attempt.server.address} and ${count(silent.length, 'other connection')} of the client (to ${names}) fell silent at the same instant, while other servers were still heard: the way to that network went down.`,
    TO_SETTLE,
    ...evidence,
  )
}

function all(attempt: Attempt, silence: Silence): Verdict {
  const { silent } = attempt.companions
  return possible(
    `The connection to ${attempt.server.address} and ${count(silent.length, 'other connection')} of the client fell silent at the same instant, and nothing else was heard afterwards: the client's own link or the way to that network went down.`,
    TO_SETTLE,
    [silence.lastHeard, `The last packet of ${attempt.server.address}.`],
    [silence.lastDemand, 'The client still asks, in vain.'],
  )
}

function moved(attempt: Attempt, silence: Silence, start: Place & { readonly client: string }): Verdict {
  return possible(
    `The connection from ${attempt.client.address} fell silent, and ${duration(start.timeNs - silence.lastHeard.timeNs)} later ${start.client} dials the same server: where both are the same computer, it lost the first address, as with a VPN that went down.`,
    TO_SETTLE,
    [silence.lastHeard, `The last packet of ${attempt.server.address} to ${attempt.client.address}.`],
    [start, `A SYN to the same server from ${start.client}.`],
  )
}

function lastHeard(attempt: Attempt): Place {
  const side = attempt.explained?.tcp?.sides[SERVER]
  return { packet: side?.lastPacket ?? 0, timeNs: side?.lastNs ?? 0 }
}
