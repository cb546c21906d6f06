/** The commands and their options. Each command is loaded when it is called. */
import { availableParallelism } from 'node:os'
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { formats } from '../report/formats.ts'
import { VERSION } from '../version.ts'
import type { Shell } from './completion.ts'
import type { DecodeOptions } from './decode.ts'
import type { CiSystem, InitOptions } from './init.ts'
import type { MergeOptions } from './merge.ts'
import { DEFAULT_COLUMNS, type Sink, Streams } from './output.ts'
import { CONFIG, collected, NO_CONFIG, withPolicy } from './policy-options.ts'
import type { ReportOptions } from './report.ts'
import type { ScanOptions } from './scan.ts'
import { EXIT_CLEAN, EXIT_UNREADABLE, EXIT_USAGE, UsageError } from './status.ts'
import type { ViewOptions } from './view.ts'

/** @returns the exit status. Never throws: whatever goes wrong is one line on standard error. */
export async function run(args: readonly string[], stdout: Sink, stderr: Sink): Promise<number> {
  const streams = new Streams(stdout, stderr)
  let status = EXIT_CLEAN
  const program = commands(stdout, streams, isForPeople(args), result => {
    status = result
  })
  try {
    if (args.length === 0) program.outputHelp()
    else await program.parseAsync(args, { from: 'user' })
    await streams.results.flushed()
    return status
  } catch (error) {
    return failed(error, streams)
  }
}

/** For what is made from the commands: the man page. */
export function commandTree(): Command {
  return commands(process.stdout, new Streams(process.stdout, process.stderr), false, () => {})
}

/** A single file, on a terminal: somebody wants to look at it. */
function isForPeople(args: readonly string[]): boolean {
  const [first] = args
  return args.length === 1 && first !== undefined && first !== '-' && process.stdin.isTTY && process.stdout.isTTY
}

function commands(stdout: Sink, streams: Streams, opensView: boolean, done: (status: number) => void): Command {
  // Errors are told once, in one line, where they are caught.
  const writing = {
    writeOut: (text: string) => stdout.write(text),
    writeErr: () => {},
    outputError: () => {},
    getOutHelpWidth: () => streams.columns ?? DEFAULT_COLUMNS,
  }
  const program = new Command('rdpscope')
    .description('Opens packet captures and says why a Remote Desktop connection failed.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput(writing)
    .addHelpText('after', EXAMPLES)
  program
    .command('view', { isDefault: opensView })
    .description('the terminal UI: from the verdict down to the byte')
    .argument('<file>', 'a capture, or standard input (-)')
    .option(
      '--follow',
      'wait for more at the end of a file that is still being written, or at the end of a ring of files',
    )
    .option('--keylog <file>', KEY_LOG, collected)
    .option('--rsa-key <file>', RSA_KEY, collected)
    .addOption(new Option('--theme <name>', 'colours').choices(['dark', 'light', 'contrast']))
    .option('--no-mouse', 'leave the mouse to the terminal')
    .option('--config <file>', CONFIG)
    .option('--no-config', NO_CONFIG)
    .addHelpText('after', VIEW_HELP)
    .action(async (path: string, options: ViewOptions) => {
      const { view } = await import('./view.ts')
      done(await view(path, options, streams))
    })
  program
    .command('scan', { isDefault: !opensView })
    .description('verdicts on capture files, folders and archives of them, globs, or standard input (-)')
    .argument('[path...]', 'captures: pcap, pcapng, NetMon, gzip or zstd; zip and tar archives of them')
    .option('--files-from <file>', 'also scan what this list names, a line or a NUL each; - is standard input')
    .option('-f, --format <format[=file]>', FORMATS, collected)
    .option('-o, --output <file>', 'write the report that names no file to this one')
    .option('--keylog <file>', KEY_LOG, collected)
    .option('--rsa-key <file>', RSA_KEY, collected)
    .option('--error <code>', 'what the dialog showed (0x904, 2308, a name): held against the capture')
    .option('--extended <code>', 'the extended error code beside it')
    .option('-v, --verbose', 'also tell what was ruled out and what could not be seen', false)
    .addOption(new Option('--width <columns>', 'width of text').argParser(columns))
    .addOption(new Option('-j, --jobs <n>', 'captures read at once; auto: one a core').argParser(jobs).default(1))
    .option('--resume <folder>', 'keep what is finished there; a scan that was stopped goes on where it was')
    .option('--shard <i/n>', 'scan one of n parts, the same everywhere: see merge')
    .option('--watch <folder>', 'scan captures as they appear there, until Ctrl-C')
    .addOption(
      new Option('--settled <seconds>', 'with --watch: what has not changed for so long is finished')
        .argParser(seconds)
        .default(10),
    )
    .option('--progress', 'tell how far it is, in lines where there is no terminal')
    .option('--no-progress', 'no bar at a terminal')
    .addHelpText('after', SCAN_HELP)
    .action(async (paths: string[], options: ScanOptions) => {
      const { scan } = await import('./scan.ts')
      done(await scan(paths, options, streams))
    })
  program
    .command('merge')
    .description('JSON reports of shards and machines as one, in any format')
    .argument('<report...>', 'what scan --format json or jsonl wrote')
    .option('-f, --format <format[=file]>', FORMATS, collected)
    .option('-o, --output <file>', 'write the report that names no file to this one')
    .option('--error <code>', 'hold this against the captures; otherwise what they were scanned with')
    .option('--extended <code>', 'the extended error code beside it')
    .option('-v, --verbose', 'also tell what was ruled out and what could not be seen', false)
    .addOption(new Option('--width <columns>', 'width of text').argParser(columns))
    .addHelpText('after', MERGE_HELP)
    .action(async (reports: string[], options: MergeOptions) => {
      const { merge } = await import('./merge.ts')
      done(await merge(reports, options, streams))
    })
  program
    .command('report')
    .description('a document for the network team, and the packets that prove what it says')
    .argument('<path...>', 'captures, as scan takes them')
    .option('-o, --output <file>', 'where to: .html, .md, .json, .csv ...; may be given again', collected)
    .option('--evidence <file>', 'write the packets that prove the findings to this pcapng file, with comments')
    .option('--no-keys', 'leave the TLS keys of the capture out of the evidence')
    .option('--keylog <file>', KEY_LOG, collected)
    .option('--rsa-key <file>', RSA_KEY, collected)
    .option('--error <code>', 'what the dialog showed (0x904, 2308, a name): held against the capture')
    .option('--extended <code>', 'the extended error code beside it')
    .addHelpText('after', REPORT_EXAMPLES)
    .action(async (paths: string[], options: ReportOptions) => {
      const { report } = await import('./report.ts')
      done(await report(paths, options, streams))
    })
  program
    .command('decode')
    .description('packets with all their fields, decrypted where keys exist, in the manner of tshark')
    .argument('<file>', 'a capture, or standard input (-)')
    .option('-Y, --filter <filter>', 'only packets that match this display filter (the language of Wireshark)')
    .addOption(new Option('-T, --format <format>', 'how to write them').choices(['text', 'tree', 'fields', 'json']))
    .option('-e, --field <name>', 'a field to write, with -T fields or json; may be given again', collected)
    .option('-E, --field-option <key=value>', FIELD_OPTIONS, collected)
    .option('--keylog <file>', KEY_LOG, collected)
    .option('--rsa-key <file>', RSA_KEY, collected)
    .option('-x, --hex', 'write their bytes, and those that were put together or decrypted')
    .addOption(new Option('-c, --count <packets>', 'stop after reading so many').argParser(packetCount))
    .option('--packet <numbers>', 'only these: 5, 5-9, 5-, several with commas')
    .addOption(
      new Option('--stream <n>', 'what the two sides of TCP stream n said, decrypted where keys exist').argParser(
        streamNumber,
      ),
    )
    .addOption(new Option('--udp-stream <n>', 'the same of UDP stream n').argParser(streamNumber))
    .addHelpText('after', DECODE_EXAMPLES)
    .action(async (path: string, options: DecodeOptions) => {
      const { decode } = await import('./decode.ts')
      done(await decode(path, options, streams))
    })
  program
    .command('explain')
    .description('what an error code means, layer by layer; needs no capture')
    .argument('<code...>', 'numbers (0x904, 2308, -1073741715), names, or words')
    .addHelpText('after', EXPLAIN_HELP)
    .action(async (codes: string[]) => {
      const { explainCodes } = await import('./explain.ts')
      done(await explainCodes(codes, streams))
    })
  program
    .command('rules')
    .description('the rules, and what each looks at')
    .argument('[id]', 'one rule in full')
    .addHelpText('after', RULES_HELP)
    .action(async (id: string | undefined) => {
      const { printRules } = await import('./rules.ts')
      done(await printRules(id, streams))
    })
  program
    .command('init')
    .description('write a configuration file, and an example for CI')
    .addOption(new Option('--ci <system>', 'also an example for this CI').choices(CI_SYSTEMS))
    .option('--ci-file <file>', 'where to write that example; otherwise to where the system looks for it')
    .option('--force', 'also over files that are there', false)
    .addHelpText('after', INIT_HELP)
    .action(async (options: InitOptions) => {
      const { init } = await import('./init.ts')
      done(await init(options, process.cwd(), streams))
    })
  program
    .command('completion')
    .description('a script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish', 'powershell']))
    .addHelpText('after', COMPLETION_HELP)
    .action(async (shell: Shell) => {
      const { completion } = await import('./completion.ts')
      done(await completion(shell, program, streams))
    })
  for (const command of program.commands) {
    if (JUDGING.has(command.name())) withPolicy(command)
    command.exitOverride().configureOutput(writing).helpOption('-h, --help', 'print this help')
  }
  return program
}

/** Those that `init` has an example for. */
const CI_SYSTEMS: readonly CiSystem[] = ['github', 'github-shards', 'gitlab', 'jenkins', 'shell']

/** Commands that judge captures by a policy. */
const JUDGING: ReadonlySet<string> = new Set(['scan', 'merge', 'report'])

const EXAMPLES = `
Examples:
  rdpscope capture.pcapng                   what went wrong, and the packets that show it
  rdpscope scan --format json captures/     the same for programs
  tcpdump -w - port 3389 | rdpscope scan -  from standard input
  rdpscope scan --error 0x904 --extended 0x7 capture.pcapng   what the dialog said, against the packets
  rdpscope decode -Y 'tls.alert_message' capture.pcapng   the packets behind a verdict
  rdpscope report capture.pcapng -o x.html  one page for the network team, --evidence for its packets
  rdpscope explain 0x904 0x7                what the numbers in the error dialog mean

Exit status: 0 nothing found, 1 findings, 2 wrong use, 3 some input could not be read (the rest is still reported).
`

const KEY_LOG = 'decrypt TLS with the secrets of a key log (SSLKEYLOGFILE); may be given again'
const RSA_KEY = "decrypt TLS with a server's RSA private key in PEM; may be given again"
const FIELD_OPTIONS =
  'of -T fields: header=y|n, separator=, aggregator=, occurrence=f|l|a, quote=d|s|n; may be given again'

const FORMATS = 'how to write the report, and where to; may be given again, all but one with a file'

const SCAN_HELP = `
Formats:
${formats.map(({ name, says }) => `  ${name.padEnd(16)}${says}`).join('\n')}

Examples:
  rdpscope scan captures/                                        every capture of a folder
  rdpscope scan --format json --format sarif=out.sarif captures/ one to standard output, one to a file
  rdpscope scan -f junit -o rdp.xml --fail-on warning *.pcapng   a test report for CI
  rdpscope scan -f github captures/                              annotations and a summary in GitHub Actions
  rdpscope scan -f md capture.pcapng                             to paste into a ticket
  rdpscope scan -f csv -o findings.csv captures/                 for a spreadsheet
  rdpscope scan tickets.zip logs.tar.gz                          captures in archives: tickets.zip/a.pcapng
  find . -name '*.pcap*' -print0 | rdpscope scan --files-from -  a list of them
  rdpscope scan --jobs auto --resume state/ captures/            on all cores; stopped and started again, it goes on
  rdpscope scan --watch ring/ -f jsonl                           as a recorder finishes its files
  rdpscope scan --shard 2/4 -f json -o 2.json captures/          a part, on one of four machines: see merge
  rdpscope scan -f jsonl=known.jsonl captures/                   what is known today, and from tomorrow on:
  rdpscope scan --baseline known.jsonl captures/                 only what is new counts
  rdpscope scan --expect tcp-connect-refused blocked.pcapng      a test of a firewall: this must be what happens
  rdpscope scan --severity packet-loss=info --fail-on warning captures/
  rdpscope scan --ignore 'address=10.9.0.0/16,expires=2027-01-31,reason=the old site' captures/

Exit status, the same in every format: 0 nothing that counts, 1 findings, or not what was expected, 2 wrong use, 3 some input
unreadable. What is known, ignored or expected can stand in rdpscope.config.json: see rdpscope init.
`

const VIEW_HELP = `
Examples:
  rdpscope capture.pcapng                                        a file, on a terminal
  rdpscope view --follow ring_00001.pcapng                       while dumpcap is still writing
  tcpdump -w - port 3389 | rdpscope view -                       from standard input
  rdpscope view --theme light --keylog keys.log capture.pcapng   decrypted, on a light terminal
`

const EXPLAIN_HELP = `
Examples:
  rdpscope explain 0x904 0x7                 what the dialog shows: error code, then extended error code
  rdpscope explain alert 40 event 1057       numbers of any layer
  rdpscope explain STATUS_LOGON_FAILURE      a name
  rdpscope explain oracle remediation        words of the dialog, or of what is blamed
  rdpscope explain -- -1073741715            a negative number
`

const RULES_HELP = `
Examples:
  rdpscope rules                             all of them, causes before their consequences
  rdpscope rules path-mtu-black-hole         what it looks at, what it can not see, and the commands to capture it
`

const INIT_HELP = `
Examples:
  rdpscope init                              rdpscope.config.json in the working directory
  rdpscope init --ci github                  and .github/workflows/rdpscope.yml
  rdpscope init --ci github-shards           the same for many captures: several machines share them
  rdpscope init --ci shell --ci-file ci/rdpscope.sh
`

const COMPLETION_HELP = `
Examples:
  source <(rdpscope completion bash)         in ~/.bashrc
  source <(rdpscope completion zsh)          in ~/.zshrc, below compinit
  rdpscope completion fish > ~/.config/fish/completions/rdpscope.fish
  rdpscope completion powershell | Out-String | Invoke-Expression      in $PROFILE
`

const MERGE_HELP = `
Examples:
  rdpscope scan --shard 1/2 -f json -o 1.json captures/          on one machine
  rdpscope scan --shard 2/2 -f json -o 2.json captures/          on another, which has the same files
  rdpscope merge 1.json 2.json                                   what one scan of all would say
  rdpscope merge -f sarif=all.sarif -f md=all.md *.json          in other formats
  rdpscope merge berlin.jsonl paris.jsonl -f json -o all.json    captures of several places

Exit status: that of one scan of all; 3 also where a report can not be read, or a shard is missing.
`

const REPORT_EXAMPLES = `
Examples:
  rdpscope report capture.pcapng -o report.html                  verdict, ladder, graphs and packets in one file
  rdpscope report captures/ -o summary.html                      causes by client, gateway, server and hour first
  rdpscope report capture.pcapng -o ticket.md -o report.html     several documents at once
  rdpscope report capture.pcapng --evidence proof.pcapng         the packets to be checked in Wireshark
  rdpscope report --error 0x904 capture.pcapng -o report.html    with what the dialog said
`

const DECODE_EXAMPLES = `
Examples:
  rdpscope decode capture.pcapng                                 one line a packet
  rdpscope decode -Y 'tls.handshake.type == 1' capture.pcapng    those that match a display filter
  rdpscope decode -T tree --packet 57 capture.pcapng             one packet, down to the byte
  rdpscope decode -T fields -e frame.number -e tls.handshake.extensions_server_name capture.pcapng
  rdpscope decode -T json -Y rdp capture.pcapng                  in the shape of tshark -T json
  rdpscope decode --stream 0 --keylog keys.log capture.pcapng    what both sides said
  tcpdump -w - port 3389 | rdpscope decode -                     from standard input
`

/** Each is a process of some 100 MB. */
const MOST_JOBS = 256

function streamNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('it must be a number from 0 on')
  return Number(text)
}

function packetCount(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1) throw new InvalidArgumentError('it must be a number from 1 on')
  return value
}

function jobs(text: string): number {
  const value = text === 'auto' ? availableParallelism() : Number(text)
  if (!Number.isInteger(value) || value < 1 || value > MOST_JOBS)
    throw new InvalidArgumentError(`it must be 1 to ${MOST_JOBS}, or auto`)
  return value
}

function seconds(text: string): number {
  const value = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text) || value > 86_400) throw new InvalidArgumentError('it must be 0 to 86400')
  return value
}

function columns(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 40 || value > 1000) throw new InvalidArgumentError('it must be 40 to 1000')
  return value
}

/** One line on standard error, whatever happened. */
function failed(error: unknown, streams: Streams): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT_CLEAN
    streams.complain(`${error.message.replace(/^error: /, '')} (rdpscope --help lists commands and options)`)
    return EXIT_USAGE
  }
  if (error instanceof UsageError) {
    streams.complain(error.message, error.details)
    return EXIT_USAGE
  }
  const what = error instanceof Error ? error.message : String(error)
  streams.complain(`internal error: ${what}; please report it`)
  return EXIT_UNREADABLE
}
