/**
 * Clocks that packets show, against the clock of the recorder: the server's in NTLM, the domain controller's in Kerberos, a
 * web server's in the Date of HTTP. MS-NLMP 2.2.2.1 (MsvAvTimestamp), RFC 4120 5.9.1 (stime), RFC 9110 6.6.1.
 */
import type { Attempt } from '../attempt/attempt.ts'
import type { Place } from '../attempt/place.ts'
import { SERVER } from '../wire/dissector.ts'
import { header } from './gateway-exchanges.ts'
import { rememberLast } from './remember.ts'

export interface Clock extends Place {
  /** Whose it is, as a sentence names it: `the server RDP`, `the domain controller`, `the web server gw.lab.test`. */
  readonly of: string
  /** Address that answered: two clocks of one host are one witness. */
  readonly host: string
  /** Ahead of the recorder's clock; behind it below 0. */
  readonly aheadSeconds: number
}

/** What Kerberos allows (RFC 4120 5.5.1 leaves it open; Windows and MIT allow this). */
const ALLOWED_SKEW_SECONDS = 300

export const clocksOf: (attempt: Attempt) => readonly Clock[] = rememberLast(look)

const NONE: readonly Clock[] = []

function look(attempt: Attempt): readonly Clock[] {
  let clocks: Clock[] | null = null
  for (const { server, events } of [...attempt.conversations, ...attempt.kerberos]) {
    for (const event of events) {
      const { fact } = event
      if (event.direction !== SERVER) continue
      let clockMs = 0
      let of = ''
      if (fact.kind === 'ntlm-challenge') {
        clockMs = fact.timeMs
        of = `the server ${fact.dnsComputer || fact.computer || server.address}`
      } else if (fact.kind === 'kerberos-error') {
        clockMs = fact.serverTimeMs
        of = 'the domain controller'
      } else if (fact.kind === 'http-response') {
        // A cache hands out the date of the answer that it once kept.
        clockMs = header(fact, 'x-cache') === '' ? dateOf(header(fact, 'date')) : 0
        of = `the web server ${server.address}`
      }
      if (clockMs <= 0) continue
      clocks ??= []
      const here = attempt.captureStartSeconds + event.timeNs / 1e9
      clocks.push({
        packet: event.packet,
        timeNs: event.timeNs,
        of,
        host: server.address,
        aheadSeconds: clockMs / 1000 - here,
      })
    }
  }
  return clocks ?? NONE
}

/** Milliseconds since 1970; 0 without a date that can be read. */
function dateOf(text: string): number {
  const ms = text === '' ? 0 : Date.parse(text)
  return Number.isNaN(ms) ? 0 : ms
}

export function isOff({ aheadSeconds }: Clock): boolean {
  return Math.abs(aheadSeconds) > ALLOWED_SKEW_SECONDS
}
