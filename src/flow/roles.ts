/** Who is the client of a connection whose SYN the capture does not hold: told by what is said, or by the ports. */
import { CLIENT, type Direction, SERVER } from '../wire/dissector.ts'

/** Ports that servers of this field listen on although they are not below 1024. */
const HIGH_SERVER_PORTS: ReadonlySet<number> = new Set([
  1080, 1433, 3128, 3306, 3388, 3389, 3390, 3391, 3478, 5432, 5900, 8080, 8443, 9443,
])
const SYSTEM_PORTS = 1024
const HANDSHAKE = 22
const CLIENT_HELLO = 1
const SERVER_HELLO = 2
const HELLO_VERIFY_REQUEST = 3
const DTLS_MAJOR = 0xfe
const DTLS_RECORD_BYTES = 13
const SHORTEST_RDPUDP_SYN = 1132
const RDPUDP_SYN = 1
const RDPUDP_ACK = 4
const TPKT = 3
const CONNECTION_REQUEST = 0xe0
const CONNECTION_CONFIRM = 0xd0
/** The longest HTTP method of this field is RDG_OUT_DATA. */
const LONGEST_METHOD = 16

/** The port that is likely the server's, or 0 when neither is more likely. */
export function likelyServerPort(one: number, other: number): number {
  const oneServes = one < SYSTEM_PORTS || HIGH_SERVER_PORTS.has(one)
  const otherServes = other < SYSTEM_PORTS || HIGH_SERVER_PORTS.has(other)
  if (oneServes === otherServes) return 0
  return oneServes ? one : other
}

/** Do these first bytes come from a client or a server? Null when they do not say. */
export function speaksAs(bytes: Uint8Array, start: number, end: number): Direction | null {
  const first = bytes[start]
  if (first === HANDSHAKE && bytes[start + 1] === 3 && end - start > 5) {
    const type = bytes[start + 5]
    return type === CLIENT_HELLO ? CLIENT : type === SERVER_HELLO ? SERVER : null
  }
  if (first === TPKT && end - start > 5) {
    const type = (bytes[start + 5] as number) & 0xf0
    return type === CONNECTION_REQUEST ? CLIENT : type === CONNECTION_CONFIRM ? SERVER : null
  }
  return speaksHttp(bytes, start, end)
}

/** The same of a datagram: of RDP-UDP (MS-RDPEUDP 2.2.2.1), and of DTLS (RFC 6347 4.2.2). */
export function speaksInDatagram(bytes: Uint8Array, start: number, end: number): Direction | null {
  if (bytes[start] === HANDSHAKE && bytes[start + 1] === DTLS_MAJOR && end - start > DTLS_RECORD_BYTES) {
    const type = bytes[start + DTLS_RECORD_BYTES]
    if (type === CLIENT_HELLO) return CLIENT
    return type === SERVER_HELLO || type === HELLO_VERIFY_REQUEST ? SERVER : null
  }
  if (end - start < SHORTEST_RDPUDP_SYN) return null
  const flags = bytes[start + 7] as number
  if ((flags & RDPUDP_SYN) === 0) return null
  return (flags & RDPUDP_ACK) === 0 ? CLIENT : SERVER
}

function speaksHttp(bytes: Uint8Array, start: number, end: number): Direction | null {
  const starts = (text: string) =>
    end - start >= text.length && [...text].every((letter, at) => bytes[start + at] === letter.charCodeAt(0))
  if (starts('HTTP/1.')) return SERVER
  let at = start
  while (at < end && at - start < LONGEST_METHOD && isMethodLetter(bytes[at] as number)) at++
  const path = bytes[at + 1]
  const isPath = path === '/'.charCodeAt(0) || path === 'h'.charCodeAt(0)
  return at - start >= 3 && bytes[at] === ' '.charCodeAt(0) && isPath ? CLIENT : null
}

function isMethodLetter(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || byte === '_'.charCodeAt(0)
}
