/**
 * The user's own code against the wire: what it means by the vendor's table, whether the packets agree with it, and what
 * each cause that is blamed for it comes to in this capture.
 */
import type { AttemptAnalysis, CaptureAnalysis } from '../analysis.ts'
import { clientTableOf, familyOfCode } from '../codes/code-family.ts'
import { readDisconnect } from '../codes/disconnect-reading.ts'
import { errorInfo } from '../codes/errinfo.ts'
import { extendedDisconnectReasons } from '../codes/extended-disconnect-reasons.ts'
import { meaningOf, symbolOf, written } from '../codes/table.ts'
import { type AllegedCause, allegedCauses } from './alleged-causes.ts'
import { type Agreement, checkStage, type StageCheck } from './stage-check.ts'

/** As the dialog shows it: "error code 0x904, extended error code 0x7". */
export interface ReportedCode {
  readonly error: number
  readonly extended: number | null
}

export interface CodeAgainstWire {
  readonly error: string
  readonly extended: string | null
  /** What the codes mean, by the vendor's tables. */
  readonly means: readonly string[]
  /** The attempt that it is held against: one that agrees where there is one. Null when the capture holds none. */
  readonly attempt: number | null
  readonly agreement: Agreement
  readonly says: string
  /** The same of the extended code; null without one. */
  readonly extendedCheck: StageCheck | null
  /** The strongest verdict first. */
  readonly causes: readonly AllegedCause[]
}

const NO_ATTEMPT: StageCheck = {
  agreement: 'open',
  says: 'This capture holds no attempt to connect. If it was recorded during one, nothing left this machine: the fault is local, or the name was not resolved.',
}

export function againstWire(code: ReportedCode, analysis: CaptureAnalysis): CodeAgainstWire {
  const { error, extended } = code
  const chosen = fitting(code, analysis)
  const { agreement, says } = chosen === null ? NO_ATTEMPT : checkStage(familyOfCode(error), chosen)
  return {
    error: hexadecimal(error),
    extended: extended === null ? null : hexadecimal(extended),
    means: meanings(code),
    attempt: chosen?.id ?? null,
    agreement,
    says,
    extendedCheck: extended === null || chosen === null ? null : checkExtended(extended, chosen),
    causes: chosen === null ? [] : allegedCauses(chosen),
  }
}

/** One that failed as the code says; else the one that the diagnosis begins with; else the first. */
function fitting({ error }: ReportedCode, { attempts, diagnosis }: CaptureAnalysis): AttemptAnalysis | null {
  const family = familyOfCode(error)
  const failed = attempts.filter(({ outcome }) => outcome === 'failed')
  const candidates = failed.length > 0 ? failed : attempts
  const agreeing = candidates.find(attempt => checkStage(family, attempt).agreement === 'agrees')
  const diagnosed = candidates.find(({ id }) => diagnosis[0]?.attempts.includes(id))
  return agreeing ?? diagnosed ?? candidates[0] ?? null
}

function meanings({ error, extended }: ReportedCode): string[] {
  const reading = readDisconnect(error, extended)
  if (reading !== null) return [...reading.is]
  const table = clientTableOf(error)
  const first =
    table === null
      ? `${hexadecimal(error)} stands in no table of client codes.`
      : `${written(table, error)} means: ${meaningOf(table, error)} (${table.source}).`
  if (extended === null) return [first]
  const meaning = meaningOf(extendedDisconnectReasons, extended)
  const second = meaning === '' ? 'is in no table of extended codes' : `means: ${meaning}`
  return [first, `Extended ${hexadecimal(extended)} ${second}.`]
}

/** An extended code is the server's word only where a Set Error Info PDU holds it: behind MCS, inside TLS. */
function checkExtended(extended: number, attempt: AttemptAnalysis): StageCheck {
  const code = hexadecimal(extended)
  if (extended === 0) return { agreement: 'open', says: 'Extended 0x0 adds nothing that packets could show.' }
  const said = attempt.errorInfo
  if (said !== null) {
    const name = `${symbolOf(errorInfo, said.code)} (${hexadecimal(said.code)})`
    return said.code === extended
      ? { agreement: 'agrees', says: `The server said so itself: ${name}, packet ${said.packet}.` }
      : { agreement: 'contradicts', says: `The server said ${name} in packet ${said.packet}, not ${code}.` }
  }
  const failed = attempt.milestones.find(
    ({ id, state }) => state === 'failed' && id !== 'udp' && id !== 'licence' && id !== 'active',
  )
  const mcs = attempt.milestones.find(({ id, state }) => id === 'mcs' && state === 'reached')
  if (mcs !== undefined && mcs.inferred !== true && mcs.packet > 0) {
    return {
      agreement: 'contradicts',
      says: `${code} is the client's label: the session can be read from packet ${mcs.packet} on, and no error of the server is in it.`,
    }
  }
  const hidden = attempt.milestones.some(({ id, state }) => state === 'not-visible' && id !== 'udp')
  if (failed !== undefined && !hidden) {
    const where = failed.packet === 0 ? '' : ` (packet ${failed.packet})`
    return {
      agreement: 'contradicts',
      says: `${code} is the client's label: this capture shows no error of the server, and none can have been sent. It takes a Set Error Info PDU behind MCS, and the connection ended before that${where}.`,
    }
  }
  return {
    agreement: 'open',
    says: `${code} is the client's label: this capture shows no error of the server. A Set Error Info PDU would be inside TLS: keys would show it.`,
  }
}

function hexadecimal(value: number): string {
  return `0x${value.toString(16).toUpperCase()}`
}
