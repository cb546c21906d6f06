/** Reads the configuration file. What is wrong with it is told with its line, in one sentence, with the way out. */
import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import { z } from 'zod'
import { suggestion } from '../inspect/filter/suggest.ts'
import { clean } from '../report/clean.ts'
import { keyConflict, keyNamed, keyText } from '../tui/keys.ts'
import { type Config, configSchema } from './config-schema.ts'
import { UsageError } from './status.ts'

type Issue = z.core.$ZodIssue
type Path = readonly PropertyKey[]

/** In the words of people. */
const FAULTS: Readonly<Record<string, string>> = {
  InvalidSymbol: 'this is neither text in double quotes nor a number, true, false or null',
  InvalidNumberFormat: 'this is no number',
  PropertyNameExpected: 'the name of a setting in double quotes is wanted here',
  ValueExpected: 'a value is wanted here',
  ColonExpected: 'a colon is wanted behind the name of a setting',
  CommaExpected: 'a comma is wanted before this',
  CloseBraceExpected: 'a closing } is missing',
  CloseBracketExpected: 'a closing ] is missing',
  EndOfFileExpected: 'there is something behind the end',
  UnexpectedEndOfString: 'a text does not end on its line',
  InvalidCharacter: 'a text holds a control character',
  InvalidEscapeCharacter: 'a text holds a backslash that escapes nothing: write \\\\ for one',
}

/** What a file says, and where. */
export interface ReadConfig {
  readonly config: Config
  /** The line of this setting, from 1; of the whole file where it is not there. */
  lineOf(setting: Path): number
}

/** @param path for messages. @throws UsageError */
export function readConfig(path: string, text: string): ReadConfig {
  const errors: ParseError[] = []
  const tree = parseTree(text.replace(/^\uFEFF/, ' '), errors, { allowTrailingComma: true, disallowComments: false })
  const [first] = errors
  if (first !== undefined) {
    const code = printParseErrorCode(first.error)
    throw fault(path, text, first.offset, FAULTS[code] ?? `this is no JSON (${code})`)
  }
  if (tree === undefined) throw fault(path, text, 0, 'the file is empty: write {} into it, or remove it')
  const parsed = configSchema.safeParse(plainValue(tree))
  if (!parsed.success) {
    const [issue, ...more] = parsed.error.issues
    const others = more.length === 0 ? '' : ` (and ${more.length} more)`
    const { at, says } = explained(issue as Issue, tree)
    throw fault(path, text, at, `${says}${others}`)
  }
  const config = checkedKeys(path, text, tree, parsed.data)
  return { config, lineOf: setting => lineAt(text, placeOf(tree, setting)) }
}

/** Keys under their names here; two actions of one view have no key in common. */
function checkedKeys(path: string, text: string, tree: Node, config: Config): Config {
  const chosen = config.view?.keys
  if (chosen === undefined) return config
  const keys: typeof chosen = {}
  for (const [action, names] of Object.entries(chosen)) {
    keys[action as keyof typeof chosen] = names.map(name => keyNamed(name) ?? name)
  }
  const where = (action: string): number => placeOf(tree, ['view', 'keys', action])
  if (keys.quit?.length === 0) throw fault(path, text, where('quit'), 'quit needs a key: leaving must be possible')
  const conflict = keyConflict(keys)
  if (conflict !== null) {
    const { key, action, other } = conflict
    const says = `${keyText(key)} can not be the key of ${action}: it is that of ${other}; give one of them another key`
    throw fault(path, text, where(action), says)
  }
  return { ...config, view: { ...config.view, keys } }
}

function explained(issue: Issue, tree: Node): { readonly at: number; readonly says: string } {
  const { path } = issue
  const name = nameOf(path)
  const at = placeOf(tree, path)
  const node = findNodeAtLocation(tree, [...path] as (string | number)[])
  const value = typeof node?.value === 'string' ? node.value : null
  switch (issue.code) {
    case 'unrecognized_keys': {
      const [unknown = ''] = issue.keys
      return {
        at: placeOf(tree, [...path, unknown]),
        says: `${nameOf([...path, unknown])} is ${whatIsKnown(unknown, schemaAt(path), path)}`,
      }
    }
    case 'invalid_value': {
      const values = issue.values.map(String)
      if (values.length <= MOST_LISTED) return { at, says: `${name} must be one of ${values.join(', ')}` }
      const near = suggestion(value ?? '', values) || '; rdpscope rules lists them'
      return { at, says: `${name} must name a rule${value === null ? '' : `, not ${JSON.stringify(value)}`}${near}` }
    }
    case 'invalid_type':
      if (node === undefined && path.length > 0) {
        return {
          at: placeOf(tree, path.slice(0, -1)),
          says: `${nameOf(path.slice(0, -1))} must have a ${String(path.at(-1))}`,
        }
      }
      return { at, says: `${name} must be ${TYPES[issue.expected] ?? issue.expected}` }
    case 'invalid_format':
      return { at, says: `${name} must be a day, as 2027-01-31` }
    case 'invalid_key':
      return { at, says: `${name} ${issue.issues[0]?.message ?? 'is no name of a setting'}` }
    default:
      return { at, says: `${value === null || value === '' ? name : JSON.stringify(value)} ${issue.message}` }
  }
}

/** Values that a sentence lists. */
const MOST_LISTED = 8

const TYPES: Readonly<Record<string, string>> = {
  object: 'an object in { }',
  record: 'an object in { }',
  array: 'a list in [ ]',
  boolean: 'true or false',
  string: 'text in double quotes',
}

/** What stands in the place of a name that does not exist, and what people may have meant. */
function whatIsKnown(unknown: string, schema: unknown, path: Path): string {
  if (schema instanceof z.ZodRecord && schema.keyType instanceof z.ZodEnum) {
    const what = path[0] === 'view' ? 'no action that has a key' : 'no rule'
    return `${what}${suggestion(unknown, schema.keyType.options.map(String))}`
  }
  const settings = schema instanceof z.ZodObject ? Object.keys(schema.shape).filter(name => !name.startsWith('$')) : []
  return `no setting; known here: ${settings.join(', ')}`
}

/** Of the setting with this path. */
function schemaAt(path: Path): unknown {
  let here: unknown = configSchema
  for (const step of path) {
    here = plain(here)
    if (here instanceof z.ZodObject) here = here.shape[String(step)]
    else if (here instanceof z.ZodArray) here = here.element
    else if (here instanceof z.ZodRecord) here = here.valueType
  }
  return plain(here)
}

function plain(schema: unknown): unknown {
  return schema instanceof z.ZodOptional ? plain(schema.unwrap()) : schema
}

/** `policy.ignore[0].reason`. */
function nameOf(path: Path): string {
  if (path.length === 0) return 'the whole file'
  return path
    .map((step, at) => (typeof step === 'number' ? `[${step}]` : `${at === 0 ? '' : '.'}${String(step)}`))
    .join('')
}

/** Where the value stands, or the name of the setting where that is what is wrong. */
function placeOf(tree: Node, path: Path): number {
  const node = findNodeAtLocation(tree, [...path] as (string | number)[])
  if (node === undefined) return tree.offset
  return node.parent?.type === 'property' ? node.parent.offset : node.offset
}

function plainValue(node: Node): unknown {
  switch (node.type) {
    case 'object':
      return Object.fromEntries(
        (node.children ?? []).map(({ children: [name, value] = [] }) => [name?.value, value && plainValue(value)]),
      )
    case 'array':
      return (node.children ?? []).map(plainValue)
    default:
      return node.value
  }
}

function fault(path: string, text: string, offset: number, says: string): UsageError {
  return new UsageError(`${path}:${lineAt(text, offset)}: ${clean(says)}`)
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
