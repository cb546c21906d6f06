/** The list of rules, cause before consequence: the diagnosis breaks ties in this order. Adding a rule adds its line here. */
import { connectProhibited } from './connect-prohibited.ts'
import { connectionStateLost } from './connection-state-lost.ts'
import { dnsLookupFailed } from './dns-lookup-failed.ts'
import { hostUnreachable } from './host-unreachable.ts'
import { ipFragmentation } from './ip-fragmentation.ts'
import { ipFragmentsLost } from './ip-fragments-lost.ts'
import { middleboxReset } from './middlebox-reset.ts'
import { packetLoss } from './packet-loss.ts'
import { pathMtuBlackHole } from './path-mtu-black-hole.ts'
import type { Rule } from './rule.ts'
import { slowPath } from './slow-path.ts'
import { tcpConnectRefused } from './tcp-connect-refused.ts'
import { tcpConnectUnanswered } from './tcp-connect-unanswered.ts'

export const rules: readonly Rule[] = [
  dnsLookupFailed,
  connectProhibited,
  hostUnreachable,
  tcpConnectRefused,
  tcpConnectUnanswered,
  ipFragmentsLost,
  pathMtuBlackHole,
  middleboxReset,
  connectionStateLost,
  packetLoss,
  ipFragmentation,
  slowPath,
]
