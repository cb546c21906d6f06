/** The server ran out of memory, or does not take what is sent to it. Cause 28; RFC 9293 3.8.6.1, MS-RDPBCGR 2.2.5.1.1. */
import type { Attempt } from '../attempt/attempt.ts'
import type { Place } from '../attempt/place.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { count, duration } from './figures.ts'
import { pictureOf } from './picture.ts'
import { onServer, withFreerdpKeys } from './recordings.ts'
import {
  at,
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

/** ERRINFO_OUT_OF_MEMORY of Set Error Info. */
const OUT_OF_MEMORY = 0x06
/** A busy program takes up its input within seconds; one that leaves it for so long hangs. */
const NOTABLE_CLOSED_NS = 10e9

const NOT_CONNECTED = notVisible(
  'The connection was never established, so that the server had nothing to read.',
  'See the rules about TCP connections.',
)
const OPEN = resting(['silence'], ruledOut("The server's receive window stayed open."))
const SHORT = ruledOut("The server's receive window was closed for a moment only, which is flow control at work.")
const CLIENT_CLOSED = ruledOut("It is the client that did not read: its receive window was closed, not the server's.")
const TO_SETTLE =
  'A program that hangs and a host without processor time or memory look the same from outside: look at the counters of the server at that second (Memory\\Available MBytes, Processor Queue Length, Handle Count of TermService and rdpcorets), and at events 2004 (Resource-Exhaustion-Detector), 2019 and 2020 (srv).'

export const serverOverloaded = rule({
  id: 'server-overloaded',
  severity: 'warning',
  title: 'The server ran out of resources: it is out of memory, or does not read what it is sent',
  short: 'server overloaded',
  causes: [28],
  looksAt:
    'Set Error Info with "out of memory" (needs keys), and how long the receive window of the server stayed closed while the client asked for room.',
  confirms:
    'Set Error Info 0x00000006 (ERRINFO_OUT_OF_MEMORY). Likely: the receive window closed for 10 s or longer and not opened again, with probes of the client.',
  rulesOut: 'A receive window that stays open, or closes for a moment.',
  cannotSee: 'Why the server does not read. Its performance counters and event log tell.',
  settledBy: [onServer, withFreerdpKeys],
  remedy: [
    'On the server: Get-Counter "\\Memory\\Available MBytes","\\System\\Processor Queue Length"; Get-Process | sort WS -Descending | select -First 10.',
    'Event log System, source Resource-Exhaustion-Detector (2004), and TerminalServices-LocalSessionManager at that second.',
    'Log off disconnected sessions (quser, logoff <id>), add memory, or spread users over more session hosts.',
  ],
  ask: ['server'],
  filter: 'tcp.analysis.zero_window || tcp.analysis.zero_window_probe || tcp.analysis.window_full',
  restsOn: ['lasting'],

  assess(attempt): Verdict {
    const { tcp, connected } = pictureOf(attempt)
    const info = attempt.findLast('error-info', fact => fact.code === OUT_OF_MEMORY)
    if (info !== undefined) {
      return resting([], outOfMemory(info))
    }
    if (tcp === null || !connected) return NOT_CONNECTED
    const closed = tcp.sides[SERVER].closedWindow
    if (closed === null) return tcp.sides[CLIENT].closedWindow === null ? OPEN : CLIENT_CLOSED
    if (closed.lastNs - closed.firstNs < NOTABLE_CLOSED_NS) return SHORT
    return found(attempt)
  },
})

function outOfMemory(info: Place): Verdict {
  return confirmed('The server says that it is out of memory.', [
    info,
    'The server sends Set Error Info 0x00000006 (ERRINFO_OUT_OF_MEMORY).',
  ])
}

function found(attempt: Attempt): Verdict {
  const closed = attempt.explained?.tcp?.sides[SERVER].closedWindow
  if (closed == null) return OPEN
  const { firstPacket, firstNs, lastPacket, lastNs, openedPacket, openedNs, probes } = closed
  const long = duration(lastNs - firstNs)
  const asked = probes > 0 ? `, while the client asked for room ${probes === 1 ? 'once' : `${probes} times`}` : ''
  const evidence: Evidence[] = [
    [
      { packet: firstPacket, timeNs: firstNs },
      'The server closes its receive window: it has read nothing for a while.',
    ],
    [{ packet: lastPacket, timeNs: lastNs }, `The window is still closed, ${long} later.`],
  ]
  if (openedPacket > 0) {
    evidence.push([{ packet: openedPacket, timeNs: openedNs }, 'The window opens again.'])
    const says = `The server did not read for ${long}: its receive window stayed closed${asked}, and then opened again.`
    return attempt.outcome === 'established'
      ? at('info', possible(says, TO_SETTLE, ...evidence))
      : possible(says, TO_SETTLE, ...evidence)
  }
  const says = `The server stopped reading: its receive window stayed closed for ${long} to the end${asked} (${count(closed.probes, 'question')} in vain).`
  return probes > 0
    ? likely(says.replace(/ \(.*\)\.$/, '.'), TO_SETTLE, ...evidence)
    : possible(says, TO_SETTLE, ...evidence)
}
