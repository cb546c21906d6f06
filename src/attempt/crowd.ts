/** What happens around the server of an attempt, as far as the capture shows it: see crowds.ts. */
import type { Place } from './place.ts'

/** One client of the server, and what it did there. */
export interface Source extends Place {
  readonly address: string
  /** Connections in which it asked for something: an RDP connection request, or TLS. */
  readonly asked: number
  /** Of them: the logon was the last that happened, as far as records show, and it was over soon. */
  readonly tries: number
  /** Of them: long, or with as much data as a session brings. */
  readonly sessions: number
  /** User names, in lower case: of requests (mstshash), and of NTLM where it is readable. Bounded. */
  readonly names: readonly string[]
  /** Of its tries. */
  readonly busiest: Minute
}

/** The minute in which most of something happened, and its first packet. */
export interface Minute extends Place {
  readonly number: number
}

/** The server ended a connection in which both sides had sent data. */
export interface Cut extends Place {
  readonly client: string
  /** As Wireshark numbers it: tcp.stream. */
  readonly stream: number
}

export interface Crowd {
  /** Clients that asked for something. */
  readonly sources: number
  /** The first of those that tried several times and never had a session. */
  readonly persistent: readonly Source[]
  /** Of all sources. */
  readonly names: readonly string[]
  /** Of connections in which something was asked for, and of tries. */
  readonly busiest: Minute
  readonly busiestTries: Minute
  /** Clients that tried, and of them those that also had a session. */
  readonly trying: number
  readonly tryingAndIn: number
  /** Connections whose client never answered the SYN-ACK, and the first of these clients. */
  readonly halfOpen: Minute
  readonly halfOpenSources: ReadonlySet<string>
  /** Connection requests to which the server said nothing, and the first of their clients. */
  readonly unconfirmed: readonly Place[]
  readonly unconfirmedSources: ReadonlySet<string>
  /** Connection requests that the server answered, and when first and last. */
  readonly confirmed: number
  readonly firstConfirmNs: number
  readonly lastConfirmNs: number
  readonly cuts: readonly Cut[]
  /** Times to live of the packets of its address, on whatever port. */
  readonly ttls: readonly number[]
  /** SYNs that were refused and accepted, one in ten seconds each. */
  readonly refused: readonly Place[]
  readonly accepted: readonly Place[]
}

const NEVER: Minute = { number: 0, packet: 0, timeNs: 0 }
const NOBODY: ReadonlySet<string> = new Set()

export const NO_CROWD: Crowd = {
  sources: 0,
  persistent: [],
  names: [],
  busiest: NEVER,
  busiestTries: NEVER,
  trying: 0,
  tryingAndIn: 0,
  halfOpen: NEVER,
  halfOpenSources: NOBODY,
  unconfirmed: [],
  unconfirmedSources: NOBODY,
  confirmed: 0,
  firstConfirmNs: Number.POSITIVE_INFINITY,
  lastConfirmNs: Number.NEGATIVE_INFINITY,
  cuts: [],
  ttls: [],
  refused: [],
  accepted: [],
}

/** A person tries once more, and then does something else. */
export const PERSISTENT_TRIES = 3

/** A script that reconnects makes a dozen a minute, under one name. */
export const TRIES_A_MINUTE = 20
const NAMES = 3
/** So many are no person's and no script's that means well, under whatever name. */
const TRIES_OF_ANY_NAME = 60

/** One that tries one logon after the other and never gets a session. */
export function isGuesser(source: Source): boolean {
  const { number } = source.busiest
  if (source.sessions > 0 || number < TRIES_A_MINUTE) return false
  return source.names.length >= NAMES || number >= TRIES_OF_ANY_NAME
}
