/** Captures that hold less than the truth: one direction, the middle, the first bytes of each packet. Verdicts must be weaker. */
import { CLIENT } from '../../src/wire/dissector.ts'
import { direct } from './language/attempts.ts'
import { type Expectation, scenario } from './language/scenario.ts'
import type { Wire } from './language/wire.ts'

const HEADERS_BYTES = 96
const TCP_HEADERS_BYTES = 58

/** Nothing above info, whatever becomes of it. */
const SILENT: Expectation = { outcome: 'any' }

function worked(wire: Wire): void {
  const { tcp, rdp } = direct(wire)
  rdp.connects().works(5).isEndedByServer()
  tcp.resets(CLIENT)
}

function wrongPassword(wire: Wire): void {
  const { tcp, rdp } = direct(wire)
  rdp.negotiates().secures().isRefusedAtLogon(0xc000006d)
  tcp.resets(CLIENT)
}

export const onlyClient = scenario({
  name: 'partial: only the packets of the client of a session that works',
  story: wire => {
    worked(wire)
    wire.keepsOnly('pc')
  },
  withKeys: SILENT,
})

export const onlyServer = scenario({
  name: 'partial: only the packets of the server of a session that works',
  story: wire => {
    worked(wire)
    wire.keepsOnly('rdsh01.corp.example')
  },
  withKeys: SILENT,
})

export const onlyClientFailed = scenario({
  name: 'partial: only the packets of the client of a refused logon',
  story: wire => {
    wrongPassword(wire)
    wire.keepsOnly('pc')
  },
  withKeys: { outcome: 'any', mayGuess: ['client-aborted', 'nla-logon-failed'] },
})

export const middle = scenario({
  name: 'partial: the middle of a session that works',
  story: wire => {
    worked(wire)
    wire.beginsAfter(5)
  },
  withKeys: SILENT,
})

export const middleOfHandshake = scenario({
  name: 'partial: recorded from the logon on, which is refused',
  story: wire => {
    wrongPassword(wire)
    wire.beginsAfter(3.05)
  },
  withKeys: { outcome: 'any', mayGuess: ['client-aborted', 'nla-logon-failed'] },
})

export const middleAndSilence = scenario({
  name: 'partial: the middle of a session that falls silent',
  story: wire => {
    const { tcp, rdp } = direct(wire)
    rdp.connects().works(20)
    const [sent] = tcp.carries(CLIENT, rdp.tls.writer.data(CLIENT, new Uint8Array(10)), { lost: true })
    if (sent !== undefined) for (const wait of [0.3, 0.6, 1.2, 2.4, 4.8]) tcp.resends(sent, wait)
    tcp.resets(CLIENT)
    wire.beginsAfter(12)
  },
  withKeys: { outcome: 'any', finds: { 'connection-state-lost': ['confirmed', 'likely'] }, mayAlso: ['packet-loss'] },
})

export const cutSession = [HEADERS_BYTES, TCP_HEADERS_BYTES].map(snapLength =>
  scenario({
    name: `partial: ${snapLength} bytes of each packet of a session that works`,
    story: wire => {
      worked(wire)
      wire.snapLength = snapLength
    },
    withKeys: SILENT,
    isMalformed: true,
  }),
)

export const cutRefusal = [HEADERS_BYTES, TCP_HEADERS_BYTES].map(snapLength =>
  scenario({
    name: `partial: ${snapLength} bytes of each packet of a refused logon`,
    story: wire => {
      wrongPassword(wire)
      wire.snapLength = snapLength
    },
    withKeys: { outcome: 'any', mayGuess: ['client-aborted', 'nla-logon-failed'] },
    isMalformed: true,
  }),
)

export const recorderStopped = scenario({
  name: 'partial: the recorder stops in the middle of the logon',
  story: wire => {
    direct(wire).rdp.negotiates().secures().isLeftAfterChallenge({})
  },
  withKeys: SILENT,
})

/** A tunnel on the way to the server passes 700 bytes. */
function inFragments(wire: Wire, story: (wire: Wire) => void): void {
  wire.mtuBytes = 700
  story(wire)
}

export const fragmented = scenario({
  name: 'fragments: large packets of a session that works travel in fragments, and arrive',
  story: wire => inFragments(wire, worked),
  withKeys: { outcome: 'established', finds: { 'ip-fragmentation': 'confirmed', 'ip-fragments-lost': 'ruled-out' } },
})

/** A filter for the port takes first fragments alone: those behind them have no ports. */
function filtered(wire: Wire, story: (wire: Wire) => void): void {
  wire.filtersByPort = true
  inFragments(wire, story)
}

const LEFT_OUT = { 'ip-fragmentation': 'confirmed', 'ip-fragments-lost': 'not-visible' } as const

export const fragmentsFiltered = scenario({
  name: 'fragments: recorded by a filter for the port, which takes the first ones alone; the session works',
  story: wire => filtered(wire, worked),
  withKeys: { outcome: 'unfinished', finds: LEFT_OUT },
})

export const fragmentsFilteredRefusal = scenario({
  name: 'fragments: recorded by a filter for the port, which takes the first ones alone; the logon is refused',
  story: wire => filtered(wire, wrongPassword),
  withKeys: { outcome: 'unfinished', finds: LEFT_OUT },
})
