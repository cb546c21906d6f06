/** The name could not be resolved. Cause 21; RFC 1035 4.1.1, RFC 8020. */

import type { Attempt, Lookup } from '../attempt/attempt.ts'
import { rcodeName, recordTypeName } from '../codes/dns.ts'
import { count, duration } from './figures.ts'
import { beforeClick } from './recordings.ts'
import { confirmed, type Evidence, likely, notVisible, resting, rule, ruledOut, type Verdict } from './rule.ts'

/** Resolvers ask again after 1 to 5 s: two questions and this long without an answer are no single loss any more. */
const NOTABLE_WAIT_NS = 2e9
const CERTAIN_WAIT_NS = 5e9
const MDNS_OR_LLMNR = /^(224\.0\.0\.25[12]|ff02::(fb|1:3))$/i

const NO_LOOKUP = notVisible(
  'This capture holds no lookup for the name: it was cached, taken from a hosts file, asked over an encrypted transport, or an address was dialled.',
  'ipconfig /flushdns on the client, then capture with port 53 included; nslookup <server>.',
)
const RESOLVED = ruledOut('The name was resolved.')
const CONNECTED = ruledOut('The client had an address to connect to.')
const TOO_SHORT = notVisible(
  'The capture ends too soon after the question to speak of silence.',
  'Let the capture run for at least 15 s after the click on Connect.',
)

export const dnsLookupFailed = rule({
  id: 'dns-lookup-failed',
  severity: 'error',
  title: 'The name of the server could not be resolved',
  short: 'name not resolved',
  causes: [21],
  looksAt: 'DNS questions for the name that was dialled, and their answers.',
  confirms:
    'NXDOMAIN, SERVFAIL, REFUSED or no answer to repeated questions, no address from another question, and no connection attempt.',
  rulesOut: 'An answer with an address, or a SYN: the client knew where to go.',
  cannotSee: 'Names in the cache or the hosts file, and DNS over HTTPS or TLS. Flush the cache and capture again.',
  settledBy: [beforeClick],
  remedy: [
    'nslookup <server> from the client; compare with nslookup <server> <another resolver>.',
    'Is the suffix right? Try the fully qualified name; look at ipconfig /all (DNS servers, suffix search list).',
    'With a VPN: does its profile push the internal resolver and suffix? Get-DnsClientNrptPolicy shows the split.',
  ],
  ask: ['names', 'client'],
  filter: 'dns.flags.rcode != 0 || (dns && !dns.response_in && dns.flags.response == 0)',

  assess(attempt): Verdict {
    if (attempt.lookups.length === 0) return attempt.explained === null ? NO_LOOKUP : CONNECTED
    if (attempt.explained !== null) return CONNECTED
    const unicast = attempt.lookups.filter(lookup => !MDNS_OR_LLMNR.test(lookup.resolver))
    const lookups = unicast.length > 0 ? unicast : attempt.lookups
    if (lookups.some(lookup => lookup.addresses.length > 0)) return RESOLVED
    const refused = lookups.find(lookup => lookup.rcode > 0) ?? lookups.find(lookup => lookup.rcode === 0)
    return refused === undefined ? resting(['silence'], unanswered(attempt, lookups)) : answered(refused)
  },
})

function answered(lookup: Lookup): Verdict {
  const { name, resolver, rcode, type } = lookup
  const question: Evidence = [
    { packet: lookup.firstPacket, timeNs: lookup.firstNs },
    `${lookup.client} asks ${resolver} for ${name} (${recordTypeName(type)}).`,
  ]
  const place = { packet: lookup.answerPacket, timeNs: lookup.answerNs }
  if (rcode === 0) {
    return likely(
      `The resolver ${resolver} knows the name ${name}, but has no address for it (${recordTypeName(type)}).`,
      'nslookup -type=A <server> and nslookup -type=AAAA <server> show which address is missing.',
      question,
      [place, 'The answer holds no address.'],
    )
  }
  return confirmed(`The resolver ${resolver} answered ${rcodeName(rcode)} to the question for ${name}.`, question, [
    place,
    `The answer is ${rcodeName(rcode)} (rcode ${rcode}).`,
  ])
}

function unanswered(attempt: Attempt, lookups: readonly Lookup[]): Verdict {
  const first = lookups.reduce((a, b) => (b.firstPacket < a.firstPacket ? b : a))
  const last = lookups.reduce((a, b) => (b.lastQueryPacket > a.lastQueryPacket ? b : a))
  const queries = lookups.reduce((sum, lookup) => sum + lookup.queries, 0)
  const waited = Math.max(attempt.captureEndNs, last.lastQueryNs) - first.firstNs
  if (waited < NOTABLE_WAIT_NS) return TOO_SHORT
  const says = `No resolver answered the question for ${first.name}: ${count(queries, 'question')} to ${first.resolver} within ${duration(waited)}.`
  const evidence: Evidence[] = [
    [{ packet: first.firstPacket, timeNs: first.firstNs }, `${first.client} asks ${first.resolver} for ${first.name}.`],
  ]
  if (queries > 1) {
    evidence.push([
      { packet: last.lastQueryPacket, timeNs: last.lastQueryNs },
      'It asks for the last time; no answer is in the capture.',
    ])
  }
  if (queries > 1 && waited >= CERTAIN_WAIT_NS) return confirmed(says, ...evidence)
  return likely(
    says,
    'nslookup <server> <resolver> from the client; capture on the resolver or on its side of the firewall.',
    ...evidence,
  )
}
