/** A whole RDP session through the layers: TCP, X.224, MCS, and the channels above it. */
import { describe, expect, it } from 'vitest'
import type { Conversation } from '../../src/flow/conversation.ts'
import { Tracker } from '../../src/flow/tracker.ts'
import type { WatchedPdu } from '../../src/flow/watcher.ts'
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { bytes, concat } from '../support/bytes.ts'
import { type Packet, TcpConversation } from '../support/packets.ts'
import {
  CHANNEL_PDU,
  CLIENT_INFO,
  CONFIRM_ACTIVE,
  CONNECT_INITIAL,
  CONNECT_RESPONSE,
  DEMAND_ACTIVE,
  FONT_MAP,
  LICENSE_VALID_CLIENT,
  sendData,
  tpkt,
} from '../support/rdp-vectors.ts'

const ETHERNET = 1
const REQUEST = bytes('03 00 00 13 0e e0 00 00 00 00 00 01 00 08 00 00 00 00 00')
const CONFIRM = bytes('03 00 00 13 0e d0 00 00 12 34 00 02 00 08 00 00 00 00 00')
/** MS-RDPBCGR 2.2.5.1.1, as a Windows server said it. */
const ERROR_INFO = bytes('16 00 17 00 00 00 ea 03 01 00 00 01 16 00 2f 00 00 00 0b 00 00 00')
const onSession = (side: 'client' | 'server', content: Uint8Array) => tpkt(sendData(side, 1003, content))
/** A share data PDU with a bitmap of 300 bytes, and a fast-path PDU of 200. */
const UPDATE = concat(bytes('40 01 17 00 00 00 ea 03 01 00 00 01 40 01 02 00 00 00 01 00'), new Uint8Array(300))
const FAST_PATH = concat(bytes('00 80 cb 01 c5 00'), new Uint8Array(197))

function session(): TcpConversation {
  return new TcpConversation()
    .handshake()
    .send(CLIENT, REQUEST)
    .send(SERVER, CONFIRM)
    .send(CLIENT, tpkt(CONNECT_INITIAL))
    .send(SERVER, tpkt(CONNECT_RESPONSE))
    .send(CLIENT, onSession('client', CLIENT_INFO))
    .send(SERVER, onSession('server', LICENSE_VALID_CLIENT))
    .send(SERVER, onSession('server', DEMAND_ACTIVE))
    .send(CLIENT, onSession('client', CONFIRM_ACTIVE))
    .send(SERVER, onSession('server', FONT_MAP))
    .send(SERVER, FAST_PATH)
    .send(SERVER, onSession('server', UPDATE))
    .send(SERVER, tpkt(sendData('server', 1006, CHANNEL_PDU)))
    .send(SERVER, concat(onSession('server', ERROR_INFO), tpkt(bytes('21 80'))))
    .close(SERVER)
}

function track(packets: readonly Packet[], watch: boolean): { conversation: Conversation; pdus: WatchedPdu[] } {
  const found: Conversation[] = []
  const pdus: WatchedPdu[] = []
  const watcher = { wants: () => true, pdu: (pdu: WatchedPdu) => pdus.push(pdu) }
  const sink = { conversation: (conversation: Conversation) => found.push(conversation), time: () => {} }
  const tracker = new Tracker(sink, watch ? { watcher } : {})
  packets.forEach((packet, index) => {
    tracker.packet(packet.bytes, 0, packet.bytes.length, packet.bytes.length, ETHERNET, index + 1, index * 1000)
  })
  tracker.finish()
  return { conversation: found[0] as Conversation, pdus }
}

describe('a session in clear', () => {
  const kinds = ({ events }: Conversation) => events.map(event => event.fact.kind).filter(kind => kind !== 'rdp-data')

  it('is read from the negotiation to its end', () => {
    expect(kinds(track(session().packets(), false).conversation)).toEqual([
      'negotiation-request',
      'negotiation-response',
      'rdp-client',
      'mcs-connect-response',
      'rdp-server',
      'client-info',
      'license-message',
      'demand-active',
      'confirm-active',
      'session-active',
      'error-info',
      'disconnect-provider-ultimatum',
    ])
  })

  it('says the same when somebody watches', () => {
    const whole = track(session().packets(), false).conversation
    const facts = whole.events.map(event => event.fact)
    expect(track(session().packets(), true).conversation.events.map(event => event.fact)).toEqual(facts)
  })

  it('is passed over where nobody needs it, unless somebody watches', () => {
    const { pdus } = track(session().packets(), true)
    const names = pdus.map(pdu => pdu.path)
    expect(names).toContain('tcp/x224/mcs/rdp')
    expect(names).toContain('tcp/x224/mcs/rdp-channel')
    expect(pdus.filter(pdu => pdu.tree.field.name === 'rdp' && pdu.name === 'x224')).toHaveLength(1)
    expect(pdus.find(pdu => pdu.length === FAST_PATH.length)?.tree.children?.[0]?.field.name).toBe(
      'rdp.fastpath.header',
    )
  })

  it('goes on behind bytes that the capture does not hold', () => {
    const packets = session().packets()
    const without = packets.filter((_, index) => index !== 13)
    const found = kinds(track(without, false).conversation)
    expect(found).toContain('stream-gap')
    expect(found.slice(-2)).toEqual(['error-info', 'disconnect-provider-ultimatum'])
  })
})
