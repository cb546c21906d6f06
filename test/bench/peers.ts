/** The programs that are measured in turns: this tool, those that do similar work, and yardsticks. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { keyLogBeside } from './captures.ts'

export interface Peer {
  readonly name: string
  /** What it does with the capture, in a few words. */
  readonly work: string
  /** Exit statuses besides 0 that are a success. */
  readonly alsoGood?: readonly number[]
  command(capture: string): string[]
}

const MAIN = join(import.meta.dirname, '../../dist/src/cli/main.js')

/** TLS on the RDP port is decoded by tshark only when told so. */
const TLS_ON_3389 = ['-d', 'tcp.port==3389,tls']
/** The protocols and remarks that this tool looks at; the same work as near as tshark can be asked for it. */
const TSHARK_FILTER = 'tls or http or cotp or rdp or tcp.flags.reset == 1 or tcp.analysis.flags'
const TSHARK_FIELDS = [
  'frame.number',
  'frame.time_epoch',
  'tcp.stream',
  'ip.src',
  'ip.dst',
  'tcp.flags',
  'tcp.analysis.flags',
  'tls.record.content_type',
  'tls.handshake.type',
  'tls.handshake.version',
  'tls.handshake.ciphersuite',
  'tls.handshake.extensions_server_name',
  'tls.alert_message.desc',
  'x509sat.uTF8String',
  'http.request.method',
  'http.request.uri',
  'http.response.code',
  'http.host',
  'rdp.negReq.requestedProtocols',
  'rdp.negFailure.failureCode',
]

/** Exit status 1 means findings. */
export const tool: Peer = {
  name: 'rdpscope scan',
  work: 'the whole way to verdicts',
  alsoGood: [1],
  command: capture => [execPath, MAIN, 'scan', '--format', 'json', capture],
}

export const toolWithKeys: Peer = {
  name: 'rdpscope with keys',
  work: 'the same, TLS decrypted',
  alsoGood: [1],
  command: capture => [...tool.command(capture), '--keylog', keyLogBeside(capture)],
}

export const tsharkFields: Peer = {
  name: 'tshark -T fields',
  work: 'the same protocols as fields',
  command: capture => [
    ...['tshark', '-r', capture, ...TLS_ON_3389, '-Y', TSHARK_FILTER, '-T', 'fields'],
    ...TSHARK_FIELDS.flatMap(name => ['-e', name]),
  ],
}

export const tsharkExpert: Peer = {
  name: 'tshark -z expert',
  work: 'TCP analysis and expert remarks',
  command: capture => ['tshark', '-r', capture, ...TLS_ON_3389, '-q', '-z', 'expert'],
}

export const sha256: Peer = {
  name: 'openssl sha256',
  work: 'yardstick: each byte once',
  command: capture => ['openssl', 'dgst', '-sha256', capture],
}

export const cat: Peer = {
  name: 'cat',
  work: 'yardstick: reading alone',
  command: capture => ['cat', capture],
}

export const capinfos: Peer = {
  name: 'capinfos',
  work: 'counts and hashes of the file',
  command: capture => ['capinfos', capture],
}

/** What a Node program costs that does nothing. */
export const bareNode: Peer = { name: 'node -e 0', work: 'nothing', command: () => [execPath, '-e', '0'] }

export const version: Peer = {
  name: 'rdpscope --version',
  work: 'start-up alone',
  command: () => [execPath, MAIN, '--version'],
}

export function isInstalled(peer: Peer): boolean {
  const [program = ''] = peer.command('')
  return spawnSync(program, ['--version']).error === undefined
}
