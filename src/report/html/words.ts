/** Words for those who do not read packets: what a capture comes to, how sure that is, and what the steps are. */
import type { AttemptAnalysis, CaptureAnalysis, ChainLink, DiagnosisEntry, VerdictAnalysis } from '../../analysis.ts'
import type { MilestoneId } from '../../attempt/attempt.ts'
import { isClaim } from '../../policy/threshold.ts'
import type { Rule, VerdictWord } from '../../rules/rule.ts'
import { firstOf } from '../finding.ts'
import { counted } from '../layout.ts'

/** How a thing looks: its colour, never without a word or a sign beside it. */
export type Tone = 'bad' | 'doubtful' | 'good' | 'plain'

const STEPS: Readonly<Record<MilestoneId, readonly [plain: string, protocol: string]>> = {
  dns: ['Name lookup', 'DNS'],
  tcp: ['Connection', 'TCP'],
  proxy: ['Proxy', 'CONNECT'],
  tls: ['Encryption', 'TLS'],
  'gateway-http': ['Gateway', 'HTTP'],
  'gateway-tunnel': ['Admission', 'tunnel'],
  'gateway-channel': ['Gateway to host', 'channel'],
  x224: ['Negotiation', 'X.224'],
  security: ['Encryption', 'TLS'],
  nla: ['Logon', 'NLA'],
  mcs: ['Session set-up', 'MCS'],
  licence: ['Licence', 'licence'],
  active: ['Desktop', 'session'],
  udp: ['Fast transport', 'UDP'],
}

/** A step in plain words, and what it is called on the wire with what it said there. */
export function stepWords({ step, statuses }: ChainLink): readonly [plain: string, protocol: string] {
  if (step === null) return ['End', '']
  const [plain, protocol] = STEPS[step]
  return [plain, statuses.length === 0 ? protocol : `${protocol} ${statuses.join(' → ')}`]
}

export const SURE: Readonly<Record<VerdictWord, string>> = {
  confirmed: 'The capture shows it.',
  likely: 'The best explanation of what the capture shows; it is not proof.',
  possible: 'In keeping with the capture, no more.',
  'ruled-out': 'The capture shows the contrary.',
  'not-visible': 'This capture could not have shown it.',
}

/** One line of the diagnosis, with the verdict of the first attempt that it was said of. */
export interface ShownFinding {
  readonly entry: DiagnosisEntry
  readonly rule: Rule | null
  readonly attempt: AttemptAnalysis | null
  readonly verdict: VerdictAnalysis | null
}

/** What stands above everything else. */
export interface Headline {
  readonly tone: Tone
  /** In a few words: `likely error`, `no finding`. */
  readonly word: string
  readonly title: string
  readonly says: string
  /** null where no claim is the headline. */
  readonly finding: ShownFinding | null
}

export function findingOf(entry: DiagnosisEntry, { attempts }: CaptureAnalysis, rules: readonly Rule[]): ShownFinding {
  return { entry, rule: rules.find(({ id }) => id === entry.rule) ?? null, ...firstOf(entry, attempts) }
}

/** The claim that explains most; null where there is none that is more than information. */
function mainEntry({ diagnosis }: CaptureAnalysis): DiagnosisEntry | null {
  return diagnosis.find(entry => isClaim(entry) && entry.severity !== 'info') ?? null
}

export function headlineOf(analysis: CaptureAnalysis, rules: readonly Rule[]): Headline {
  const { error, format, attemptCounts, diagnosis } = analysis
  const entry = mainEntry(analysis)
  if (entry !== null) {
    const finding = findingOf(entry, analysis, rules)
    const tone = entry.verdict === 'confirmed' && entry.severity === 'error' ? 'bad' : 'doubtful'
    return {
      tone,
      word: `${entry.verdict} ${entry.severity}`,
      title: finding.rule?.title ?? entry.rule,
      says: entry.says,
      finding,
    }
  }
  const without = (tone: Tone, word: string, title: string, says: string): Headline => ({
    tone,
    word,
    title,
    says,
    finding: null,
  })
  if (error !== null && format === '')
    return without('bad', 'unreadable', 'This file could not be read', `${error.message}; ${error.remedy}`)
  const { failed, established, unfinished } = attemptCounts
  if (failed > 0) {
    const guesses = diagnosis.some(({ verdict, severity }) => verdict === 'possible' && severity !== 'info')
    const says = guesses
      ? 'No cause is proven or likely by what this capture shows. What would be possible, and which capture would tell, stands below.'
      : 'No rule explains it from what this capture shows. Which capture would tell stands below.'
    const title =
      failed === 1
        ? 'The connection failed, and the capture does not show why'
        : 'Connections failed, and the capture does not show why'
    return without('doubtful', 'unexplained', title, says)
  }
  if (established > 0)
    return without(
      'good',
      'no fault found',
      established === 1 ? 'The connection worked' : 'The connections worked',
      unfinished > 0
        ? `Nothing wrong was found. Of ${counted(unfinished, 'other attempt')} the capture does not show how it ended.`
        : 'Nothing wrong was found in this capture.',
    )
  if (unfinished > 0)
    return without(
      'doubtful',
      'open',
      'The capture does not show how it ended',
      'It begins too late, ends too early, or hides too much to tell.',
    )
  return without(
    'plain',
    'nothing to judge',
    'No Remote Desktop connection in this capture',
    'If it was recorded during an attempt to connect, nothing of that attempt passed this place.',
  )
}

/** What the client connects to. */
export function reaches({ transport }: Pick<AttemptAnalysis, 'transport'>): 'gateway' | 'server' {
  return transport.startsWith('gateway-') ? 'gateway' : 'server'
}

/** Of a name that a stranger chose, no more than a line. */
export function shortened(text: string, most = 160): string {
  return text.length <= most ? text : `${text.slice(0, most)}…`
}

/** The last part of a path. */
export function fileName(path: string): string {
  if (path === '-') return 'standard input'
  return path.replace(/^.*[\\/]/, '') || path
}
