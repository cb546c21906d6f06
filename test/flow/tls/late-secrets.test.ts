import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { analyzeFile } from '../../../src/analyze.ts'

const CAPTURE = join(import.meta.dirname, '../../../captures/gw-websocket-ntlm-ok.pcapng')
const DECRYPTION_SECRETS = 10

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rdpscope-secrets-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The blocks of a capture, which is little-endian. */
function blocksOf(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 4)) {
    blocks.push(bytes.subarray(at, at + bytes.readUInt32LE(at + 4)))
  }
  return blocks
}

it('secrets behind the packets that they are for decrypt them all the same', async () => {
  const blocks = blocksOf(readFileSync(CAPTURE))
  const isSecrets = (block: Buffer): boolean => block.readUInt32LE(0) === DECRYPTION_SECRETS
  const [early, late, without] = ['early', 'late', 'without'].map(name => join(folder, `${name}.pcapng`)) as [
    string,
    string,
    string,
  ]
  const rest = blocks.filter(block => !isSecrets(block))
  writeFileSync(early, Buffer.concat(blocks))
  writeFileSync(late, Buffer.concat([...rest, ...blocks.filter(isSecrets)]))
  writeFileSync(without, Buffer.concat(rest))
  const told = async (path: string) => JSON.stringify((await analyzeFile(path)).attempts)
  expect(await told(late)).toBe(await told(early))
  expect(await told(without)).not.toBe(await told(early))
})
