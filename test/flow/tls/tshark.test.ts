/** Decrypted application data of each TLS connection of the captures, held against tshark's. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { isTls13, type SealState } from '../../../dissectors/tls-state.ts'
import { Decryption } from '../../../src/flow/tls/decryption.ts'
import { CLIENT, type Direction, SERVER } from '../../../src/wire/dissector.ts'
import { eventsOf } from '../../support/captures.ts'
import { isTsharkInstalled } from '../../support/tshark.ts'

const ROOT = join(import.meta.dirname, '../../..')
const FOLDERS = ['captures', '../shared/captures/lab'].map(folder => join(ROOT, folder)).filter(existsSync)
const CAPTURES = FOLDERS.flatMap(folder =>
  readdirSync(folder)
    .filter(name => name.endsWith('.pcapng'))
    .map(name => join(folder, name)),
)
const RDP_IS_TLS = ['-n', '-d', 'tcp.port==3389,tls', '-o', 'tcp.reassemble_out_of_order:TRUE']
const APPLICATION_DATA = 23

type Told = Record<Direction, string>
const bothWays = (told: Told | undefined): string[] => [told?.[CLIENT] ?? '', told?.[SERVER] ?? ''].sort()

describe.skipIf(!isTsharkInstalled())('application data is what tshark decrypts', () => {
  afterEach(() => vi.restoreAllMocks())

  it.each(CAPTURES)(
    '%s',
    async path => {
      const theirs = tsharkData(path)
      const ours = await ourData(path)
      // Which of the two nodes is the client it does not tell.
      for (const [random, told] of theirs) expect(bothWays(ours.get(random))).toEqual(bothWays(told))
    },
    120_000,
  )
})

/** By client random: plaintext of both directions as hexadecimal digits. Only of the outermost TLS, which is all it decrypts. */
function tsharkData(path: string): Map<string, Told> {
  const hellos = tshark(
    ...['-r', path, ...RDP_IS_TLS, '-Y', 'tls.handshake.type == 1', '-T', 'fields'],
    ...['-e', 'tcp.stream', '-e', 'tls.handshake.random'],
  )
  const randoms = new Map(
    hellos
      .split('\n')
      .map(line => line.split('\t') as [string, string | undefined])
      .filter(([, random]) => random !== undefined),
  )
  const streams = [...randoms.keys()]
  const followed = streams.flatMap(stream => ['-z', `follow,tls,raw,${stream}`])
  const found = new Map<string, Told>()
  if (streams.length === 0) return found
  for (const part of tshark('-r', path, ...RDP_IS_TLS, '-q', ...followed).split(/^Follow: tls,raw$/m)) {
    const stream = /^Filter: tcp\.stream eq (\d+)$/m.exec(part)?.[1]
    if (stream === undefined) continue
    const told: Told = { [CLIENT]: '', [SERVER]: '' }
    for (const [, indent = '', digits = ''] of part.matchAll(/^(\t?)([0-9a-f]+)$/gm)) {
      told[indent === '' ? CLIENT : SERVER] += digits
    }
    found.set(randoms.get(stream) as string, told)
  }
  return found
}

async function ourData(path: string): Promise<Map<string, Told>> {
  const found = new Map<string, Told>()
  const { unseal } = Decryption.prototype
  // All of a session is wanted here, nothing passed over.
  vi.spyOn(Decryption.prototype, 'overhead').mockReturnValue(-1)
  vi.spyOn(Decryption.prototype, 'unseal').mockImplementation(function (
    this: Decryption,
    state: object,
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
  ) {
    const plain = unseal.call(this, state, direction, bytes, start, end)
    const { clientRandom, version } = state as SealState
    const told = found.get(clientRandom) ?? { [CLIENT]: '', [SERVER]: '' }
    found.set(clientRandom, told)
    if (plain !== null && end > start) told[direction] += applicationData(bytes[start] as number, plain, version)
    return plain
  })
  await eventsOf(path, { decrypted: true })
  return found
}

function applicationData(type: number, plain: Uint8Array, version: number): string {
  const content = Buffer.from(plain)
  if (!isTls13(version)) return type === APPLICATION_DATA ? content.toString('hex') : ''
  let end = content.length
  while (end > 0 && content[end - 1] === 0) end--
  return content[end - 1] === APPLICATION_DATA ? content.subarray(0, end - 1).toString('hex') : ''
}

function tshark(...args: string[]): string {
  return spawnSync('tshark', args, { encoding: 'utf8', maxBuffer: 1 << 28 }).stdout
}
