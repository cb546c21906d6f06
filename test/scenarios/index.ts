/** All stories. */
import * as bruteForce from './brute-force.ts'
import * as duplicateAddress from './duplicate-address.ts'
import type { Scenario } from './language/scenario.ts'
import * as licenseRefused from './license-refused.ts'

export const scenarios: readonly Scenario[] = [licenseRefused, duplicateAddress, bruteForce].flatMap(file =>
  Object.values(file),
)
