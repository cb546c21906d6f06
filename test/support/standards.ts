/** The standards that reports are held against: validators that say what is wrong, or nothing. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { validateXML } from 'xmllint-wasm'

const require = createRequire(import.meta.url)
const root = resolve(import.meta.dirname, '../..')

interface JsonSchema {
  readonly [word: string]: unknown
}

/** Of `rdpscope/report@1`, with every field named: in the published schema others may be added, in the output none is. */
export const reportFaults = validator(closed(readJson(resolve(root, 'schemas/report-1.schema.json'))))

/**
 * Of SARIF 2.1.0: the schema of OASIS, as a package of Microsoft ships it. It is written in draft 4 of JSON Schema, of which
 * it uses nothing that draft 7 reads otherwise but the name of `id`.
 */
export const sarifFaults = validator(
  without(['$schema', 'id'], readJson(require.resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'))),
)

const junitSchema = readFileSync(resolve(root, 'test/report/junit.xsd'), 'utf8')

export async function junitFaults(xml: string): Promise<readonly string[]> {
  const { errors } = await validateXML({ xml: [{ fileName: 'junit.xml', contents: xml }], schema: [junitSchema] })
  return errors.map(({ message }) => message)
}

function validator(schema: JsonSchema): (document: unknown) => readonly string[] {
  const ajv = new Ajv({ strict: false, unicodeRegExp: false })
  addFormats.default(ajv)
  const validate: ValidateFunction = ajv.compile(schema)
  return document => {
    validate(document)
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [instancePath, message, JSON.stringify(params)].join(' '),
    )
  }
}

function readJson(path: string): JsonSchema {
  return JSON.parse(readFileSync(path, 'utf8'))
}

function without(names: readonly string[], schema: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => !names.includes(name)))
}

/** Where a schema names properties, it allows no others. */
function closed(schema: JsonSchema): JsonSchema {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    const walked = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, walk(member)]))
    return 'required' in value ? { ...walked, additionalProperties: false } : walked
  }
  return walk(schema) as JsonSchema
}
