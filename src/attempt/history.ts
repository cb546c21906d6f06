/** What the attempts of a capture say about each server: bounded, and read when an attempt is judged. */

import type { Endpoint } from '../flow/conversation.ts'
import { MAX_HISTORY_VALUES, MAX_SERVER_HISTORIES } from '../wire/limits.ts'
import type { Outcome, SeenCertificate, ServerHistory } from './attempt.ts'
import { idleBefore } from './idle.ts'
import type { Examined } from './outcome.ts'
import { innermostTls, type TlsSighting } from './sightings.ts'

/** What is known of one server; it grows as attempts are added. */
export interface ServerRecord {
  attempts: number
  established: number
  readonly versions: number[]
  readonly suites: number[]
  readonly idleCloses: number[]
  readonly certificates: SeenCertificate[]
}

export class Histories {
  private readonly servers = new Map<string, ServerRecord>()
  /** Servers that found no room. */
  forgotten = 0

  /** Adds an attempt; null when there is no room for its server. */
  add(server: Endpoint, outcome: Outcome, examined: readonly Examined[]): ServerRecord | null {
    const key = `${server.address} ${server.port}`
    let record = this.servers.get(key)
    if (record === undefined) {
      if (this.servers.size >= MAX_SERVER_HISTORIES) {
        this.forgotten++
        return null
      }
      record = { attempts: 0, established: 0, versions: [], suites: [], idleCloses: [], certificates: [] }
      this.servers.set(key, record)
    }
    record.attempts++
    if (outcome === 'established') record.established++
    for (const { seen, closing } of examined) {
      const idle = idleBefore(seen.conversation, closing)
      if (idle !== null && closing.side === 'server' && record.idleCloses.length < MAX_HISTORY_VALUES) {
        record.idleCloses.push(idle.silentNs / NS_PER_SECOND)
      }
      noteCertificate(record.certificates, seen.outer ?? seen.inner)
      const hello = innermostTls(seen)?.serverHello?.fact
      if (hello === undefined) continue
      note(record.versions, hello.version)
      note(record.suites, hello.suite)
    }
    return record
  }
}

/** What the other attempts say; versions and suites may include those of this one. */
export function historyBeside(record: ServerRecord | null, outcome: Outcome): ServerHistory {
  if (record === null) return NO_HISTORY
  const established = record.established - (outcome === 'established' ? 1 : 0)
  const { versions, suites, idleCloses, certificates } = record
  return { attempts: record.attempts - 1, established, versions, suites, idleCloses, certificates }
}

const NS_PER_SECOND = 1e9
export const NO_HISTORY: ServerHistory = {
  attempts: 0,
  established: 0,
  versions: [],
  suites: [],
  idleCloses: [],
  certificates: [],
}

function note(values: number[], value: number): void {
  if (values.length < MAX_HISTORY_VALUES && !values.includes(value)) values.push(value)
}

/** Of the server that was dialled: of TLS in TLS that is the outer one. */
function noteCertificate(certificates: SeenCertificate[], tls: TlsSighting | null): void {
  const event = tls?.certificate ?? null
  const leaf = event?.fact.chain[0]
  if (event === null || leaf === undefined || certificates.length >= MAX_HISTORY_VALUES) return
  const name = tls?.clientHello?.fact.serverName ?? ''
  const { subject, issuer, serial, keyAlgorithm, selfIssued } = leaf
  if (certificates.some(one => one.name === name && one.issuer === issuer && one.serial === serial)) return
  const { packet, timeNs } = event
  certificates.push({ name, subject, issuer, serial, keyAlgorithm, selfIssued, packet, timeNs })
}
