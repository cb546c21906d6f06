/**
 * Display filters: the language of Wireshark 4.0 (wireshark-filter(4)) over inspected packets. A filter is checked against
 * the catalogue of fields before any packet is read.
 */
import '../../../dissectors/index.ts'
import type { InspectedPacket } from '../packet.ts'
import type { Expression, Test } from './ast.ts'
import { compile, type Judge, type Verdict } from './compile.ts'
import { parse } from './parser.ts'
import { catalogue } from './resolve.ts'
import { type Source, TreeSource } from './source.ts'

export { FilterError, pointedAt } from './error.ts'
export { suggestion } from './suggest.ts'

/** What `-e` and filters may name. */
export function fieldNames(): ReadonlySet<string> {
  return new Set(catalogue().keys())
}

export interface Filter {
  /** Names of the fields that it looks at. */
  readonly fields: ReadonlySet<string>
  matches(packet: InspectedPacket): boolean
  /** What can be said before there is a tree, or before all of it: undefined = not enough. */
  decides(source: Source): Verdict
}

/** @throws FilterError, which says what is wrong and where. */
export function compileFilter(text: string): Filter {
  const test = parse(text)
  const judge: Judge = compile(test, text)
  const fields = new Set<string>()
  namesIn(test, fields)
  return {
    fields,
    matches: packet => judge(new TreeSource(packet.layers, fields)) === true,
    decides: judge,
  }
}

function namesIn(test: Test, names: Set<string>): void {
  switch (test.kind) {
    case 'everything':
      return
    case 'both':
    case 'either':
    case 'one':
      for (const part of test.tests) namesIn(part, names)
      return
    case 'not':
      namesIn(test.test, names)
      return
    case 'is':
      namesOf(test.expression, names)
      return
    case 'compare':
      for (const term of test.terms) namesOf(term, names)
      return
    case 'contains':
    case 'matches':
      namesOf(test.left, names)
      namesOf(test.right, names)
      return
    case 'in':
      namesOf(test.left, names)
      for (const { first, last } of test.elements) {
        namesOf(first, names)
        if (last !== null) namesOf(last, names)
      }
  }
}

function namesOf(expression: Expression, names: Set<string>): void {
  switch (expression.kind) {
    case 'word': {
      const name = expression.text.replace(/^\./, '')
      if (catalogue().has(name)) names.add(name)
      return
    }
    case 'slice':
    case 'negative':
      namesOf(expression.of, names)
      return
    case 'call':
      for (const parameter of expression.parameters) namesOf(parameter, names)
      return
    case 'arithmetic':
      namesOf(expression.left, names)
      namesOf(expression.right, names)
  }
}
