/** Many connections to the server are half open, or wait for its confirm. Cause 24; RFC 4987. */
import type { Attempt } from '../attempt/attempt.ts'
import { count } from './figures.ts'
import { pictureOf } from './picture.ts'
import { onServer } from './recordings.ts'
import { confirmed, type Evidence, likely, notVisible, possible, rule, ruledOut, type Verdict } from './rule.ts'

/** In one minute. A path that loses the answers of the clients leaves a few. */
const FLOOD = 50
const FLOOD_SOURCES = 3
/** Requests without an answer, from so many clients, while others are answered. */
const UNCONFIRMED = 3
const UNCONFIRMED_SOURCES = 2
/** Those who were served last hold their places, or fill them. */
const NEAR_NS = 60e9
/** Of requests in the fullest minute: below, a limit is not what is reached. */
const BUSY = 10

const ANSWERED = ruledOut('The server answered this connection request.')
const NO_CROWD = ruledOut('Other clients are answered, and no connections pile up at this server in this capture.')
const ALONE = notVisible(
  'This capture holds the connections of one client only; how many others wait at the server is not in it.',
  'Capture on the server while it happens; event 1006 of TerminalServices-RemoteConnectionManager says that its limit is reached.',
)
const TO_SETTLE =
  'A service that got stuck looks the same once it has answered for the last time. On the server: event 1006 of TerminalServices-RemoteConnectionManager; netstat -ano -p tcp | findstr :3389 (how many SYN_RECEIVED and ESTABLISHED, from where).'

export const serverConnectionLimit = rule({
  id: 'server-connection-limit',
  severity: 'warning',
  title: 'Connections pile up at the server',
  short: 'connections pile up',
  causes: [24],
  looksAt:
    'All connections to the same port of the server: those whose client never answers the SYN-ACK, and connection requests of several clients that get no confirm while others do.',
  confirms:
    'SYN-ACKs sent again and again without an answer, 50 connections and more in one minute from several clients. Likely: several requests without a confirm from several clients, between or behind others that are confirmed, at 10 requests a minute and more.',
  rulesOut: 'A confirm for this attempt, or several clients that are all answered.',
  cannotSee: 'What waits at the server, when the capture was made at one client.',
  settledBy: [onServer],
  remedy: [
    'Limit of pending connections: MaxOutstandingConnections under HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server; who fills it is in netstat -ano and in the firewall log.',
    'Half-open connections from many addresses are a SYN flood: let the firewall in front answer with SYN cookies, or close the port to the Internet.',
    'Restart-Service TermService -Force frees what is stuck.',
  ],
  ask: ['server', 'security'],
  filter: 'tcp.flags.syn == 1 && tcp.flags.ack == 1 && tcp.analysis.retransmission',
  isAboutServer: true,
  restsOn: ['absence'],

  assess(attempt): Verdict {
    const { crowd } = attempt
    const { confirm, failure, clientHello } = pictureOf(attempt)
    if (attempt.outcome === 'established' || confirm !== null || failure !== null || clientHello !== null)
      return ANSWERED
    if (crowd.halfOpen.number >= FLOOD && crowd.halfOpenSources.size >= FLOOD_SOURCES) return flooded(attempt)
    if (crowd.unconfirmed.length >= UNCONFIRMED && crowd.unconfirmedSources.size >= UNCONFIRMED_SOURCES) {
      return waiting(attempt)
    }
    return crowd.sources + crowd.halfOpenSources.size > 1 ? NO_CROWD : ALONE
  },
})

function flooded({ crowd, server }: Attempt): Verdict {
  const { halfOpen, halfOpenSources } = crowd
  const says = `${count(halfOpen.number, 'connection')} to port ${server.port} of ${server.address} stay half open within one minute, from ${halfOpenSources.size} addresses and more: the clients never answer the SYN-ACK, and each holds a place in the queue of the server.`
  return confirmed(says, [halfOpen, 'The first of them in that minute.'])
}

function waiting({ crowd, server }: Attempt): Verdict {
  const { unconfirmed, unconfirmedSources, confirmed: answered, firstConfirmNs, lastConfirmNs, busiest } = crowd
  const byTime = [...unconfirmed].sort((a, b) => a.timeNs - b.timeNs)
  const first = byTime[0]
  const last = byTime.at(-1)
  if (first === undefined || last === undefined) return NO_CROWD
  // A server that answers nobody is stuck, not full.
  if (answered === 0 || firstConfirmNs > last.timeNs + NEAR_NS || lastConfirmNs < first.timeNs - NEAR_NS) {
    return ruledOut('The server answers nobody in this time: it is stuck or closed, not full.')
  }
  const when = lastConfirmNs < first.timeNs ? 'shortly before' : 'in the same time'
  const says = `${server.address} leaves ${count(unconfirmed.length, 'connection request')} of ${unconfirmedSources.size} clients without a confirm and answers ${answered} others ${when}, at up to ${count(busiest.number, 'request')} a minute.`
  const evidence: Evidence[] = [[first, 'The first request that is not confirmed.']]
  if (last.packet !== first.packet) evidence.push([last, 'The last one in this capture.'])
  const verdict = busiest.number >= BUSY ? likely : possible
  return verdict(says, TO_SETTLE, ...evidence)
}
