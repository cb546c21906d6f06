/** Why a WebSocket was closed: the status code of a close frame. RFC 6455 section 7.4.1, IANA WebSocket close codes. */
import { codeTable } from './table.ts'

export const webSocketCloseCodes = codeTable(
  {
    id: 'websocket-close',
    title: 'WebSocket close code',
    layer: 'WebSocket to an RD Gateway or the Azure service, inside TLS',
    source: 'RFC 6455 section 7.4.1',
    tier: 'specification',
    hexDigits: 0,
  },
  [
    [1000, 'Normal Closure', 'the purpose of the connection is fulfilled', 'How a gateway ends a good session.'],
    [1001, 'Going Away', 'an end goes away: the service stops, or the window was closed'],
    [1002, 'Protocol error', 'an end broke the WebSocket protocol', 'Often a proxy that altered frames.'],
    [1003, 'Unsupported Data', 'a kind of message that is not accepted', 'A gateway wants binary messages.'],
    [1005, 'No Status Rcvd', 'the close frame held no code', 'Never sent: programs show it.'],
    [
      1006,
      'Abnormal Closure',
      'the connection ended without a close frame',
      'Never sent: programs show it when TCP or TLS ended under them. Behind an application proxy also where the internal and external names differ.',
    ],
    [1007, 'Invalid frame payload data', 'a message did not hold what its kind promises'],
    [1008, 'Policy Violation', 'a message violates a policy of the receiver'],
    [1009, 'Message Too Big', 'a message is larger than the receiver takes', 'A proxy with a limit on frames.'],
    [1010, 'Mandatory Ext.', 'the client wanted an extension that the server did not grant'],
    [1011, 'Internal Server', 'the server met something unexpected'],
    [1012, 'Service Restart', 'the service restarts'],
    [1013, 'Try Again Later', 'the service is overloaded'],
    [1014, 'Bad Gateway', 'a proxy got a bad answer from the server behind it'],
    [1015, 'TLS handshake', 'TLS could not be set up', 'Never sent: programs show it.'],
  ],
)
