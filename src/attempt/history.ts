/** What the attempts of a capture say about each server: bounded, and read when an attempt is judged. */

import type { Endpoint } from '../flow/conversation.ts'
import { MAX_HISTORY_VALUES, MAX_SERVER_HISTORIES } from '../wire/limits.ts'
import type { Outcome, ServerHistory } from './attempt.ts'
import type { Examined } from './outcome.ts'
import { innermostTls } from './sightings.ts'

/** What is known of one server; it grows as attempts are added. */
export interface ServerRecord {
  attempts: number
  established: number
  readonly versions: number[]
  readonly suites: number[]
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
      record = { attempts: 0, established: 0, versions: [], suites: [] }
      this.servers.set(key, record)
    }
    record.attempts++
    if (outcome === 'established') record.established++
    for (const { seen } of examined) {
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
  if (record === null) return NOTHING
  const established = record.established - (outcome === 'established' ? 1 : 0)
  return { attempts: record.attempts - 1, established, versions: record.versions, suites: record.suites }
}

const NOTHING: ServerHistory = { attempts: 0, established: 0, versions: [], suites: [] }

function note(values: number[], value: number): void {
  if (values.length < MAX_HISTORY_VALUES && !values.includes(value)) values.push(value)
}
