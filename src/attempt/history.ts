/** What the attempts of a capture say about each server: bounded, and read when an attempt is judged. */
import { MAX_HISTORY_VALUES, MAX_SERVER_HISTORIES } from '../wire/limits.ts'
import type { Outcome, ServerHistory } from './attempt.ts'
import type { Examined } from './outcome.ts'
import { innermostTls } from './sightings.ts'

interface ServerRecord {
  attempts: number
  established: number
  readonly versions: number[]
  readonly suites: number[]
}

export class Histories {
  private readonly servers = new Map<string, ServerRecord>()
  /** Servers that found no room. */
  forgotten = 0

  /** Adds an attempt; its own part is taken out again when it asks. */
  add(server: string, outcome: Outcome, examined: readonly Examined[]): void {
    let record = this.servers.get(server)
    if (record === undefined) {
      if (this.servers.size >= MAX_SERVER_HISTORIES) {
        this.forgotten++
        return
      }
      record = { attempts: 0, established: 0, versions: [], suites: [] }
      this.servers.set(server, record)
    }
    record.attempts++
    if (outcome === 'established') record.established++
    for (const { seen } of examined) {
      const hello = innermostTls(seen)?.serverHello?.fact
      if (hello === undefined) continue
      note(record.versions, hello.version)
      note(record.suites, hello.suite)
    }
  }

  /** What the other attempts say; versions and suites may include those of this one. */
  beside(server: string, outcome: Outcome): ServerHistory {
    const record = this.servers.get(server)
    if (record === undefined) return NOTHING
    return {
      attempts: record.attempts - 1,
      established: record.established - (outcome === 'established' ? 1 : 0),
      versions: record.versions,
      suites: record.suites,
    }
  }
}

const NOTHING: ServerHistory = { attempts: 0, established: 0, versions: [], suites: [] }

function note(values: number[], value: number): void {
  if (values.length < MAX_HISTORY_VALUES && !values.includes(value)) values.push(value)
}
