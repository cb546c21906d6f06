import { describe, expect, it } from 'vitest'
import type { Member, MilestoneId } from '../../src/attempt/attempt.ts'
import type { SenderCheck } from '../../src/attempt/sender-check.ts'
import { chainLegend, chainTexts, closingText, companyText, transportText } from '../../src/report/words.ts'
import { chainLink } from '../support/analysis.ts'

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
    expect(closingText({ closing })).toBe(text)
  })

  it("tell whether a FIN or reset is that side's own", () => {
    const closing = { side: 'server', how: 'rst', packet: 11, timeNs: 5e9 } as const
    const said = (sender: SenderCheck) => closingText({ closing: { ...closing, sender } })
    const signs = ['time to live 57 as its other packets', 'the next IP identification']
    expect(said({ authenticity: 'genuine', signs, hops: 7, whereabouts: '' })).toBe(
      'the server, with RST, packet 11, 5.000000 s: genuine (time to live 57 as its other packets; the next IP identification)',
    )
    const foreign = { authenticity: 'foreign', signs: ['its IP identification is 0'], hops: 2 } as const
    expect(said({ ...foreign, whereabouts: 'about 2 hops from the capture point' })).toBe(
      'in the name of the server, with RST, packet 11, 5.000000 s, most likely by a device about 2 hops from the capture point: its IP identification is 0',
    )
    expect(said({ ...foreign, whereabouts: '' })).toContain('by a device on the way')
    expect(said({ ...foreign, authenticity: 'unknown', whereabouts: '' })).toMatch(/^the server, .*: in doubt \(its IP/)
    expect(said({ authenticity: 'unknown', signs: [], hops: -1, whereabouts: '' })).toBe(
      'the server, with RST, packet 11, 5.000000 s',
    )
  })
})

describe('the transport', () => {
  it('is told without claiming a gateway that was not seen', () => {
    expect(transportText('gateway-tls')).toContain('perhaps')
    expect(transportText('direct')).toBe('direct')
  })
})

describe('the connections of an attempt', () => {
  const member = (part: Member['part'], stream: number, outcome: Member['outcome'] = 'failed'): Member => ({
    part,
    stream,
    transport: part === 'udp' ? 'udp' : 'tcp',
    client: { address: '10.0.1.2', port: 50_000 },
    server: { address: '10.0.2.2', port: 3389 },
    firstPacket: 1,
    lastPacket: 9,
    outcome,
  })

  it('are named beside the one explained, failures that followed as such', () => {
    expect(companyText([member('explained', 0)])).toBe('')
    const all = [member('explained', 3), member('after', 5), member('after', 6), member('udp', 0, null)]
    expect(companyText([member('before', 2), ...all])).toBe(
      '1 connection before it (tcp.stream 2, failed); 2 retries (tcp.stream 5, 6, failed as well); 1 UDP conversation (udp.stream 0)',
    )
    const many = Array.from({ length: 6 }, (_, at) => member('after', at, 'unfinished'))
    expect(companyText(many)).toBe('6 retries (tcp.stream 0, 1, 2, 3 ...)')
  })
})
