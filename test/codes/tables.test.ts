import { describe, expect, it } from 'vitest'
import { rcodeName, recordTypeName } from '../../src/codes/dns.ts'
import { codeTables } from '../../src/codes/explain.ts'
import { httpStatusMeaning } from '../../src/codes/http-status.ts'
import { icmpName } from '../../src/codes/icmp.ts'
import { negotiationFailureName, protocolNames } from '../../src/codes/negotiation.ts'
import { alertName } from '../../src/codes/tls-alerts.ts'
import { cipherSuiteName, groupName, signatureSchemeName, tlsVersionName } from '../../src/codes/tls-names.ts'

describe('every table of codes', () => {
  it.each(codeTables.map(table => [table.id, table] as const))(
    '%s names each value once, with a meaning',
    (_id, table) => {
      expect(table.codes.length).toBeGreaterThan(1)
      expect(new Set(table.codes.map(code => code.value)).size).toBe(table.codes.length)
      for (const code of table.codes) {
        expect(code.meaning, code.symbol).not.toBe('')
        expect(code.meaning, code.symbol).not.toMatch(/\.$|\.\.\./)
        expect(code.note, code.symbol).toMatch(/^$|\.$/)
        expect(Number.isInteger(code.value) && code.value >= 0 && code.value <= 0xffff_ffff).toBe(true)
      }
    },
  )

  it('has an id of its own', () => {
    expect(new Set(codeTables.map(table => table.id)).size).toBe(codeTables.length)
  })
})

describe('names for sentences', () => {
  it('tell the security protocols of a negotiation', () => {
    expect(protocolNames(-1)).toBe('standard RDP security')
    expect(protocolNames(0)).toBe('standard RDP security')
    expect(protocolNames(1)).toBe('TLS')
    expect(protocolNames(3)).toBe('TLS and CredSSP (NLA)')
    expect(protocolNames(0x21)).toBe('TLS and unknown protocols (0x20)')
    expect(negotiationFailureName(5)).toBe('HYBRID_REQUIRED_BY_SERVER')
    expect(negotiationFailureName(77)).toBe('0x0000004D')
  })

  it('tell TLS values, and unknown ones in hexadecimal', () => {
    expect(tlsVersionName(0x0303)).toBe('TLS 1.2')
    expect(tlsVersionName(0x7f1c)).toBe('version 0x7f1c')
    expect(cipherSuiteName(0x1302)).toBe('TLS_AES_256_GCM_SHA384')
    expect(cipherSuiteName(0xfefe)).toBe('suite 0xfefe')
    expect(groupName(29)).toBe('x25519')
    expect(signatureSchemeName(0x0804)).toBe('rsa_pss_rsae_sha256')
    expect(alertName(40)).toBe('handshake_failure')
    expect(alertName(200)).toBe('200')
  })

  it('tell DNS, HTTP and ICMP values', () => {
    expect(rcodeName(3)).toBe('NXDOMAIN')
    expect(recordTypeName(28)).toBe('AAAA')
    expect(recordTypeName(65280)).toBe('TYPE65280')
    expect(httpStatusMeaning(502)).toContain('proxy')
    expect(httpStatusMeaning(299)).toBe('')
    expect(icmpName(4, 3, 13)).toBe('communication administratively prohibited')
    expect(icmpName(6, 2, 0)).toBe('packet too big')
    expect(icmpName(4, 3, 99)).toBe('ICMP type 3 code 99')
  })
})
