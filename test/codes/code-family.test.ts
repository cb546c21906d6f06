import { describe, expect, it } from 'vitest'
import { clientTables, familyOfCode, typedCode } from '../../src/codes/code-family.ts'

describe('the family of a code', () => {
  it.each([
    [0x904, 'cut'],
    [0x204, 'connect'],
    [0x108, 'connect'],
    [0x104, 'lookup'],
    [0x1b07, 'certificate'],
    [0x807, 'logon'],
    [0x1d07, 'logon'],
    [0x908, 'licence'],
    [0xb09, 'nla-required'],
    [0x300001b, 'gateway'],
    [0x3, 'orderly'],
    [0x0, 'unknown'],
    [0x2000c, 'negotiation'],
    [0x20008, 'tls'],
    [0x20006, 'connect'],
    [0x20014, 'logon'],
    [0x12345678, 'unknown'],
  ])('of 0x%x is %s', (code, family) => {
    expect(familyOfCode(code)).toBe(family)
  })
})

describe('a code that was typed', () => {
  it.each([
    ['0x904', 0x904],
    [' 2308 ', 0x904],
    ['-1', 0xffffffff],
    ['disconnectreasonatclientwinsockfdclose', 0x904],
    ['ERRCONNECT_LOGON_FAILURE', 0x20014],
    ['', null],
    ['0x123456789', null],
    ['oracle remediation', null],
  ])('%j is %s', (text, value) => {
    expect(typedCode(text, clientTables)).toBe(value)
  })
})
