/** Cause 40: clocks differ by more than Kerberos, NTLM or a certificate allow. RFC 4120 7.5.9 (error 37). */
import { CLIENT } from '../../src/wire/dissector.ts'
import { direct } from './language/attempts.ts'
import { HEALTHY, scenario } from './language/scenario.ts'
import { asksForTicket, asksWhetherOnline, TICKET_USER } from './language/services.ts'
import { certificateFor } from './language/tls.ts'

const MINUTE = 60
const DAY = 86_400

export const kerberosSkew = scenario({
  name: "clock skew: the controller refuses the client's time (37); its own is 11 minutes ahead",
  story: wire => {
    const { client, tcp, rdp } = direct(wire, { user: TICKET_USER })
    rdp.negotiates()
    wire.pause(2)
    asksForTicket(wire, client, 37, { clockAheadSeconds: 11 * MINUTE })
    wire.pause(2)
    tcp.resets(CLIENT)
  },
  withKeys: { outcome: 'failed', finds: { 'clock-skew': ['confirmed', 'likely'] }, mayGuess: ['nla-logon-failed'] },
})

export const ntlmSkew = scenario({
  name: "clock skew: the server's NTLM challenge is 40 minutes behind the capture, and it refuses the logon",
  story: wire => {
    const { tcp, rdp } = direct(wire)
    rdp
      .negotiates()
      .secures()
      .isRefusedAtLogon(0xc000006d, { serverClockAheadSeconds: -40 * MINUTE })
    tcp.resets(CLIENT)
  },
  withKeys: {
    outcome: 'failed',
    finds: { 'nla-logon-failed': 'confirmed', 'clock-skew': ['confirmed', 'likely', 'possible'] },
  },
  withoutKeys: { outcome: 'any', finds: { 'nla-logon-failed': 'likely' } },
})

export const smallSkew = scenario({
  name: 'clock skew: two minutes are none',
  story: wire => {
    const { tcp, rdp } = direct(wire, { logon: { serverClockAheadSeconds: 2 * MINUTE } })
    rdp.connects().works(3).isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})

export const skewThatWorks = scenario({
  name: 'clock skew: 20 minutes, and the session works all the same',
  story: wire => {
    const { tcp, rdp } = direct(wire, { logon: { serverClockAheadSeconds: 20 * MINUTE } })
    rdp.connects().works(3).isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})

export const clientInThePast = scenario({
  name: 'clock skew: the PC lives 40 days in the past, so that a good certificate is not valid yet',
  story: wire => {
    const { client, tcp, rdp } = direct(wire)
    asksWhetherOnline(wire, client, 40 * DAY)
    const certificate = certificateFor('rdsh01.corp.example', wire, { from: 12, to: 195 })
    const attempt = rdp.with({ certificate }).negotiates()
    wire.pause(2)
    attempt.tls.asks()
    attempt.tls.answers().alerts(CLIENT, 45)
    tcp.resets(CLIENT)
  },
  withKeys: {
    outcome: 'failed',
    finds: {
      'clock-skew': ['confirmed', 'likely', 'possible'],
      'tls-certificate-not-yet-valid': ['confirmed', 'likely'],
    },
    mayGuess: ['tls-certificate-untrusted'],
  },
})
