/** By what findings are the same: in one capture, and in another recording. */
import type { VerdictAnalysis } from '../analysis.ts'

/** Findings with the same key stand in one line of the diagnosis. @param outcome of the attempt */
export function lineKey(
  { rule, verdict, severity }: Pick<VerdictAnalysis, 'rule' | 'verdict' | 'severity'>,
  outcome: string,
): string {
  return `${rule} ${verdict} ${severity} ${outcome}`
}

/** What it takes: a report of an earlier run holds as much. */
export interface Fingerprinted {
  readonly client: { readonly address: string }
  readonly server: { readonly address: string; readonly port: number }
  /** '' when unknown. */
  readonly serverName: string
  readonly milestones: readonly { readonly id: string; readonly state: string }[]
}

/**
 * What stays the same when the fault is recorded once more, or the packets are numbered anew: the rule, both ends without
 * the port that the client happened to take, and the last step that was reached.
 */
export function fingerprint(rule: string, { client, server, serverName, milestones }: Fingerprinted): string {
  const host = server.address.includes(':') ? `[${server.address}]` : server.address
  const end = server.port === 0 ? server.address : `${host}:${server.port}`
  const parts = [rule, client.address, end, serverName, furthestStep(milestones) ?? '']
  return parts.map(part => part.replace(/[%|]/g, sign => (sign === '%' ? '%25' : '%7C'))).join('|')
}

/** The last step that was reached; null where none was. */
function furthestStep(milestones: Fingerprinted['milestones']): string | null {
  return milestones.findLast(({ state, id }) => state === 'reached' && id !== 'udp')?.id ?? null
}
