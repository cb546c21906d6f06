/** The man page, from the commands as they are (roff with the macros of man(7)). */
import type { ArgumentRow, CommandRow, OptionRow } from '../src/cli/command-table.ts'
import { commandTable } from '../src/cli/command-table.ts'
import { commandTree } from '../src/cli/run.ts'
import { capital } from '../src/report/words.ts'
import { VERSION } from '../src/version.ts'

export function manPage(): string {
  const program = commandTable(commandTree())
  return [
    String.raw`.\" Made by npm run docs from the commands.`,
    `.TH RDPSCOPE 1 "" "rdpscope ${VERSION}" "User Commands"`,
    // Words and commands stay whole.
    '.nh',
    '.ad l',
    '.SH NAME',
    `rdpscope \\- ${text(lowered(program.says))}`,
    '.SH SYNOPSIS',
    ...[usage('rdpscope', [{ ...FILE, name: 'file' }]), ...program.commands.map(commandUsage)].flatMap(separated),
    '.SH DESCRIPTION',
    text(program.says),
    text(
      'Without the name of a command, one capture is looked at in the terminal UI where there is a terminal; otherwise captures are scanned.',
    ),
    '.SH OPTIONS',
    ...program.options.flatMap(option),
    ...below(program.more),
    '.SH COMMANDS',
    ...program.commands.flatMap(command),
    '.SH ENVIRONMENT',
    ...row('.B NO_COLOR', 'Text has no colours.'),
    ...row('.B GITHUB_STEP_SUMMARY', 'Where the format github adds the summary of the job.'),
    ...row('.B XDG_CONFIG_HOME', "Where the user's own configuration is looked for; ~/.config otherwise."),
    '.SH FILES',
    ...row(
      '.I rdpscope.config.json',
      'The configuration, in the working directory or above it; rdpscope init writes one.',
    ),
    ...row('.I ~/.config/rdpscope/config.json', 'The configuration where no other is found.'),
    '.SH SEE ALSO',
    '.BR dumpcap (1),',
    '.BR tcpdump (8),',
    '.BR tshark (1),',
    '.BR wireshark (1)',
    '',
  ].join('\n')
}

const FILE: ArgumentRow = {
  name: 'file',
  says: '',
  required: true,
  variadic: true,
  values: { kind: 'files', words: [] },
}

function command({ name, says, arguments: places, options, more }: CommandRow): string[] {
  return [
    `.SS ${name}`,
    `${text(sentence(says))}`,
    ...places.flatMap(place => row(`.I ${text(place.name)}`, sentence(place.says))),
    ...options.flatMap(option),
    ...below(more),
  ]
}

function commandUsage({ name, arguments: places }: CommandRow): string {
  return usage(`rdpscope ${name}`, places)
}

function usage(name: string, places: readonly ArgumentRow[]): string {
  const words = places.map(({ name: place, required, variadic }) => {
    const word = `\\fI${text(place)}\\fR${variadic ? ' ...' : ''}`
    return required ? word : `[${word}]`
  })
  return [`.B ${text(name)}`, ['[\\fIoptions\\fR]', ...words].join(' ')].join('\n')
}

function separated(line: string, at: number): string[] {
  return at === 0 ? [line] : ['.br', line]
}

function option({ short, long, says, value }: OptionRow): string[] {
  const names = [...(short === null ? [] : [short]), long].map(name => `\\fB${text(name)}\\fR`).join(', ')
  const behind = value === null ? '' : ` \\fI${text(value.name)}\\fR`
  const choices = value?.values.kind === 'words' && value.values.words.length <= MOST_LISTED ? value.values.words : []
  return row(`${names}${behind}`, sentence(choices.length === 0 ? says : `${says}: ${choices.join(', ')}`))
}

/** Values that are listed; of more, the text says what they are. */
const MOST_LISTED = 9

function row(head: string, says: string): string[] {
  return ['.TP', head, text(says)]
}

/** Examples and lists stay as they are typed; everything else is text. */
function below(more: string): string[] {
  return more.split('\n\n').flatMap(block => {
    const [head = '', ...lines] = block.split('\n')
    if (lines.length === 0) return ['.PP', text(head)]
    return [
      '.PP',
      text(head),
      '.PP',
      '.nf',
      '.RS 2',
      ...lines.map(line => text(line.replace(/^ {2}/, ''))),
      '.RE',
      '.fi',
    ]
  })
}

/** A line that roff takes as it stands. */
function text(line: string): string {
  const escaped = line.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('~', '\\(ti').replaceAll('^', '\\(ha')
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped
}

function sentence(says: string): string {
  return says === '' || /[.:)]$/.test(says) ? capital(says) : `${capital(says)}.`
}

function lowered(says: string): string {
  return `${says.slice(0, 1).toLowerCase()}${says.slice(1)}`.replace(/\.$/, '')
}
