/** Cause 26: the licence is refused, in the licensing phase itself or by the reason that the server gives at the end. */
import { CLIENT } from '../../src/wire/dissector.ts'
import { type Direct, type DirectOptions, direct } from './language/attempts.ts'
import { licenseError, setErrorInfo, TLS, ULTIMATUM } from './language/rdp.ts'
import { encrypted, HEALTHY, scenario } from './language/scenario.ts'
import type { Wire } from './language/wire.ts'

/** As far as the licensing phase. */
function untilLicensing(wire: Wire, options: DirectOptions = {}): Direct {
  const attempt = direct(wire, options)
  attempt.rdp.negotiates().secures().logsOn().joins().introduces()
  return attempt
}

export const noLicenseServer = scenario({
  name: 'licence: the server finds no licence server (error alert 6, total abort)',
  story: wire => {
    const { tcp, rdp } = untilLicensing(wire)
    rdp.asksForLicense()
    rdp.server.says(licenseError(6), ULTIMATUM)
    tcp.resets(CLIENT)
  },
  withKeys: { outcome: 'failed', finds: { 'license-refused': 'confirmed' } },
  withoutKeys: encrypted('license-refused'),
})

export const graceIsOver = scenario({
  // By its sizes the end is that of any reason which the server gives before the session is active.
  name: 'licence: grace period over, told by Set Error Info 0x101 (no licence)',
  story: wire => {
    const { tcp, rdp } = untilLicensing(wire, { security: TLS })
    rdp.server.says(setErrorInfo(0x101), ULTIMATUM)
    tcp.resets(CLIENT)
  },
  withKeys: { outcome: 'failed', finds: { 'license-refused': 'confirmed' } },
  withoutKeys: encrypted('license-refused', 'server-denied'),
})

export const validClient = scenario({
  name: 'licence: the same session with a licence: error alert 7 means that all is well',
  story: wire => {
    const { tcp, rdp } = untilLicensing(wire)
    rdp.licenses().activates().works().isEndedByServer()
    tcp.resets(CLIENT)
  },
  withKeys: HEALTHY,
})
