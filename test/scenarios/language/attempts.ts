/** Beginnings that many stories share: a client, a server, a tap at one of them, and a connection. */
import { Connection, type ConnectionOptions } from './connection.ts'
import { type RdpOptions, RemoteDesktop } from './rdp.ts'
import { type Host, pc, sessionHost, type Wire } from './wire.ts'

export interface Direct {
  readonly client: Host
  readonly server: Host
  readonly tcp: Connection
  readonly rdp: RemoteDesktop
}

export interface DirectOptions extends RdpOptions {
  readonly client?: Host
  readonly server?: Host
  /** 'client' without. */
  readonly recordedAt?: 'client' | 'server'
  readonly connection?: ConnectionOptions
}

/** A TCP connection to a session host that is open, and nothing said yet. */
export function direct(wire: Wire, options: DirectOptions = {}): Direct {
  const { client = pc(), server = sessionHost(), recordedAt = 'client', connection } = options
  wire.tapAt(recordedAt === 'client' ? client : server)
  const tcp = new Connection(wire, client, server, connection).opens()
  return { client, server, tcp, rdp: new RemoteDesktop(tcp, wire, options) }
}
