/** The commands as plain data, for completion and the man page: whatever commander knows is there, and nothing else. */
import type { Argument, Command, Option } from 'commander'
import { NOTHING } from '../policy/policy.ts'
import { SEVERITIES } from '../policy/threshold.ts'
import { formats } from '../report/formats.ts'
import { rules } from '../rules/index.ts'

export interface CommandRow {
  readonly name: string
  readonly says: string
  readonly arguments: readonly ArgumentRow[]
  readonly options: readonly OptionRow[]
  readonly commands: readonly CommandRow[]
  /** What stands below the options in its help: examples, exit statuses. */
  readonly more: string
}

export interface ArgumentRow {
  readonly name: string
  readonly says: string
  readonly required: boolean
  readonly variadic: boolean
  readonly values: Values
}

export interface OptionRow {
  /** `-f`; null when it has none. */
  readonly short: string | null
  /** `--format`. */
  readonly long: string
  readonly says: string
  /** null for a switch. */
  readonly value: { readonly name: string; readonly values: Values } | null
  /** It may be given again. */
  readonly repeats: boolean
}

/** What may stand in a place. */
export interface Values {
  /** `any`: nobody knows what. */
  readonly kind: 'words' | 'files' | 'any'
  readonly words: readonly string[]
  /** Behind a word and `=`: words, or files. */
  readonly behind?: readonly string[] | 'files'
}

export function commandTable(program: Command): CommandRow {
  const help = program.createHelp()
  return {
    name: program.name(),
    says: program.description(),
    arguments: program.registeredArguments.map(argumentRow),
    options: help.visibleOptions(program).map(optionRow),
    commands: help.visibleCommands(program).map(commandTable),
    more: textBelow(program),
  }
}

function argumentRow(argument: Argument): ArgumentRow {
  return {
    name: argument.name(),
    says: argument.description,
    required: argument.required,
    variadic: argument.variadic,
    values: valuesOf(argument.name(), argument.argChoices),
  }
}

function optionRow(option: Option): OptionRow {
  const name = /[<[]([^>]*?)(?:\.\.\.)?[>\]]$/.exec(option.flags)?.[1]
  return {
    short: option.short ?? null,
    long: option.long ?? option.flags,
    says: option.description,
    value: name === undefined ? null : { name, values: valuesOf(name, option.argChoices) },
    repeats: option.description.includes('may be given again'),
  }
}

/** By what stands in the angle brackets: `<file>` is a file in every command. */
function valuesOf(name: string, choices: readonly string[] | undefined): Values {
  if (choices !== undefined) return words(choices)
  const ids = rules.map(({ id }) => id)
  switch (name) {
    case 'file':
    case 'folder':
    case 'path':
      return { kind: 'files', words: [] }
    case 'format[=file]':
      return { ...words(formats.map(format => format.name)), behind: 'files' }
    case 'severity|rule':
      return words([...SEVERITIES, 'never', ...ids])
    case 'rule=severity':
      return { ...words(ids), behind: SEVERITIES }
    case 'rule|none':
      return words([NOTHING, ...ids])
    case 'id':
      return words(ids)
    default:
      return { kind: 'any', words: [] }
  }
}

function words(list: readonly string[]): Values {
  return { kind: 'words', words: list }
}

/** What `addHelpText('after', ...)` adds: commander gives it away only by printing it. */
function textBelow(command: Command): string {
  const output = command.configureOutput()
  let text = ''
  const writeOut = (piece: string) => {
    text += piece
  }
  command.configureOutput({ ...output, writeOut })
  command.outputHelp()
  command.configureOutput(output)
  return text.slice(command.helpInformation().length).trim()
}
