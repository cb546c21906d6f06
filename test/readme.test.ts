import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { called } from './support/cli.ts'

const readme = readFileSync(resolve(import.meta.dirname, '../README.md'), 'utf8')

describe('README.md', () => {
  it('shows what the command really prints', async () => {
    const shown = readme.match(/```console\n\$ rdpscope (\S+)\n([^`]*)```/)
    expect(shown).not.toBeNull()
    const [, capture = '', session = ''] = shown ?? []
    const { stdout } = await called(capture)
    expect(stdout.trimEnd()).toBe(session.trimEnd())
  })
})
