/** Packets are fragmented on a path that otherwise works. Causes 10 and 11; RFC 8900 3. */
import { count, sideName } from './figures.ts'
import { atMirrorPort, onClient } from './recordings.ts'
import { confirmed, resting, rule, ruledOut, type Verdict } from './rule.ts'
import { hindranceOf } from './stall.ts'

const NONE = resting(['silence'], ruledOut('No packet of the connection was fragmented.'))
const LOST = ruledOut('The fragments do not get through: see ip-fragments-lost.')

export const ipFragmentation = rule({
  id: 'ip-fragmentation',
  severity: 'info',
  title: 'Packets of the connection travel in IP fragments',
  short: 'fragments',
  causes: [10, 11],
  looksAt: 'IP fragments of the connection.',
  confirms: 'Fragments whose content arrives.',
  rulesOut: 'No fragments, or fragments that are lost.',
  cannotSee: 'Fragments of an outer tunnel packet that were put together before the capture point.',
  settledBy: [onClient, atMirrorPort],
  remedy: [
    'Clamp the MSS at the tunnel, or lower the MTU of the VPN interface: fragments cost throughput and many firewalls drop them.',
  ],
  ask: ['network'],
  filter: 'ip.flags.mf == 1 || ip.frag_offset > 0 || ipv6.fraghdr',

  assess(attempt): Verdict {
    const note = attempt.explained?.fragments[0]
    if (note === undefined) return NONE
    if (hindranceOf(attempt).kind === 'fragments') return LOST
    return confirmed(
      `The ${sideName(note.direction)}'s large packets travel in IP fragments (${count(note.datagrams, 'datagram')}) and arrive.`,
      [{ packet: note.firstPacket, timeNs: note.firstNs }, 'The first fragment.'],
    )
  },
})
