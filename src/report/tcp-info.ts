/** TCP in the packet list: ports, flags, sequence numbers, options, and what the analysis remarked. */
import type { InspectedLayer } from '../inspect/packet.ts'
import { holds, numberOf, textOf } from '../inspect/tree-search.ts'
import type { Info } from './info.ts'

/** From the highest bit, in the words of Wireshark. */
const FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [0x01, 'FIN'],
  [0x02, 'SYN'],
  [0x04, 'RST'],
  [0x08, 'PSH'],
  [0x10, 'ACK'],
  [0x20, 'URG'],
  [0x40, 'ECE'],
  [0x80, 'CWR'],
  [0x100, 'AE'],
]
const RST = 0x04
const ACK = 0x10
/** As Wireshark writes them. What comes twice (a fast retransmission is one too) is said once, by the first. */
const REMARKS: readonly (readonly [field: string, text: string])[] = [
  ['tcp.analysis.reused_ports', 'Port numbers reused'],
  ['tcp.analysis.spurious_retransmission', 'Spurious Retransmission'],
  ['tcp.analysis.fast_retransmission', 'Fast Retransmission'],
  ['tcp.analysis.retransmission', 'Retransmission'],
  ['tcp.analysis.out_of_order', 'Out-Of-Order'],
  ['tcp.analysis.lost_segment', 'Previous segment not captured'],
  ['tcp.analysis.ack_lost_segment', 'ACKed unseen segment'],
  ['tcp.analysis.duplicate_ack', 'Dup ACK'],
  ['tcp.analysis.keep_alive_ack', 'Keep-Alive ACK'],
  ['tcp.analysis.keep_alive', 'Keep-Alive'],
  ['tcp.analysis.zero_window_probe_ack', 'ZeroWindowProbeAck'],
  ['tcp.analysis.zero_window_probe', 'ZeroWindowProbe'],
  ['tcp.analysis.zero_window', 'ZeroWindow'],
  ['tcp.analysis.window_full', 'Window Full'],
  ['tcp.analysis.window_update', 'Window Update'],
]
const RETRANSMISSIONS = /retransmission$/
/** What healthy connections do all the time. */
const HARMLESS = /keep_alive|window_update|duplicate_ack/

/** `[TCP Retransmission] ` and the like, of a layer of TCP; '' when there is nothing to remark. */
export function tcpRemarks(layer: InspectedLayer): Info {
  const texts: string[] = []
  let resent = false
  let bad = false
  for (const [field, text] of REMARKS) {
    if (!holds(layer, field)) continue
    if (RETRANSMISSIONS.test(field)) {
      if (resent) continue
      resent = true
    }
    bad ||= !HARMLESS.test(field)
    texts.push(`[TCP ${text}]`)
  }
  return { text: texts.join(' '), bad }
}

/** `SYN, ACK`. */
export function flagNames(flags: number): string {
  const names = FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name)
  return names.join(', ') || '<None>'
}

export function tcpInfo(layer: InspectedLayer): Info {
  const flags = numberOf(layer, 'tcp.flags') ?? 0
  const remarks = tcpRemarks(layer)
  const option = (label: string, field: string) => {
    const text = textOf(layer, field)
    return text === '' ? '' : `${label}=${text}`
  }
  const parts = [
    remarks.text,
    `${textOf(layer, 'tcp.srcport')} → ${textOf(layer, 'tcp.dstport')}`,
    `[${flagNames(flags)}]`,
    option('Seq', 'tcp.seq'),
    (flags & ACK) === 0 ? '' : option('Ack', 'tcp.ack'),
    option('Win', 'tcp.window_size') || option('Win', 'tcp.window_size_value'),
    option('Len', 'tcp.len'),
    option('MSS', 'tcp.options.mss_val'),
    holds(layer, 'tcp.options.sack_perm') ? 'SACK_PERM' : '',
    option('TSval', 'tcp.options.timestamp.tsval'),
    option('TSecr', 'tcp.options.timestamp.tsecr'),
    option('WS', 'tcp.options.wscale.multiplier'),
    option('SLE', 'tcp.options.sack_le'),
    option('SRE', 'tcp.options.sack_re'),
  ]
  return { text: parts.filter(part => part !== '').join(' '), bad: (flags & RST) !== 0 || remarks.bad }
}
