/** Reads the configuration file. What is wrong with it is told with its line, in one sentence, with the way out. */
import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import type { z } from 'zod'
import { suggestion } from '../inspect/filter/suggest.ts'
import { clean } from '../report/clean.ts'
import { ACTIONS, keyConflict, keyNamed, keyText } from '../tui/keys.ts'
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

/** @param path for messages. @throws UsageError */
export function readConfig(path: string, text: string): Config {
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
  return checkedKeys(path, text, tree, parsed.data)
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
  const name = nameOf(issue.path)
  const at = placeOf(tree, issue.path)
  switch (issue.code) {
    case 'unrecognized_keys': {
      const [unknown = ''] = issue.keys
      const known = knownAt(issue.path)
      const way = issue.path.length > 1 ? suggestion(unknown, known) : `; known here: ${known.join(', ')}`
      const what = issue.path.length > 1 ? 'no action that has a key' : 'no setting'
      return {
        at: placeOf(tree, [...issue.path, unknown]),
        says: `${nameOf([...issue.path, unknown])} is ${what}${way}`,
      }
    }
    case 'invalid_value':
      return { at, says: `${name} must be one of ${issue.values.map(String).join(', ')}` }
    case 'invalid_type':
      return { at, says: `${name} must be ${TYPES[issue.expected] ?? issue.expected}` }
    default: {
      const value = findNodeAtLocation(tree, [...issue.path] as (string | number)[])?.value
      const shown = typeof value === 'string' ? JSON.stringify(value) : name
      return { at, says: `${shown} ${issue.message}: write x, F9, Ctrl-G, Space, PgDn, Esc or the like` }
    }
  }
}

const TYPES: Readonly<Record<string, string>> = {
  object: 'an object in { }',
  record: 'an object in { }',
  array: 'a list in [ ]',
  boolean: 'true or false',
  string: 'text in double quotes',
}

/** The settings that there are below this path. */
function knownAt(path: Path): readonly string[] {
  if (path.length > 1) return ACTIONS
  const { view } = configSchema.shape
  return Object.keys(path.length === 0 ? configSchema.shape : view.unwrap().shape).filter(name => !name.startsWith('$'))
}

function nameOf(path: Path): string {
  return path.length === 0 ? 'the whole file' : path.map(String).join('.')
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
  const line = text.slice(0, offset).split('\n').length
  return new UsageError(`${path}:${line}: ${clean(says)}`)
}
