import { describe, expect, it } from 'vitest'
import { explain, questions } from '../../src/codes/explain.ts'

const found = (asked: string) => explain(asked).entries.map(({ table, code }) => `${table.id} ${code.symbol}`)

describe('explain', () => {
  it.each(['0x904', '2308', '0X904'])('reads %s as the disconnect reason', asked => {
    expect(explain(asked)).toMatchObject({ value: 0x904, readAsHex: false })
    expect(found(asked)).toEqual(['client-disconnect-reason disconnectReasonAtClientWinsockFDCLOSE'])
  })

  it('reads hexadecimal without 0x where the decimal number means nothing', () => {
    expect(explain('904')).toMatchObject({ value: 0x904, readAsHex: true })
    expect(found('C000006D')).toEqual(['ntstatus STATUS_LOGON_FAILURE'])
  })

  it('reads signed numbers as Windows prints them', () => {
    expect(found('-1073741715')).toEqual(['ntstatus STATUS_LOGON_FAILURE'])
    expect(explain('-1073741715').value).toBe(0xc000006d)
  })

  it('lets every layer answer to a number that means different things', () => {
    const layers = found('7')
    expect(layers).toContain('extended-disconnect-reason exDiscReasonServerDeniedConnection')
    expect(layers).toContain('errinfo ERRINFO_SERVER_DENIED_CONNECTION')
    expect(layers).toContain('license-error STATUS_VALID_CLIENT')
  })

  it('knows a gateway result in both of its forms', () => {
    expect(found('0x59DD')).toEqual(['rdg-result E_PROXY_TS_CONNECTFAILED'])
    expect(found('0x800759DD')).toEqual(['rdg-result E_PROXY_TS_CONNECTFAILED'])
    expect(found('0x59DA')).toEqual(['rdg-result E_PROXY_RAP_ACCESSDENIED'])
  })

  it('knows an NTSTATUS wrapped as HRESULT', () => {
    expect(found('0xD000006E')).toEqual(['ntstatus STATUS_ACCOUNT_RESTRICTION'])
  })

  it('finds symbols whole, in part, and words of meanings', () => {
    expect(found('handshake_failure')).toEqual(['tls-alert handshake_failure'])
    expect(found('HYBRID_REQUIRED')).toEqual(['negotiation-failure HYBRID_REQUIRED_BY_SERVER'])
    expect(found('grace period')).toContain('license-error ERR_NO_LICENSE_SERVER')
  })

  it('puts the likeliest reading first', () => {
    expect(found('401')[0]).toBe('http-status Unauthorized')
    expect(found('40')[0]).toBe('tls-alert handshake_failure')
    expect(found('7').slice(0, 2)).toEqual([
      'extended-disconnect-reason exDiscReasonServerDeniedConnection',
      'errinfo ERRINFO_SERVER_DENIED_CONNECTION',
    ])
    expect(found('0x18')[0]).not.toMatch(/^tls-alert|^http/)
    expect(found('1006').map(reading => reading.split(' ')[0])).toEqual(['websocket-close', 'windows-event'])
  })

  it('reads the word before a number as the table that is meant', () => {
    expect(found('alert 40')).toEqual(['tls-alert handshake_failure'])
    expect(found('Event 1057')).toEqual(['windows-event TerminalServices-RemoteConnectionManager'])
    expect(found('krb 24')).toEqual(['kerberos-error KDC_ERR_PREAUTH_FAILED'])
    expect(found('licence 7')).toEqual(['license-error STATUS_VALID_CLIENT'])
    expect(found('alert 999')).toEqual([])
  })

  it('unwraps what FreeRDP and Windows put around a code', () => {
    expect(found('0x00010007')).toEqual(['errinfo ERRINFO_SERVER_DENIED_CONNECTION'])
    expect(found('0x0002000C')).toEqual(['freerdp-error ERRCONNECT_SECURITY_NEGO_CONNECT_FAILED'])
    expect(found('0x8007052E')).toEqual(['rdstls-result RDSTLS_RESULT_LOGON_FAILURE'])
  })

  it('finds what people blame by its words, in any order', () => {
    const [first, ...others] = explain('remediation oracle').allegations
    expect([first?.number, others]).toEqual([7, []])
    expect(explain('machinekeys').allegations.map(({ number }) => number)).toEqual([2])
    expect(explain('0x904').allegations).toEqual([])
  })

  it('never takes the number of a flag or a type for a code', () => {
    expect(found('0x400').filter(reading => /flag|pdu-type/.test(reading))).toEqual([])
    expect(found('LB_LOAD_BALANCE_INFO')).toEqual(['redirection-flag LB_LOAD_BALANCE_INFO'])
  })

  it.each(['0x123456789', '99999999999', 'no such thing at all', 'zz', '', '-', '0x'])('knows nothing of %j', asked => {
    expect(explain(asked).entries).toEqual([])
  })
})

describe('the questions of a command line', () => {
  it.each([
    [
      ['0x904', '0x7'],
      ['0x904', '0x7'],
    ],
    [
      ['alert', '40', 'event', '1057'],
      ['alert 40', 'event 1057'],
    ],
    [['oracle', 'remediation'], ['oracle remediation']],
    [['oracle remediation'], ['oracle remediation']],
    [
      ['grace', 'period', '0x904', 'STATUS_LOGON_FAILURE', 'C000006D'],
      ['grace period', '0x904', 'STATUS_LOGON_FAILURE', 'C000006D'],
    ],
    [[], []],
  ])('%j asks %j', (words, asked) => {
    expect(questions(words)).toEqual(asked)
  })
})
