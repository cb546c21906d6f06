import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { keyList, withKeyList } from '../scripts/key-list.ts'
import { ruleDocuments } from '../scripts/rule-documents.ts'
import { BINDINGS, type Binding } from '../src/tui/keys.ts'

const docs = resolve(import.meta.dirname, '../docs')
const documents = ruleDocuments()

describe('the documents about the rules', () => {
  it('are up to date (npm run docs)', () => {
    for (const [path, text] of documents) expect(readFileSync(join(docs, path), 'utf8'), path).toBe(text)
    const there = readdirSync(join(docs, 'rules')).map(name => `rules/${name}`)
    expect(there.filter(path => !documents.has(path))).toEqual([])
  })

  it('link to what exists', () => {
    for (const [path, text] of documents) {
      const folder = path.includes('/') ? 'rules' : '.'
      for (const [, target = '', anchor = ''] of text.matchAll(/\]\(([^)#]+)#?([^)]*)\)/g)) {
        const linked = documents.get(join(folder, target))
        expect(linked, `${path} links to ${target}`).toBeDefined()
        if (anchor !== '') expect(linked, `${path} links to ${target}#${anchor}`).toContain(`<a id="${anchor}"></a>`)
      }
    }
  })

  it('hold no markup by accident', () => {
    // Placeholders in pointed brackets would vanish as HTML.
    for (const [path, text] of documents) {
      const prose = text.split('\n').filter(line => !line.startsWith('    ') && !line.startsWith('<'))
      for (const line of prose) expect(line.replaceAll(/\\[<>]/g, ''), path).not.toMatch(/[<>]/)
    }
  })
})

describe('the list of keys in the README', () => {
  const readme = readFileSync(resolve(docs, '../README.md'), 'utf8')

  it('is up to date (npm run docs)', () => {
    expect(withKeyList(readme)).toBe(readme)
  })

  it('has a line for each binding, with its keys as they are written', () => {
    const rows = keyList().split('\n').slice(2)
    expect(rows).toHaveLength(BINDINGS.length)
    for (const [nth, row] of rows.entries()) {
      const { keys, help, action } = BINDINGS[nth] as Binding
      expect(row).toContain(` | ${help} | `)
      expect(row).toMatch(new RegExp(` \`${action}\` \\|$`))
      // A bar would end the cell, a backtick the code.
      expect(row.match(/`[^`|]+`/g)).toHaveLength(keys.length + 1)
      expect(row.split('|')).toHaveLength(6)
    }
  })

  it('is refused where the document has no place for it', () => {
    expect(() => withKeyList('# rdpscope')).toThrow('no place for the list of keys')
  })
})
