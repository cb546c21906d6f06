/** Completion for zsh, by its own _arguments. */
import type { ArgumentRow, CommandRow, OptionRow, Values } from '../command-table.ts'
import { COMMAND_BY_DEFAULT, wholeWords } from './parts.ts'

export function zshCompletion(program: CommandRow): string {
  const described = program.commands.map(({ name, says }) => quoted(`${name}:${colons(says)}`))
  return `#compdef rdpscope
# Completion of rdpscope for zsh. In ~/.zshrc, below compinit: source <(rdpscope completion zsh)
# or as a file in $fpath: rdpscope completion zsh > "\${fpath[1]}/_rdpscope"

_rdpscope() {
  local -a commands
  commands=(
${described.map(line => `    ${line}`).join('\n')}
  )
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _describe -t commands command commands
    _files
    return
  fi
  case $words[2] in
${program.commands.map(commandCase).join('\n')}
    *)
      _rdpscope_${COMMAND_BY_DEFAULT}
      ;;
  esac
}

${program.commands.map(commandFunction).join('\n\n')}

if [[ $funcstack[1] == _rdpscope ]]; then
  _rdpscope "$@"
else
  compdef _rdpscope rdpscope
fi
`
}

function commandCase({ name }: CommandRow): string {
  return `    ${name})
      shift words
      (( CURRENT-- ))
      _rdpscope_${name}
      ;;`
}

function commandFunction({ name, options, arguments: places }: CommandRow): string {
  const specs = [...options.map(optionSpec), ...places.map(argumentSpec)]
  return `_rdpscope_${name}() {
  _arguments -s -S \\
${specs.map(spec => `    ${spec}`).join(' \\\n')}
}`
}

function optionSpec({ short, long, says, value, repeats }: OptionRow): string {
  const rest = value === null ? '' : `:${message(value.name)}:${action(value.values)}`
  const tail = quoted(`[${says.replaceAll(/[[\]\\]/g, '\\$&')}]${rest}`)
  const name = value === null ? long : `${long}=`
  const names = short === null ? name : `{${value === null ? short : `${short}+`},${name}}`
  // Once given, neither of its names is offered again.
  const once = short === null ? '' : `'(${short} ${long})'`
  return `${repeats ? "'*'" : once}${names}${tail}`
}

function argumentSpec({ name, variadic, required, values }: ArgumentRow): string {
  return quoted(`${variadic ? '*' : ''}${required || variadic ? ':' : '::'}${message(name)}:${action(values)}`)
}

function action(values: Values): string {
  if (values.kind === 'files') return '_files'
  return values.kind === 'any' ? ' ' : `(${wholeWords(values).join(' ')})`
}

function message(name: string): string {
  return colons(name)
}

function colons(text: string): string {
  return text.replaceAll(/[:\\]/g, '\\$&')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
