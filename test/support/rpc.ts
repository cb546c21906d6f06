/** PDUs of DCE/RPC and RPC over HTTP, as a client of RD Gateway and its server send them. MS-RPCH 2.2.3, MS-RPCE 2.2.2. */
import { bytes, concat } from './bytes.ts'

/** TsProxyRpcInterface and NDR on the wire. */
const GATEWAY_UUID = 'dd65e244 af7d cd42 8560 3cdb6e7a2729'
const NDR_UUID = '045d888a eb1c c911 9fe8 08002b104860'
const CONTEXT = 0

export function number(value: number, width: 2 | 4): Uint8Array {
  return Uint8Array.from({ length: width }, (_, at) => (value >>> (8 * at)) & 255)
}

function big(value: number): Uint8Array {
  return Uint8Array.from({ length: 4 }, (_, at) => (value >>> (8 * (3 - at))) & 255)
}

interface PduOptions {
  readonly flags?: number
  readonly callId?: number
  /** Authentication level: 5 integrity, 6 privacy. Without it, no verifier. */
  readonly level?: number
  /** The verifier; without it, a signature. */
  readonly token?: Uint8Array
}

/** A PDU of this type; a verifier of NTLM stands at its end where a level is given. */
export function pdu(type: number, body: Uint8Array, options: PduOptions = {}): Uint8Array {
  const { flags = 3, callId = 1, level = 0, token = bytes('"SIGNATURE-BYTES!"') } = options
  const padding = level === 0 ? 0 : (4 - (body.length & 3)) & 3
  const verifier =
    level === 0
      ? new Uint8Array(0)
      : concat(new Uint8Array(padding), Uint8Array.from([10, level, padding, 0, 0, 0, 0, 0]), token)
  const length = 16 + body.length + verifier.length
  const head = concat(
    Uint8Array.from([5, 0, type, flags, 0x10, 0, 0, 0]),
    number(length, 2),
    number(level === 0 ? 0 : token.length, 2),
  )
  return concat(head, number(callId, 4), body, verifier)
}

export const RTS = {
  receiveWindow: (size: number) => concat(number(0, 4), number(size, 4)),
  connectionTimeout: (ms: number) => concat(number(2, 4), number(ms, 4)),
  cookie: (text: string) => concat(number(3, 4), bytes(`"${text.padEnd(16, '.')}"`)),
  channelLifetime: (size: number) => concat(number(4, 4), number(size, 4)),
  clientKeepalive: (ms: number) => concat(number(5, 4), number(ms, 4)),
  version: () => concat(number(6, 4), number(1, 4)),
  associationGroup: (text: string) => concat(number(12, 4), bytes(`"${text.padEnd(16, '.')}"`)),
  flowControlAck: (received: number) =>
    concat(number(1, 4), number(received, 4), number(0x10000, 4), new Uint8Array(16)),
}

export function rts(flags: number, ...commands: Uint8Array[]): Uint8Array {
  return pdu(20, concat(number(flags, 2), number(commands.length, 2), ...commands), { callId: 0 })
}

/** MS-RPCH 2.2.4.2 and 2.2.4.5: the first PDU of the OUT and of the IN channel. */
export function openOut(connection: string): Uint8Array {
  return rts(0, RTS.version(), RTS.cookie(connection), RTS.cookie('out channel'), RTS.receiveWindow(0x10000))
}
export function openIn(connection: string): Uint8Array {
  return rts(
    0,
    RTS.version(),
    RTS.cookie(connection),
    RTS.cookie('in channel'),
    RTS.channelLifetime(0x40000000),
    RTS.clientKeepalive(300_000),
    RTS.associationGroup('group'),
  )
}

export function bind(level = 0): Uint8Array {
  const context = concat(number(CONTEXT, 2), bytes(`01 00 ${GATEWAY_UUID} 0100 0300 ${NDR_UUID} 02000000`))
  return pdu(11, concat(number(5840, 2), number(5840, 2), number(0, 4), bytes('01 000000'), context), { level })
}
export function bindAck(level = 0): Uint8Array {
  // The address ends where the results, aligned to four bytes, begin.
  const address = bytes('0500 "3388" 00 00')
  const result = bytes(`01 000000 0000 0000 ${NDR_UUID} 02000000`)
  return pdu(12, concat(number(5840, 2), number(5840, 2), number(0x1234, 4), address, result), { level })
}

export function call(opnum: number, stub: Uint8Array, options: PduOptions = {}): Uint8Array {
  return pdu(0, concat(number(stub.length, 4), number(CONTEXT, 2), number(opnum, 2), stub), options)
}
export function answer(stub: Uint8Array, options: PduOptions = {}): Uint8Array {
  return pdu(2, concat(number(stub.length, 4), number(CONTEXT, 2), bytes('00 00'), stub), options)
}
export function fault(status: number, options: PduOptions = {}): Uint8Array {
  return pdu(3, concat(number(0, 4), number(CONTEXT, 2), bytes('00 00'), number(status, 4), bytes('00000000')), options)
}

/** TsProxySendToServer with one buffer (MS-TSGU 2.2.9.3). */
export function sendToServer(data: Uint8Array, options: PduOptions = {}): Uint8Array {
  return call(9, concat(new Uint8Array(20).fill(7), big(data.length + 4), big(1), big(data.length), data), options)
}
