/** The RPC interface of RD Gateway (MS-TSGU 3.2.6, 3.2.7) and commands of RPC over HTTP (MS-RPCH 2.2.3.5). */

/** TsProxyRpcInterface, as its UUID is written. */
export const TS_PROXY_INTERFACE = '44e265dd-7daf-42cd-8560-3cdb6e7a2729'

const CREATE_TUNNEL = 1
export const AUTHORIZE_TUNNEL = 2
export const CREATE_CHANNEL = 4
export const SETUP_RECEIVE_PIPE = 8

export const tsProxyCalls: ReadonlyMap<number, string> = new Map([
  [CREATE_TUNNEL, 'TsProxyCreateTunnel'],
  [AUTHORIZE_TUNNEL, 'TsProxyAuthorizeTunnel'],
  [3, 'TsProxyMakeTunnelCall'],
  [CREATE_CHANNEL, 'TsProxyCreateChannel'],
  [6, 'TsProxyCloseChannel'],
  [7, 'TsProxyCloseTunnel'],
  [SETUP_RECEIVE_PIPE, 'TsProxySetupReceivePipe'],
  [9, 'TsProxySendToServer'],
])

/** Calls by whose results the gateway says yes or no while a channel is being set up. */
export const tsProxyAnswers: ReadonlySet<number> = new Set([CREATE_TUNNEL, AUTHORIZE_TUNNEL, CREATE_CHANNEL])

export const rtsCommands: ReadonlyMap<number, string> = new Map([
  [0, 'ReceiveWindowSize'],
  [1, 'FlowControlAck'],
  [2, 'ConnectionTimeout'],
  [3, 'Cookie'],
  [4, 'ChannelLifetime'],
  [5, 'ClientKeepalive'],
  [6, 'Version'],
  [7, 'Empty'],
  [8, 'Padding'],
  [9, 'NegativeANCE'],
  [10, 'ANCE'],
  [11, 'ClientAddress'],
  [12, 'AssociationGroupId'],
  [13, 'Destination'],
  [14, 'PingTrafficSentNotify'],
])
