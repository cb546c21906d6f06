/** What the rules about gateways say where they have nothing to look at. */
import { notVisible, ruledOut } from './rule.ts'

export const NOT_A_GATEWAY = ruledOut('The attempt does not go through an RD Gateway that this capture shows.')
export const ENCRYPTED_GATEWAY = notVisible(
  'What was said to the gateway is inside TLS.',
  'Capture on the hop behind the reverse proxy, or export the TLS keys (SSLKEYLOGFILE, FreeRDP /tls:secrets-file) and capture again.',
)
