import { describe, expect, it } from 'vitest'
import type { VerdictAnalysis } from '../src/analysis.ts'
import type { Attempt, Milestone, MilestoneId } from '../src/attempt/attempt.ts'
import { chainOf, withEnd } from '../src/chain.ts'
import { chainTexts } from '../src/report/words.ts'
import { nlaLogonFailed } from '../src/rules/nla-logon-failed.ts'
import { packetLoss } from '../src/rules/packet-loss.ts'
import type { Rule, VerdictWord } from '../src/rules/rule.ts'
import { sessionAbortedByServer } from '../src/rules/session-aborted-by-server.ts'
import { tcpConnectUnanswered } from '../src/rules/tcp-connect-unanswered.ts'
import { tlsCertificateExpired } from '../src/rules/tls-certificate-expired.ts'
import { attemptAnalysis, verdictAnalysis } from './support/analysis.ts'
import { attempt } from './support/attempt.ts'
import { event } from './support/conversation.ts'

const reached = (id: MilestoneId): Milestone => ({ id, state: 'reached', packet: 1 })
const failed = (id: MilestoneId): Milestone => ({ id, state: 'failed', packet: 2 })
const hidden = (id: MilestoneId): Milestone => ({ id, state: 'not-visible', packet: 0 })
const claim = (rule: Rule, verdict: VerdictWord): VerdictAnalysis =>
  verdictAnalysis({ rule: rule.id, verdict, severity: rule.severity, short: rule.short })
const whole = (one: Attempt, verdicts: readonly VerdictAnalysis[]) => {
  const { outcome, closing } = one
  const chain = withEnd(attemptAnalysis({ chain: chainOf(one), outcome, closing, verdicts }))
  return chainTexts(chain, { unicode: true }).join(' ')
}
const chain = (milestones: readonly Milestone[], verdicts: readonly VerdictAnalysis[], values = {}) =>
  whole(attempt({}, { milestones, ...values }), verdicts)

describe('the chain of an attempt', () => {
  it('says at the step that failed what failed', () => {
    const verdicts = [claim(packetLoss, 'likely'), claim(tcpConnectUnanswered, 'confirmed')]
    expect(chain([reached('dns'), failed('tcp')], verdicts)).toBe('DNS ✓ TCP ✗ no answer')
  })

  it('says that a cause is likely, and takes a confirmed one first', () => {
    const milestones = [reached('tcp'), failed('x224')]
    expect(chain(milestones, [claim(tcpConnectUnanswered, 'likely')])).toBe('TCP ✓ X.224 ✗ no answer (likely)')
    const both = [claim(tcpConnectUnanswered, 'likely'), claim(nlaLogonFailed, 'confirmed')]
    expect(chain(milestones, both)).toContain('logon refused')
  })

  it('takes the step that the cause is about, where another seems to fail or it is hidden', () => {
    const certificate = [claim(tlsCertificateExpired, 'confirmed')]
    expect(chain([reached('tcp'), reached('x224'), reached('security'), failed('mcs')], certificate)).toBe(
      'TCP ✓ X.224 ✓ TLS ✗ certificate expired',
    )
    const sealed = [reached('tcp'), reached('security'), hidden('nla'), hidden('mcs'), hidden('active')]
    expect(chain(sealed, [claim(nlaLogonFailed, 'likely')])).toBe('TCP ✓ TLS ✓ NLA ✗ logon refused (likely)')
  })

  it('says who ended it where no rule explains it', () => {
    const milestones = [reached('tcp'), failed('x224')]
    const nothing = [claim(tcpConnectUnanswered, 'ruled-out')]
    const closing = (side: 'client' | 'server' | 'nobody', how: 'fin' | 'rst' | 'silence') =>
      chain(milestones, nothing, { closing: { side, how, packet: 3, timeNs: 0 } })
    expect(closing('server', 'fin')).toBe('TCP ✓ X.224 ✗ closed by the server')
    expect(closing('client', 'rst')).toBe('TCP ✓ X.224 ✗ reset by the client')
    expect(closing('nobody', 'silence')).toBe('TCP ✓ X.224 ✗ fell silent')
  })

  it('puts the end of an active session behind all its steps', () => {
    const cut = [claim(sessionAbortedByServer, 'likely')]
    expect(chain([reached('tcp'), reached('active')], cut)).toBe('TCP ✓ session ✓ ✗ cut off by the server (likely)')
  })

  it('takes the certificate of the TLS that was seen, not of the one that may be hidden in it', () => {
    const certificate = [claim(tlsCertificateExpired, 'confirmed')]
    expect(chain([reached('tcp'), reached('tls'), hidden('x224'), hidden('security')], certificate)).toBe(
      'TCP ✓ TLS ✗ certificate expired',
    )
  })

  it('does not take what a path is like for the end of an attempt', () => {
    const closing = { side: 'server', how: 'fin', packet: 9, timeNs: 0 }
    const lossy = [claim(packetLoss, 'confirmed')]
    expect(chain([reached('tcp'), failed('x224')], lossy, { closing })).toBe('TCP ✓ X.224 ✗ closed by the server')
  })

  it('leaves a session that works alone, and says what an unfinished capture does not show', () => {
    const milestones = [reached('tcp'), reached('active'), failed('udp')]
    const lossy = [claim(packetLoss, 'confirmed')]
    expect(chain(milestones, lossy, { outcome: 'established' })).toBe('TCP ✓ session ✓ UDP ✗')
    expect(chain([reached('tcp')], [], { outcome: 'unfinished' })).toBe('TCP ✓ ? how it ended is not visible')
    expect(chain([reached('tcp'), hidden('active')], [], { outcome: 'unfinished' })).toBe('TCP ✓ session ?')
  })

  it('does not blame a UDP channel that failed', () => {
    const milestones = [reached('tcp'), failed('x224'), failed('udp')]
    expect(chain(milestones, [claim(tcpConnectUnanswered, 'confirmed')])).toBe('TCP ✓ X.224 ✗ no answer UDP ✗')
  })

  it('tells the answers of the gateway in order, a repeated one once', () => {
    const request = () => event('http-request', { method: 'RDG_OUT_DATA' })
    const answer = (status: number) => event('http-response', { status })
    const events = [request(), answer(401), request(), answer(401), request(), answer(200)]
    const milestones = [reached('tcp'), reached('gateway-http')]
    const worked = attempt({ events }, { milestones, outcome: 'established' })
    expect(whole(worked, [])).toBe('TCP ✓ gateway 401→200 ✓')
  })
})
