/** Who claims an IP address on the local link: hosts, or devices that share one on purpose, one after the other or at once. */
import type { Attempt } from '../attempt/attempt.ts'
import type { ContestedAddress } from '../flow/conversation.ts'

/**
 * VRRP and CARP (RFC 9568 section 7.3), HSRP and GLBP of Cisco, and the cluster addresses of Microsoft's Network Load
 * Balancing: who claims with one of them speaks for a group.
 */
const SHARED = /^(?:00:00:5e:00:0[12]|00:00:0c:07:ac|00:00:0c:9f:f|00:05:73:a0:0|00:07:b4:0|02:bf:|03:bf:|01:00:5e)/

function isShared(hardware: string): boolean {
  return SHARED.test(hardware)
}

/** Who claims so many addresses answers for others: a router with proxy ARP (RFC 1027), or a host of many addresses. */
const PROXY_ADDRESSES = 3

/** The same without those that share the address on purpose. */
export function withoutShared(one: ContestedAddress): ContestedAddress {
  const claims = one.claims.filter(claim => !isShared(claim.hardware) && claim.addresses < PROXY_ADDRESSES)
  return { ...one, claims }
}

/** Two hosts claim it at the same time. */
export function isDisputed({ claims, returns, doubleAnswers }: ContestedAddress): boolean {
  return claims.length > 1 && returns + doubleAnswers > 0
}

/** What the server's address answers may come from either of two hosts. */
export function isServerDisputed({ contested, server }: Attempt): boolean {
  return contested.some(one => one.address === server.address && isDisputed(withoutShared(one)))
}

/** 00:11:22:aa:bb:cc from one number of 48 bits; '' for -1. */
export function hardwareText(hardware: number): string {
  if (hardware < 0) return ''
  return hardware
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?!$)/g, '$&:')
}
