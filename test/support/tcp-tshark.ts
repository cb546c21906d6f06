/** What tshark says of the TCP segments of a capture: the judge of our sequence analysis. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { ANALYSIS_FIELDS } from './tcp-segments.ts'

/** One packet that holds TCP. */
export interface JudgedPacket {
  /** A stream number for each TCP header in it: outer, then inner or quoted. */
  readonly streams: readonly number[]
  /** tcp.analysis.* without the prefix, of all its TCP headers together. */
  readonly flags: readonly string[]
  /** It is an ICMP error: the TCP header in it is a quotation. */
  readonly icmp: boolean
}

const PLAIN_FIELDS = ['frame.number', 'tcp.stream', 'icmp.type', 'icmpv6.type']
const NAMES = ANALYSIS_FIELDS.map(([, name]) => name)
const FIELDS = [...PLAIN_FIELDS, ...NAMES.map(name => `tcp.analysis.${name}`)]
const OPTIONS = ['-n', '-o', 'tcp.analyze_sequence_numbers:TRUE', '-Y', 'tcp', '-T', 'fields', '-E', 'separator=/t']

/** The words of the analysis changed between releases: other versions are no judge. */
export function judges(): boolean {
  return /^TShark \(Wireshark\) 4\.0\./.test(spawnSync('tshark', ['--version'], { encoding: 'utf8' }).stdout ?? '')
}

/** The packets with TCP, by number; empty when tshark can not read the file. */
export async function judgement(path: string): Promise<Map<number, JudgedPacket>> {
  const child = spawn('tshark', ['-r', path, ...OPTIONS, ...FIELDS.flatMap(name => ['-e', name])], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [lines] = await Promise.all([text(child.stdout), once(child, 'close')])
  const packets = new Map<number, JudgedPacket>()
  for (const line of lines.split('\n')) if (line !== '') packets.set(Number.parseInt(line, 10), judged(line))
  return packets
}

function judged(line: string): JudgedPacket {
  const values = line.split('\t')
  return {
    streams: (values[1] ?? '').split(',').filter(Boolean).map(Number),
    icmp: values[2] !== '' || values[3] !== '',
    flags: NAMES.filter((_, index) => values[PLAIN_FIELDS.length + index] !== ''),
  }
}
