/** The commands and their options. Each command is loaded when it is called. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { formats } from '../report/formats.ts'
import { VERSION } from '../version.ts'
import type { DecodeOptions } from './decode.ts'
import { DEFAULT_COLUMNS, type Sink, Streams } from './output.ts'
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
    .action(async (path: string, options: ViewOptions) => {
      const { view } = await import('./view.ts')
      done(await view(path, options, streams))
    })
  program
    .command('scan', { isDefault: !opensView })
    .description('verdicts on capture files, folders of them, globs, or standard input (-)')
    .argument('<path...>', 'captures: pcap, pcapng, NetMon; also compressed with gzip or zstd')
    .option('-f, --format <format[=file]>', FORMATS, collected)
    .option('-o, --output <file>', 'write the report that names no file to this one')
    .option('--keylog <file>', KEY_LOG, collected)
    .option('--rsa-key <file>', RSA_KEY, collected)
    .option('--error <code>', 'what the dialog showed (0x904, 2308, a name): held against the capture')
    .option('--extended <code>', 'the extended error code beside it')
    .option('-v, --verbose', 'also tell what was ruled out and what could not be seen', false)
    .addOption(
      new Option('--fail-on <severity>', 'exit with status 1 from findings of this severity on')
        .choices(['error', 'warning', 'info', 'never'])
        .default('error'),
    )
    .addOption(new Option('--width <columns>', 'width of text').argParser(columns))
    .addHelpText('after', SCAN_HELP)
    .action(async (paths: string[], options: ScanOptions) => {
      const { scan } = await import('./scan.ts')
      done(await scan(paths, options, streams))
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
    .addOption(
      new Option('--fail-on <severity>', 'exit with status 1 from findings of this severity on')
        .choices(['error', 'warning', 'info', 'never'])
        .default('error'),
    )
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
    .action(async (codes: string[]) => {
      const { explainCodes } = await import('./explain.ts')
      done(await explainCodes(codes, streams))
    })
  program
    .command('rules')
    .description('the rules, and what each looks at')
    .argument('[id]', 'one rule in full')
    .action(async (id: string | undefined) => {
      const { printRules } = await import('./rules.ts')
      done(await printRules(id, streams))
    })
  for (const command of program.commands) {
    command.exitOverride().configureOutput(writing).helpOption('-h, --help', 'print this help')
  }
  return program
}

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

Exit status, the same in every format: 0 nothing at or above --fail-on, 1 findings, 2 wrong use, 3 some input unreadable.
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

function streamNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('it must be a number from 0 on')
  return Number(text)
}

function packetCount(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1) throw new InvalidArgumentError('it must be a number from 1 on')
  return value
}

/** For an option that may be given several times. */
function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
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
