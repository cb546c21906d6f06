/** Holds the tables against the lists of the specifications that were verified for this project, where they are at hand. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codeTables } from '../../src/codes/explain.ts'

const folder = resolve(import.meta.dirname, '../../../shared/protocol')

/** File, table, and the rows that belong to it where a file holds several tables. */
const FILES: readonly (readonly [file: string, table: string, rows?: string])[] = [
  ['neg-failure-codes', 'negotiation-failure'],
  ['rdp-protocol-flags', 'security-protocol', 'NEG_REQ/NEG_RSP'],
  ['client-disconnect-reasons', 'client-disconnect-reason'],
  ['extended-disconnect-reasons', 'extended-disconnect-reason'],
  ['gateway-client-ui-codes', 'gateway-client-reason'],
  ['errinfo', 'errinfo'],
  ['tls-alerts', 'tls-alert'],
  ['rdg-hresults', 'rdg-result'],
  ['credssp-ntstatus', 'ntstatus'],
  ['sspi-hresults', 'sspi'],
  ['license-error-codes', 'license-error', 'dwErrorCode'],
  ['mcs-codes', 'mcs-disconnect-reason', 'disconnect-reason'],
  ['mcs-codes', 'mcs-result', 'result'],
  ['early-auth-and-rdstls-results', 'early-authorization', 'EarlyUserAuthResult'],
  ['early-auth-and-rdstls-results', 'rdstls-result', 'RDSTLS'],
  ['early-auth-and-rdstls-results', 'rdsaad-result', 'RDSAAD'],
  ['status-info-codes', 'status-info'],
]

describe.skipIf(!existsSync(folder))('the tables hold what the verified lists hold', () => {
  it.each(FILES.map(([file, id, rows = '']) => ({ file, id, rows })))('$file in $id', ({ file, id, rows }) => {
    const table = codeTables.find(table => table.id === id)
    const listed = readRows(file).filter(row => rows === '' || Object.values(row).includes(rows))
    expect(listed.length).toBeGreaterThan(1)
    for (const row of listed) {
      const { symbol: written = '' } = row
      const value = Number(row.hex ?? row.dec)
      const symbol = written.startsWith('(') ? '' : written
      expect(table?.byValue.get(value)?.symbol, `${file} ${row.hex ?? row.dec}`).toBe(symbol)
    }
  })
})

function readRows(file: string): Record<string, string>[] {
  const lines = readFileSync(join(folder, `${file}.tsv`), 'utf8')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
  const names = (lines[0] ?? '').split('\t')
  return lines.slice(1).map(line => Object.fromEntries(line.split('\t').map((cell, at) => [names[at] ?? '', cell])))
}
