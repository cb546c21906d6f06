import { describe, expect, it } from 'vitest'
import type { AttemptAnalysis } from '../../src/analysis.ts'
import type { Milestone, MilestoneId } from '../../src/attempt/attempt.ts'
import { allegedCauses } from '../../src/report/alleged-causes.ts'
import { jsonReport } from '../../src/report/json.ts'
import { againstWire } from '../../src/report/reported-code.ts'
import { checkStage } from '../../src/report/stage-check.ts'
import { textReport } from '../../src/report/text.ts'
import type { TextStyle } from '../../src/report/text-style.ts'
import { rules } from '../../src/rules/index.ts'
import type { VerdictWord } from '../../src/rules/rule.ts'
import { attemptAnalysis, captureAnalysis, diagnosisEntry, verdictAnalysis } from '../support/analysis.ts'

const plain: TextStyle = { width: 80, unicode: true, verbose: false, paint: (_colour, text) => text }
const reached = (id: MilestoneId, packet = 3): Milestone => ({ id, state: 'reached', packet })
const failed = (id: MilestoneId, packet = 9): Milestone => ({ id, state: 'failed', packet })
const hidden = (id: MilestoneId): Milestone => ({ id, state: 'not-visible', packet: 0 })
const closedBy = (side: 'client' | 'server' | 'nobody', how: 'fin' | 'rst' | 'silence' | 'end-of-capture' = 'rst') => ({
  side,
  how,
  packet: 9,
  timeNs: 0,
})
const says = (rule: string, verdict: VerdictWord, severity: 'error' | 'warning' | 'info' = 'error') =>
  verdictAnalysis({ rule, verdict, severity, says: `${rule} is ${verdict}.`, evidence: [] })
const made = (values: Partial<AttemptAnalysis>) =>
  attemptAnalysis({ verdicts: [], closing: closedBy('server'), ...values })

const unanswered = made({ milestones: [failed('tcp')], closing: closedBy('nobody', 'silence') })
const unresolved = made({ milestones: [failed('dns')], closing: closedBy('nobody', 'silence') })
const cutAtHello = made({ milestones: [reached('tcp'), reached('x224', 5), failed('security')] })
const sealed = made({
  milestones: [
    reached('tcp'),
    reached('x224', 5),
    reached('security', 8),
    hidden('nla'),
    hidden('mcs'),
    hidden('active'),
  ],
})
const active = made({
  milestones: [reached('tcp'), reached('x224'), reached('security'), reached('mcs', 20), reached('active', 40)],
  outcome: 'established',
  closing: closedBy('client'),
})

describe('the stage of a code against the wire', () => {
  it.each([
    [
      'cut',
      cutAtHello,
      'agrees',
      'made (packet 3) and ended while the client still wanted it: the server, with RST, packet 9',
    ],
    ['cut', unanswered, 'contradicts', 'No TCP connection was made (packet 9)'],
    ['cut', unresolved, 'contradicts', 'The name was not resolved (packet 9)'],
    ['cut', active, 'contradicts', 'the client ended it itself'],
    ['connect', unanswered, 'agrees', 'No TCP connection was made (packet 9)'],
    ['connect', cutAtHello, 'contradicts', 'The TCP handshake was completed (packet 3)'],
    ['connect', unresolved, 'contradicts', '0x104'],
    ['lookup', unresolved, 'agrees', 'not resolved'],
    ['lookup', unanswered, 'contradicts', 'it asked for a connection (packet 9)'],
    ['lookup', cutAtHello, 'contradicts', 'the client had an address'],
    ['logon', unanswered, 'contradicts', 'No TCP connection'],
    ['logon', cutAtHello, 'contradicts', 'TLS was not set up (packet 9)'],
    ['logon', sealed, 'open', ''],
    ['logon', active, 'contradicts', 'the user was logged on'],
    ['licence', active, 'contradicts', 'licensing was passed'],
    ['certificate', sealed, 'open', ''],
    ['certificate', active, 'contradicts', 'The client went on (packet 40)'],
    ['certificate', unanswered, 'contradicts', 'No TCP connection'],
    ['negotiation', sealed, 'contradicts', 'agreed on a security protocol'],
    ['nla-required', cutAtHello, 'contradicts', 'confirmed the negotiation (packet 5)'],
    ['tls', cutAtHello, 'open', ''],
    ['tls', sealed, 'contradicts', 'TLS was set up (packet 8)'],
    ['gateway', cutAtHello, 'contradicts', 'not through a gateway'],
    ['orderly', active, 'agrees', 'The session was active'],
    ['orderly', cutAtHello, 'contradicts', 'orderly end'],
    ['unknown', cutAtHello, 'open', 'No table'],
  ] as const)('%s: attempt %#', (family, attempt, agreement, part) => {
    const found = checkStage(family, attempt)
    expect(found.agreement).toBe(agreement)
    expect(found.says).toContain(part)
    expect(found.says).toMatch(/^[A-Z].*\.$/)
  })

  it('believes a rule that claims just this', () => {
    const refused = made({ ...sealed, verdicts: [says('nla-logon-failed', 'likely')] })
    expect(checkStage('logon', refused)).toEqual({ agreement: 'agrees', says: 'nla-logon-failed is likely.' })
    const expired = made({
      ...sealed,
      verdicts: [says('tls-certificate-expired', 'confirmed')],
      closing: closedBy('client'),
    })
    expect(checkStage('certificate', expired).agreement).toBe('agrees')
    // For these the client has codes of its own, so that 0x904 does not fit.
    expect(checkStage('cut', expired)).toMatchObject({
      agreement: 'contradicts',
      says: expect.stringContaining('0x1B07'),
    })
    const nla = made({ ...cutAtHello, verdicts: [says('nla-required', 'confirmed')] })
    expect(checkStage('cut', nla)).toMatchObject({ agreement: 'contradicts', says: expect.stringContaining('0xB09') })
  })

  it('draws nothing from a reset of the client, from silence, or from the end of the capture', () => {
    for (const closing of [closedBy('client'), closedBy('nobody', 'silence'), closedBy('nobody', 'end-of-capture')]) {
      expect(checkStage('cut', made({ ...cutAtHello, closing })).agreement).toBe('open')
    }
  })
})

describe('the extended code', () => {
  const extended = (attempt: AttemptAnalysis, code = 7) =>
    againstWire({ error: 0x904, extended: code }, captureAnalysis({ attempts: [attempt] })).extendedCheck

  it("is the client's label where the connection ended before MCS", () => {
    expect(extended(cutAtHello)).toMatchObject({
      agreement: 'contradicts',
      says: expect.stringContaining('none can have been sent'),
    })
  })

  it('may be inside TLS, where that can not be read', () => {
    expect(extended(sealed)).toMatchObject({ agreement: 'open', says: expect.stringContaining('keys would show it') })
  })

  it('is not in a session that can be read', () => {
    expect(extended(active)).toMatchObject({
      agreement: 'contradicts',
      says: expect.stringContaining('from packet 20 on'),
    })
  })

  it('is believed where the server said it, and denied where it said another', () => {
    const denied = made({ ...active, errorInfo: { code: 7, packet: 30 } })
    expect(extended(denied)).toEqual({
      agreement: 'agrees',
      says: 'The server said so itself: ERRINFO_SERVER_DENIED_CONNECTION (0x7), packet 30.',
    })
    expect(extended(made({ ...active, errorInfo: { code: 12, packet: 30 } }))).toMatchObject({
      agreement: 'contradicts',
    })
    expect(extended(denied, 0)).toMatchObject({ agreement: 'open' })
  })
})

describe('the alleged causes', () => {
  const of = (number: number, ...verdicts: AttemptAnalysis['verdicts']) =>
    allegedCauses(made({ verdicts })).find(cause => cause.number === number)

  it('are all told, each once, the strongest verdict first', () => {
    const verdicts = rules.map(({ id }) => says(id, id === 'middlebox-reset' ? 'likely' : 'ruled-out'))
    const causes = allegedCauses(made({ verdicts }))
    expect(causes).toHaveLength(45)
    expect(new Set(causes.map(({ number }) => number)).size).toBe(45)
    expect(causes[0]).toMatchObject({ number: 18, verdict: 'likely', rule: 'middlebox-reset' })
    for (const { says, toSettle, verdict } of causes) {
      expect(says).not.toBe('')
      expect(toSettle === '').toBe(verdict === 'confirmed' || verdict === 'ruled-out')
    }
  })

  it('have the verdict of the rule that decides them', () => {
    expect(of(5, says('nla-required', 'confirmed'))).toMatchObject({
      verdict: 'confirmed',
      says: 'nla-required is confirmed.',
    })
    expect(of(5, says('nla-required', 'ruled-out'))).toMatchObject({ verdict: 'ruled-out' })
  })

  it('are possible at most where the rule sees what other causes look like too', () => {
    // A SYN without an answer: a firewall, a cloud filter, or a host that is off.
    const silent = says('tcp-connect-unanswered', 'confirmed')
    for (const number of [17, 37]) expect(of(number, silent)).toMatchObject({ verdict: 'possible' })
    expect(of(17, says('tcp-connect-unanswered', 'ruled-out'))).toMatchObject({ verdict: 'ruled-out' })
  })

  it('are not explained by what is mere information', () => {
    expect(of(16, says('udp-transport-blocked', 'confirmed', 'info'))?.verdict).toBe('possible')
    expect(of(30, says('packet-loss', 'confirmed', 'info'))?.verdict).toBe('possible')
  })

  it('are ruled out only where nothing that stands for them is hidden', () => {
    const key = [says('server-certificate-unusable', 'ruled-out'), says('tls-handshake-refused', 'not-visible')]
    expect(of(2, ...key)?.verdict).toBe('not-visible')
    expect(of(2, ...key.map(one => ({ ...one, verdict: 'ruled-out' as const })))?.verdict).toBe('ruled-out')
  })

  it('of a gateway are ruled out where there is none', () => {
    const expired = says('tls-certificate-expired', 'confirmed')
    expect(of(4, expired)).toMatchObject({ verdict: 'ruled-out', rule: null })
    const through = allegedCauses(made({ transport: 'gateway-http', verdicts: [expired] }))
    expect(through.find(({ number }) => number === 4)?.verdict).toBe('confirmed')
  })

  it('say so where no rule looks for them', () => {
    expect(of(7)).toMatchObject({ verdict: 'not-visible', rule: null, says: 'No rule of this version looks for it.' })
  })
})

describe('the code against the capture', () => {
  const code = { error: 0x904, extended: 7 }

  it('is held against the attempt that it fits', () => {
    const attempts = [made({ ...unanswered, id: 1 }), made({ ...cutAtHello, id: 2 })]
    expect(againstWire(code, captureAnalysis({ attempts }))).toMatchObject({ attempt: 2, agreement: 'agrees' })
    expect(againstWire({ error: 0x204, extended: null }, captureAnalysis({ attempts })).attempt).toBe(1)
  })

  it('and where none fits, against the one that the diagnosis begins with', () => {
    const attempts = [made({ ...unresolved, id: 1 }), made({ ...unanswered, id: 2 })]
    const diagnosis = [diagnosisEntry({ attempts: [2] })]
    expect(againstWire(code, captureAnalysis({ attempts, diagnosis }))).toMatchObject({
      attempt: 2,
      agreement: 'contradicts',
    })
  })

  it('says so where there is no attempt, and where no table knows the number', () => {
    const nothing = againstWire({ error: 0xabcdef, extended: 0x7777 }, captureAnalysis({ attempts: [], diagnosis: [] }))
    expect(nothing).toMatchObject({ attempt: null, agreement: 'open', causes: [] })
    expect(nothing.means.join(' ')).toMatch(/0xABCDEF stands in no table.*0x7777 is in no table/)
  })

  it('opens the text report', () => {
    const text = textReport(captureAnalysis({ attempts: [cutAtHello] }), plain, code)
    expect(text.indexOf('Your code 0x904, extended 0x7, against this capture')).toBeLessThan(text.indexOf('CONFIRMED'))
    expect(text).toContain('The capture (attempt 1) agrees with it:')
    expect(text).toContain('The server did NOT say so:')
    expect(text).toMatch(/\n {4}18 a firewall or IPS resets the connection: /)
    expect(text).not.toMatch(/undefined|\[object/)
    expect(textReport(captureAnalysis(), plain)).not.toContain('Your code')
  })

  it('stands in the JSON report, only where it was given', () => {
    const analysis = captureAnalysis({ attempts: [cutAtHello] })
    expect(JSON.parse(jsonReport([analysis])).captures[0]).not.toHaveProperty('reportedCode')
    const [capture] = JSON.parse(jsonReport([analysis], code)).captures
    expect(capture.reportedCode).toMatchObject({ error: '0x904', extended: '0x7', attempt: 1, agreement: 'agrees' })
    expect(capture.reportedCode.causes).toHaveLength(45)
  })

  it('lets no escape sequence of a capture through', () => {
    const attempts = [made({ verdicts: [{ ...says('nla-required', 'confirmed'), says: 'name \x1b[2J.' }] })]
    expect(textReport(captureAnalysis({ attempts }), plain, code).replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  })
})
