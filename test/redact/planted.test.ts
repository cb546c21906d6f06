/** What is planted in a capture is not found in the redacted one, in whatever form; and the redacted one is read as before. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inspect } from '../../src/inspect/inspect.ts'
import type { InspectedPacket } from '../../src/inspect/packet.ts'
import { Keyed } from '../../src/redact/keyed.ts'
import { redactFile } from '../../src/redact/redact.ts'
import { checkVerdicts } from '../../src/redact/verdict-check.ts'
import type { Node } from '../../src/wire/field.ts'
import { openBytes } from '../capture/build.ts'
import { withoutSecrets } from '../support/secrets.ts'
import { formsOfAddress, formsOfName } from './forms.ts'
import { ADDRESS_V6, ADDRESSES, HARDWARE, PLANTED } from './planted.ts'
import { plantedCapture } from './planted-capture.ts'

const folder = mkdtempSync(join(tmpdir(), 'rdpscope-redact-planted-'))
const before = Buffer.from(plantedCapture())
let after = Buffer.alloc(0)

beforeAll(async () => {
  writeFileSync(join(folder, 'in.pcapng'), before)
  const blocks: Uint8Array[] = []
  await redactFile(join(folder, 'in.pcapng'), block => blocks.push(block), {
    keyed: new Keyed(Buffer.from('a key for this test')),
  })
  after = Buffer.concat(blocks)
  writeFileSync(join(folder, 'out.pcapng'), after)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('nothing that was planted is found', () => {
  it.each(Object.values(PLANTED))('%s', name => {
    expect(
      before.includes(name) ||
        before.includes(Buffer.from(name, 'utf16le')) ||
        before.includes(Buffer.from(name, 'utf16le').swap16()),
    ).toBe(true)
    expect(formsOfName(name).filter(({ bytes }) => after.includes(bytes))).toEqual([])
  })

  it.each([...ADDRESSES, ADDRESS_V6])('%s', address => {
    expect(formsOfAddress(address).some(({ bytes }) => before.includes(bytes))).toBe(true)
    expect(formsOfAddress(address).filter(({ bytes }) => after.includes(bytes))).toEqual([])
  })

  it('the hardware address', () => {
    expect(before.includes(Buffer.from(HARDWARE, 'hex'))).toBe(true)
    expect(after.includes(Buffer.from(HARDWARE, 'hex'))).toBe(false)
  })
})

describe('the redacted capture', () => {
  it('has the same packets, at the same times, of the same lengths', async () => {
    const [old, now] = await both()
    const shape = ({ number, timeNs, originalLength, bytes }: InspectedPacket) => [
      number,
      timeNs,
      originalLength,
      bytes.length,
    ]
    expect(now.map(shape)).toEqual(old.map(shape))
  })

  it('is read as the same protocols, packet by packet', async () => {
    const [old, now] = await both()
    const protocols = ({ layers }: InspectedPacket) => layers.map(({ tree }) => tree.field.name)
    expect(now.map(protocols)).toEqual(old.map(protocols))
  })

  it('has the same fields in them, with the same numbers', async () => {
    const [old, now] = await both()
    for (const [at, packet] of old.entries()) {
      // A name that is cut is no field: it is emptied, and read as none.
      if (packet.bytes.length < packet.originalLength) continue
      expect(numbers(now[at] as InspectedPacket), `packet ${packet.number}`).toEqual(numbers(packet))
    }
  })

  it('gives the same name for the same name, in every protocol', async () => {
    const [, now] = await both()
    const asked = valueIn(now, 'dns.qry.name')
    expect(asked).toMatch(/^[a-z]{8}\d\d\.[a-z]{11}\.[a-z]{7}$/)
    expect(valueIn(now, 'tls.handshake.extensions_server_name')).toBe(asked)
    expect(valueIn(now, 'x509ce.dNSName')).toBe(asked)
    expect(valueIn(now, 'socks.remote_name')).toBe(asked)
    expect(valueIn(now, 'http.host')).toBe(asked)
    expect(valueIn(now, 'ntlmssp.challenge.target_info.dns_computer_name')).toBe(asked)
    expect(valueIn(now, 'rdg.resource_name')).toBe(asked)
    const user = valueIn(now, 'kerberos.CNameString')
    expect(user).toMatch(/^[a-z]{17}$/)
    expect(valueIn(now, 'ntlmssp.auth.username')).toBe(user)
    expect(valueIn(now, 'rdp.userName')).toBe(user)
    expect(valueIn(now, 'rdp.rt_cookie')).toBe(`Cookie: mstshash=${user}`)
  })

  it('says the same of the connections', async () => {
    writeFileSync(join(folder, 'keyless.pcapng'), withoutSecrets(before))
    const check = await checkVerdicts(join(folder, 'keyless.pcapng'), join(folder, 'out.pcapng'), false)
    expect(check.attempts).toBeGreaterThan(3)
    expect(check.changes).toEqual([])
  })
})

async function both(): Promise<[InspectedPacket[], InspectedPacket[]]> {
  return [await packetsOf(withoutSecrets(before)), await packetsOf(after)]
}

async function packetsOf(bytes: Uint8Array): Promise<InspectedPacket[]> {
  const packets: InspectedPacket[] = []
  for await (const packet of inspect(await openBytes(bytes))) packets.push(packet)
  return packets
}

/** What stays: numbers, by name. Checksums cover what was changed; values that are worked out from texts are none. */
function numbers({ layers }: InspectedPacket): string[] {
  const found: string[] = []
  const visit = (node: Node): void => {
    const { field, value, start, end, children } = node
    const isNumber = (field.format === 'dec' || field.format === 'hex' || field.format === 'flag') && end - start <= 8
    if (isNumber && !/checksum|frame\./.test(field.name)) found.push(`${field.name} ${value}`)
    for (const child of children ?? []) visit(child)
  }
  for (const { tree } of layers) visit(tree)
  return found
}

function valueIn(packets: readonly InspectedPacket[], name: string): string {
  for (const { layers } of packets) {
    for (const layer of layers) {
      const node = find(layer.tree, name)
      if (node !== null) return String(node.value).replaceAll('\0', '')
    }
  }
  return ''
}

function find(node: Node, name: string): Node | null {
  if (node.field.name === name) return node
  for (const child of node.children ?? []) {
    const found = find(child, name)
    if (found !== null) return found
  }
  return null
}
