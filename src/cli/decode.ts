/** `rdpscope decode`: packets as lines, trees, fields or JSON, in the manner of tshark. */
import { CaptureError } from '../analyze.ts'
import type { Capture } from '../capture/cursor.ts'
import { openCapture } from '../capture/open.ts'
import { compileFilter, type Filter, FilterError, fieldNames, pointedAt, suggestion } from '../inspect/filter/filter.ts'
import { type InspectOptions, inspect } from '../inspect/inspect.ts'
import type { InspectedPacket } from '../inspect/packet.ts'
import { type DecodeFormatOptions, type DecodeWriter, decodeWriter } from './decode-formats.ts'
import { follow } from './follow.ts'
import { givenKeys, type KeyOptions } from './keys.ts'
import { type NumberRange, parseRanges } from './number-ranges.ts'
import type { Streams } from './output.ts'
import { EXIT_CLEAN, EXIT_UNREADABLE, UsageError } from './status.ts'
import { textStyle } from './terminal.ts'

export interface DecodeOptions extends KeyOptions, DecodeFormatOptions {
  readonly filter?: string
  /** Packets read. */
  readonly count?: number
  readonly packet?: string
  /** Follow this conversation of TCP, or of UDP. */
  readonly stream?: number
  readonly udpStream?: number
}

/** Packets read behind the last one that is wanted: its PDUs may be read a little later. */
const READ_ON_PACKETS = 1024

/** @returns the exit status. @throws UsageError */
export async function decode(path: string, options: DecodeOptions, streams: Streams): Promise<number> {
  const filter = options.filter === undefined ? null : checkedFilter(options.filter)
  const ranges = options.packet === undefined ? null : parseRanges(options.packet)
  for (const name of options.field ?? []) checkField(name)
  const keys = givenKeys(options, streams)
  const style = textStyle({ verbose: false, columns: streams.columns })
  const writer = decodeWriter(options, style)
  const followed = followedStream(options)
  const capture = await opened(path, streams)
  if (capture === null) return EXIT_UNREADABLE
  try {
    const packets = inspect(capture, { ...inspection(options, ranges), ...(filter === null ? {} : { filter }), keys })
    if (followed === null) await writeAll(packets, filter, ranges, writer, streams)
    else await follow(packets, ...followed, style, streams.results)
  } finally {
    await capture.close()
  }
  if (streams.results.error !== null) {
    throw new UsageError(`standard output: can not be written: ${streams.results.error.message}`)
  }
  if (capture.error === null) return EXIT_CLEAN
  streams.complain(`${path}: ${capture.error.message}; ${capture.error.remedy}`)
  return EXIT_UNREADABLE
}

/** Also for the command that follows a stream. @returns null when it can not be opened, which was told. */
async function opened(path: string, streams: Streams): Promise<Capture | null> {
  try {
    return await openCapture(path)
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error
    streams.complain(`${error.message}; ${error.remedy}`)
    return null
  }
}

function inspection({ count }: DecodeOptions, ranges: readonly NumberRange[] | null): InspectOptions {
  const last =
    ranges === null ? Number.POSITIVE_INFINITY : Math.max(...ranges.map(range => range.last)) + READ_ON_PACKETS
  return {
    last: Math.min(last, count ?? Number.POSITIVE_INFINITY),
    ...(ranges === null ? {} : { wants: (packet: number) => isIn(ranges, packet) }),
  }
}

async function writeAll(
  packets: AsyncIterable<InspectedPacket>,
  filter: Filter | null,
  ranges: readonly NumberRange[] | null,
  writer: DecodeWriter,
  { results }: Streams,
): Promise<void> {
  await results.write(writer.head())
  let written = 0
  for await (const packet of packets) {
    if (results.closed) return
    if (ranges !== null && !isIn(ranges, packet.number)) continue
    if (filter !== null && !filter.matches(packet)) continue
    await results.write(writer.packet(packet, written++))
  }
  await results.write(writer.tail(written))
}

function isIn(ranges: readonly NumberRange[], packet: number): boolean {
  return ranges.some(({ first, last }) => packet >= first && packet <= last)
}

function followedStream(options: DecodeOptions): [transport: 'tcp' | 'udp', conversation: number] | null {
  const { stream, udpStream, filter, format, packet, field, hex } = options
  if (stream === undefined && udpStream === undefined) return null
  const other = {
    '--udp-stream': stream === undefined ? undefined : udpStream,
    '-Y': filter,
    '-T': format,
    '--packet': packet,
    '-e': field,
    '-x': hex,
  }
  const given = Object.entries(other).find(([, value]) => value !== undefined)
  if (given !== undefined) throw new UsageError(`a stream is followed whole: ${given[0]} does not go with it`)
  return stream === undefined ? ['udp', udpStream as number] : ['tcp', stream]
}

/** The filter, or wrong use that points at the place. */
function checkedFilter(text: string): Filter {
  try {
    return compileFilter(text)
  } catch (error) {
    if (!(error instanceof FilterError)) throw error
    throw new UsageError(`filter: ${error.message}`, pointedAt(error))
  }
}

function checkField(name: string): void {
  const names = fieldNames()
  if (!names.has(name)) throw new UsageError(`no field ${name}${suggestion(name, names)}`)
}
