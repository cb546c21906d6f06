/** The fields of NTLM messages, as Wireshark names them. MS-NLMP 2.2; the messages are read in ntlmssp.ts. */
import { type Field, field, flag } from '../src/wire/field.ts'

const MESSAGE_TYPES = new Map([
  [1, 'NTLMSSP_NEGOTIATE'],
  [2, 'NTLMSSP_CHALLENGE'],
  [3, 'NTLMSSP_AUTH'],
])
const ATTRIBUTES = new Map([
  [0, 'End of list'],
  [1, 'NetBIOS computer name'],
  [2, 'NetBIOS domain name'],
  [3, 'DNS computer name'],
  [4, 'DNS domain name'],
  [5, 'DNS tree name'],
  [6, 'Flags'],
  [7, 'Timestamp'],
  [8, 'Restrictions'],
  [9, 'Target Name'],
  [10, 'Channel Bindings'],
])
export const message = {
  root: field('ntlmssp', 'NTLM Secure Service Provider', 'group'),
  identifier: field('ntlmssp.identifier', 'NTLMSSP identifier', 'text'),
  type: field('ntlmssp.messagetype', 'NTLM Message Type', 'hex', MESSAGE_TYPES),
  flags: field('ntlmssp.negotiateflags', 'Negotiate Flags', 'hex'),
  unknown: field('ntlmssp.messagetype.unknown', 'Unrecognized NTLMSSP Message', 'group'),
  rest: field('ntlmssp.rest', 'Rest of the message (hidden)', 'group'),
}
export const NEGOTIATE_FLAGS = (
  [
    ['negotiate56', 'Negotiate 56'],
    ['negotiatekeyexch', 'Negotiate Key Exchange'],
    ['negotiate128', 'Negotiate 128'],
    ['negotiatent10000000', 'Negotiate 0x10000000'],
    ['negotiatent08000000', 'Negotiate 0x08000000'],
    ['negotiatent04000000', 'Negotiate 0x04000000'],
    ['negotiateversion', 'Negotiate Version'],
    ['negotiatent01000000', 'Negotiate 0x01000000'],
    ['negotiatetargetinfo', 'Negotiate Target Info'],
    ['requestnonntsession', 'Request Non-NT Session'],
    ['negotiatent00200000', 'Negotiate 0x00200000'],
    ['negotiateidentify', 'Negotiate Identify'],
    ['negotiatentlm2', 'Negotiate Extended Security'],
    ['targettypeshare', 'Target Type Share'],
    ['targettypeserver', 'Target Type Server'],
    ['targettypedomain', 'Target Type Domain'],
    ['negotiatealwayssign', 'Negotiate Always Sign'],
    ['negotiate00004000', 'Negotiate 0x00004000'],
    ['negotiateoemworkstationsupplied', 'Negotiate OEM Workstation Supplied'],
    ['negotiateoemdomainsupplied', 'Negotiate OEM Domain Supplied'],
    ['negotiateanonymous', 'Negotiate Anonymous'],
    ['negotiatentonly', 'Negotiate NT Only'],
    ['negotiatentlm', 'Negotiate NTLM key'],
    ['negotiate00000100', 'Negotiate 0x00000100'],
    ['negotiatelmkey', 'Negotiate Lan Manager Key'],
    ['negotiatedatagram', 'Negotiate Datagram'],
    ['negotiateseal', 'Negotiate Seal'],
    ['negotiatesign', 'Negotiate Sign'],
    ['negotiate00000008', 'Request 0x00000008'],
    ['requesttarget', 'Request Target'],
    ['negotiateoem', 'Negotiate OEM'],
    ['negotiateunicode', 'Negotiate UNICODE'],
  ] as const
).map(([name, label], place) => flag(`ntlmssp.${name}`, label, 1 << (31 - place)))
export const version = {
  one: field('ntlmssp.version', 'Version', 'group'),
  major: field('ntlmssp.version.major', 'Major Version'),
  minor: field('ntlmssp.version.minor', 'Minor Version'),
  build: field('ntlmssp.version.build_number', 'Build Number'),
  revision: field('ntlmssp.version.ntlm_current_revision', 'NTLM Current Revision'),
}

/** The fields that say where a part of a message lies. */
export interface Place {
  readonly one: Field
  readonly length: Field
  readonly maxLength: Field
  readonly offset: Field
}
export const stringPlace: Place = {
  one: field('ntlmssp.string', 'Place of a string', 'group'),
  length: field('ntlmssp.string.length', 'Length'),
  maxLength: field('ntlmssp.string.maxlen', 'Maxlen'),
  offset: field('ntlmssp.string.offset', 'Offset'),
}
export const blobPlace: Place = {
  one: field('ntlmssp.blob', 'Place of bytes', 'group'),
  length: field('ntlmssp.blob.length', 'Length'),
  maxLength: field('ntlmssp.blob.maxlen', 'Maxlen'),
  offset: field('ntlmssp.blob.offset', 'Offset'),
}
export const infoPlace: Place = {
  one: field('ntlmssp.challenge.target_info.place', 'Place of the target info', 'group'),
  length: field('ntlmssp.challenge.target_info.length', 'Length'),
  maxLength: field('ntlmssp.challenge.target_info.maxlen', 'Maxlen'),
  offset: field('ntlmssp.challenge.target_info.offset', 'Offset'),
}
export const negotiate = {
  domain: field('ntlmssp.negotiate.domain', 'Calling workstation domain', 'text'),
  workstation: field('ntlmssp.negotiate.callingworkstation', 'Calling workstation name', 'text'),
}
export const challenge = {
  targetName: field('ntlmssp.challenge.target_name', 'Target Name', 'text'),
  serverChallenge: field('ntlmssp.ntlmserverchallenge', 'NTLM Server Challenge', 'bytes'),
  reserved: field('ntlmssp.reserved', 'Reserved', 'bytes'),
  targetInfo: field('ntlmssp.challenge.target_info', 'Target Info', 'group'),
}
export const authenticate = {
  lmResponse: field('ntlmssp.auth.lmresponse', 'Lan Manager Response (hidden)', 'group'),
  ntResponse: field('ntlmssp.auth.ntresponse', 'NTLM Response (hidden)', 'group'),
  domain: field('ntlmssp.auth.domain', 'Domain name', 'text'),
  user: field('ntlmssp.auth.username', 'User name', 'text'),
  workstation: field('ntlmssp.auth.hostname', 'Host name', 'text'),
  sessionKey: field('ntlmssp.auth.sesskey', 'Session Key (hidden)', 'group'),
  mic: field('ntlmssp.authenticate.mic', 'MIC (hidden)', 'group'),
}
export const response = {
  one: field('ntlmssp.ntlmv2_response', 'NTLMv2 Response', 'group'),
  proof: field('ntlmssp.ntlmv2_response.ntproofstr', 'NTProofStr (hidden)', 'group'),
  version: field('ntlmssp.ntlmv2_response.rversion', 'Response Version'),
  highVersion: field('ntlmssp.ntlmv2_response.hirversion', 'Hi Response Version'),
  reserved: field('ntlmssp.ntlmv2_response.z', 'Z', 'bytes'),
  time: field('ntlmssp.ntlmv2_response.time', 'Time', 'time'),
  clientChallenge: field('ntlmssp.ntlmv2_response.chal', 'NTLMv2 Client Challenge (hidden)', 'group'),
  padding: field('ntlmssp.ntlmv2_response.pad', 'padding', 'bytes'),
}

/** The same attributes have two sets of names. */
function attributeFields(prefix: string, item: string, typeLabel: string) {
  return {
    one: field(`${prefix}.item`, 'Attribute', 'group'),
    type: field(`${prefix}.item.type`, `${item} Item Type`, 'hex', ATTRIBUTES),
    length: field(`${prefix}.item.length`, `${typeLabel} Item Length`),
    names: new Map([
      [1, field(`${prefix}.nb_computer_name`, 'NetBIOS Computer Name', 'text')],
      [2, field(`${prefix}.nb_domain_name`, 'NetBIOS Domain Name', 'text')],
      [3, field(`${prefix}.dns_computer_name`, 'DNS Computer Name', 'text')],
      [4, field(`${prefix}.dns_domain_name`, 'DNS Domain Name', 'text')],
      [5, field(`${prefix}.dns_tree_name`, 'DNS Tree Name', 'text')],
      [9, field(`${prefix}.target_name`, 'Target Name', 'text')],
    ]),
    flags: field(`${prefix}.flags`, 'Flags', 'hex'),
    timestamp: field(`${prefix}.timestamp`, 'Timestamp', 'time'),
    restrictions: field(`${prefix}.restrictions`, 'Restrictions', 'bytes'),
    channelBindings: field(`${prefix}.channel_bindings`, 'Channel Bindings', 'bytes'),
    unknown: field('ntlmssp.target_info_attr.unknown', 'unknown NTLMSSP Target Info Attribute', 'group'),
  }
}
export const TARGET_INFO = attributeFields('ntlmssp.challenge.target_info', 'Target Info', 'Target Info')
export const RESPONSE_INFO = attributeFields('ntlmssp.ntlmv2_response', 'NTLMV2 Response', 'NTLMV2 Response')

export type AttributeFields = ReturnType<typeof attributeFields>
