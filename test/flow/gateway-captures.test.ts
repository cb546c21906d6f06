/** The RDP session inside each gateway capture of the lab that holds one, read down to MCS with the keys of the capture. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { eventsOf } from '../support/captures.ts'

const lab = resolve(import.meta.dirname, '../../../shared/captures/lab')
const WEBSOCKET = 'tcp/tls/http1/websocket/rdg/x224/tls/'
const TWO_CHANNELS = 'tcp/tls/http1/rdg/x224/tls/'

it.skipIf(!existsSync(lab)).each([
  ['front-nginx-http-ok.pcapng', TWO_CHANNELS],
  ['front-nginx-ws-ok.pcapng', WEBSOCKET],
  ['gw-cut-after-channel.pcapng', TWO_CHANNELS],
  ['gw-http-ntlm-ok.pcapng', TWO_CHANNELS],
  ['gw-http-out-chunked.pcapng', TWO_CHANNELS],
  ['gw-http-out200-nolength.pcapng', TWO_CHANNELS],
  ['gw-websocket-ntlm-ok.pcapng', WEBSOCKET],
  ['gw-ws-bad-accept.pcapng', TWO_CHANNELS],
  ['gw-ws-not-supported.pcapng', TWO_CHANNELS],
  ['proxy-squid-connect-ok.pcapng', TWO_CHANNELS],
])('%s is read down to MCS', async (name, path) => {
  const events = await eventsOf(join(lab, name), { decrypted: true })
  const inner = events.filter(event => event.path.startsWith(path))
  expect(inner.some(({ fact }) => fact.kind.startsWith('mcs-'))).toBe(true)
})

// The hop behind the front is in clear, but its capture has no keys for the session inside.
it.skipIf(!existsSync(lab))('front-nginx-http-ok-inner.pcapng is read down to the TLS inside', async () => {
  const events = await eventsOf(join(lab, 'front-nginx-http-ok-inner.pcapng'), { decrypted: true })
  const kinds = events.filter(({ path }) => path.startsWith('tcp/http1/rdg/x224')).map(({ fact }) => fact.kind)
  expect(kinds).toEqual(expect.arrayContaining(['negotiation-request', 'negotiation-response', 'client-hello']))
})
