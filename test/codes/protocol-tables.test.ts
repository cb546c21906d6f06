/** Holds the tables against the lists of the specifications that were verified for this project, where they are at hand. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codeTables, explain } from '../../src/codes/explain.ts'
import type { CodeTable } from '../../src/codes/table.ts'

const folder = resolve(import.meta.dirname, '../../../shared/protocol')

/** File, table, and the cells that a row has which belongs to it, where a file holds several tables. */
const FILES: readonly (readonly [file: string, table: string, ...cells: string[]])[] = [
  ['neg-failure-codes', 'negotiation-failure'],
  ['rdp-protocol-flags', 'security-protocol', 'NEG_REQ/NEG_RSP'],
  ['rdp-protocol-flags', 'negotiation-request-flag', 'NEG_REQ', 'flags'],
  ['rdp-protocol-flags', 'negotiation-response-flag', 'NEG_RSP', 'flags'],
  ['client-disconnect-reasons', 'client-disconnect-reason'],
  ['extended-disconnect-reasons', 'extended-disconnect-reason'],
  ['gateway-client-ui-codes', 'gateway-client-reason'],
  ['errinfo', 'errinfo'],
  ['tls-alerts', 'tls-alert'],
  ['rdg-hresults', 'rdg-result'],
  ['credssp-ntstatus', 'ntstatus'],
  ['sspi-hresults', 'sspi'],
  ['license-error-codes', 'license-error', 'dwErrorCode'],
  ['license-error-codes', 'license-transition', 'dwStateTransition'],
  ['license-error-codes', 'license-message', 'bMsgType'],
  ['mcs-codes', 'mcs-disconnect-reason', 'disconnect-reason'],
  ['mcs-codes', 'mcs-result', 'result'],
  ['mcs-codes', 'mcs-domain-pdu', 'domain-pdu'],
  ['early-auth-and-rdstls-results', 'early-authorization', 'EarlyUserAuthResult'],
  ['early-auth-and-rdstls-results', 'rdstls-result', 'RDSTLS'],
  ['early-auth-and-rdstls-results', 'rdsaad-result', 'RDSAAD'],
  ['status-info-codes', 'status-info'],
  ['redirection-flags', 'redirection-flag'],
  ['early-capability-flags', 'early-capability-flag'],
  ['security-header-flags', 'security-header-flag'],
  ['pdutype2', 'pdu-type-2'],
]
/** A list whose first column holds several statuses in one cell: `405/501`, `505 / HTTP/2`. */
const STATUSES = 'rdg-http-status'

describe.skipIf(!existsSync(folder))('the tables and the verified lists (skipped where ../shared is absent)', () => {
  it('are compared all', () => {
    const listed = readdirSync(folder).filter(name => name.endsWith('.tsv'))
    const compared = new Set([...FILES.map(([file]) => `${file}.tsv`), `${STATUSES}.tsv`])
    expect(listed.filter(name => !compared.has(name))).toEqual([])
  })

  it('agree row by row, and no row of a file belongs to no table', () => {
    const rest = new Set(FILES.flatMap(([file]) => readRows(file).map((_, at) => `${file} row ${at}`)))
    for (const [file, , ...cells] of FILES) {
      for (const [at, row] of readRows(file).entries()) if (belongs(row, cells)) rest.delete(`${file} row ${at}`)
    }
    expect([...rest]).toEqual([])
  })

  it.each(FILES.map(([file, id, ...cells]) => ({ file, id, cells })))('$id holds $file', ({ file, id, cells }) => {
    const table = tableOf(id)
    const listed = readRows(file).filter(row => belongs(row, cells))
    expect(listed.length).toBeGreaterThan(1)
    for (const row of listed) {
      const { symbol: written = '', dec, hex } = row
      const value = Number(hex ?? dec)
      if (hex !== undefined && dec !== undefined) expect(Number(dec), `${file} ${hex}`).toBe(value)
      const code = table.byValue.get(value)
      const symbol = written.startsWith('(') ? '' : written
      expect([code?.symbol, ...words(code?.note ?? '')], `${file} ${hex ?? dec}`).toContain(symbol)
      expect(code?.meaning, `${file} ${hex ?? dec}`).not.toBe('')
      if (row.signed_dec !== undefined) expect(explain(row.signed_dec).entries[0]?.code, row.signed_dec).toBe(code)
    }
  })

  it('hold nothing beside them but what other sources have', () => {
    const more = new Map<string, number>()
    for (const id of new Set(FILES.map(([, id]) => id))) {
      const listed = FILES.filter(([, of]) => of === id).flatMap(([file, , ...cells]) =>
        readRows(file)
          .filter(row => belongs(row, cells))
          .map(row => Number(row.hex ?? row.dec)),
      )
      const beyond = tableOf(id).codes.filter(({ value }) => !listed.includes(value)).length
      if (beyond > 0) more.set(id, beyond)
    }
    expect([...more]).toEqual([])
  })

  it('know the HTTP statuses', () => {
    const table = tableOf('http-status')
    const statuses = readRows(STATUSES).flatMap(({ status = '' }) => status.match(/\b[1-5]\d\d\b/g) ?? [])
    expect(statuses.length).toBeGreaterThan(12)
    for (const status of statuses) expect(table.byValue.get(Number(status))?.meaning, status).toMatch(/./)
  })
})

function tableOf(id: string): CodeTable {
  const table = codeTables.find(table => table.id === id)
  if (table === undefined) throw new Error(`no table ${id}`)
  return table
}

function belongs(row: Record<string, string>, cells: readonly string[]): boolean {
  return cells.every(cell => Object.values(row).includes(cell))
}

function words(text: string): string[] {
  return text.match(/[A-Z][A-Z_]+/g) ?? []
}

function readRows(file: string): Record<string, string>[] {
  const lines = readFileSync(join(folder, `${file}.tsv`), 'utf8')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
  const names = (lines[0] ?? '').split('\t')
  return lines.slice(1).map(line => Object.fromEntries(line.split('\t').map((cell, at) => [names[at] ?? '', cell])))
}
