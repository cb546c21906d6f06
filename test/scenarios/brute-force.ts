/** Cause 25: guessed passwords from many sources, recorded at the server. */
import { CLIENT } from '../../src/wire/dissector.ts'
import { Connection } from './language/connection.ts'
import { NLA, RemoteDesktop } from './language/rdp.ts'
import { HEALTHY, scenario } from './language/scenario.ts'
import { type Host, pc, sessionHost, type Wire } from './language/wire.ts'

/** The cookies that such programs send. */
const NAMES = ['a', 'hello', 'Administr', 'admin', 'test', 'user', 'scan', 'backup', 'Administr', 'sql']

function source(number: number): Host {
  const address = `203.0.${113 + (number % 4)}.${7 + ((number * 37) % 240)}`
  return pc({ name: `source ${number}`, address, system: 'linux', hops: 11 + (number % 9) })
}

/** One guess: as far as the refusal of the logon. */
function guesses(wire: Wire, from: Host, server: Host, user: string): void {
  const tcp = new Connection(wire, from, server, { rttMs: 90 }).opens()
  const rdp = new RemoteDesktop(tcp, wire, { security: NLA, user, asks: 3, name: '' }).negotiates().secures(0.01)
  rdp.isRefusedAtLogon(0xc000006d, { user })
  tcp.resets(CLIENT)
}

export const manyGuesses = scenario({
  name: 'brute force: 60 connections from 40 sources within a minute, with the names of guessing programs',
  story: wire => {
    const server = sessionHost()
    wire.tapAt(server)
    for (let number = 0; number < 60; number++) {
      wire.meanwhile(() => guesses(wire, source(number % 40), server, NAMES[number % NAMES.length] ?? 'a'))
      wire.later(900_000)
    }
    wire.pause(30)
  },
  withKeys: {
    outcome: 'failed',
    finds: { 'rdp-brute-force': ['confirmed', 'likely'], 'nla-logon-failed': 'confirmed' },
  },
  withoutKeys: {
    outcome: 'any',
    finds: { 'rdp-brute-force': ['confirmed', 'likely'] },
    mayAlso: ['nla-logon-failed'],
  },
})

export const oneSource = scenario({
  name: 'brute force: one source, 50 names in 40 seconds',
  story: wire => {
    const server = sessionHost()
    wire.tapAt(server)
    for (let number = 0; number < 50; number++) {
      wire.meanwhile(() => guesses(wire, source(3), server, `user${number}`))
      wire.later(800_000)
    }
    wire.pause(30)
  },
  withKeys: {
    outcome: 'failed',
    finds: { 'rdp-brute-force': ['confirmed', 'likely'], 'nla-logon-failed': 'confirmed' },
  },
  withoutKeys: {
    outcome: 'any',
    finds: { 'rdp-brute-force': ['confirmed', 'likely'] },
    mayAlso: ['nla-logon-failed'],
  },
})

export const mondayMorning = scenario({
  name: 'brute force: 20 colleagues who log on to one farm within ten minutes are none',
  story: wire => {
    const server = sessionHost()
    wire.tapAt(server)
    for (let number = 0; number < 20; number++) {
      const colleague = pc({ name: `pc ${number}`, address: `10.20.1.${40 + number}`, hardware: 40 + number })
      wire.meanwhile(() => {
        const tcp = new Connection(wire, colleague, server).opens()
        new RemoteDesktop(tcp, wire, { user: `CORP\\u${number}` }).connects().works(2).isEndedByServer()
        tcp.resets(CLIENT)
      })
      wire.later(30e6)
    }
    wire.pause(60)
  },
  withKeys: HEALTHY,
})
