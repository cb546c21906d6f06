import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reportDocuments } from '../../src/cli/report-documents.ts'
import { called } from '../support/cli.ts'

const NLA = 'captures/nla-server-client-tls.pcapng'
const HEALTHY = 'captures/direct-tls13-login-ok.pcapng'

let folder = ''
const at = (name: string) => join(folder, name)
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rdpscope-merge-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function scanned(format: 'json' | 'jsonl', ...args: string[]): Promise<string> {
  return (await called('scan', '-f', format, ...args)).stdout
}

describe('merge', () => {
  it('joins reports of different places in the order in which they are named', async () => {
    writeFileSync(at('a.json'), await scanned('json', NLA))
    writeFileSync(at('b.jsonl'), (await scanned('jsonl', HEALTHY)) + (await scanned('jsonl', NLA)))
    for (const format of ['json', 'text', 'csv']) {
      const { stdout, status, stderr } = await called('merge', '-f', format, at('b.jsonl'), at('a.json'))
      expect([stderr, status]).toEqual(['', 1])
      if (format !== 'json') continue
      expect(JSON.parse(stdout).captures.map(({ path }: { path: string }) => path)).toEqual([HEALTHY, NLA, NLA])
    }
    const { stdout } = await called('merge', '-f', 'json', at('a.json'))
    expect(stdout).toBe(await scanned('json', NLA))
  })

  it('ends with the status of a scan', async () => {
    writeFileSync(at('warned.json'), await scanned('json', HEALTHY))
    expect((await called('merge', at('warned.json'))).status).toBe(0)
    expect((await called('merge', at('a.json'), '--fail-on', 'never')).status).toBe(0)
    writeFileSync(at('unread.json'), await scanned('json', NLA, 'package.json'))
    const { status, stderr } = await called('merge', at('unread.json'))
    expect(stderr).toMatch(/^rdpscope: package\.json: not a capture.*\n$/)
    expect(status).toBe(3)
  })

  it.each([
    ['a picture', '\x89PNG\r\n\x1a\n', /is no report: give what --format json or jsonl writes/],
    ['a list', '[1]', /is no report/],
    ['an open end', '{"schema":"rdpscope/report@1","captures":[{"path"', /ends in the middle.*scan again/],
    ['other JSON', '{"a":1}', /no rdpscope\/report@1 as version .* writes it \(schema\)/],
    ['what only looks like one', '{"schema":"rdpscope/report@1" "tool":{}}', /is no JSON/],
    ['a number for a capture', document('1'), /has a capture that is none/],
    ['half a capture', document('{"path":"a"}'), /capture 1: is no rdpscope\/report@1/],
    ['a capture that is no JSON', document('{"path" "a"}'), /capture 1: is no JSON/],
    ['a huge head', `{"a":"${'x'.repeat(100_000)}"}`, /is no report/],
  ])('goes on behind %s, and tells of it with status 3', async (_name, text, says) => {
    writeFileSync(at('bad.json'), text, 'latin1')
    const { status, stdout, stderr } = await called('merge', at('bad.json'), at('a.json'), '-f', 'json')
    expect(stderr).toMatch(says)
    expect(stderr.split('\n')).toHaveLength(2)
    expect(stdout).toBe(await scanned('json', NLA))
    expect(status).toBe(3)
  })

  it('tells of other versions, folders, what is not there and what is empty', async () => {
    writeFileSync(at('old.json'), (await scanned('json', NLA)).replace(/"version":"[^"]*"/, '"version":"0.0.1"'))
    const old = await called('merge', at('old.json'), '-f', 'json')
    expect(old.stderr).toMatch(/written by rdpscope 0\.0\.1/)
    expect(old.status).toBe(1)
    writeFileSync(at('empty.jsonl'), '\n')
    expect((await called('merge', at('empty.jsonl'), at('a.json'))).stderr).toMatch(/is empty: it adds nothing/)
    for (const path of [folder, at('nowhere')]) {
      expect(await called('merge', path)).toMatchObject({
        status: 3,
        stderr: expect.stringContaining('can not be read'),
      })
    }
  })

  it('holds captures against the code that they were scanned with, or another', async () => {
    const code = ['--error', '0x904', '--extended', '0x7']
    writeFileSync(at('coded.json'), await scanned('json', NLA, ...code))
    const text = await called('scan', NLA, ...code)
    expect(await called('merge', at('coded.json'))).toEqual(text)
    expect(await called('merge', at('a.json'), ...code)).toEqual(text)
    const { status, stderr } = await called('merge', at('coded.json'), at('a.json'))
    expect(stderr).toMatch(/not scanned with the same --error/)
    expect(status).toBe(2)
  })

  it('does not write over what it reads', async () => {
    const { status, stderr } = await called('merge', at('a.json'), '-f', 'json', '-o', at('a.json'))
    expect(stderr).toMatch(/is one of the/)
    expect(status).toBe(2)
  })
})

function document(captures: string): string {
  return `{"schema":"rdpscope/report@1","tool":{"name":"rdpscope","version":"0.1.0"},"captures":[${captures}]}`
}

describe('documents of a file', () => {
  it('are found whatever stands in their texts, also where they lie across pieces', () => {
    const capture = { path: 'a"}]{[\\', deep: [{ captures: [1] }], text: 'ü\u2028' }
    const head = { a: '"captures":[', captures: [] as object[], z: { captures: [2] } }
    const texts = [1, 3000].map(count => JSON.stringify({ ...head, captures: new Array(count).fill(capture) }))
    writeFileSync(at('documents'), `\ufeff${texts[0]}\n \n${texts[1]}`)
    const documents = [...reportDocuments(at('documents'))]
    expect(documents.map(({ captures }) => captures.length)).toEqual([1, 3000])
    for (const one of documents) expect(JSON.parse(one.head)).toEqual(head)
    const length = Buffer.byteLength(JSON.stringify(capture))
    for (const extent of documents.flatMap(({ captures }) => captures)) expect(extent.length).toBe(length)
  })
})
