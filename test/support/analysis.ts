/** Analyses made by hand, for tests of reports. */
import type {
  AttemptAnalysis,
  CaptureAnalysis,
  ChainLink,
  DiagnosisEntry,
  VerdictAnalysis,
} from '../../src/analysis.ts'

export function verdictAnalysis(given: Partial<VerdictAnalysis> = {}): VerdictAnalysis {
  return {
    rule: 'nla-required',
    verdict: 'confirmed',
    severity: 'error',
    says: 'the server requires NLA and the client did not offer it',
    short: 'NLA required',
    evidence: [
      { packet: 4, timeNs: 1_234_567, says: 'the client offers TLS' },
      { packet: 5, timeNs: 2_345_678, says: 'the server answers: NLA is required (failure code 5)' },
    ],
    filter: 'frame.number in {4,5}',
    remedy: ['Let the client offer NLA: enablecredsspsupport:i:1 in the .rdp file.'],
    toSettle: '',
    settledBy: [],
    restsOn: [],
    ...given,
  }
}

export function chainLink(given: Partial<ChainLink> = {}): ChainLink {
  return { step: null, state: 'reached', inferred: false, statuses: [], says: '', ...given }
}

export function attemptAnalysis(given: Partial<AttemptAnalysis> = {}): AttemptAnalysis {
  return {
    id: 1,
    purpose: 'connection',
    transport: 'direct',
    client: { address: '192.0.2.10', port: 50000 },
    server: { address: '198.51.100.20', port: 3389 },
    serverName: 'rdp.example',
    startNs: 0,
    endNs: 3_000_000,
    outcome: 'failed',
    milestones: [
      { id: 'dns', state: 'not-visible', packet: 0 },
      { id: 'tcp', state: 'reached', packet: 3 },
      { id: 'x224', state: 'failed', packet: 5 },
      { id: 'active', state: 'not-visible', packet: 0 },
    ],
    chain: [chainLink({ step: 'tcp' }), chainLink({ step: 'x224', state: 'failed', says: 'NLA required' })],
    closing: { side: 'server', how: 'fin', packet: 6, timeNs: 2_400_000 },
    errorInfo: null,
    capturePoint: { at: 'unknown', because: '' },
    members: [],
    quality: [],
    ladder: null,
    verdicts: [
      verdictAnalysis(),
      verdictAnalysis({
        rule: 'tcp-connect-refused',
        verdict: 'ruled-out',
        says: 'the connection was made',
        evidence: [],
      }),
      verdictAnalysis({
        rule: 'packet-loss',
        verdict: 'not-visible',
        says: 'too few packets',
        evidence: [],
        toSettle: 'tcpdump for a longer time.',
        settledBy: [{ id: 'on-both-ends', title: 'on client and server at the same time' }],
      }),
    ],
    ...given,
  }
}

export function diagnosisEntry(given: Partial<DiagnosisEntry> = {}): DiagnosisEntry {
  return {
    rule: 'nla-required',
    verdict: 'confirmed',
    severity: 'error',
    outcome: 'failed',
    says: 'the server requires NLA and the client did not offer it',
    attempts: [1],
    count: 1,
    ...given,
  }
}

export function captureAnalysis(given: Partial<CaptureAnalysis> = {}): CaptureAnalysis {
  return {
    path: 'attempt.pcapng',
    format: 'pcapng',
    packets: 7,
    bytes: 1208,
    start: { seconds: 1_763_683_200, nanoseconds: 5_000 },
    endNs: 3_000_000,
    error: null,
    quality: [],
    attempts: [attemptAnalysis()],
    attemptCounts: { established: 0, failed: 1, unfinished: 0 },
    diagnosis: [diagnosisEntry()],
    ...given,
  }
}
