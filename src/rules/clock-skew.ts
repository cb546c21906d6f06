/** Clocks that differ by more than Kerberos, NTLM or a certificate allow. Cause 40; RFC 4120 7.5.9 (KRB_AP_ERR_SKEW), RFC 5280 4.1.2.5. */
import type { Attempt } from '../attempt/attempt.ts'
import { kerberosErrors } from '../codes/kerberos.ts'
import { certificateExitOf, secondsOf } from './certificate-exit.ts'
import { type Clock, clocksOf, isOff } from './clocks.ts'
import { codeWords, logonCodeWords } from './code-words.ts'
import { credSspRefusalOf } from './credssp-refusal.ts'
import { age, moment } from './figures.ts'
import { type KerberosRefusal, kerberosRefusalsOf } from './kerberos.ts'
import { isPastLogon } from './logon.ts'
import { onClient, onDomainController, withFreerdpKeys } from './recordings.ts'
import {
  at,
  confirmed,
  type Evidence,
  likely,
  noteUnlessFailed,
  notVisible,
  possible,
  resting,
  rule,
  ruledOut,
  type Verdict,
} from './rule.ts'

const WORKED = ruledOut('The attempt came past the logon: no clock stood in its way.')
const AGREE = ruledOut('The clocks that this capture shows agree within the five minutes that Kerberos allows.')
const NO_CLOCK = notVisible(
  'No packet of this attempt that can be read shows a clock.',
  'w32tm /stripchart /computer:<domain controller> /samples:3 on client and server shows how far each clock is off.',
)
const SETTLE_WHOSE =
  'w32tm /stripchart /computer:<domain controller> /samples:3 on the client, on the server and on the machine that recorded tells which clock is wrong. A wrong clock alone ends no attempt: it must be one that Kerberos or a certificate depends on.'

export const clockSkew = rule({
  id: 'clock-skew',
  severity: 'warning',
  title: 'Clocks differ by more than the logon allows',
  short: 'clocks differ',
  causes: [40],
  looksAt:
    'Kerberos errors about time, codes of CredSSP, the times in Kerberos, NTLM and HTTP answers against the clock of the recorder, and the beginning of certificates.',
  confirms:
    'Kerberos error 37 (or 33, 11) that no ticket overcame, SEC_E_TIME_SKEW or STATUS_TIME_DIFFERENCE_AT_DC. Likely: one clock is off by more than 5 min while another one agrees with the recorder. Possible: nothing to compare with, as the recorder may be wrong itself.',
  rulesOut: 'Clocks within 5 min of one another, or an attempt that came past the logon.',
  cannotSee: 'Clocks inside TLS without keys, and that of the client unless Kerberos repeats it. w32tm tells.',
  settledBy: [onDomainController, onClient, withFreerdpKeys],
  remedy: [
    'w32tm /query /status and w32tm /resync on client, server and domain controller; in virtual machines let either the host or the domain set the clock, not both.',
    'Kerberos allows 5 min (policy "Maximum tolerance for computer clock synchronization"): mend the clock, do not widen it.',
  ],
  ask: ['directory', 'server'],
  filter: 'kerberos.error_code == 37 || kerberos.stime || ntlmssp.challenge.target_info.timestamp || http.date',

  assess(attempt): Verdict {
    if (attempt.outcome === 'established') return WORKED
    // Whoever asked: it is the clock of the client's computer.
    const said = kerberosRefusalsOf(attempt).find(one => one.matter === 'clock')
    if (said !== undefined) return byKerberos(attempt, said)
    const refusal = credSspRefusalOf(attempt)
    if (refusal?.kind === 'clock') {
      const code = logonCodeWords(refusal.error.fact.errorCode)
      return confirmed(`The server refused the logon because clocks differ: ${code}.`, [
        refusal.error,
        `The server answers with ${code}.`,
      ])
    }
    if (isPastLogon(attempt)) return WORKED
    const seen = byClocks(attempt)
    if (seen !== null) return resting(['time'], seen)
    return byCertificate(attempt) ?? (clocksOf(attempt).length > 0 ? AGREE : NO_CLOCK)
  },
})

function byKerberos(attempt: Attempt, { event, belongs }: KerberosRefusal): Verdict {
  const { code, serverTimeMs, clientTimeMs } = event.fact
  const words = codeWords(kerberosErrors, code)
  const clocks: string[] = []
  if (serverTimeMs > 0) clocks.push(`the domain controller's clock reads ${moment(Math.floor(serverTimeMs / 1000))}`)
  if (clientTimeMs > 0) clocks.push(`the client's ${moment(Math.floor(clientTimeMs / 1000))}`)
  else if (clocks.length > 0) clocks.push(`the recorder's ${moment(secondsOf(attempt, event))}`)
  const shown = clocks.length === 0 ? '' : ` (${clocks.join(', ')})`
  const says = `Kerberos refused because of the time: ${words}${shown}.`
  const evidence: Evidence = [event, `Kerberos error ${code}${shown}.`]
  return belongs === 'unknown' || belongs === 'other' ? likely(says, SETTLE_WHOSE, evidence) : confirmed(says, evidence)
}

/** The recorder may be wrong itself: only a second witness tells whose clock it is. */
function byClocks(attempt: Attempt): Verdict | null {
  const clocks = clocksOf(attempt)
  const off = clocks.find(isOff)
  if (off === undefined) return null
  const witness = clocks.find(one => one.host !== off.host && !isOff(one))
  const evidence: Evidence[] = [clockEvidence(off)]
  const apart = `The clock of ${off.of} is ${offWords(off)}`
  if (witness !== undefined) {
    evidence.push(clockEvidence(witness))
    const says = `${apart} the recorder's, with which that of ${witness.of} agrees: Kerberos allows 5 min.`
    return noteUnlessFailed(attempt, likely(says, SETTLE_WHOSE, ...evidence))
  }
  const other = clocks.find(one => one.host !== off.host)
  if (other !== undefined) evidence.push(clockEvidence(other))
  const says = `${apart} the recorder's; which of the two is wrong this capture does not show.`
  return at('info', possible(says, SETTLE_WHOSE, ...evidence))
}

function byCertificate(attempt: Attempt): Verdict | null {
  const exit = certificateExitOf(attempt)
  const leaf = exit?.certificate?.fact.chain[0]
  if (exit?.certificate == null || leaf === undefined || !exit.faults.includes('not-yet-valid')) return null
  if (clocksOf(attempt).some(one => !isOff(one))) return null
  const ahead = leaf.notBefore - secondsOf(attempt, exit.certificate)
  return at(
    'info',
    possible(
      `The server's certificate begins ${age(ahead)} after the capture: it was issued so, or the clock of its issuer, of the client or of the recorder is off.`,
      SETTLE_WHOSE,
      [exit.certificate, `The certificate is valid only from ${moment(leaf.notBefore)}.`],
    ),
  )
}

function clockEvidence(clock: Clock): Evidence {
  return [
    clock,
    `The clock of ${clock.of} is ${isOff(clock) ? `${offWords(clock)} the recorder's` : 'that of the recorder, within 5 min'}.`,
  ]
}

/** `2 hours ahead of`, `12 minutes behind`. */
function offWords({ aheadSeconds }: Clock): string {
  const minutes = Math.round(Math.abs(aheadSeconds) / 60)
  return `${age(minutes * 60)} ${aheadSeconds > 0 ? 'ahead of' : 'behind'}`
}
