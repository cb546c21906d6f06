/** A redacted capture says what the capture says without its keys: over all stories and samples. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Keyed } from '../../src/redact/keyed.ts'
import { redactFile } from '../../src/redact/redact.ts'
import { checkVerdicts } from '../../src/redact/verdict-check.ts'
import { scenarios } from '../scenarios/index.ts'
import { Wire } from '../scenarios/language/wire.ts'
import { ROOT } from '../support/cli.ts'
import { withoutSecrets } from '../support/secrets.ts'

const SAMPLES = join(ROOT, 'captures')
const folder = mkdtempSync(join(tmpdir(), 'rdpscope-redact-verdicts-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('the verdicts are the same', () => {
  it.each(scenarios.map(one => [one.name, one] as const))('%s', async (_name, { story }) => {
    const wire = new Wire()
    story(wire)
    await saysTheSame(wire.capture(false))
  })

  it.each(readdirSync(SAMPLES).filter(name => name.endsWith('.pcapng')))('%s', async name => {
    await saysTheSame(withoutSecrets(readFileSync(join(SAMPLES, name))))
  })
})

describe('what rests on keys', () => {
  it('is told apart from what the redaction changed', async () => {
    const path = join(SAMPLES, 'gw-websocket-ntlm-ok.pcapng')
    const summary = await redacted(path)
    expect(summary.hadSecrets).toBe(true)
    const { changes } = await checkVerdicts(path, join(folder, 'out.pcapng'), summary.hadSecrets)
    expect(changes.map(({ rule }) => rule)).toContain('gateway-auth-failed')
    expect(changes.filter(({ cause }) => cause !== 'keys')).toEqual([])
  })
})

async function saysTheSame(capture: Uint8Array): Promise<void> {
  const path = join(folder, 'in.pcapng')
  writeFileSync(path, capture)
  await redacted(path)
  const { changes } = await checkVerdicts(path, join(folder, 'out.pcapng'), false)
  expect(changes).toEqual([])
}

async function redacted(path: string) {
  const blocks: Uint8Array[] = []
  const keyed = new Keyed(Buffer.from('a key for this test'))
  const summary = await redactFile(path, block => blocks.push(block), { keyed })
  writeFileSync(join(folder, 'out.pcapng'), Buffer.concat(blocks))
  return summary
}
