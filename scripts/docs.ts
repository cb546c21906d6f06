/** Writes the documents that are made from code: `npm run docs`. A test fails where they are not up to date. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { configJsonSchema } from './config-document.ts'
import { withKeyList } from './key-list.ts'
import { manPage } from './man-page.ts'
import { ruleDocuments } from './rule-documents.ts'

const docs = resolve(import.meta.dirname, '../docs')
const documents = ruleDocuments()

mkdirSync(join(docs, 'rules'), { recursive: true })
for (const name of readdirSync(join(docs, 'rules')))
  if (!documents.has(`rules/${name}`)) rmSync(join(docs, 'rules', name))
for (const [path, text] of documents) writeFileSync(join(docs, path), text)

const schemas = resolve(import.meta.dirname, '../schemas')
mkdirSync(schemas, { recursive: true })
writeFileSync(join(schemas, 'config.schema.json'), configJsonSchema())

const man = resolve(import.meta.dirname, '../man')
mkdirSync(man, { recursive: true })
writeFileSync(join(man, 'rdpscope.1'), manPage())

const readme = resolve(import.meta.dirname, '../README.md')
writeFileSync(readme, withKeyList(readFileSync(readme, 'utf8')))
