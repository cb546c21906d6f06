/** All stories. */
import * as beforeConnecting from './before-connecting.ts'
import * as bruteForce from './brute-force.ts'
import * as certificates from './certificates.ts'
import * as clockSkew from './clock-skew.ts'
import * as crowd from './crowd.ts'
import * as duplicateAddress from './duplicate-address.ts'
import * as elsewhere from './elsewhere.ts'
import * as gateway from './gateway.ts'
import type { Scenario } from './language/scenario.ts'
import * as licenseRefused from './license-refused.ts'
import * as logon from './logon.ts'
import * as partial from './partial.ts'
import * as path from './path.ts'
import * as proxy from './proxy.ts'
import * as serverDenied from './server-denied.ts'
import * as udp from './udp.ts'

const files = [
  beforeConnecting,
  licenseRefused,
  serverDenied,
  logon,
  certificates,
  clockSkew,
  path,
  duplicateAddress,
  elsewhere,
  bruteForce,
  crowd,
  gateway,
  proxy,
  udp,
  partial,
]

export const scenarios: readonly Scenario[] = files.flatMap(file => Object.values(file).flat())
