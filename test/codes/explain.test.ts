import { describe, expect, it } from 'vitest'
import { explain } from '../../src/codes/explain.ts'

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

  it.each(['0x123456789', '99999999999', 'no such thing at all', 'zz', '', '-', '0x'])('knows nothing of %j', asked => {
    expect(explain(asked).entries).toEqual([])
  })
})
