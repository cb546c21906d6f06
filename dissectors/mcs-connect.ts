/**
 * The two PDUs that connect MCS, in BER: what both sides bear (channels, users, sizes), and as user data the conference
 * that RDP is, in GCC. ITU-T T.125 11.1 and 11.2 (Connect-Initial, Connect-Response), MS-RDPBCGR 2.2.1.3 and 2.2.1.4.
 */
import { mcsResults } from '../src/codes/mcs.ts'
import type { Out } from '../src/wire/dissector.ts'
import { type Field, field } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'
import { boolean, element, octets, unsigned } from './ber.ts'
import { connectData, type GccFact } from './gcc.ts'
import type { RdpSession } from './rdp-session.ts'

/** The server's answer to MCS Connect Initial; result 0 is success. */
export interface McsConnected {
  readonly kind: 'mcs-connect-response'
  readonly result: number
  readonly complete: boolean
}
export type McsConnectFact = McsConnected | GccFact

const CONNECT_NAMES = new Map([
  [101, 'connect-initial'],
  [102, 'connect-response'],
  [103, 'connect-additional'],
  [104, 'connect-result'],
])
const t125 = {
  pdu: field('t125.ConnectMCSPDU', 'ConnectMCSPDU', 'dec', CONNECT_NAMES),
  initial: field('t125.connect_initial_element', 'connect-initial', 'group'),
  response: field('t125.connect_response_element', 'connect-response', 'group'),
  calling: field('t125.callingDomainSelector', 'callingDomainSelector', 'bytes'),
  called: field('t125.calledDomainSelector', 'calledDomainSelector', 'bytes'),
  upward: field('t125.upwardFlag', 'upwardFlag', 'flag'),
  target: field('t125.targetParameters_element', 'targetParameters', 'group'),
  minimum: field('t125.minimumParameters_element', 'minimumParameters', 'group'),
  maximum: field('t125.maximumParameters_element', 'maximumParameters', 'group'),
  domain: field('t125.domainParameters_element', 'domainParameters', 'group'),
  result: field('t125.result', 'result', 'dec', mcsResults.symbols),
  connectId: field('t125.calledConnectId', 'calledConnectId'),
  userData: field('t125.userData', 'userData', 'bytes'),
}
/** In the order in which they follow one another. */
const PARAMETERS = [
  field('t125.maxChannelIds', 'maxChannelIds'),
  field('t125.maxUserIds', 'maxUserIds'),
  field('t125.maxTokenIds', 'maxTokenIds'),
  field('t125.numPriorities', 'numPriorities'),
  field('t125.minThroughput', 'minThroughput'),
  field('t125.maxHeight', 'maxHeight'),
  field('t125.maxMCSPDUsize', 'maxMCSPDUsize'),
  field('t125.protocolVersion', 'protocolVersion'),
]
const unknown = field('t125.unread', 'Unread bytes', 'bytes')

/** First byte of an application tag beyond 30; the second is its number. */
const APPLICATION_TAG = 0x7f
const CONNECT_INITIAL = 101
const CONNECT_RESPONSE = 102

/** A PDU whose first byte is 0x7f. */
export function mcsConnect(pdu: Pdu, session: RdpSession, out: Out<McsConnectFact>): void {
  const type = Math.max(0, pdu.peek(1))
  pdu.derived(t125.pdu, type)
  if (type === CONNECT_INITIAL) {
    element(pdu, t125.initial, () => {
      octets(pdu, t125.calling)
      octets(pdu, t125.called)
      boolean(pdu, t125.upward)
      for (const group of [t125.target, t125.minimum, t125.maximum]) parameters(pdu, group)
      userData(pdu, session, out)
    })
  } else if (type === CONNECT_RESPONSE) {
    element(pdu, t125.response, () => {
      const result = unsigned(pdu, t125.result)
      out.fact({ kind: 'mcs-connect-response', result, complete: pdu.ok })
      unsigned(pdu, t125.connectId)
      parameters(pdu, t125.domain)
      userData(pdu, session, out)
    })
  } else {
    pdu.mark(unknown, Math.max(1, pdu.left))
    return
  }
  if (pdu.ok) session.connecting = true
}

export function isMcsConnect(first: number): boolean {
  return first === APPLICATION_TAG
}

function parameters(pdu: Pdu, group: Field): void {
  element(pdu, group, () => {
    for (const parameter of PARAMETERS) unsigned(pdu, parameter)
  })
}

function userData(pdu: Pdu, session: RdpSession, out: Out<McsConnectFact>): void {
  element(pdu, t125.userData, () => connectData(pdu, session, out))
}
