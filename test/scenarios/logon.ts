/** Causes 6, 7 and 8: the logon is refused, with and without keys; NTLM is; the versions of CredSSP do not fit. */
import { CLIENT } from '../../src/wire/dissector.ts'
import {
  AES_256_GCM_SHA384,
  ECDHE_RSA_AES_128_GCM_SHA256,
  ECDHE_RSA_AES_256_CBC_SHA,
  ECDHE_RSA_CHACHA20_POLY1305,
  type Suite,
} from '../support/tls-suites.ts'
import { type DirectOptions, direct } from './language/attempts.ts'
import { Connection } from './language/connection.ts'
import { connectionRequest, NLA, negotiationFailure } from './language/rdp.ts'
import { encrypted, HEALTHY, type Scenario, scenario } from './language/scenario.ts'
import { asksForTicket, resolves, TICKET_USER } from './language/services.ts'
import type { Wire } from './language/wire.ts'

const LOGON_FAILURE = 0xc000006d
const UNSUPPORTED_FUNCTION = 0x80090302

function wrongPassword(options: DirectOptions): Scenario['story'] {
  return wire => {
    const { tcp, rdp } = direct(wire, options)
    rdp.negotiates().secures().isRefusedAtLogon(LOGON_FAILURE)
    tcp.resets(CLIENT)
  }
}

const suites: readonly (readonly [name: string, suite: Suite, version: 'TLSv1.2' | 'TLSv1.3'])[] = [
  ['TLS 1.2 AES-GCM', ECDHE_RSA_AES_128_GCM_SHA256, 'TLSv1.2'],
  ['TLS 1.2 ChaCha20', ECDHE_RSA_CHACHA20_POLY1305, 'TLSv1.2'],
  ['TLS 1.3 AES-GCM', AES_256_GCM_SHA384, 'TLSv1.3'],
]

export const wrongPasswords = suites.map(([name, suite, version]) =>
  scenario({
    name: `logon: wrong password, ${name}`,
    story: wrongPassword({ suite, version }),
    withKeys: { outcome: 'failed', finds: { 'nla-logon-failed': 'confirmed' } },
    withoutKeys: { outcome: 'any', finds: { 'nla-logon-failed': 'likely' } },
  }),
)

export const wrongPasswordPadded = scenario({
  name: 'logon: wrong password, TLS 1.2 AES-CBC, whose padding hides the sizes',
  story: wrongPassword({ suite: ECDHE_RSA_AES_256_CBC_SHA }),
  withKeys: { outcome: 'failed', finds: { 'nla-logon-failed': 'confirmed' } },
  withoutKeys: encrypted('nla-logon-failed'),
})

export const goodPasswords = [...suites, ['TLS 1.2 AES-CBC', ECDHE_RSA_AES_256_CBC_SHA, 'TLSv1.2'] as const].map(
  ([name, suite, version]) =>
    scenario({
      name: `logon: right password, ${name}`,
      story: wire => {
        const { tcp, rdp } = direct(wire, { suite, version })
        rdp.connects().works(4).isEndedByServer()
        tcp.resets(CLIENT)
      },
      withKeys: HEALTHY,
      withoutKeys: HEALTHY,
    }),
)

/** mstsc dials an address, is refused, and asks at once for a desktop without NLA. */
function dialsAddress(wire: Wire): void {
  const { client, server, tcp, rdp } = direct(wire, { name: '10.40.7.15', logon: { target: '10.40.7.15' } })
  rdp.negotiates().secures().isRefusedAtLogon(UNSUPPORTED_FUNCTION)
  tcp.resets(CLIENT)
  wire.later(3000)
  const retry = new Connection(wire, client, server).opens()
  retry.client.says(connectionRequest(1, 'Cookie: mstshash=CORP\\mari'))
  retry.server.says(negotiationFailure(5))
  retry.resets(CLIENT)
}

export const ntlmRefused = scenario({
  name: 'logon: an address was dialled, so that NTLM was used, and the server refuses NTLM (0x80090302)',
  story: dialsAddress,
  withKeys: {
    outcome: 'failed',
    finds: { 'nla-ntlm-refused': 'confirmed' },
    first: 'nla-ntlm-refused',
    mayAlso: ['nla-logon-failed'],
  },
  withoutKeys: {
    outcome: 'failed',
    mayGuess: ['nla-logon-failed', 'nla-ntlm-refused', 'client-aborted', 'nla-required'],
  },
})

export const oldServer = scenario({
  name: 'CredSSP: the server speaks version 2, and the patched client leaves without another word',
  story: wire => {
    const { tcp, rdp } = direct(wire, { security: NLA })
    rdp.negotiates().secures().isLeftAfterChallenge({ serverVersion: 2 })
    tcp.resets(CLIENT)
  },
  withKeys: { outcome: 'failed', finds: { 'credssp-version-mismatch': ['confirmed', 'likely'] } },
  withoutKeys: encrypted('credssp-version-mismatch'),
})

export const oldServerAccepted = scenario({
  name: 'CredSSP: the server speaks version 2, and the client goes on',
  story: wire => {
    const { tcp, rdp } = direct(wire, { security: NLA, logon: { serverVersion: 2, clientVersion: 2 } })
    rdp.connects().works(3).isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})

export const cancelled = scenario({
  name: 'CredSSP: both speak version 6, and the client leaves after the challenge',
  story: wire => {
    const { tcp, rdp } = direct(wire)
    rdp.negotiates().secures().isLeftAfterChallenge({})
    tcp.resets(CLIENT)
  },
  withKeys: { outcome: 'failed', mayGuess: ['client-aborted'] },
  withoutKeys: encrypted(),
})

const kerberos: readonly (readonly [code: number, what: string])[] = [
  [24, 'the password is wrong (24)'],
  [18, 'the account is disabled or locked (18)'],
  [23, 'the password has expired (23)'],
  [6, 'the user is unknown (6)'],
]

export const kerberosErrors = kerberos.map(([code, what]) =>
  scenario({
    name: `Kerberos beside the attempt: ${what}, and the client gives up`,
    story: wire => {
      const { client, tcp, rdp } = direct(wire, { user: TICKET_USER, logon: { user: TICKET_USER } })
      rdp.negotiates()
      wire.pause(4)
      asksForTicket(wire, client, code)
      wire.pause(2)
      tcp.resets(CLIENT)
    },
    withKeys: { outcome: 'failed', finds: { 'nla-logon-failed': ['confirmed', 'likely'] } },
  }),
)

export const noServicePrincipal = scenario({
  name: 'Kerberos beside the attempt: the service is unknown (7), so that NTLM is used, which works',
  story: wire => {
    const { client, tcp, rdp } = direct(wire, { user: TICKET_USER, logon: { user: TICKET_USER } })
    rdp.negotiates()
    wire.pause(1)
    asksForTicket(wire, client, 7)
    rdp.secures(0.2).logsOn().joins().introduces().licenses().activates().works(3).isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})

export const preauthentication = scenario({
  name: 'Kerberos beside the attempt: only the usual question for proof (25), and a session that works',
  story: wire => {
    const { client, server, tcp, rdp } = direct(wire, { user: TICKET_USER, logon: { user: TICKET_USER } })
    resolves(wire, client, server.name, server.address)
    rdp.negotiates()
    asksForTicket(wire, client, 25)
    rdp.secures().logsOn().joins().introduces().licenses().activates().works(3).isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})
