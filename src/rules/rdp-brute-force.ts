/** Many logons are tried at a high rate. Cause 25. */
import type { Attempt } from '../attempt/attempt.ts'
import { type Crowd, isGuesser, type Source } from '../attempt/crowd.ts'
import { count } from './figures.ts'
import { onServer } from './recordings.ts'
import { at, confirmed, type Evidence, likely, notVisible, possible, rule, ruledOut, type Verdict } from './rule.ts'

/** Clients that never get in. */
const MANY_SOURCES = 10
/** Of all of them together, in the fullest minute. */
const MANY_A_MINUTE = 20
const CERTAIN_TRIES_A_MINUTE = 60
const CERTAIN_NAMES = 10
const NAMED = 5
/** Clients for each name, or more. */
const SHARED = 2

const QUIET = ruledOut('No client of this server tries one logon after the other in this capture.')
const ALONE = notVisible(
  'This capture holds the connections of one client only; what others do to the server is not in it.',
  'Capture on the server, or count event 4625 by source address in its security log.',
)
const TO_SETTLE =
  'Event 4625 in the security log of the server (logon type 3 or 10, source address, user name): thousands of them with names that nobody has are guesses, one name that exists is a script with an old password.'

export const rdpBruteForce = rule({
  id: 'rdp-brute-force',
  severity: 'warning',
  title: 'Logons are tried at a high rate',
  short: 'logons tried at a high rate',
  causes: [25],
  looksAt:
    'All connections to the same port of the server: how many short logons a client makes a minute, under how many names, and whether any led to a session.',
  confirms:
    '60 short logons and more in one minute from one client, under 10 names and more, without a session. Likely: 20 in a minute under 3 names from one client, 60 under any, or 20 of 10 clients and more that never get in, again and again or under the same names. Possible: each of them under a name of its own.',
  rulesOut: 'Several clients in the capture, none of which tries so often.',
  cannotSee:
    'Slow guessing, and what other clients do when the capture was made at one of them. The security log tells.',
  settledBy: [onServer],
  remedy: [
    'Close the port to the Internet: allow RDP only from the VPN or behind an RD Gateway; block the addresses named here at the firewall.',
    'Set an account lockout policy (net accounts /lockoutthreshold:10) and require NLA (UserAuthentication = 1).',
    'Count the guesses: Get-WinEvent -FilterHashtable @{LogName="Security"; Id=4625} | group by IpAddress and TargetUserName.',
  ],
  ask: ['security', 'server'],
  filter: 'rdp.rt_cookie || (tcp.flags.syn == 1 && tcp.flags.ack == 0 && tcp.dstport == 3389)',
  isAboutServer: true,

  assess(attempt): Verdict {
    const { crowd } = attempt
    const guessers = crowd.persistent.filter(isGuesser).sort((a, b) => b.busiest.number - a.busiest.number)
    if (guessers.length > 0) return fromFew(attempt, guessers)
    if (crowd.busiestTries.number >= MANY_A_MINUTE && crowd.trying - crowd.tryingAndIn >= MANY_SOURCES) {
      return fromMany(attempt, crowd)
    }
    return crowd.sources > 1 ? QUIET : ALONE
  },
})

function fromFew({ server, crowd }: Attempt, guessers: readonly Source[]): Verdict {
  const [worst] = guessers
  if (worst === undefined) return QUIET
  const { address, busiest } = worst
  const others = guessers.length > 1 ? `, and ${count(guessers.length - 1, 'other client')} like it` : ''
  const says = `${address} tries one logon after the other on ${server.address}: ${count(busiest.number, 'short connection')} within a minute${underNames(worst.names)}, and no session${others}.`
  const evidence = guessers.slice(0, NAMED).map(source => evidenceOf(source))
  const sure = busiest.number >= CERTAIN_TRIES_A_MINUTE && worst.names.length >= CERTAIN_NAMES
  if (!sure) return likely(says, TO_SETTLE, ...evidence, ...begin(crowd))
  return confirmed(says, ...evidence, ...begin(crowd))
}

function fromMany({ server }: Attempt, crowd: Crowd): Verdict {
  const { persistent, busiestTries, names, trying, tryingAndIn } = crowd
  const outside = trying - tryingAndIn
  const says = `${outside} clients try to log on to ${server.address} and never get a session: up to ${count(busiestTries.number, 'short connection')} a minute${underNames(names)}.`
  const evidence: Evidence[] = [
    [busiestTries, `The first of ${count(busiestTries.number, 'short connection')} in the fullest minute.`],
    ...persistent.slice(0, NAMED).map(source => evidenceOf(source)),
  ]
  // Guessing programs share a list of names; when nobody can log on, each client comes with a name of its own.
  const shared = names.length > 0 && names.length * SHARED <= outside
  const again = persistent.length >= MANY_SOURCES
  if (shared || again) return likely(says, TO_SETTLE, ...evidence)
  return at('info', possible(says, TO_SETTLE, ...evidence))
}

function evidenceOf(source: Source): Evidence {
  const { address, tries, busiest, names } = source
  return [
    { packet: source.packet, timeNs: source.timeNs },
    `The first packet of ${address}, which makes ${count(tries, 'short connection')}, up to ${busiest.number} a minute${underNames(names)}.`,
  ]
}

function begin({ busiest }: Crowd): Evidence[] {
  return busiest.number === 0
    ? []
    : [[busiest, `The first of ${count(busiest.number, 'request')} to this server in the fullest minute.`]]
}

function underNames(names: readonly string[]): string {
  if (names.length === 0) return ''
  const listed = names.slice(0, NAMED).map(name => `"${name}"`)
  const more = names.length > NAMED ? ' ...' : ''
  return ` under ${count(names.length, 'name')} (${listed.join(', ')}${more})`
}
