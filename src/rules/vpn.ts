/** How the VPNs of a capture are called, and whether one of their ends fell silent. */
import type { Place } from '../attempt/place.ts'
import type { TunnelKind, TunnelNote } from '../flow/conversation.ts'

const NAMES: Readonly<Record<TunnelKind, string>> = {
  esp: 'IPsec (ESP)',
  ipsec: 'IPsec (UDP port 500 or 4500)',
  wireguard: 'WireGuard',
  openvpn: 'OpenVPN',
  l2tp: 'L2TP',
  sstp: 'SSTP',
}

export function tunnelName({ kind }: TunnelNote): string {
  return NAMES[kind]
}

export interface DeadTunnel {
  readonly note: TunnelNote
  /** The end that fell silent, and the one that went on. */
  readonly silentEnd: string
  readonly askingEnd: string
  readonly lastHeard: Place
  readonly lastAsked: Place
}

/** From when on an end that is not heard is a finding: tunnels are idle now and then. */
const LEAST_SILENCE_NS = 2e9

/** One end was heard before, and then no more, while the other went on sending; null when both live. */
export function deadEndOf(note: TunnelNote): DeadTunnel | null {
  const [first, second] = note.lastNs
  if (note.packets[0] === 0 || note.packets[1] === 0 || Math.abs(first - second) < LEAST_SILENCE_NS) return null
  const quiet = first < second ? 0 : 1
  const place = (end: 0 | 1): Place => ({ packet: note.lastPackets[end], timeNs: note.lastNs[end] })
  const asking = quiet === 0 ? 1 : 0
  return {
    note,
    silentEnd: note.ends[quiet],
    askingEnd: note.ends[asking],
    lastHeard: place(quiet),
    lastAsked: place(asking),
  }
}
