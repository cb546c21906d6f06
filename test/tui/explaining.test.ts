import { describe, expect, it } from 'vitest'
import { negotiationFailures } from '../../src/codes/negotiation.ts'
import { ntStatuses } from '../../src/codes/ntstatus.ts'
import { proposedFor, rulesBeginning, type Topic, topicOf, topicOfField, whyUnknown } from '../../src/tui/explaining.ts'
import { type Codes, Field, type Format, Node } from '../../src/wire/field.ts'
import { called } from '../support/cli.ts'

const node = (name: string, value: number | string, codes: Codes | null = null, format: Format = 'dec') =>
  new Node(new Field(name, name, format, codes, 0), 0, 1, value)
const text = (topic: Topic | null) => topic?.lines(80).map(line => line.text)

describe('what Explain says', () => {
  it('is what the command says of the same code', async () => {
    const { stdout } = await called('explain', '0x904', '0x7')
    expect(text(topicOf('0x904 0x7'))).toEqual(stdout.trimEnd().split('\n').concat(''))
    expect(text(topicOf('0x904 0x7'))?.join('\n')).toContain('What 0x904 0x7 tells')
  })

  it('is what the command says of the same rule', async () => {
    const { stdout } = await called('rules', 'nla-required')
    expect(text(topicOf('nla-required'))).toEqual(stdout.trimEnd().split('\n'))
  })

  it('tells headings and the rules that a line leads to', () => {
    const lines = topicOf('alert 40')?.lines(80) ?? []
    expect(lines[0]).toMatchObject({ text: 'alert 40 = 0x28', isHeading: true })
    const led = lines.find(({ text }) => text.startsWith('    rules'))
    expect(led?.rule).not.toBe('')
    expect(topicOf(led?.rule ?? '')?.title).toBe(led?.rule)
    expect(lines.filter(({ rule }) => rule === '').length).toBeGreaterThan(1)
  })

  it('takes no alert for a number of a dialog', () => {
    // 3 is "remote by server" in mstsc's own table.
    expect(text(topicOf('alert 40'))?.join('\n')).not.toContain('What it is not')
    expect(text(topicOf('3'))?.join('\n')).toContain('What it is')
  })

  it('says of a field what its own table says', () => {
    const lines = text(topicOfField(node('rdp.negFailure.failureCode', 5, negotiationFailures.symbols)))?.join('\n')
    expect(lines).toContain('HYBRID_REQUIRED_BY_SERVER')
    expect(lines).not.toContain('exDiscReason')
    expect(text(topicOfField(node('http.response.code', 407)))?.join('\n')).toContain('Proxy Authentication Required')
  })

  it('asks all tables about a wide number of a field that several share', () => {
    const shared = new Map([...ntStatuses.symbols].map(([value, symbol]) => [value | 0, symbol]))
    const topic = topicOfField(node('credssp.errorCode', 0xc000006d | 0, shared))
    expect(text(topic)?.join('\n')).toContain('STATUS_LOGON_FAILURE')
  })

  it('proposes the number of a field that no table is known of', () => {
    expect(topicOfField(node('tcp.srcport', 3389))).toBeNull()
    expect(proposedFor(node('tcp.srcport', 3389))).toBe('0xD3D')
    expect(topicOfField(node('http.host', 'a', null, 'text'))).toBeNull()
    expect(proposedFor(node('http.host', 'a', null, 'text'))).toBe('')
  })

  it('tells what can be asked, and where an unknown number may be found', () => {
    expect(topicOf('  ')).toBeNull()
    expect(whyUnknown('')).toContain('the id of a rule')
    expect(whyUnknown('0xC0DE1234')).toContain('NTSTATUS')
    expect(rulesBeginning('nla-')).toContain('nla-required')
    expect(rulesBeginning('nla-').every(id => id.startsWith('nla-'))).toBe(true)
  })
})
