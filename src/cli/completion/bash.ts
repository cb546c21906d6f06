/** Completion for bash, from 3.2 on (that of macOS), without the package bash-completion. */
import type { CommandRow, OptionRow, Values } from '../command-table.ts'
import { COMMAND_BY_DEFAULT, optionNames, placedValues } from './parts.ts'

export function bashCompletion(program: CommandRow): string {
  const commands = program.commands.map(({ name }) => name)
  return `# Completion of rdpscope for bash. In ~/.bashrc: source <(rdpscope completion bash)
# (bash 3.2 of macOS: eval "$(rdpscope completion bash)")

_rdpscope() {
  local current=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]} option= behind= at=$((COMP_CWORD - 1))
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    command=
  else
    case $command in
      ${commands.join(' | ')}) ;;
      *) command=${COMMAND_BY_DEFAULT} ;;
    esac
  fi
  # For bash, = is a word of its own.
  if [[ $current == = ]]; then
    current=
    at=$COMP_CWORD
  fi
  if [[ \${COMP_WORDS[at]} == = ]]; then
    at=$((at - 1))
    if [[ \${COMP_WORDS[at]} != -* ]]; then
      behind==
      at=$((at - 1))
      [[ \${COMP_WORDS[at]} == = ]] && at=$((at - 1))
    fi
  fi
  [[ $at -gt 0 && \${COMP_WORDS[at]} == -* ]] && option=\${COMP_WORDS[at]}
  case "$command $option$behind" in
${program.commands.flatMap(command => command.options.flatMap(option => optionCases(command, option))).join('\n')}
  esac
  if [[ $current == -* ]]; then
    case $command in
      '') _rdpscope_words '${[program, defaultCommand(program)].flatMap(optionNames).join(' ')}' ;;
${program.commands.map(command => `      ${command.name}) _rdpscope_words '${optionNames(command).join(' ')}' ;;`).join('\n')}
    esac
    return
  fi
  case $command in
    '')
      # A capture may stand in the place of a command.
      COMPREPLY=($(compgen -W '${commands.join(' ')}' -- "$current"))
      ;;
${program.commands.flatMap(argumentCase).join('\n')}
  esac
}

# Words that begin like the current one, and no files in their place.
_rdpscope_words() {
  COMPREPLY=($(compgen -W "$1" -- "$current"))
  [[ \${#COMPREPLY[@]} -gt 0 ]] || compopt +o default 2>/dev/null
}

complete -o default -F _rdpscope rdpscope
`
}

function defaultCommand(program: CommandRow): CommandRow {
  return program.commands.find(({ name }) => name === COMMAND_BY_DEFAULT) ?? program
}

function optionCases({ name }: CommandRow, { short, long, value }: OptionRow): string[] {
  if (value === null) return []
  const names = [long, ...(short === null ? [] : [short])]
  const label = (behind: string) => names.map(option => `'${name} ${option}${behind}'`).join(' | ')
  const { behind } = value.values
  return [
    `    ${label('')}) ${action(value.values)} ;;`,
    ...(behind === undefined ? [] : [`    ${label('=')}) ${action(placedValues(behind))} ;;`]),
  ]
}

/** Where nothing is said, readline completes files. */
function action({ kind, words }: Values): string {
  if (kind === 'files') return 'return'
  return `_rdpscope_words '${words.join(' ')}'; return`
}

function argumentCase({ name, arguments: places }: CommandRow): string[] {
  const values = places[0]?.values ?? placedValues([])
  return values.kind === 'files' ? [] : [`    ${name}) _rdpscope_words '${values.words.join(' ')}' ;;`]
}
