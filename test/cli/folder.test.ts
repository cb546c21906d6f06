import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeFolder } from '../../src/cli/folder.ts'

describe('a folder', () => {
  const root = mkdtempSync(join(tmpdir(), 'rdpscope-folder-'))

  it('is made with those above it, and may be there already', () => {
    const folder = join(root, 'a', 'b')
    makeFolder(folder)
    makeFolder(folder)
    expect(statSync(folder).isDirectory()).toBe(true)
  })

  it('can not be made below a file', () => {
    writeFileSync(join(root, 'file'), '')
    expect(() => makeFolder(join(root, 'file', 'below'))).toThrow(/ENOTDIR|EEXIST/)
  })

  it.skipIf(!existsSync('/proc/self'))('is refused by a file system that takes no names', () => {
    expect(() => makeFolder('/proc/no-folder/below')).toThrow(/ENOENT|EACCES|EPERM/)
  })
})
