/** A packet that is read again is the packet that a reading of the whole capture gives. */
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCapture } from '../../src/capture/open.ts'
import { partnersOf } from '../../src/evidence/partners.ts'
import { KeySource } from '../../src/flow/tls/keys.ts'
import { inspect } from '../../src/inspect/inspect.ts'
import type { InspectedPacket } from '../../src/inspect/packet.ts'
import { PacketIndex } from '../../src/inspect/packet-index.ts'
import { Replay } from '../../src/inspect/replay.ts'
import { plainText } from '../../src/inspect/value-text.ts'
import { Document } from '../../src/tui/document.ts'
import type { Node } from '../../src/wire/field.ts'

const own = resolve(import.meta.dirname, '../../captures')
const lab = resolve(import.meta.dirname, '../../../shared/captures/lab')

describe('the captures of this repository', () => {
  it.each(capturesIn(own))('%s: each packet alone, and all at once', async name => {
    await compare(join(own, name), 100)
  })
})

describe.skipIf(!existsSync(lab))('the captures of the lab', () => {
  it.each(capturesIn(lab))('%s: some packets alone, and all at once', async name => {
    await compare(join(lab, name), 4)
  })
})

describe('what is read in pieces', () => {
  it('comes with its headers alone where it lies too far into its conversation', async () => {
    const path = join(own, 'gw-websocket-ntlm-ok.pcapng')
    const document = await loaded(path)
    const packet = new Replay(source(document), 0).headers(60)
    expect(packet.layers.map(({ tree }) => tree.field.name)).toEqual(['eth', 'ip', 'tcp'])
    expect([packet.number, packet.conversation, packet.transport]).toEqual([61, 0, 'tcp'])
    document.close()
  })
})

describe('a search', () => {
  it('of no rows finds nothing, also where there are none', async () => {
    const document = await loaded(join(own, 'direct-tls13-login-ok.pcapng'))
    const found: number[] = []
    const search = { goesOn: () => true, found: (row: number) => found.push(row) }
    await new Replay(source(document)).search({ ...search, from: 5, to: 5 }, () => null)
    const empty = { ...source(document), index: new PacketIndex() }
    await new Replay(empty).search({ ...search, from: 0, to: 0 }, () => null)
    expect(found).toEqual([])
    document.close()
  })
})

/** @param alone so many packets at most are also asked for one by one. */
async function compare(path: string, alone: number): Promise<void> {
  const whole = await wholeReading(path)
  const document = await loaded(path)
  const { index } = document
  expect(index.count).toBe(whole.length)
  const all = Array.from({ length: index.count }, (_, row) => row)
  const replay = new Replay(source(document), 0)
  const together = await replay.packets(all, () => null)
  for (const row of all) expect(shown(together.get(row))).toEqual(shown(whole[row]))
  for (let row = 0; row < index.count; row += Math.ceil(index.count / alone)) {
    const found = await replay.packets([row], () => null)
    expect([...found.keys()]).toEqual([row])
    expect(shown(found.get(row))).toEqual(shown(whole[row]))
  }
  document.close()
}

async function wholeReading(path: string): Promise<InspectedPacket[]> {
  const capture = await openCapture(path)
  const packets: InspectedPacket[] = []
  for await (const packet of inspect(capture)) packets.push(packet)
  await capture.close()
  return packets.sort((a, b) => a.number - b.number)
}

async function loaded(path: string): Promise<Document> {
  const document = await Document.open(path, { onChange: () => {}, onError: () => {} })
  await document.load()
  return document
}

function source(document: Document): ConstructorParameters<typeof Replay>[0] {
  const partners = partnersOf(document.attempts)
  return {
    index: document.index,
    recorded: row => document.recorded(row),
    partners: stream => partners.get(stream) ?? [],
    keys: () => new KeySource(null, document.info.secrets),
  }
}

/** All that people see of a packet: each layer with where its bytes come from, and each field with its value and place. */
function shown(packet: InspectedPacket | undefined): string[] {
  if (packet === undefined) return ['missing']
  const lines = [`packet ${packet.number} of ${packet.transport} ${packet.conversation}`]
  for (const { tree, bytes, base, source } of packet.layers) {
    lines.push(`${source}, ${bytes.length} bytes`)
    const tell = (node: Node, depth: number): void => {
      const place = `${node.start - base}-${node.end - base}`
      lines.push(`${' '.repeat(depth)}${node.field.name} ${place}: ${plainText(node, { bytes, base })}`)
      for (const child of node.children ?? []) tell(child, depth + 1)
    }
    tell(tree, 1)
  }
  return lines
}

function capturesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter(name => name.endsWith('.pcapng')) : []
}
