import { describe, expect, it } from 'vitest'
import type { VerdictAnalysis } from '../../src/analysis.ts'
import type { MilestoneId } from '../../src/attempt/attempt.ts'
import { chainLegend, chainTexts, closingText, transportText } from '../../src/report/words.ts'
import { chainLink } from '../support/analysis.ts'

const VERDICT: VerdictAnalysis = {
  rule: '',
  verdict: 'possible',
  severity: 'error',
  says: '',
  short: '',
  evidence: [],
  filter: '',
  remedy: [],
  toSettle: '',
  settledBy: [],
  restsOn: [],
}
const reached = (step: MilestoneId) => chainLink({ step })
const hidden = (step: MilestoneId) => chainLink({ step, state: 'not-visible' })
const unicode = (...chain: Parameters<typeof chainTexts>[0]) => chainTexts(chain, { unicode: true }).join(' ')

describe('the chain', () => {
  it('is one line for people who read no packets', () => {
    const chain = [
      reached('dns'),
      reached('tcp'),
      reached('tls'),
      chainLink({ step: 'gateway-http', statuses: [401, 200] }),
      chainLink({ step: 'gateway-tunnel', state: 'failed', says: 'policy (CAP) denied' }),
    ]
    expect(unicode(...chain)).toBe('DNS ✓ TCP ✓ TLS ✓ gateway 401→200 ✓ tunnel ✗ policy (CAP) denied')
    expect(chainTexts(chain, { unicode: false }).join(' ')).toBe(
      'DNS ok TCP ok TLS ok gateway 401->200 ok tunnel FAILED policy (CAP) denied',
    )
  })

  it('tells the TLS of the session from that of the gateway around it', () => {
    expect(unicode(reached('tcp'), reached('security'))).toBe('TCP ✓ TLS ✓')
    expect(unicode(reached('tls'), reached('security'))).toBe('TLS ✓ inner TLS ✓')
  })

  it('marks what was inferred and what is not visible, and says once what the signs mean', () => {
    const chain = [reached('tcp'), chainLink({ step: 'nla', inferred: true }), hidden('mcs')]
    expect(unicode(...chain)).toBe('TCP ✓ NLA ✓~ MCS ?')
    expect(chainLegend([chain, chain], { unicode: true })).toBe(
      'Steps: ✓~ was told from record sizes or from what came later, not read; ? is not visible in this capture.',
    )
    expect(chainLegend([[reached('tcp')]], { unicode: true })).toBe('')
  })

  it('names the first and the last of many hidden steps', () => {
    const two = [hidden('licence'), hidden('active')]
    expect(unicode(reached('mcs'), ...two)).toBe('MCS ✓ licence ? session ?')
    const four = [hidden('nla'), hidden('mcs'), ...two]
    expect(unicode(...four, chainLink({ state: 'failed', says: 'fell silent' }))).toBe(
      'NLA ? … session ? ✗ fell silent',
    )
    expect(chainTexts([hidden('x224'), ...four], { unicode: false }).join(' ')).toBe('X.224 ? ... session ?')
  })
})

describe('who closed', () => {
  it.each([
    [{ side: 'server', how: 'rst', packet: 12, timeNs: 123_456_000 }, 'the server, with RST, packet 12, 0.123456 s'],
    [{ side: 'client', how: 'close-notify', packet: 0, timeNs: 0 }, 'the client, with a TLS close_notify'],
    [{ side: 'nobody', how: 'silence', packet: 9, timeNs: 1e9 }, 'nobody: it fell silent'],
    [{ side: 'nobody', how: 'end-of-capture', packet: 0, timeNs: 0 }, 'nobody: the capture ends before'],
    [{ side: 'network', how: 'icmp', packet: 3, timeNs: 0 }, 'the network, with an ICMP message, packet 3, 0.000000 s'],
  ] as const)('%j', (closing, text) => {
    expect(closingText({ closing, verdicts: [] })).toBe(text)
  })

  it('do not name the address on a reset as its sender where that is in doubt', () => {
    const closing = { side: 'server', how: 'rst', packet: 11, timeNs: 5e9 } as const
    const verdicts = [{ ...VERDICT, rule: 'middlebox-reset', verdict: 'likely' as const }]
    expect(closingText({ closing, verdicts })).toBe('a reset in the name of the server, packet 11, 5.000000 s')
    const ruledOut = [{ ...VERDICT, rule: 'middlebox-reset', verdict: 'ruled-out' as const }]
    expect(closingText({ closing, verdicts: ruledOut })).toBe('the server, with RST, packet 11, 5.000000 s')
  })
})

describe('the transport', () => {
  it('is told without claiming a gateway that was not seen', () => {
    expect(transportText('gateway-tls')).toContain('perhaps')
    expect(transportText('direct')).toBe('direct')
  })
})
