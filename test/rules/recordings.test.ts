import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { rules } from '../../src/rules/index.ts'
import { recordings } from '../../src/rules/recordings.ts'

const lines = recordings.flatMap(one => one.commands.flatMap(({ lines }) => lines))
/** What stands in quotes behind a capture program, which is its capture filter. */
const filters = [
  ...new Set(
    lines
      .filter(line => /^(dumpcap|tcpdump) /.test(line))
      .map(line => (/(["'])(.*)\1$/.exec(line)?.[2] ?? '').replaceAll('SERVER', '192.0.2.1')),
  ),
]

describe('the captures that settle what another hid', () => {
  it('are named by every rule, none twice, all from the list', () => {
    for (const { id, settledBy } of rules) {
      expect(settledBy.length, id).toBeGreaterThan(0)
      expect(new Set(settledBy).size, id).toBe(settledBy.length)
      for (const one of settledBy) expect(recordings, id).toContain(one)
    }
  })

  it('are all of use to some rule', () => {
    const named = new Set(rules.flatMap(({ settledBy }) => settledBy))
    expect(recordings.filter(one => !named.has(one)).map(({ id }) => id)).toEqual([])
  })

  it('keep whole packets in a ring of files', () => {
    const programs = { dumpcap: 0, tcpdump: 0, netsh: 0, pktmon: 0 }
    for (const line of lines) {
      if (line.startsWith('dumpcap ')) expect(line).toMatch(/ -s 0 .*-b filesize:\d+ -b files:\d+ /)
      else if (line.startsWith('tcpdump ')) expect(line).toMatch(/ -s 0 .*-C \d+ -W \d+ /)
      else if (line.startsWith('netsh trace start'))
        expect(line).toMatch(/capture=yes .*fileMode=circular maxSize=\d+ /)
      else if (line.startsWith('pktmon start')) expect(line).toMatch(/--pkt-size 0 .*--log-mode circular/)
      else continue
      programs[line.split(' ')[0] as keyof typeof programs]++
    }
    for (const [program, times] of Object.entries(programs)) expect(times, program).toBeGreaterThan(3)
  })

  it('give pktmon no more than its eight filters', () => {
    for (const { id, commands } of recordings) {
      for (const { lines } of commands) {
        expect(lines.filter(line => line.startsWith('pktmon filter add')).length, id).toBeLessThanOrEqual(8)
      }
    }
  })

  it.skipIf(spawnSync('tcpdump', ['--version']).error !== undefined)('filter as tcpdump compiles it', () => {
    expect(filters.length).toBeGreaterThan(4)
    for (const filter of filters) {
      const { status, stderr } = spawnSync('tcpdump', ['-y', 'EN10MB', '-d', filter], { encoding: 'utf8' })
      expect(status, `${filter}: ${stderr}`).toBe(0)
    }
  })
})
