/** DTLS through the tracker with its keys: what one record holds becomes facts and layers of their own. */
import { expect, it } from 'vitest'
import type { Event } from '../../src/flow/event.ts'
import { GivenKeys, KeySource } from '../../src/flow/tls/keys.ts'
import { Tracker } from '../../src/flow/tracker.ts'
import { bytes } from '../support/bytes.ts'
import { DTLS_KEY_LOG, DTLS_SESSION } from '../support/dtls-session.ts'
import { ethernet, ipv4, udp } from '../support/packets.ts'

const ETHERNET = 1

/** @param dropped numbers of the datagrams that the capture does not hold */
function eventsWith(keys: boolean, dropped: readonly number[] = []): Event[] {
  const events: Event[] = []
  const given = new GivenKeys().addKeyLog(new TextEncoder().encode(DTLS_KEY_LOG))
  const tracker = new Tracker(
    { conversation: conversation => events.push(...conversation.events), time: () => {} },
    keys ? { keys: new KeySource(given) } : {},
  )
  for (const [n, [side, datagram]] of DTLS_SESSION.entries()) {
    if (dropped.includes(n + 1)) continue
    const [source, destination] = side === 'client' ? ['192.0.2.1', '192.0.2.2'] : ['192.0.2.2', '192.0.2.1']
    const [sourcePort, destinationPort] = side === 'client' ? [50_000, 3391] : [3391, 50_000]
    const frame = ethernet(ipv4(udp({ sourcePort, destinationPort }, bytes(datagram)), { source, destination }))
    tracker.packet(frame, 0, frame.length, frame.length, ETHERNET, n + 1, n * 1e6)
  }
  tracker.finish()
  return events
}

const told = (events: readonly Event[]) => events.map(({ fact, path }) => `${path} ${fact.kind}`)

it('tells what is inside, who speaks there, and why it ends', () => {
  const events = eventsWith(true)
  expect(told(events)).toContain('udp/dtls/rdg-udp rdg-udp-request')
  const finished = events.filter(({ fact }) => fact.kind === 'handshake' && fact.type === 20)
  expect(finished.map(({ direction }) => direction)).toEqual([0, 1])
  const alerts = events.flatMap(({ fact }) => (fact.kind === 'alert' ? [fact] : []))
  expect(alerts[0]).toMatchObject({ level: 1, code: 0, sealed: true })
})

it('opens each record by itself: what was lost before does not matter', () => {
  const data = DTLS_SESSION.findIndex(([, datagram]) => datagram.startsWith('17'))
  const before = Array.from({ length: data }, (_, n) => n + 1).filter(n => n > data - 2)
  expect(told(eventsWith(true, before))).toContain('udp/dtls/rdg-udp rdg-udp-request')
})

it('says only sizes without the keys', () => {
  const events = eventsWith(false)
  expect(events.filter(({ path }) => path.startsWith('udp/dtls/rdg'))).toEqual([])
  expect(events.filter(({ fact }) => fact.kind === 'record').length).toBeGreaterThan(3)
})
