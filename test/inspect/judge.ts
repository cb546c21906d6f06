/**
 * tshark as the judge of field trees: all occurrences of many fields of each packet of a capture, read so that it does what
 * the tool does.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** What must be set so that both do the same. */
const PREFERENCES = [
  // The tool puts a stream together before it reads it.
  'tcp.reassemble_out_of_order:TRUE',
]
/** tshark looks for RDP in clear on port 3389 unless it is told that TLS is spoken there. */
const TLS_ON_RDP_PORT = ['-d', 'tcp.port==3389,tls']
/** tshark escapes most control characters in texts, and so these are rare in what it prints. */
const COLUMN = '\x1e'
const OCCURRENCE = '\x1f'
/** What this file itself asks for. */
const OWN_COLUMNS = ['frame.number', 'frame.protocols', 'tcp.stream', 'udp.stream', 'tls.record.length'] as const

export interface JudgedPacket {
  readonly number: number
  /** frame.protocols, in order. */
  readonly protocols: readonly string[]
  /** `tcp 3`, `udp 0`, or '' for a packet of no conversation. The innermost. */
  readonly conversation: string
  /** Those fields that occur. */
  readonly values: ReadonlyMap<string, readonly string[]>
}

/**
 * Every packet of a capture. Where RDP begins in clear on its own port and goes on in TLS, no one setting makes tshark read
 * both: of such a packet the reading counts that recognised it.
 * @param fields which tshark knows
 */
export async function judged(path: string, fields: readonly string[], packets?: number): Promise<JudgedPacket[]> {
  const all = await run(path, fields, [...TLS_ON_RDP_PORT, ...limit(packets)])
  if (!all.some(isBareTls)) return all
  const plain = await run(path, fields, limit(packets))
  return all.map((packet, at) => {
    const other = plain[at]
    return other !== undefined && isBareTls(packet) && isRdp(other) ? other : packet
  })
}

function limit(packets: number | undefined): string[] {
  return packets === undefined ? [] : ['-c', `${packets}`]
}

/** Taken for TLS because of its port alone. */
function isBareTls(packet: JudgedPacket): boolean {
  return packet.protocols.at(-1) === 'tls' && !packet.values.has('tls.record.length')
}

function isRdp({ protocols }: JudgedPacket): boolean {
  return protocols.includes('cotp') || protocols.includes('rdp')
}

async function run(path: string, fields: readonly string[], options: readonly string[]): Promise<JudgedPacket[]> {
  const columns = [...new Set([...OWN_COLUMNS, ...fields])]
  const format = ['-T', 'fields', '-E', `separator=${COLUMN}`, '-E', `aggregator=${OCCURRENCE}`, '-E', 'occurrence=a']
  const child = spawn(
    'tshark',
    [
      ...['-n', '-r', path, ...options],
      ...PREFERENCES.flatMap(preference => ['-o', preference]),
      ...format,
      ...columns.flatMap(column => ['-e', column]),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TZ: 'UTC' } },
  )
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  const unknown = /Some fields aren't valid:[\s\S]*/.exec(stderr)
  if (unknown !== null) throw new Error(`tshark: ${unknown[0]}`)
  return (
    stdout
      .split('\n')
      .map(line => line.split(COLUMN))
      // A text with one of our separators in it: which cell is whose can not be told.
      .filter(cells => cells.length === columns.length)
      .map(cells => packetOf(cells, columns))
  )
}

function packetOf(cells: readonly string[], columns: readonly string[]): JudgedPacket {
  const values = new Map<string, readonly string[]>()
  for (const [at, cell] of cells.entries()) {
    if (cell !== '') values.set(columns[at] as string, cell.split(OCCURRENCE))
  }
  const tcp = values.get('tcp.stream')?.at(-1)
  const udp = values.get('udp.stream')?.at(-1)
  return {
    number: Number(values.get('frame.number')?.[0]),
    protocols: values.get('frame.protocols')?.[0]?.split(':') ?? [],
    conversation: tcp !== undefined ? `tcp ${tcp}` : udp !== undefined ? `udp ${udp}` : '',
    values,
  }
}
