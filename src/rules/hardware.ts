/** Hardware addresses that several devices share on purpose, one after the other or at once. */

/**
 * VRRP and CARP (RFC 9568 section 7.3), HSRP and GLBP of Cisco, and the cluster addresses of Microsoft's Network Load
 * Balancing: who claims with one of them speaks for a group.
 */
const SHARED = /^(?:00:00:5e:00:0[12]|00:00:0c:07:ac|00:00:0c:9f:f|00:05:73:a0:0|00:07:b4:0|02:bf:|03:bf:|01:00:5e)/

export function isShared(hardware: string): boolean {
  return SHARED.test(hardware)
}

/** 00:11:22:aa:bb:cc from one number of 48 bits; '' for -1. */
export function hardwareText(hardware: number): string {
  if (hardware < 0) return ''
  return hardware
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?!$)/g, '$&:')
}
