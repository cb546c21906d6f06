import { describe, expect, it } from 'vitest'
import { clientDisconnectReasons } from '../../src/codes/client-disconnect-reasons.ts'
import { readDisconnect } from '../../src/codes/disconnect-reading.ts'

describe('the reading of what mstsc shows', () => {
  it('tells of 0x904 that a connection existed and was closed, and nothing about the cause', () => {
    const reading = readDisconnect(0x904, 7)
    expect(reading?.codes).toBe('0x904 0x7')
    expect(reading?.is.join(' ')).toContain('names no cause')
    expect(reading?.is.join(' ')).toContain('(inference)')
    expect(reading?.isNot.join(' ')).toContain('licence error 7')
    expect(reading?.claims.find(({ claim }) => claim.includes('DNS'))?.truth).toContain('0x104')
    expect(reading?.rules).toEqual(
      expect.arrayContaining(['tls-handshake-refused', 'x224-no-confirm', 'server-denied']),
    )
  })

  it('does not bring the inference about 0x904 into other codes', () => {
    expect(readDisconnect(0x204, 7)?.is.join(' ')).not.toContain('inference')
  })

  it('sends 0x204 to the connection, 0x104 to the lookup and 0x807 to the logon', () => {
    expect(readDisconnect(0x204, 0)?.wire.join(' ')).toContain('SYN without SYN-ACK')
    expect(readDisconnect(0x104, null)?.rules).toEqual(['dns-lookup-failed'])
    expect(readDisconnect(0x807, null)?.isNot.join(' ')).toContain('not a fault of the network')
  })

  it('says that an extended code comes from inside TLS, and which range is internal', () => {
    expect(readDisconnect(0x904, 0x5)?.wire.join(' ')).toContain('Set Error Info PDU')
    expect(readDisconnect(0x1104, 0x1234)).toBeNull()
    expect(readDisconnect(0x904, 0x1234)?.is.join(' ')).toContain('internal protocol errors')
    expect(readDisconnect(0x904, 0xdead)?.is.join(' ')).toContain('not in Microsoft')
  })

  it('knows gateway numbers as not official', () => {
    expect(readDisconnect(0x0300001b, null)?.isNot.join(' ')).toContain('Microsoft publishes no table')
  })

  it.each(clientDisconnectReasons.codes.map(code => code.value))('reads %i without a gap', value => {
    const reading = readDisconnect(value, 7)
    expect(reading?.capture.length).toBeGreaterThan(0)
    for (const text of [...(reading?.is ?? []), ...(reading?.wire ?? [])]) expect(text).toMatch(/[.)]$/)
  })
})
