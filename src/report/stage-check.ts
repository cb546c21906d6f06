/**
 * Whether the wire can have led to what the client showed. A code belongs to a step of the connection: where the packets show
 * that this step was never reached, or long passed, code and capture contradict each other.
 */
import type { AttemptAnalysis } from '../analysis.ts'
import type { MilestoneId } from '../attempt/attempt.ts'
import type { CodeFamily } from '../codes/code-family.ts'
import { isClaim } from '../policy/threshold.ts'
import { closingText } from './words.ts'

export type Agreement = 'agrees' | 'contradicts' | 'open'

export interface StageCheck {
  readonly agreement: Agreement
  readonly says: string
}

type Check = (seen: Seen) => StageCheck | null

export function checkStage(family: CodeFamily, attempt: AttemptAnalysis): StageCheck {
  const seen = new Seen(attempt)
  for (const check of CHECKS[family]) {
    const found = check(seen)
    if (found !== null) return found
  }
  return open('This capture does not show the step at which such a code arises.')
}

/** An attempt as the checks ask for it. */
class Seen {
  readonly attempt: AttemptAnalysis

  constructor(attempt: AttemptAnalysis) {
    this.attempt = attempt
  }

  reached(...ids: readonly MilestoneId[]): string | null {
    return this.#step('reached', ids)
  }

  failed(...ids: readonly MilestoneId[]): string | null {
    return this.#step('failed', ids)
  }

  /** What a rule claims, with its packet; null when none of these does. */
  claim(...rules: readonly string[]): string | null {
    const found = this.attempt.verdicts.find(
      verdict => rules.some(id => verdict.rule.startsWith(id)) && isClaim(verdict),
    )
    return found === undefined ? null : found.says
  }

  get closed(): string {
    return closingText(this.attempt)
  }

  /** ` (packet 5)` of the last such step; '' where no packet shows it. */
  #step(state: string, ids: readonly MilestoneId[]): string | null {
    const found = this.attempt.milestones.findLast(one => one.state === state && ids.includes(one.id))
    if (found === undefined) return null
    return found.packet === 0 ? '' : ` (packet ${found.packet})`
  }
}

const agrees = (says: string): StageCheck => ({ agreement: 'agrees', says })
const contradicts = (says: string): StageCheck => ({ agreement: 'contradicts', says })
const open = (says: string): StageCheck => ({ agreement: 'open', says })

const LATER: readonly MilestoneId[] = ['nla', 'mcs', 'licence', 'active']

/** Nothing came of the connection itself: codes of later steps can not be of this attempt. */
const noConnection: Check = seen => {
  const refused = seen.failed('tcp')
  if (refused !== null && seen.reached('tcp') === null) {
    return contradicts(
      `No TCP connection was made${refused}: whoever shows this code had one. That end has codes of its own: 0x204 and 0x108.`,
    )
  }
  const unknown = seen.failed('dns')
  if (unknown !== null && seen.reached('tcp') === null) {
    return contradicts(
      `The name was not resolved${unknown}, and no connection followed: that end has codes of its own: 0x104, 0x208, 0x508 and 0x604.`,
    )
  }
  return null
}

/** It ended before TLS was up. */
const beforeTls: Check = seen => {
  const failed = seen.failed('proxy', 'x224')
  return failed === null
    ? null
    : contradicts(`The connection ended before TLS${failed}: no later step can have failed.`)
}

const duringTls: Check = seen => {
  const failed = seen.failed('tls', 'security')
  return failed === null ? null : contradicts(`TLS was not set up${failed}: no later step can have failed.`)
}

function claimed(...rules: readonly string[]): Check {
  return seen => {
    const says = seen.claim(...rules)
    return says === null ? null : agrees(says)
  }
}

/** A step was passed that lies behind the one of the code: what, and what that means. */
function passed(steps: readonly MilestoneId[], what: string, means: string): Check {
  return seen => {
    const packet = seen.reached(...steps)
    return packet === null ? null : contradicts(`${what}${packet}: ${means}.`)
  }
}

const ownMessage: Check = seen => {
  const says = seen.claim('nla-required')
  return says === null ? null : contradicts(`${says} mstsc has a message of its own for that (0xB09).`)
}

const ownCertificateCode: Check = seen => {
  const says = seen.claim('tls-certificate-')
  if (says === null || seen.attempt.closing.side !== 'client') return null
  return contradicts(`${says} A client that refuses a certificate shows that: 0x1B07, or a text of its own.`)
}

const wasCut: Check = seen => {
  const made = seen.reached('tcp')
  if (made === null) return null
  const { closing, outcome } = seen.attempt
  if (closing.how === 'end-of-capture') {
    return open(`The TCP connection was made${made}, and the capture ends before it does.`)
  }
  if (closing.side === 'nobody') {
    return open(
      `The TCP connection was made${made}, and then fell silent: a client whose own resends run out shows such a code as well.`,
    )
  }
  if (closing.side === 'client') {
    return outcome === 'established'
      ? contradicts(`The session was active, and the client ended it itself: ${seen.closed}.`)
      : open(
          `The TCP connection was made${made}, and the client ended it: ${seen.closed}. mstsc ends every connection with a reset of its own: see what stands before it.`,
        )
  }
  return agrees(`The TCP connection was made${made} and ended while the client still wanted it: ${seen.closed}.`)
}

const throughGateway: Check = seen => {
  const { transport } = seen.attempt
  if (transport === 'direct') return contradicts('This attempt goes to the host itself, not through a gateway.')
  return null
}

const endedInOrder: Check = seen =>
  seen.attempt.outcome === 'established'
    ? agrees(`The session was active, and ended: ${seen.closed}.`)
    : contradicts('The number stands for an orderly end, and this attempt never became an active session.')

const CHECKS: Record<CodeFamily, readonly Check[]> = {
  lookup: [
    passed(['tcp'], 'The TCP connection was made', 'the client had an address'),
    seen => {
      const tried = seen.failed('tcp')
      return tried === null ? null : contradicts(`The client had an address: it asked for a connection${tried}.`)
    },
    claimed('dns-lookup-failed'),
    seen => (seen.failed('dns') === null ? null : agrees(`The name was not resolved${seen.failed('dns')}.`)),
  ],
  connect: [
    passed(['tcp'], 'The TCP handshake was completed', 'whoever shows this code never had a connection'),
    claimed('tcp-connect-', 'host-unreachable', 'connect-prohibited'),
    seen => (seen.failed('tcp') === null ? null : agrees(`No TCP connection was made${seen.failed('tcp')}.`)),
    noConnection,
  ],
  cut: [noConnection, ownMessage, ownCertificateCode, wasCut],
  negotiation: [
    noConnection,
    claimed('security-negotiation-failed', 'nla-required'),
    passed(['security', ...LATER], 'The two sides went on', 'they had agreed on a security protocol'),
  ],
  'nla-required': [
    noConnection,
    claimed('nla-required'),
    passed(['x224'], 'The server confirmed the negotiation', 'it accepted what the client offered'),
  ],
  tls: [noConnection, beforeTls, claimed('tls-'), passed(['tls', 'security'], 'TLS was set up', 'it did not fail')],
  certificate: [
    noConnection,
    claimed('tls-certificate-'),
    beforeTls,
    passed(LATER, 'The client went on', 'it had accepted the certificate of the server'),
    seen => {
      const failed = seen.failed('tls', 'security')
      return failed === null ? null : open(`TLS was not set up${failed}; a certificate is not seen to be the reason.`)
    },
  ],
  logon: [
    noConnection,
    claimed('nla-logon-failed', 'nla-ntlm-refused', 'credssp-', 'clock-skew', 'gateway-auth-'),
    beforeTls,
    duringTls,
    passed(['active'], 'The session became active', 'the user was logged on'),
  ],
  licence: [
    noConnection,
    claimed('license-refused'),
    beforeTls,
    duringTls,
    passed(['active'], 'The session became active', 'licensing was passed'),
  ],
  gateway: [
    claimed('gateway-', 'proxy-connect-refused', 'tls-certificate-'),
    throughGateway,
    passed(['active'], 'The session became active', 'the gateway let the client through'),
  ],
  orderly: [endedInOrder],
  unknown: [() => open('No table says at which step this code arises.')],
}
