/** Reads a baseline: a report of an earlier run, as JSON or as JSON lines. */
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Baseline, REPORT_SCHEMA } from '../policy/baseline.ts'
import { UsageError } from './status.ts'

/** @throws UsageError for a file that is missing, or is no report. */
export async function readBaseline(path: string): Promise<Baseline> {
  try {
    return (await jsonLines(path)) ?? whole(path, parsed(await readFile(path, 'utf8')))
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error
    const code = 'code' in error ? String(error.code) : error.message
    const way = code === 'ERR_STRING_TOO_LONG' ? 'write it as JSON lines (-f jsonl=FILE)' : howToWrite(path)
    throw new UsageError(`${path}: the baseline can not be read (${code}): ${way}`)
  }
}

/** Line by line, as there may be many; null when the first line is no document of its own. */
async function jsonLines(path: string): Promise<Baseline | null> {
  const baseline = new Baseline()
  let lines = 0
  const input = createReadStream(path, 'utf8')
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      lines++
      if (line.trim() === '') continue
      const document = parsed(line)
      if (lines === 1 && document === undefined) return null
      if (!baseline.add(document)) throw new UsageError(`${path}:${lines}: ${foreign(path)}`)
    }
  } finally {
    input.destroy()
  }
  if (lines === 0) throw new UsageError(`${path}: ${foreign(path)}`)
  return baseline
}

function whole(path: string, document: unknown): Baseline {
  const baseline = new Baseline()
  if (!baseline.add(document)) throw new UsageError(`${path}: ${foreign(path)}`)
  return baseline
}

/** undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function foreign(path: string): string {
  return `is no ${REPORT_SCHEMA}, so it can not be the baseline: ${howToWrite(path)}`
}

function howToWrite(path: string): string {
  return `write one with rdpscope scan PATH... -f json=${path}`
}
