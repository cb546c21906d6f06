/** Whether the redacted capture still says the same: both are analysed, and their verdicts compared. */
import type { CaptureAnalysis } from '../analysis.ts'
import { Analysis, analyzeFile, KeySource } from '../analyze.ts'
import { openCapture } from '../capture/open.ts'

export interface VerdictChange {
  /** Of the capture as it was; 0 where it has no such attempt. */
  readonly attempt: number
  /** 'outcome' where it is that. */
  readonly rule: string
  /** '' where there was none, or is none. */
  readonly before: string
  readonly after: string
  /** The capture holds TLS keys that it rests on, and they are left out; otherwise the redaction changed it. */
  readonly cause: 'keys' | 'redaction'
}

export interface VerdictCheck {
  readonly attempts: number
  /** That were compared. */
  readonly verdicts: number
  readonly changes: readonly VerdictChange[]
}

/**
 * @param hadSecrets the capture holds TLS keys
 * @throws CaptureError when one of the two can not be opened
 */
export async function checkVerdicts(path: string, redactedPath: string, hadSecrets: boolean): Promise<VerdictCheck> {
  const before = await analyzeFile(path)
  const after = await analyzeFile(redactedPath)
  const changes = compared(before, after)
  const attempts = before.attempts.length
  const verdicts = before.attempts.reduce((sum, attempt) => sum + attempt.verdicts.length, 0)
  if (changes.length === 0 || !hadSecrets) return { attempts, verdicts, changes: changes.map(becauseOf('redaction')) }
  // What the capture says without its keys, the redacted one has to say too.
  const faults = compared(await withoutKeys(path), after)
  return {
    attempts,
    verdicts,
    changes: [...changes.map(becauseOf('keys')), ...faults.map(becauseOf('redaction'))],
  }
}

type Change = Omit<VerdictChange, 'cause'>

function becauseOf(cause: VerdictChange['cause']): (change: Change) => VerdictChange {
  return change => ({ ...change, cause })
}

async function withoutKeys(path: string): Promise<CaptureAnalysis> {
  const capture = await openCapture(path)
  try {
    const analysis = new Analysis(capture, path, new KeySource(null, []))
    do {
      while (capture.next()) analysis.packet()
    } while (await capture.fill())
    return analysis.finish()
  } finally {
    await capture.close()
  }
}

function compared(before: CaptureAnalysis, after: CaptureAnalysis): Change[] {
  const changes: Change[] = []
  const count = Math.max(before.attempts.length, after.attempts.length)
  for (let at = 0; at < count; at++) {
    const [old, now] = [before.attempts[at], after.attempts[at]]
    const attempt = old?.id ?? 0
    const [was, is] = [words(old), words(now)]
    for (const rule of new Set([...was.keys(), ...is.keys()])) {
      const [one, other] = [was.get(rule) ?? '', is.get(rule) ?? '']
      if (one !== other) changes.push({ attempt, rule, before: one, after: other })
    }
  }
  return changes
}

/** Outcome and verdicts of an attempt, by rule. */
function words(attempt: CaptureAnalysis['attempts'][number] | undefined): Map<string, string> {
  if (attempt === undefined) return new Map()
  return new Map([
    ['outcome', attempt.outcome],
    ...attempt.verdicts.map(({ rule, verdict }) => [rule, verdict] as const),
  ])
}
