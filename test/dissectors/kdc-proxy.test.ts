/** MS-KKDCP 2.2.2, around messages of kinit and an MIT KDC. */
import { describe, expect, it } from 'vitest'
import { kdcProxy } from '../../dissectors/kdc-proxy.ts'
import { BROKEN, LIKELY, NO, SERVER } from '../../src/wire/dissector.ts'
import { bytes, concat, inside } from '../support/bytes.ts'
import { conformsStream, turns } from '../support/conformance.ts'
import { element, SEQUENCE } from '../support/der.ts'
import { AS_REQUEST, PREAUTHENTICATION_REQUIRED } from '../support/logon-vectors.ts'
import { facts, likeness, tree } from '../support/read.ts'

const message = (kerberos: Uint8Array, ...more: Uint8Array[]) => {
  const length = Uint8Array.of(0, 0, kerberos.length >> 8, kerberos.length & 255)
  return inside(element(SEQUENCE, element(0xa0, element(0x04, concat(length, kerberos))), ...more))
}
const request = message(AS_REQUEST, element(0xa1, element(0x1b, 'LAB.TEST')))
const answer = message(PREAUTHENTICATION_REQUIRED)

it('a request tells the realm, and what is asked of it', () => {
  expect(facts(kdcProxy, 'client', request)).toMatchObject([
    { kind: 'kdc-proxy', domain: 'LAB.TEST', complete: true },
    { kind: 'kerberos-request', messageType: 10, client: 'alice' },
  ])
  expect(tree(kdcProxy, 'client', request).field('kerberos.CNameString')?.value).toBe('alice')
})

it('an answer holds the message alone', () => {
  expect(facts(kdcProxy, 'server', answer)).toMatchObject([
    { kind: 'kdc-proxy', domain: '' },
    { kind: 'kerberos-error', code: 25 },
  ])
})

it('is recognised by the Kerberos message inside; what is none is broken', () => {
  expect(likeness(kdcProxy, 'client', request)).toBe(LIKELY)
  expect(likeness(kdcProxy, 'client', bytes('30 0c 02 01 01 60 07 02 01 03 04 00 80 00'))).toBe(NO)
  const html = bytes('"<html>"')
  expect(kdcProxy.frame(html, 0, html.length, 0, null, SERVER)).toBe(BROKEN)
})

describe('kdc-proxy conforms: it', () => {
  conformsStream(kdcProxy, { 'a request and its answer': turns(['client', request], ['server', answer]) })
})
