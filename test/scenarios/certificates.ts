/** Causes 1, 2 and 4: a client that does not take the server's certificate, and a server that has none. */
import { CLIENT } from '../../src/wire/dissector.ts'
import { direct } from './language/attempts.ts'
import { negotiationFailure } from './language/rdp.ts'
import { scenario } from './language/scenario.ts'
import { certificateFor } from './language/tls.ts'
import type { Wire } from './language/wire.ts'

const NAME = 'rdsh01.corp.example'
/** RFC 8446 6.2. */
const CERTIFICATE_UNKNOWN = 46
/** SSL_CERT_NOT_ON_SERVER: MS-RDPBCGR 2.2.1.2.2. */
const NO_CERTIFICATE = 3

function issued(wire: Wire): Uint8Array {
  return certificateFor(NAME, wire, { issuer: 'CORP Issuing CA 2' })
}

export const refusedByAlert = scenario({
  name: 'certificate: nothing is wrong with it, and the client refuses it by alert 46',
  story: wire => {
    const { tcp, rdp } = direct(wire, { certificate: issued(wire) })
    rdp.negotiates()
    wire.pause(2)
    rdp.tls.asks()
    rdp.tls.answers().alerts(CLIENT, CERTIFICATE_UNKNOWN)
    tcp.resets(CLIENT)
  },
  withKeys: {
    outcome: 'failed',
    finds: { 'tls-certificate-rejected': 'confirmed' },
    first: 'tls-certificate-rejected',
  },
})

export const leftBehindHiddenOne = scenario({
  name: 'certificate: TLS 1.3 hides it, and the client leaves at once behind it',
  story: wire => {
    const { tcp, rdp } = direct(wire, { certificate: issued(wire), version: 'TLSv1.3' })
    rdp.negotiates()
    wire.pause(2)
    rdp.tls.asks()
    rdp.tls.answers()
    tcp.resets(CLIENT)
  },
  withKeys: {
    outcome: 'failed',
    finds: { 'tls-certificate-rejected': 'likely' },
    first: 'tls-certificate-rejected',
  },
})

export const noneOnServer = scenario({
  name: 'certificate: the server has none, and says so (negotiation failure 3)',
  story: wire => {
    const { tcp, rdp } = direct(wire)
    rdp.requests()
    tcp.server.says(negotiationFailure(NO_CERTIFICATE))
    tcp.resets(CLIENT)
  },
  withKeys: {
    outcome: 'failed',
    finds: { 'server-certificate-unusable': 'confirmed' },
    first: 'server-certificate-unusable',
  },
})
