/**
 * HTTP status codes as an RD Gateway, or a proxy in front of it, uses them. RFC 9110 section 15; MS-TSGU 3.3.5.1, 4.2.1;
 * MS-RPCH 2.1.2.1.3.
 */
import { codeTable, meaningOf } from './table.ts'

export const httpStatuses = codeTable(
  {
    id: 'http-status',
    title: 'HTTP status at an RD Gateway or a proxy',
    layer: 'HTTP, on the way to an RD Gateway',
    source: 'RFC 9110 section 15; MS-TSGU 3.3.5.1, 4.2.1; MS-RPCH 2.1.2.1.3',
    tier: 'specification',
    hexDigits: 0,
  },
  [
    [
      101,
      'Switching Protocols',
      'the WebSocket upgrade is accepted',
      'Normal: one connection for both ways, no RDG_IN_DATA follows. A fault when Sec-WebSocket-Accept is missing or wrong.',
    ],
    [
      200,
      'OK',
      'the channel is accepted',
      'Normal. RDG_OUT_DATA: the body is an endless stream; no Content-Length, or a huge one, is no fault.',
    ],
    [
      400,
      'Bad Request',
      'the request could not be understood',
      'A plain request on a TLS port, or a filter on the way.',
    ],
    [
      401,
      'Unauthorized',
      'the gateway asks for authentication',
      'Normal once or twice for each channel. A fault when it repeats after the last message of a round.',
    ],
    [
      403,
      'Forbidden',
      'the HTTP transport is refused',
      'A request filter, a web application firewall or a proxy rule. Clients fall back to RPC over HTTP.',
    ],
    [404, 'Not Found', 'no gateway answers at this address', 'Another web site, or the gateway role is not installed.'],
    [405, 'Method Not Allowed', 'the method is refused', 'A proxy that does not know RDG_OUT_DATA and RDG_IN_DATA.'],
    [
      407,
      'Proxy Authentication Required',
      'the forward proxy wants authentication',
      'A fault unless the client answers it.',
    ],
    [408, 'Request Timeout', 'the request did not come in time'],
    [410, 'Gone', 'no gateway answers at this address any more', 'Clients treat it as 403 and 404.'],
    [411, 'Length Required', 'a request without a length is refused', 'A proxy that wants Content-Length.'],
    [
      413,
      'Content Too Large',
      'the body of the request is too large',
      'RPC_IN_DATA announces 1 GiB: a proxy with a limit.',
    ],
    [500, 'Internal Server Error', 'the gateway or a proxy failed'],
    [501, 'Not Implemented', 'the method is not known', 'A proxy that does not know RDG_OUT_DATA and RDG_IN_DATA.'],
    [502, 'Bad Gateway', 'a proxy could not reach the gateway, or did not understand it'],
    [
      503,
      'Service Unavailable',
      'a proxy could not reach the gateway, or the gateway service is down',
      'RPC over HTTP: the reason phrase "RPC Error: …" holds the Windows error in hexadecimal.',
    ],
    [504, 'Gateway Timeout', 'a proxy waited for the gateway in vain'],
    [505, 'HTTP Version Not Supported', 'this version of HTTP is refused', 'The gateway needs HTTP/1.1.'],
  ],
)

/** What a status means on the way to a gateway; '' when nothing is known about it. */
export function httpStatusMeaning(status: number): string {
  return meaningOf(httpStatuses, status)
}
