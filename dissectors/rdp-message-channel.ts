/** The message channel of an RDP connection. MS-RDPBCGR 2.2.1.4.5 (its announcement), 2.2.14 to 2.2.16 (what it carries). */
import { NO, stream, wholeMessage } from '../src/wire/dissector.ts'
import { field } from '../src/wire/field.ts'
import { type AnyMessage, message } from './rdp-messages.ts'
import { type RdpSession, sessionOf } from './rdp-session.ts'

const data = field('rdp.messageData', 'MessageData', 'group')
const unknown = field('rdp.unknown', 'Unknown part', 'bytes')

export const rdpMessageChannel = stream<RdpSession, AnyMessage>({
  name: 'rdp-message-channel',
  filterName: 'rdp',
  title: 'Remote Desktop Protocol, message channel',
  spec: ['MS-RDPBCGR 2.2.14', 'MS-RDPBCGR 2.2.15', 'MS-RDPBCGR 2.2.16'],

  begin: sessionOf,
  probe: () => NO,
  frame: wholeMessage,

  read(pdu, session, _direction, out) {
    pdu.group(data)
    message(pdu, session, out)
    if (pdu.left > 0) pdu.mark(unknown, pdu.left)
    pdu.end()
  },
})
