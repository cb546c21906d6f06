/** The client left without any fault of the server before it. Causes 36 and 44. */
import type { Attempt } from '../attempt/attempt.ts'
import type { Event, FactKind } from '../flow/event.ts'
import { CLIENT, SERVER } from '../wire/dissector.ts'
import { certificateExitOf } from './certificate-exit.ts'
import { credSspRefusalOf } from './credssp-refusal.ts'
import { sealedDenialOf } from './farewell.ts'
import { duration } from './figures.ts'
import { helloRefusalOf } from './hello-refusal.ts'
import { kerberosRefusalsOf } from './kerberos.ts'
import { isPastLogon, logonOf } from './logon.ts'
import { selectionRefusal } from './negotiation.ts'
import { type Picture, pictureOf } from './picture.ts'
import { onClient, withFreerdpKeys } from './recordings.ts'
import { foreignResetOf } from './resets.ts'
import { at, type Evidence, likely, notVisible, possible, resting, rule, ruledOut, type Verdict } from './rule.ts'
import { refusedLogonOf } from './sealed-exchange.ts'
import { isExplainedByServer, sessionTalkOf } from './server-word.ts'
import { isNotable, NOTABLE_WAIT_NS, silenceOf } from './silence.ts'
import { hindranceOf } from './stall.ts'
import { isLate } from './unseen.ts'

const WORKED = ruledOut('The session was established; closing it is the right of the client.')
const NOT_CONNECTED = resting(['silence'], ruledOut('The connection was never established.'))
const NOT_CLIENT = resting(['silence'], ruledOut('The client did not end the connection first.'))
const EXPLAINED = ruledOut('The client left for a reason that another rule names.')
const NOBODY = notVisible(
  'Nobody ended the connection in this capture.',
  'Let the capture run until the client reports its error.',
)
const BLIND = notVisible(
  'What both sides said before may be missing in this capture, or is cut.',
  'Capture again from the beginning, with whole packets of both directions.',
)
const TO_SETTLE =
  'Ask what the user did (a cancelled logon prompt looks like this), look at the log of the client (event log Microsoft-Windows-TerminalServices-RDPClient/Operational), and try from another PC: security software on the client closes sockets, too.'

export const clientAborted = rule({
  id: 'client-aborted',
  severity: 'warning',
  title: 'The client ended the attempt, and no fault of the server is visible before',
  short: 'the client gave up',
  causes: [36, 44],
  looksAt: 'Who ended the connection first, at which step, and whether the other side owed an answer.',
  confirms:
    'Never: a capture does not show what a client thinks. Likely: the client leaves in clear sight, with nothing wrong before.',
  rulesOut: 'A server that left first, or a fault that another rule names.',
  cannotSee: 'The reason: a person who cancels, a local error, security software. The log of the client tells.',
  settledBy: [onClient, withFreerdpKeys],
  remedy: [
    'Try from another PC and another network; on this one switch off the web shield of the antivirus as a test, then netsh winsock reset.',
    'Event log Microsoft-Windows-TerminalServices-RDPClient/Operational: event 1026 holds the disconnect reason.',
  ],
  ask: ['client', 'security'],
  filter: '(tcp.flags.fin == 1 || tcp.flags.reset == 1) && (tcp.dstport == 3389 || tcp.dstport == 443)',
  restsOn: ['absence'],

  assess(attempt): Verdict {
    if (attempt.outcome === 'established') return WORKED
    const picture = pictureOf(attempt)
    const { leaving } = picture
    if (!picture.connected) return NOT_CONNECTED
    if (leaving === null) return NOBODY
    if (leaving.side !== CLIENT) return NOT_CLIENT
    if (picture.connection === null || isLate(picture.connection)) return BLIND
    if (picture.unseen[SERVER] || picture.unseen[CLIENT] || picture.connection.cutPackets > 0) return BLIND
    if (isExplained(attempt, picture)) return EXPLAINED
    return found(attempt, picture)
  },
})

function isExplained(attempt: Attempt, picture: Picture): boolean {
  if (picture.failure !== null || picture.disconnect !== null || selectionRefusal(attempt) !== null) return true
  const exit = certificateExitOf(attempt)
  if (exit !== null && (exit.certificate === null || exit.explicit || exit.faults.length > 0)) return true
  if (helloRefusalOf(attempt) !== null || foreignResetOf(attempt) !== null || refusedLogonOf(attempt) !== null)
    return true
  if (isExplainedByServer(attempt) || sealedDenialOf(attempt) !== null || isRefusedLogon(attempt)) return true
  if (hindranceOf(attempt).kind !== 'none' || isForeign(picture)) return true
  const silence = silenceOf(picture, SERVER)
  return (silence !== null && isNotable(silence)) || owesAnswer(picture)
}

/** CredSSP or Kerberos says no: the client leaves for it. */
function isRefusedLogon(attempt: Attempt): boolean {
  if (credSspRefusalOf(attempt) !== null || logonOf(attempt).reject !== null) return true
  return (
    !isPastLogon(attempt) &&
    kerberosRefusalsOf(attempt).some(
      one => one.matter === 'clock' || (one.matter === 'logon' && one.belongs !== 'other'),
    )
  )
}

/** The server owed an answer for so long that its silence is the finding, not the client's patience. */
function owesAnswer({ leaving, tcp, clientApplication }: Picture): boolean {
  if (leaving === null || tcp === null || clientApplication !== null) return false
  const asked = tcp.sides[CLIENT].lastDataPacket < leaving.packet ? tcp.sides[CLIENT] : null
  if (asked === null || asked.lastDataPacket <= tcp.sides[SERVER].lastDataPacket) return false
  return leaving.timeNs - asked.lastDataNs >= NOTABLE_WAIT_NS
}

function isForeign({ firstFromServer }: Picture): boolean {
  const kind = firstFromServer?.fact.kind
  return kind === 'unrecognised' || kind === 'http-response'
}

function found(attempt: Attempt, picture: Picture): Verdict {
  const { leaving, tcp, confirm, clientHello, clientApplication } = picture
  if (leaving === null || tcp === null) return NOBODY
  const how = leaving.how === 'rst' ? 'resets' : 'closes'
  const evidence: Evidence[] = [[leaving, `The client ${how} the connection first.`]]
  const { lastDataPacket, lastDataNs } = tcp.sides[SERVER]
  if (lastDataPacket > 0 && lastDataPacket < leaving.packet) {
    evidence.unshift([
      { packet: lastDataPacket, timeNs: lastDataNs },
      `The last data of the server, ${duration(leaving.timeNs - lastDataNs)} before.`,
    ])
  }
  const read = readStep(attempt)
  if (read !== null) {
    const [step, event] = read
    const client = attempt.find('rdp-client')
    const build = client === undefined ? '' : ` (build ${client.fact.build})`
    if (event.packet <= leaving.packet) evidence.unshift([event, `What came last that tells the step: ${step}.`])
    return likely(
      `The client${build} ended the attempt ${step}, and no fault of the server is visible before.`,
      TO_SETTLE,
      ...evidence,
    )
  }
  if (clientApplication !== null) {
    const inside = possible(
      'The client ended the connection inside the encrypted session; the reason, if the server gave one, is encrypted.',
      TO_SETTLE,
      ...evidence,
    )
    // Without keys any web site looks like a gateway, and its visitors leave first.
    return attempt.transport === 'direct' ? inside : at('info', inside)
  }
  const step = stepName(picture)
  const verdict = likely(
    `The client ended the attempt ${step}, and no fault of the server is visible before.`,
    TO_SETTLE,
    ...evidence,
  )
  // A person who cancels the logon prompt behind the negotiation: normal.
  if (confirm !== null && clientHello === null) return at('info', verdict)
  return attempt.transport === 'direct' ? verdict : at('info', verdict)
}

/** Where TLS was decrypted: the last step of the session that was read, and its event. */
function readStep(attempt: Attempt): readonly [step: string, event: Event] | null {
  if (sessionTalkOf(attempt).active) return null
  let found: readonly [string, Event] | null = null
  for (const event of attempt.explained?.events ?? []) {
    const step = READ_STEPS.get(event.fact.kind)
    if (step !== undefined) found = [step, event]
  }
  return found
}

const READ_STEPS: ReadonlyMap<FactKind, string> = new Map([
  ['credssp', 'during the logon (CredSSP)'],
  ['early-user-authorization', 'behind the early user authorization'],
  ['rdp-client', 'while MCS was connected'],
  ['mcs-connect-response', 'behind the MCS connection'],
  ['client-info', 'behind its Client Info'],
  ['license-message', 'during licensing'],
  ['demand-active', "behind the server's Demand Active"],
  ['confirm-active', 'behind its Confirm Active'],
])

function stepName({ request, confirm, clientHello, serverHello }: Picture): string {
  if (serverHello !== null) return 'behind the TLS handshake of the server'
  if (clientHello !== null) return 'while it waited for the answer to its TLS ClientHello'
  if (confirm !== null) return 'behind the negotiation, before TLS began'
  return request === null
    ? 'before it asked for anything'
    : 'while it waited for the answer to its RDP connection request'
}
