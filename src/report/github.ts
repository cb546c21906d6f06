/**
 * Workflow commands of GitHub Actions: an annotation for each line of the diagnosis. GitHub shows so many of a kind a step;
 * the last line says what is left.
 */
import type { DiagnosisEntry } from '../analysis.ts'
import type { AssessedCapture } from '../policy/assessment.ts'
import { isClaim } from '../policy/threshold.ts'
import type { Severity } from '../rules/rule.ts'
import { relativePath } from './capture-uri.ts'
import { clean } from './clean.ts'
import { firstOf } from './finding.ts'
import type { ReportSettings, ReportWriter } from './format.ts'
import { counted } from './layout.ts'
import { isExcused } from './policy-words.ts'
import { sentence } from './words.ts'

type Kind = 'error' | 'warning' | 'notice'

/** What GitHub shows of a step; one notice is kept for the last line. */
const SHOWN: Record<Kind, number> = { error: 10, warning: 10, notice: 9 }
const KINDS: Record<Severity, Kind> = { error: 'error', warning: 'warning', info: 'notice' }
/** Annotations are cut by GitHub; the head of a long sentence is enough beside the packets. */
const LONGEST_MESSAGE = 2_000

interface Annotation {
  readonly kind: Kind
  readonly title: string
  readonly lines: readonly string[]
}

export function githubWriter({ folder }: Pick<ReportSettings, 'folder'>): ReportWriter {
  const written: Record<Kind, number> = { error: 0, warning: 0, notice: 0 }
  let left = 0
  let excused = 0
  function* capture(analysis: AssessedCapture): Generator<string> {
    const file = relativePath(analysis.path, folder)
    for (const entry of analysis.diagnosis) if (isExcused(entry)) excused += entry.count
    for (const { kind, title, lines } of annotations(analysis)) {
      if (written[kind] >= SHOWN[kind]) left++
      else {
        written[kind]++
        yield `::${kind} file=${property(file)},title=${property(title)}::${data(lines)}\n`
      }
    }
  }
  const tail = () => {
    const told = [
      ...(left === 0 ? [] : [`${left} more findings: GitHub shows ten of a kind in a step`]),
      ...(excused === 0 ? [] : [`${counted(excused, 'finding')} ignored, expected, or known from the baseline`]),
    ]
    return told.length === 0 ? '' : `::notice title=rdpscope::${told.join('; ')}\n`
  }
  return { head: () => '', capture, tail }
}

function* annotations({ error, diagnosis, attempts, policy }: AssessedCapture): Generator<Annotation> {
  if (error !== null) yield { kind: 'error', title: 'unreadable capture', lines: [`${error.message}; ${error.remedy}`] }
  for (const { rule, met, says } of policy?.expectations ?? []) {
    if (!met) yield { kind: 'error', title: `${rule} (not as expected)`, lines: [sentence(says)] }
  }
  for (const entry of diagnosis.filter(one => !isExcused(one))) {
    const { verdict } = firstOf(entry, attempts)
    const lines = [
      sentence(entry.says),
      `Attempt ${entry.attempts[0]}${entry.count > 1 ? ` and ${entry.count - 1} more` : ''}.`,
      ...(verdict === null || verdict.filter === '' ? [] : [`Wireshark: ${verdict.filter}`]),
      ...(verdict?.remedy ?? []).map(line => `Remedy: ${line}`),
    ]
    yield { kind: kindOf(entry), title: `${entry.rule} (${entry.verdict})`, lines }
  }
}

/** What is merely possible is no reason to stop anybody. */
function kindOf(entry: DiagnosisEntry): Kind {
  return isClaim(entry) ? KINDS[entry.severity] : 'notice'
}

/** Lines of their own in the annotation; a line end from a capture is none. */
function data(lines: readonly string[]): string {
  const text = lines.map(clean).join('\n')
  const cut = text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE - 4)} ...` : text
  return cut.replaceAll('%', '%25').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return clean(text).replaceAll('%', '%25').replaceAll(':', '%3A').replaceAll(',', '%2C')
}
