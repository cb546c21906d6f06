/** The facts of real captures, held against tshark's fields. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Event, FactKind, FactOf } from '../../src/flow/event.ts'
import { eventsOf } from '../support/captures.ts'

const LAB = join(import.meta.dirname, '../../../shared/captures/lab')
const hasTshark = spawnSync('tshark', ['--version']).status === 0
const isPossible = hasTshark && existsSync(LAB)
if (!isPossible) console.warn('skipped: needs tshark and ../shared/captures/lab')

describe.skipIf(!isPossible)('what tshark says too', () => {
  const captures = isPossible ? readdirSync(LAB).filter(name => name.endsWith('.pcapng')) : []

  it('of each lab capture: hellos, certificates, negotiation, and HTTP heads', async () => {
    const compared = { 'client-hello': 0, 'server-hello': 0, certificate: 0, negotiation: 0, http: 0 }
    for (const name of captures) {
      const events = await eventsOf(join(LAB, name), { decrypted: false })
      const at = (row: Row) => `${name} ${row.packet}`
      for (const row of tshark(name, TLS_FILTER, TLS_FIELDS, ['-d', 'tcp.port==3389,tls'])) {
        const types = row.list('tls.handshake.type')
        const chosen = judgedServer(row)
        if (types.join() === '1') {
          expect(clientHello(only(events, row.packet, 'client-hello')), at(row)).toEqual(judgedClient(row))
          compared['client-hello']++
        }
        if (types[0] === '2') {
          expect(serverHello(only(events, row.packet, 'server-hello')), at(row)).toEqual(chosen)
          compared['server-hello']++
        }
        // The captures hold their keys, with which tshark reads the encrypted certificate of TLS 1.3 too.
        const inClear = chosen.version < TLS_1_3 && row.list('tls.handshake.certificate_length').length === 1
        if (types.includes('11') && inClear) {
          const { chain } = only(events, row.packet, 'certificate').fact
          expect(chain.map(certificate), at(row)).toEqual([judgedCertificate(row)])
          compared.certificate++
        }
      }
      for (const row of tshark(name, CLEAR_FILTER, CLEAR_FIELDS)) {
        const here = events.filter(event => event.packet === row.packet).map(event => event.fact)
        if (row.list('rdp.neg_type').length > 0) {
          expect(here, at(row)).toMatchObject([judgedNegotiation(row)])
          compared.negotiation++
          continue
        }
        const [stream] = row.list('tcp.stream')
        for (const method of row.list('http.request.method')) {
          expect(here, at(row)).toContainEqual(expect.objectContaining({ kind: 'http-request', method }))
        }
        for (const status of row.list('http.response.code').map(Number)) {
          // tshark shows a response where its body ends.
          const head = events.findLast(
            ({ fact, packet, conversation }) =>
              fact.kind === 'http-response' && packet <= row.packet && String(conversation) === stream,
          )
          expect(head?.fact, at(row)).toMatchObject({ status })
        }
        compared.http++
      }
    }
    for (const [kind, count] of Object.entries(compared)) expect(count, kind).toBeGreaterThan(15)
  })
})

const TLS_1_3 = 0x0304
const TLS_FILTER = 'tls.handshake.type'
/** Not what tshark decrypts. */
const CLEAR_FILTER = 'rdp.neg_type or ((http.request.method or http.response.code) and not tls)'
const TLS_FIELDS = [
  'tls.handshake.type',
  'tls.handshake.version',
  'tls.handshake.random',
  'tls.handshake.ciphersuite',
  'tls.handshake.extension.type',
  'tls.handshake.extensions.supported_version',
  'tls.handshake.extensions_server_name',
  'tls.handshake.extensions_supported_group',
  'tls.handshake.sig_hash_alg',
  'tls.handshake.extensions_alpn_str',
  'tls.handshake.extensions_key_share_group',
  'tls.handshake.certificate_length',
  'x509af.utcTime',
  'x509af.serialNumber',
  'x509ce.dNSName',
  'x509ce.IPAddress.ipv4',
] as const
const CLEAR_FIELDS = [
  'tcp.stream',
  'rdp.neg_type',
  'rdp.rt_cookie',
  'rdp.negReq.requestedProtocols',
  'rdp.negReq.selectedProtocol',
  'rdp.negFailure.failureCode',
  'http.request.method',
  'http.response.code',
] as const

interface Row {
  readonly packet: number
  list(field: string): string[]
}

function tshark(name: string, filter: string, fields: readonly string[], options: string[] = []): Row[] {
  const print = ['frame.number', ...fields].flatMap(field => ['-e', field])
  const form = ['-T', 'fields', '-E', 'occurrence=a', '-E', 'aggregator=;', '-E', 'separator=/t']
  const run = spawnSync('tshark', ['-n', '-r', join(LAB, name), ...options, '-Y', filter, ...form, ...print], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  return run.stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const [packet, ...values] = line.split('\t')
      return {
        packet: Number(packet),
        list: field => (values[fields.indexOf(field)] ?? '').split(';').filter(value => value !== ''),
      }
    })
}

function only<K extends FactKind>(events: readonly Event[], packet: number, kind: K): Event<FactOf<K>> {
  const found = events.filter(event => event.packet === packet && event.fact.kind === kind)
  expect(found, `${kind} in packet ${packet}`).toHaveLength(1)
  return found[0] as Event<FactOf<K>>
}

function clientHello({ fact }: Event<FactOf<'client-hello'>>) {
  const { version, versions, suites, groups, signatureSchemes, serverName, alpn, extensions, random, complete } = fact
  return { version, versions, suites, groups, signatureSchemes, serverName, alpn, extensions, random, complete }
}

function judgedClient(row: Row): ReturnType<typeof clientHello> {
  const numbers = (field: string) =>
    row
      .list(field)
      .map(Number)
      .filter(value => !isGrease(value))
  return {
    version: Number(row.list('tls.handshake.version')[0]),
    versions: numbers('tls.handshake.extensions.supported_version'),
    suites: numbers('tls.handshake.ciphersuite'),
    groups: numbers('tls.handshake.extensions_supported_group'),
    signatureSchemes: numbers('tls.handshake.sig_hash_alg'),
    serverName: row.list('tls.handshake.extensions_server_name')[0] ?? '',
    alpn: row.list('tls.handshake.extensions_alpn_str'),
    extensions: numbers('tls.handshake.extension.type'),
    random: row.list('tls.handshake.random')[0] ?? '',
    complete: true,
  }
}

function serverHello({ fact }: Event<FactOf<'server-hello'>>) {
  const { version, suite, group, random, complete } = fact
  return { version, suite, group, random, complete }
}

function judgedServer(row: Row): ReturnType<typeof serverHello> {
  const [chosen] = row.list('tls.handshake.extensions.supported_version')
  const [group] = row.list('tls.handshake.extensions_key_share_group')
  return {
    version: Number(chosen ?? row.list('tls.handshake.version')[0]),
    suite: Number(row.list('tls.handshake.ciphersuite')[0]),
    group: Number(group ?? -1),
    random: row.list('tls.handshake.random')[0] ?? '',
    complete: true,
  }
}

type Summary = FactOf<'certificate'>['chain'][number]

function certificate({ serial, notBefore, notAfter, names, bytes }: Summary) {
  return { serial, notBefore, notAfter, names, bytes }
}

function judgedCertificate(row: Row): ReturnType<typeof certificate> {
  const [notBefore, notAfter] = row.list('x509af.utcTime').map(text => Date.parse(text.replace(' (UTC)', 'Z')) / 1000)
  return {
    serial: (row.list('x509af.serialNumber')[0] ?? '').replaceAll(':', '').replace(/^00/, ''),
    notBefore: notBefore ?? 0,
    notAfter: notAfter ?? 0,
    names: [...row.list('x509ce.dNSName'), ...row.list('x509ce.IPAddress.ipv4')],
    bytes: Number(row.list('tls.handshake.certificate_length')[0]),
  }
}

function judgedNegotiation(row: Row): object {
  const [requested] = row.list('rdp.negReq.requestedProtocols')
  const [selected] = row.list('rdp.negReq.selectedProtocol')
  const [code] = row.list('rdp.negFailure.failureCode')
  const [cookie = ''] = row.list('rdp.rt_cookie')
  if (requested !== undefined) {
    const user = /mstshash=([^\\\r\n]*)/.exec(cookie)?.[1] ?? ''
    return { kind: 'negotiation-request', protocols: Number(requested), cookie: user }
  }
  if (selected !== undefined) return { kind: 'negotiation-response', selected: Number(selected) }
  return { kind: 'negotiation-failure', code: Number(code) }
}

function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff)
}
