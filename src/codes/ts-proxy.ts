/** The RPC interface of RD Gateway (MS-TSGU 3.2.6, 3.2.7) and commands of RPC over HTTP (MS-RPCH 2.2.3.5). */

/** TsProxyRpcInterface, as its UUID is written. */
export const TS_PROXY_INTERFACE = '44e265dd-7daf-42cd-8560-3cdb6e7a2729'

export const tsProxyCalls: ReadonlyMap<number, string> = new Map([
  [1, 'TsProxyCreateTunnel'],
  [2, 'TsProxyAuthorizeTunnel'],
  [3, 'TsProxyMakeTunnelCall'],
  [4, 'TsProxyCreateChannel'],
  [6, 'TsProxyCloseChannel'],
  [7, 'TsProxyCloseTunnel'],
  [8, 'TsProxySetupReceivePipe'],
  [9, 'TsProxySendToServer'],
])

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
