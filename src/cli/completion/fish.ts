/** Completion for fish, from 3.0 on. */
import type { ArgumentRow, CommandRow, OptionRow, Values } from '../command-table.ts'
import { COMMAND_BY_DEFAULT, wholeWords } from './parts.ts'

export function fishCompletion(program: CommandRow): string {
  const names = program.commands.map(({ name }) => name)
  return `# Completion of rdpscope for fish: rdpscope completion fish > ~/.config/fish/completions/rdpscope.fish

function __rdpscope_command --description 'Whether this command is the one that is typed; none: it is not yet'
    set -l words (commandline -opc)
    if test (count $words) -lt 2
        test $argv[1] = none
    else if contains -- $words[2] ${names.join(' ')}
        test $argv[1] = $words[2]
    else
        test $argv[1] = ${COMMAND_BY_DEFAULT}
    end
end

complete -c rdpscope -e
${program.commands.map(({ name, says }) => complete('none', `-a ${name}`, says)).join('\n')}
${program.options.map(option => optionLine('none', option)).join('\n')}
${program.commands.flatMap(commandLines).join('\n')}
`
}

function commandLines({ name, options, arguments: places }: CommandRow): string[] {
  return [...options.map(option => optionLine(name, option)), ...places.flatMap(place => argumentLine(name, place))]
}

function optionLine(command: string, { short, long, says, value }: OptionRow): string {
  const names = `${short === null ? '' : `-s ${short.slice(1)} `}-l ${long.slice(2)}`
  return complete(command, value === null ? names : `${names} ${taken(value.values)}`, says)
}

function argumentLine(command: string, { says, values }: ArgumentRow): string[] {
  return values.kind === 'files' ? [] : [complete(command, `-f${listed(values)}`, says)]
}

function taken(values: Values): string {
  return values.kind === 'files' ? '-r -F' : `-x${listed(values)}`
}

function listed(values: Values): string {
  const words = wholeWords(values)
  return words.length === 0 ? '' : ` -a '${words.join(' ')}'`
}

function complete(command: string, what: string, says: string): string {
  return `complete -c rdpscope -n '__rdpscope_command ${command}' ${what} -d ${quoted(says)}`
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`
}
