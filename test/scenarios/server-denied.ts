/** Cause 27: the server lets the user not in, or ends the session and says why. MS-RDPBCGR 2.2.5.1.1, 2.2.10.2. */
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { direct } from './language/attempts.ts'
import { earlyAuthorization, NLA, setErrorInfo, TLS, ULTIMATUM } from './language/rdp.ts'
import { encrypted, HEALTHY, type Scenario, scenario } from './language/scenario.ts'
import type { Wire } from './language/wire.ts'

/** The server gives its reason before the session is active. */
function refusedWith(code: number, security: typeof TLS | typeof NLA = NLA): Scenario['story'] {
  return wire => {
    const { tcp, rdp } = direct(wire, { security })
    rdp.negotiates().secures().logsOn().joins().introduces()
    rdp.server.says(setErrorInfo(code), ULTIMATUM)
    tcp.resets(CLIENT)
  }
}

/** The session ran, and the server ends it. */
function endedWith(code: number): Scenario['story'] {
  return (wire: Wire) => {
    const { tcp, rdp } = direct(wire)
    rdp.connects().works(5).isEndedByServer(code)
    tcp.resets(CLIENT)
  }
}

export const deniedConnection = scenario({
  name: 'server denied: Set Error Info 7 behind the client info',
  story: refusedWith(7),
  withKeys: { outcome: 'failed', finds: { 'server-denied': 'confirmed' }, first: 'server-denied' },
  withoutKeys: encrypted('server-denied', 'license-refused'),
})

export const noPrivilege = scenario({
  name: 'server denied: Set Error Info 9, the user is not in Remote Desktop Users',
  story: refusedWith(9, TLS),
  withKeys: { outcome: 'failed', finds: { 'server-denied': 'confirmed' }, first: 'server-denied' },
  withoutKeys: encrypted('server-denied', 'license-refused'),
})

export const earlyRefusal = scenario({
  name: 'server denied: early user authorization 5, and the client leaves',
  story: wire => {
    const { tcp, rdp } = direct(wire)
    rdp.negotiates().secures().logsOnOnly()
    rdp.server.says(earlyAuthorization(5))
    tcp.resets(CLIENT)
  },
  withKeys: { outcome: 'failed', finds: { 'server-denied': 'confirmed' }, first: 'server-denied' },
  withoutKeys: encrypted('server-denied', 'nla-logon-failed'),
})

export const logonTooSlow = scenario({
  name: 'server denied: the time to log on is over (Set Error Info 4) before the session is active',
  story: refusedWith(4),
  withKeys: { outcome: 'failed', finds: { 'server-denied': 'confirmed' } },
  withoutKeys: encrypted('server-denied', 'license-refused'),
})

export const outOfMemory = scenario({
  name: 'server overloaded: out of memory (Set Error Info 6)',
  story: refusedWith(6),
  withKeys: { outcome: 'failed', finds: { 'server-overloaded': 'confirmed' }, mayAlso: ['server-denied'] },
  withoutKeys: encrypted('server-denied', 'server-overloaded', 'license-refused'),
})

const orderly: readonly (readonly [code: number, what: string])[] = [
  [1, 'an administrator ended the session (1)'],
  [2, 'an administrator logged the user off (2)'],
  [3, 'the session was idle for too long (3)'],
  [5, 'the user connected from elsewhere (5)'],
  [0x0b, 'the user disconnected from within (11)'],
  [0x0c, 'the user logged off (12)'],
]

export const orderlyEnds = orderly.map(([code, what]) =>
  scenario({
    name: `orderly end: ${what}`,
    story: endedWith(code),
    withKeys: { outcome: 'established', finds: { 'server-ended-session': 'confirmed' } },
    withoutKeys: HEALTHY,
  }),
)

export const windowClosed = scenario({
  name: 'orderly end: the user closes the window; the client resets as mstsc does',
  story: wire => {
    const { tcp, rdp } = direct(wire)
    rdp.connects().works(5)
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})

export const serverCrash = scenario({
  name: 'server aborts: FIN in the middle of the session, without a reason, without an ultimatum',
  story: wire => {
    const { tcp, rdp } = direct(wire)
    rdp.connects().works(5)
    tcp.finishes(SERVER)
    tcp.acknowledges(CLIENT).resets(CLIENT)
  },
  withKeys: { outcome: 'failed', finds: { 'session-aborted-by-server': ['confirmed', 'likely'] } },
})
