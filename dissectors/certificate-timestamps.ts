/** That logs have seen a certificate: in an extension of TLS, or in the certificate itself. RFC 6962 sections 3.2 and 3.3. */
import type { Pdu } from '../src/wire/pdu.ts'
import type { HandshakeFields } from './tls-fields.ts'

export function readTimestamps(pdu: Pdu, f: HandshakeFields): void {
  pdu.sized(f.stamps, pdu.u16be(f.stampsLength), f.stampsLength)
  while (pdu.left > 0) {
    pdu.sized(f.stamp, pdu.u16be(f.stampLength), f.stampLength)
    if (pdu.u8(f.stampVersion) === 0) readTimestamp(pdu, f)
    pdu.end()
  }
  pdu.end()
}

function readTimestamp(pdu: Pdu, f: HandshakeFields): void {
  pdu.mark(f.stampLog, 32)
  pdu.value(f.stampTime, 8, peek64(pdu) * 1_000_000n)
  const extensions = pdu.u16be(f.stampExtensionsLength)
  if (extensions > 0) pdu.mark(f.stampExtensions, extensions)
  pdu.u16be(f.scheme)
  pdu.bits(f.schemeHash, f.schemeSignature)
  pdu.mark(f.stampSignature, pdu.u16be(f.stampSignatureLength))
}

function peek64(pdu: Pdu): bigint {
  let value = 0n
  for (let n = 0; n < 8; n++) value = value * 256n + BigInt(Math.max(0, pdu.peek(n)))
  return value
}
