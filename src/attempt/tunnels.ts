/** The VPNs of a capture: whose outer packets they are, and what was last heard of their ends. Bounded. */
import type { Conversation, TunnelNote } from '../flow/conversation.ts'
import { MAX_TUNNELS } from '../wire/limits.ts'

/** MS-SSTP 3.2.4.1: the request by which an SSTP connection begins. */
const SSTP_METHOD = 'SSTP_DUPLEX_POST'

export class Tunnels {
  private readonly notes: TunnelNote[] = []

  /** Takes a conversation that carries a VPN. */
  note(conversation: Conversation): void {
    const kind = conversation.tunnel ?? (isSstp(conversation) ? 'sstp' : null)
    if (kind === null) return
    const { client, server, packets, firstPacket, firstNs, lastPackets, lastTimesNs } = conversation
    this.add([
      {
        kind,
        ends: [client.address, server.address],
        packets,
        firstPacket,
        firstNs,
        lastPackets,
        lastNs: lastTimesNs,
      },
    ])
  }

  add(notes: readonly TunnelNote[]): void {
    for (const note of notes) if (this.notes.length < MAX_TUNNELS) this.notes.push(note)
  }

  /**
   * Those that may carry packets of this client: one of its addresses is an end, or its own address is seen nowhere as an
   * end, because it is that of the inner interface. A VPN to the server itself counts, too.
   */
  of(client: string, server: string): readonly TunnelNote[] {
    const own = this.notes.filter(({ ends }) => ends.includes(client) || ends.includes(server))
    return own.length > 0 ? own : this.notes
  }
}

function isSstp({ transport, events }: Conversation): boolean {
  return transport === 'tcp' && events.some(({ fact }) => fact.kind === 'http-request' && fact.method === SSTP_METHOD)
}
