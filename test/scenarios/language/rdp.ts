/**
 * A Remote Desktop connection step by step, over any line: negotiation, TLS, logon, channels, client info, licence,
 * capabilities, session, farewell. MS-RDPBCGR 1.3.1.1 and 1.3.1.4.
 */
import type { CLIENT, SERVER } from '../../../src/wire/dissector.ts'
import { bytes, concat } from '../../support/bytes.ts'
import {
  CLIENT_INFO,
  CONFIRM_ACTIVE,
  CONNECT_INITIAL,
  CONNECT_RESPONSE,
  CONTROL_GRANTED,
  DEMAND_ACTIVE,
  FONT_LIST,
  FONT_MAP,
  LICENSE_REQUEST,
  LICENSE_VALID_CLIENT,
  NEW_LICENSE_REQUEST,
  SYNCHRONIZE,
  sendData,
  tpkt,
} from '../../support/rdp-vectors.ts'
import { Line } from './line.ts'
import { type Logon, logonError, logonOf, type SaidAtLogon, wide } from './nla.ts'
import { noise, Tls, type TlsOptions } from './tls.ts'
import type { Wire } from './wire.ts'

export const TLS = 1
export const NLA = 2
export const NLA_EX = 8
const IO_CHANNEL = 1003
const USER = 0x03ee
const SHARE = 'ea030100'

export interface RdpOptions extends TlsOptions {
  /** What the server selects. */
  readonly security?: typeof TLS | typeof NLA | typeof NLA_EX
  /** In the cookie, at most nine characters. */
  readonly user?: string
  /** requestedProtocols. */
  readonly asks?: number
  readonly logon?: Logon
}

export class RemoteDesktop extends Line {
  readonly wire: Wire
  readonly tls: Tls
  readonly options: RdpOptions
  private readonly under: Line
  private sealed = false

  constructor(under: Line, wire: Wire, options: RdpOptions = {}) {
    super()
    this.under = under
    this.wire = wire
    this.options = { name: 'rdsh01.corp.example', ...options }
    this.tls = new Tls(under, wire, this.options)
  }

  override carries(from: typeof CLIENT | typeof SERVER, pdu: Uint8Array): unknown {
    return (this.sealed ? this.tls : this.under).carries(from, pdu)
  }

  /** Connection request and confirm. */
  negotiates(): this {
    return this.requests().answersRequest()
  }

  answersRequest(): this {
    const { security = NLA_EX } = this.options
    this.server.says(connectionConfirm(security))
    return this
  }

  requests(): this {
    const { user = 'CORP\\mari', asks = 0x0b } = this.options
    this.client.says(connectionRequest(asks, `Cookie: mstshash=${user}`))
    return this
  }

  /** The TLS handshake; a person may be typing before it. */
  secures(typingSeconds = 3): this {
    this.wire.pause(typingSeconds)
    this.tls.handshakes()
    return this.underTls()
  }

  /** From here on what is said is sealed: for those who tell the handshake themselves. */
  underTls(): this {
    this.sealed = true
    return this
  }

  /** The same connection and other wishes. */
  with(options: RdpOptions): RemoteDesktop {
    return new RemoteDesktop(this.under, this.wire, { ...this.options, ...options })
  }

  /** CredSSP with NTLM, and the early answer where it was agreed on. */
  logsOn(): this {
    const { security = NLA_EX } = this.options
    if (security === TLS) return this
    this.logsOnOnly()
    if (security === NLA_EX) this.server.says(earlyAuthorization(0))
    return this
  }

  /** CredSSP alone: whether the user may come in is not said yet. */
  logsOnOnly(): this {
    const { logon = {}, name = '' } = this.options
    const said = logonOf(this.wire, { target: name, ...logon })
    this.client.says(said.negotiate)
    this.server.says(said.challenge)
    this.client.says(said.authenticate)
    this.server.says(said.publicKey)
    this.client.says(said.credentials)
    return this
  }

  /** The server answers the client's last logon message with this NTSTATUS or result of SSPI. */
  isRefusedAtLogon(code: number, logon: Logon = this.options.logon ?? {}): this {
    const said = this.isLeftAfterChallenge(logon)
    this.client.says(said.authenticate)
    this.server.says(logonError(code))
    return this
  }

  /** The first round of the logon, and no more. */
  isLeftAfterChallenge(logon: Logon): SaidAtLogon {
    const said = logonOf(this.wire, { target: this.options.name ?? '', ...logon })
    this.client.says(said.negotiate)
    this.server.says(said.challenge)
    return said
  }

  /** MCS: Connect Initial to the last channel. */
  joins(): this {
    const { security = NLA_EX } = this.options
    this.client.says(tpkt(selecting(CONNECT_INITIAL, security)))
    this.server.says(tpkt(CONNECT_RESPONSE))
    this.client.says(tpkt(bytes('0401000100')), tpkt(bytes('28')))
    this.server.says(tpkt(bytes('2e000005')))
    for (const channel of [USER + 1, IO_CHANNEL, 1004, 1005, 1006]) {
      const id = channel.toString(16).padStart(4, '0')
      this.client.says(tpkt(bytes(`380005${id}`)))
      this.server.says(tpkt(bytes(`3e000005${id}${id}`)))
    }
    return this
  }

  introduces(): this {
    // Of the optional fields at its end: reserved1 and reserved2, without which tshark calls it malformed.
    this.client.says(onChannel('client', concat(CLIENT_INFO, new Uint8Array(4))))
    return this
  }

  /** A licence is asked for and granted; the end is the "error alert" that says that all is well. */
  licenses(): this {
    this.asksForLicense()
    this.server.says(onChannel('server', LICENSE_VALID_CLIENT))
    return this
  }

  asksForLicense(): this {
    this.server.says(onChannel('server', LICENSE_REQUEST))
    this.client.says(onChannel('client', NEW_LICENSE_REQUEST))
    return this
  }

  /** Capabilities and finalization: behind it the session is active. */
  activates(): this {
    this.server.says(onChannel('server', DEMAND_ACTIVE))
    this.client.says(onChannel('client', CONFIRM_ACTIVE))
    const control = (side: string, action: string) =>
      bytes(`1a001700${side}${SHARE}00011a0014001a00${action}000000000000`)
    this.client.says(
      onChannel('client', SYNCHRONIZE),
      onChannel('client', control('ef03', '0400')),
      onChannel('client', control('ef03', '0100')),
      onChannel('client', FONT_LIST),
    )
    this.server.says(
      onChannel('server', bytes(`16001700ef03${SHARE}000116001f0000000100ef03`)),
      onChannel('server', control('ef03', '0400')),
      onChannel('server', CONTROL_GRANTED),
      onChannel('server', FONT_MAP),
    )
    return this
  }

  /** All of it, up to the active session. */
  connects(): this {
    return this.negotiates().secures().logsOn().joins().introduces().licenses().activates()
  }

  /** Pictures from the server and input from the client, a round or two a second. */
  works(seconds = 3): this {
    for (let past = 0; past < seconds; past += 0.6) {
      this.draws(900 + this.wire.random.below(400))
      this.wire.pause(0.3)
      this.moves()
      this.wire.pause(0.3)
    }
    return this
  }

  /** Fast-path output of one bitmap update; its content is noise. */
  draws(pictureBytes: number): this {
    const rectangle = [0, 0, 0, 0, 63, 0, 63, 0, 64, 0, 64, 0, 16, 0, 1, 4]
    const data = concat(
      Uint8Array.of(1, 0, 1, 0, ...rectangle, ...u16le(pictureBytes + 2)),
      Uint8Array.of(pictureBytes & 255, pictureBytes >> 8),
      noise(this.wire, pictureBytes),
    )
    const length = data.length + 6
    this.server.says(concat(Uint8Array.of(0, 0x80 | (length >> 8), length & 255, 1, ...u16le(data.length)), data))
    return this
  }

  /** A mouse event. */
  moves(): this {
    this.client.says(bytes('04800a20000800028001'))
    return this
  }

  /** The user logs off, or was told to: reason, deactivation, ultimatum, and the client leaves as mstsc does. */
  isEndedByServer(reason = 0x0c): this {
    this.server.says(setErrorInfo(reason), onChannel('server', bytes(`0c001600ef03${SHARE}0000`)), ULTIMATUM)
    return this
  }
}

/** X.224 CR with a cookie or a routing token. */
export function connectionRequest(protocols: number, line: string): Uint8Array {
  const text = new TextEncoder().encode(line === '' ? '' : `${line}\r\n`)
  const length = text.length + 14
  const head = [3, 0, 0, length + 5, length, 0xe0, 0, 0, 0, 0, 0]
  return concat(Uint8Array.from(head), text, Uint8Array.of(1, 0, 8, 0, protocols, 0, 0, 0))
}

/** X.224 CC of Windows. */
export function connectionConfirm(selected: number): Uint8Array {
  return Uint8Array.of(3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, 2, 0x1f, 8, 0, selected, 0, 0, 0)
}

/** RDP_NEG_FAILURE. */
export function negotiationFailure(code: number): Uint8Array {
  return Uint8Array.of(3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, 3, 0, 8, 0, code, 0, 0, 0)
}

/** EarlyUserAuthResult: 0 lets the user in, 5 does not. */
export function earlyAuthorization(result: number): Uint8Array {
  return Uint8Array.of(...u32le(result))
}

/** MS-RDPBCGR 2.2.5.1. */
export function setErrorInfo(code: number): Uint8Array {
  return onChannel('server', concat(bytes(`16001700ef03${SHARE}000116002f000000`), Uint8Array.of(...u32le(code))))
}

/** MS-RDPBCGR 2.2.1.12.1.3. @param transition 1 aborts, 2 goes on */
export function licenseError(code: number, transition = 1): Uint8Array {
  const alert = Uint8Array.of(0x80, 0, 0, 0, 0xff, 3, 16, 0, ...u32le(code), ...u32le(transition), 4, 0, 0, 0)
  return onChannel('server', alert)
}

/** MS-RDPBCGR 2.2.13.3.1: address, name, and a routing token for the load balancer. */
export function redirection(address: string, name: string): Uint8Array {
  const part = (content: Uint8Array) => concat(Uint8Array.of(...u32le(content.length)), content)
  const named = (text: string) => part(concat(wide(text), new Uint8Array(2)))
  const token = new TextEncoder().encode('Cookie: msts=3640205228.15629.0000\r\n')
  const flags = 0x0001 | 0x0002 | 0x0100
  const body = concat(Uint8Array.of(...u32le(5), ...u32le(flags)), named(address), part(token), named(name))
  const packet = concat(Uint8Array.of(0, 4, ...u16le(body.length + 4)), body)
  const share = concat(new Uint8Array(2), packet, new Uint8Array(1))
  return onChannel('server', concat(Uint8Array.of(...u16le(share.length + 6), 0x1a, 0, 0xef, 3), share))
}

/** MCS Disconnect Provider Ultimatum, as Windows ends each session. */
export const ULTIMATUM = bytes('0300000902f0802180')

/** On the channel of the session. */
function onChannel(side: 'client' | 'server', content: Uint8Array): Uint8Array {
  return tpkt(sendData(side, IO_CHANNEL, content))
}

/** The client repeats what the server selected (MS-RDPBCGR 2.2.1.3.2). */
function selecting(initial: Uint8Array, security: number): Uint8Array {
  const copy = Uint8Array.from(initial)
  const core = copy.findIndex((byte, at) => byte === 0x01 && copy[at + 1] === 0xc0 && copy[at + 3] === 0x00)
  copy[core + 212] = security
  return copy
}

function u16le(value: number): number[] {
  return [value & 255, value >> 8]
}

function u32le(value: number): number[] {
  return [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24]
}
