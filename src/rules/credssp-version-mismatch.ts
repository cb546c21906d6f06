/** Versions of CredSSP that do not go together (encryption oracle remediation). Cause 7; MS-CSSP 2.2.1, 3.1.5 and its note 11. */
import { logonCodeWords } from './code-words.ts'
import { credSspRefusalOf } from './credssp-refusal.ts'
import { type Logon, logonOf } from './logon.ts'
import { pictureOf } from './picture.ts'
import { withFreerdpKeys, withServerKey } from './recordings.ts'
import { confirmed, type Evidence, likely, notVisible, resting, rule, ruledOut, type Verdict } from './rule.ts'
import { usesNla } from './sealed-exchange.ts'

const NO_NLA = resting(['absence'], ruledOut('No logon by CredSSP (NLA) took place.'))
const WORKED = ruledOut('The session was established: the versions go together.')
const FITS = ruledOut('Client and server speak versions of CredSSP that go together.')
const UNREAD = notVisible(
  'The versions of CredSSP are encrypted.',
  'Capture with TLS keys (FreeRDP /tls-secrets-file); or compare the patch levels: both sides need the updates of May 2018 or later.',
)
const TO_SETTLE =
  'The dialog of the client: mstsc speaks of "CredSSP encryption oracle remediation" there. A client that leaves for another reason at this moment looks the same.'

export const credSspVersionMismatch = rule({
  id: 'credssp-version-mismatch',
  severity: 'error',
  title: 'Client and server speak versions of CredSSP that do not go together',
  short: 'CredSSP versions differ',
  causes: [7],
  looksAt: 'The version in the messages of CredSSP of both sides, the error code of the server, and who left.',
  confirms:
    'An error code for an unsupported function where one side speaks version 2 to 4 and the other one 5 or 6. Likely: the client leaves right behind the first message of a server of version 2 to 4.',
  rulesOut: 'Versions that go together, a logon that works, or none by CredSSP.',
  cannotSee:
    'The versions inside TLS without keys. The dialog of mstsc names the remediation, the update history the patch level.',
  settledBy: [withFreerdpKeys, withServerKey],
  remedy: [
    'Update the side with the older version: CVE-2018-0886, any cumulative update since May 2018.',
    'Until then, on the updated side: policy "Encryption Oracle Remediation" = Vulnerable (AllowEncryptionOracle=2 under HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System\\CredSSP\\Parameters); take it back afterwards.',
  ],
  ask: ['server', 'client'],
  filter: 'credssp.version || credssp.errorCode',

  assess(attempt): Verdict {
    const logon = logonOf(attempt)
    if (!logon.isRead && !usesNla(pictureOf(attempt))) return NO_NLA
    if (attempt.outcome === 'established') return WORKED
    if (!logon.isRead) return UNREAD
    const refusal = credSspRefusalOf(attempt)
    if (refusal?.kind !== 'version') return logon.serverVersion === 0 ? UNREAD : FITS
    const evidence = versionsAsEvidence(logon)
    const gap = `the client speaks version ${logon.clientVersion} of CredSSP and the server version ${logon.serverVersion}`
    if (refusal.error !== null) {
      const code = logonCodeWords(refusal.error.fact.errorCode)
      return confirmed(`The server refused the logon because the versions do not go together: ${gap}.`, ...evidence, [
        refusal.error,
        `The server answers with ${code}.`,
      ])
    }
    if (refusal.left !== null) evidence.push([refusal.left, 'The client leaves without another message.'])
    return resting(
      ['absence'],
      likely(
        `The client left right behind the first message of the server: ${gap}, which an updated client refuses.`,
        TO_SETTLE,
        ...evidence,
      ),
    )
  },
})

function versionsAsEvidence({ lastFromClient, firstFromServer, clientVersion, serverVersion }: Logon): Evidence[] {
  const evidence: Evidence[] = []
  if (lastFromClient !== null) evidence.push([lastFromClient, `The client speaks version ${clientVersion}.`])
  if (firstFromServer !== null) evidence.push([firstFromServer, `The server speaks version ${serverVersion}.`])
  return evidence
}
