/** Causes 12, 14 and 15: what a gateway says no with, and what is held back on the way to it. */
import { CLIENT, SERVER } from '../../src/wire/dissector.ts'
import { GATEWAY_RESULT, type GatewayManners, HttpTunnel, RpcTunnel, WebSocketTunnel } from './language/gateway.ts'
import type { Line } from './language/line.ts'
import { RemoteDesktop } from './language/rdp.ts'
import { type Expectation, HEALTHY, type Scenario, scenario } from './language/scenario.ts'
import { type Host, pc, type Wire } from './language/wire.ts'

/** TLS hides what a gateway says: sizes may tell how far it came, and nothing may be confirmed. */
const HIDDEN: Expectation = {
  outcome: 'any',
  mayGuess: [
    'gateway-policy-denied',
    'gateway-target-unreachable',
    'client-aborted',
    'gateway-closed',
    'session-aborted-by-server',
    'gateway-unanswered',
  ],
}

function visitor(wire: Wire): Host {
  const client = pc({ address: '192.168.178.31', hardware: 0x31 })
  wire.tapAt(client)
  return client
}

function session(line: Line, wire: Wire): RemoteDesktop {
  return new RemoteDesktop(line, wire).connects().works(3).isEndedByServer()
}

/** As far as the refusal; the client closes the tunnel. */
function refusing(manners: GatewayManners): Scenario['story'] {
  return wire => {
    const tunnel = new WebSocketTunnel(wire, visitor(wire)).upgrades().tunnels(manners)
    tunnel.tcp?.resets(CLIENT)
  }
}

const refusals: readonly (readonly [name: string, manners: GatewayManners, rule: string])[] = [
  ['consent was not given', { tunnel: GATEWAY_RESULT.consent }, 'gateway-policy-denied'],
  ['quarantine', { authorization: GATEWAY_RESULT.quarantine }, 'gateway-policy-denied'],
  ['the limit of connections is reached', { tunnel: GATEWAY_RESULT.limit }, 'gateway-policy-denied'],
  ['connection policy', { authorization: GATEWAY_RESULT.connectionPolicy }, 'gateway-policy-denied'],
  ['resource policy', { channel: GATEWAY_RESULT.resourcePolicy }, 'gateway-policy-denied'],
  ['the target is not to be reached', { channel: GATEWAY_RESULT.unreachable }, 'gateway-target-unreachable'],
]

export const webSocketRefusals = refusals.map(([name, manners, rule]) =>
  scenario({
    name: `gateway, WebSocket: ${name}`,
    story: refusing(manners),
    withKeys: { outcome: 'failed', finds: { [rule]: 'confirmed' }, first: rule },
    withoutKeys: HIDDEN,
  }),
)

const rpcRefusals: typeof refusals = [
  ['connection policy', { tunnel: GATEWAY_RESULT.connectionPolicy }, 'gateway-policy-denied'],
  ['resource policy', { channel: GATEWAY_RESULT.resourcePolicy }, 'gateway-policy-denied'],
  ['the target is not to be reached', { channel: GATEWAY_RESULT.unreachable }, 'gateway-target-unreachable'],
]

export const overRpc = rpcRefusals.map(([name, manners, rule]) =>
  scenario({
    name: `gateway, RPC over HTTP: ${name}`,
    story: wire => {
      new RpcTunnel(wire, visitor(wire)).opens().tunnels(manners).leaves()
    },
    withKeys: { outcome: 'failed', finds: { [rule]: 'confirmed' }, first: rule },
    withoutKeys: HIDDEN,
  }),
)

export const sealedRpc = scenario({
  name: 'gateway, RPC over HTTP: a refusal that the calls themselves encrypt is not seen, even with the keys of TLS',
  story: wire => {
    new RpcTunnel(wire, visitor(wire), 6).opens().tunnels({ channel: GATEWAY_RESULT.resourcePolicy }).leaves()
  },
  withKeys: HIDDEN,
})

const tunnels: readonly (readonly [name: string, open: (wire: Wire) => Line & { leaves(): unknown }])[] = [
  ['WebSocket', wire => new WebSocketTunnel(wire, visitor(wire)).upgrades().tunnels()],
  ['two HTTP channels', wire => new HttpTunnel(wire, visitor(wire)).opens().tunnels()],
  ['RPC over HTTP', wire => new RpcTunnel(wire, visitor(wire)).opens().tunnels()],
]

export const good = tunnels.map(([name, open]) =>
  scenario({
    name: `gateway, ${name}: a session that works`,
    story: wire => {
      const tunnel = open(wire)
      session(tunnel, wire)
      tunnel.leaves()
    },
    withKeys: HEALTHY,
    withoutKeys: { outcome: 'any' },
  }),
)

export const heldAnswer = scenario({
  name: 'gateway: the 200 of the OUT channel comes, and what must follow it is held back by a proxy',
  story: wire => {
    const tunnel = new HttpTunnel(wire, visitor(wire)).opensOut().answersOut().opensIn()
    tunnel.asksOnly()
    wire.pause(30)
    tunnel.leaves()
  },
  withKeys: {
    outcome: 'failed',
    finds: { 'gateway-response-buffered': ['likely', 'confirmed'] },
    mayGuess: ['client-aborted', 'gateway-closed', 'gateway-unanswered'],
  },
  withoutKeys: HIDDEN,
})

export const heldRequest = scenario({
  name: 'gateway: the request of the IN channel is never answered, because a proxy waits for its end',
  story: wire => {
    const tunnel = new HttpTunnel(wire, visitor(wire)).opensOut().answersOut()
    tunnel.opensInUnanswered()
    wire.pause(35)
    tunnel.out.tcp?.resets(CLIENT)
  },
  withKeys: {
    outcome: 'failed',
    finds: { 'gateway-response-buffered': ['likely', 'confirmed', 'not-visible', 'ruled-out', 'possible'] },
    mayAlso: ['gateway-unanswered'],
    mayGuess: ['client-aborted'],
  },
  withoutKeys: HIDDEN,
})

export const idleTunnel = scenario({
  name: 'gateway: a proxy ends the tunnel after 60 s without a word, in the middle of the session',
  story: wire => {
    const tunnel = new WebSocketTunnel(wire, visitor(wire)).upgrades().tunnels()
    new RemoteDesktop(tunnel, wire).connects().works(3)
    wire.pause(60)
    tunnel.tcp?.finishes(SERVER)
    tunnel.tcp?.acknowledges(CLIENT).resets(CLIENT)
  },
  withKeys: {
    outcome: 'failed',
    finds: { 'gateway-closed': ['confirmed', 'likely'] },
    mayAlso: ['idle-timeout-close', 'session-aborted-by-server'],
  },
  withoutKeys: {
    outcome: 'any',
    mayAlso: ['session-aborted-by-server'],
    mayGuess: ['idle-timeout-close', 'gateway-closed', 'client-aborted'],
  },
})
