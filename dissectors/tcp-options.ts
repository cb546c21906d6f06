/**
 * Options of a TCP header.
 *
 * RFC 9293 section 3.2, RFC 7323 (window scale, time stamps), RFC 2018 and RFC 2883 (SACK), RFC 2385, RFC 5925, RFC 7413,
 * RFC 6994 (experiments).
 */
import { bits, type Field, field } from '../src/wire/field.ts'
import { MAX_CHAINED_PARTS } from '../src/wire/limits.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import type { TcpConnectionView } from './tcp-analysis-fields.ts'

const END = 0
const NOP = 1
const MSS = 2
const WINDOW_SCALE = 3
const SACK_PERMITTED = 4
const SACK = 5
const TIMESTAMPS = 8
const MD5 = 19
const AUTHENTICATION = 29
const FAST_OPEN = 34
const EXPERIMENTS = [253, 254]
/** RFC 7413 appendix A: fast open before it had a kind of its own. */
const FAST_OPEN_EXPERIMENT = 0xf989
/** RFC 7323 section 2.3: a greater shift count is taken as this one. */
const MAX_SHIFT = 14

const kinds: ReadonlyMap<number, string> = new Map([
  [END, 'End of options'],
  [NOP, 'No operation'],
  [MSS, 'Maximum segment size'],
  [WINDOW_SCALE, 'Window scale'],
  [SACK_PERMITTED, 'SACK permitted'],
  [SACK, 'SACK'],
  [TIMESTAMPS, 'Timestamps'],
  [MD5, 'MD5 signature'],
  [28, 'User timeout'],
  [AUTHENTICATION, 'Authentication'],
  [30, 'Multipath TCP'],
  [FAST_OPEN, 'Fast open cookie'],
  ...EXPERIMENTS.map(experiment => [experiment, 'Experiment'] as const),
])
const all = field('tcp.options', 'Options', 'bytes')
const kind = field('tcp.option_kind', 'Kind', 'dec', kinds)
const length = field('tcp.option_len', 'Length')
const experimental = field('tcp.options.experimental', 'Experiment', 'bytes')
const one: Readonly<Record<number, Field>> = {
  [END]: field('tcp.options.eol', 'End of options', 'bytes'),
  [NOP]: field('tcp.options.nop', 'No operation', 'bytes'),
  [MSS]: field('tcp.options.mss', 'Maximum segment size', 'bytes'),
  [WINDOW_SCALE]: field('tcp.options.wscale', 'Window scale', 'bytes'),
  [SACK_PERMITTED]: field('tcp.options.sack_perm', 'SACK permitted', 'bytes'),
  [SACK]: field('tcp.options.sack', 'SACK', 'bytes'),
  [TIMESTAMPS]: field('tcp.options.timestamp', 'Timestamps', 'bytes'),
  [MD5]: field('tcp.options.md5', 'MD5 signature', 'bytes'),
  [AUTHENTICATION]: field('tcp.options.ao', 'Authentication', 'bytes'),
  [FAST_OPEN]: field('tcp.options.tfo', 'Fast open', 'bytes'),
  ...Object.fromEntries(EXPERIMENTS.map(experiment => [experiment, experimental])),
}
const unknown = field('tcp.options.unknown', 'Unknown option', 'bytes')
const segmentSize = field('tcp.options.mss_val', 'MSS value')
const shift = field('tcp.options.wscale.shift', 'Shift count')
const multiplier = bits('tcp.options.wscale.multiplier', 'Multiplier', 0xff)
const left = field('tcp.options.sack_le', 'Left edge (relative)')
const right = field('tcp.options.sack_re', 'Right edge (relative)')
const blocks = field('tcp.options.sack.count', 'Blocks')
const value = field('tcp.options.timestamp.tsval', 'Timestamp value')
const echo = field('tcp.options.timestamp.tsecr', 'Timestamp echo reply')
const digest = field('tcp.options.md5.digest', 'MD5 digest', 'bytes')
const keyId = field('tcp.options.ao.keyid', 'Key ID')
const nextKeyId = field('tcp.options.ao.rnextkeyid', 'Next key ID')
const code = field('tcp.options.ao.mac', 'Authentication code', 'bytes')
const request = field('tcp.options.tfo.request', 'Fast open cookie request', 'group')
const cookie = field('tcp.options.tfo.cookie', 'Fast open cookie', 'bytes')
const experiment = field('tcp.options.experimental.exid', 'Experiment identifier', 'hex')
const experimentData = field('tcp.options.experimental.data', 'Data', 'bytes')
const rest = field('tcp.options.unknown.payload', 'Payload', 'bytes')

export function readTcpOptions(pdu: Pdu, bytes: number, by: Field, view: TcpConnectionView | null): void {
  pdu.sized(all, bytes, by)
  for (let n = 0; n < MAX_CHAINED_PARTS * 3 && pdu.left > 0; n++) {
    const what = pdu.peek()
    const isSingle = what === END || what === NOP
    pdu.sized(one[what] ?? unknown, isSingle ? 1 : Math.max(2, pdu.peek(1)), length)
    pdu.u8(kind)
    if (!isSingle) {
      pdu.u8(length)
      readOption(pdu, what, view)
    }
    pdu.end()
  }
  pdu.end()
}

function readOption(pdu: Pdu, what: number, view: TcpConnectionView | null): void {
  switch (what) {
    case MSS:
      pdu.u16be(segmentSize)
      break
    case WINDOW_SCALE:
      pdu.overlay(multiplier, 1, 2 ** Math.min(Math.max(pdu.peek(), 0), MAX_SHIFT))
      pdu.u8(shift)
      break
    case SACK_PERMITTED:
      break
    case SACK:
      readBlocks(pdu, view)
      break
    case TIMESTAMPS:
      pdu.u32be(value)
      pdu.u32be(echo)
      break
    case MD5:
      pdu.mark(digest, pdu.left)
      break
    case AUTHENTICATION:
      pdu.u8(keyId)
      pdu.u8(nextKeyId)
      pdu.mark(code, pdu.left)
      break
    case FAST_OPEN:
      readFastOpen(pdu)
      break
    default:
      if (EXPERIMENTS.includes(what) && pdu.left >= 2) readExperiment(pdu)
      else if (pdu.left > 0) pdu.mark(rest, pdu.left)
  }
}

function readFastOpen(pdu: Pdu): void {
  if (pdu.left === 0) pdu.derived(request, '')
  else pdu.mark(cookie, pdu.left)
}

function readExperiment(pdu: Pdu): void {
  if (pdu.u16be(experiment) === FAST_OPEN_EXPERIMENT) readFastOpen(pdu)
  else if (pdu.left > 0) pdu.mark(experimentData, pdu.left)
}

function readBlocks(pdu: Pdu, view: TcpConnectionView | null): void {
  const base = view?.acknowledgementBase ?? 0
  let count = 0
  for (; pdu.left >= 8; count++) {
    for (const edge of [left, right]) {
      const raw = ((pdu.peek() << 24) | (pdu.peek(1) << 16) | (pdu.peek(2) << 8) | pdu.peek(3)) >>> 0
      pdu.value(edge, 4, (raw - base) >>> 0)
    }
  }
  pdu.derived(blocks, count)
}
