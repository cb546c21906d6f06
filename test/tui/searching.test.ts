/** What goes through a whole capture: finding, filters, and what is counted. */
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { partnersOf } from '../../src/evidence/partners.ts'
import { KeySource } from '../../src/flow/tls/keys.ts'
import { compileFilter } from '../../src/inspect/filter/filter.ts'
import { Replay } from '../../src/inspect/replay.ts'
import { Document } from '../../src/tui/document.ts'
import { Finder } from '../../src/tui/find.ts'
import { conversationCounts, endpointCounts } from '../../src/tui/statistics.ts'

const captures = resolve(import.meta.dirname, '../../captures')
const GATEWAY = 'gw-websocket-ntlm-ok.pcapng'

const fail = (error: unknown): never => {
  throw error
}

async function loaded(name: string): Promise<Document> {
  const document = await Document.open(resolve(captures, name), { onChange: () => {}, onError: fail })
  await document.load()
  return document
}

describe('a search', () => {
  let document: Document
  beforeAll(async () => {
    document = await loaded(GATEWAY)
  })
  afterAll(() => document.close())

  async function matching(text: string, from = 0, to = document.index.count): Promise<number[]> {
    const rows: number[] = []
    const found = (row: number): void => {
      rows.push(row)
    }
    await document.search({ from, to, filter: compileFilter(text), found, goesOn: () => true })
    return rows
  }

  it.each(['tls.handshake.type == 1', 'tcp.stream == 1 && tcp.len > 0', 'rdg', 'websocket && rdp', 'dns || arp'])(
    'finds from the middle on what it finds from the start: %s',
    async filter => {
      const { count } = document.index
      const all = await matching(filter)
      for (const from of [1, count >> 2, count >> 1, count - 3]) {
        expect(await matching(filter, from), `from ${from}`).toEqual(all.filter(row => row >= from))
        expect(await matching(filter, 0, from), `up to ${from}`).toEqual(all.filter(row => row < from))
      }
    },
  )

  it('ends when nobody wants to know any more', async () => {
    let asked = 0
    let found = 0
    await document.search({
      from: 0,
      to: document.index.count,
      goesOn: () => ++asked < 2,
      found: () => {
        found++
      },
    })
    expect(asked).toBe(2)
    expect(found).toBeLessThan(document.index.count)
  })

  it('gives packets with the layers of one that is opened alone', async () => {
    const partners = partnersOf(document.attempts)
    const replay = new Replay(
      {
        index: document.index,
        recorded: row => document.recorded(row),
        partners: stream => partners.get(stream) ?? [],
        keys: () => new KeySource(null, document.info.secrets),
      },
      0,
    )
    const from = document.index.count >> 1
    const seen = new Map<number, string>()
    await replay.search(
      {
        from,
        to: document.index.count,
        goesOn: () => true,
        found: (row, { layers, conversation }) =>
          void seen.set(row, `${conversation} ${layers.map(({ tree }) => tree.field.name).join(':')}`),
      },
      () => null,
    )
    expect(seen.size).toBe(document.index.count - from)
    for (const row of [from, from + 7, document.index.count - 1]) {
      const alone = (await replay.packets([row], () => null)).get(row)
      expect(seen.get(row)).toBe(`${alone?.conversation} ${alone?.layers.map(({ tree }) => tree.field.name).join(':')}`)
    }
  })
})

describe('finding', () => {
  let document: Document
  let finder: Finder
  beforeAll(async () => {
    document = await loaded('direct-tls13-only-server-client12.pcapng')
    finder = new Finder(document)
  })
  afterAll(() => document.close())

  const all = () => ({ count: document.index.count, rowAt: (line: number) => line, lineOf: (row: number) => row })
  const find = (text: string, from: number, forward: boolean) => {
    finder.text = text
    return finder.next(all(), from, forward, () => true)
  }

  it('goes to the next line that says it, forwards and back, and not to the one it starts from', async () => {
    expect(await find('CLIENT hello', 0, true)).toBe(7)
    expect(await find('client hello', 7, true)).toBe(-1)
    expect(await find('[syn', 11, false)).toBe(1)
    expect(await find('[syn', 1, false)).toBe(0)
    expect(await find('[syn', 0, false)).toBe(-1)
  })

  it('finds bytes and filters', async () => {
    expect(await find('hex:15 03 03 00 02 02 46', 0, true)).toBe(8)
    expect(await find('hex:15 03 03 00 02 02 46', 8, true)).toBe(-1)
    expect(await find('filter:tcp.flags.reset == 1', 0, true)).toBe(11)
    expect(await find('filter:tls', 11, false)).toBe(8)
  })

  it('goes by the lines that are shown', async () => {
    const rows = [0, 7, 11]
    const list = { count: 3, rowAt: (line: number) => rows[line] ?? -1, lineOf: (row: number) => rows.indexOf(row) }
    finder.text = 'filter:tcp'
    expect(await finder.next(list, 0, true, () => true)).toBe(1)
    expect(await finder.next(list, 1, true, () => true)).toBe(2)
    expect(await finder.next(list, 2, true, () => true)).toBe(-1)
    expect(await finder.next(list, 2, false, () => true)).toBe(1)
  })

  it('says what is wrong with a text before it searches', () => {
    expect(finder.fault('hex:1g')).toMatchObject({ at: 4 })
    expect(finder.fault('filter:tcp.flags.rest')?.at).toBe(7)
    expect(finder.fault('anything at all')).toBeNull()
  })
})

describe('what is counted', () => {
  it('adds up to the capture', async () => {
    const document = await loaded(GATEWAY)
    const counts = await conversationCounts(document)
    let packets = 0
    let bytes = 0
    for (let row = 0; row < document.index.count; row++) {
      if (document.index.stream(row) < 0) continue
      packets++
      bytes += document.index.originalLength(row)
    }
    expect(counts.reduce((sum, count) => sum + count.packets, 0)).toBe(packets)
    expect(counts.reduce((sum, count) => sum + count.bytes, 0)).toBe(bytes)
    expect(counts.map(count => count.bytes)).toEqual(counts.map(count => count.bytes).sort((a, b) => b - a))
    const first = counts.find(({ stream }) => stream === 0)
    expect(first?.from).toMatch(/^10\.0\.\d+\.\d+:\d+$/)
    const endpoints = endpointCounts(counts)
    expect(endpoints.reduce((sum, { conversations }) => sum + conversations, 0)).toBe(counts.length * 2)
    document.close()
  })
})
