/**
 * Events of Windows that say what packets can not: why a logon was refused, why a service closed, what a policy denied.
 * The same number means other things in other logs, so each row names its log. A row stands for one event of one provider.
 */
import { codeTable, type Row } from './table.ts'

const RDP_SERVER = 'TerminalServices-RemoteConnectionManager'
const SESSIONS = 'TerminalServices-LocalSessionManager'
const GATEWAY = 'TerminalServices-Gateway'
const CLIENT = 'TerminalServices-RDPClient'

/** [event, log or provider, meaning, note]. */
function events(provider: string, ...rows: readonly (readonly [event: number, meaning: string, note?: string])[]) {
  return rows.map(([event, meaning, note = '']): Row => [event, provider, meaning, note])
}

export const windowsEvents = codeTable(
  {
    id: 'windows-event',
    title: 'Windows event',
    layer: 'event log of server, gateway, domain controller or client; not on the wire',
    source: 'Microsoft, event documentation',
    tier: 'vendor',
    hexDigits: 0,
  },
  [
    ...events(
      RDP_SERVER,
      [261, 'the listener received a connection', 'The TCP connection arrived; says nothing about what came next.'],
      [1006, 'the server gets more connections than it takes', 'MaxOutstandingConnections.'],
      [
        1057,
        'the server could not make a new self-signed certificate',
        'Access denied or keyset missing: permissions of C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys.',
      ],
      [
        1058,
        'the server could not replace its expired self-signed certificate',
        'As 1057; clients then see the connection close at ClientHello.',
      ],
      [1128, 'the licensing grace period is over, or no licence server is named'],
      [1130, 'the server has no licence server to ask'],
      [1149, 'network authentication succeeded', 'Not yet a logon: 4624 and 21 follow.'],
    ),
    ...events(
      SESSIONS,
      [21, 'a session logged on'],
      [22, 'the shell of a session started'],
      [23, 'a session logged off'],
      [24, 'a session was disconnected'],
      [25, 'a session was reconnected'],
      [39, 'a session was disconnected by another session'],
      [
        40,
        'a session was disconnected, with a reason',
        'The reason is an extended disconnect reason, such as 0, 5, 11 or 12.',
      ],
    ),
    ...events(
      GATEWAY,
      [200, 'the client meets the connection policy (CAP)'],
      [201, 'the connection policy (CAP) denied the user'],
      [300, 'the client meets the resource policy (RAP)'],
      [301, 'the resource policy (RAP) denied the target'],
      [302, 'the gateway connected the user to the target'],
      [303, 'the user was disconnected from the target', 'Holds bytes and duration.'],
      [304, 'the gateway could not connect to the target'],
      [312, 'the user opened the outbound channel'],
      [313, 'the user opened the inbound channel'],
    ),
    ...events(
      CLIENT,
      [226, 'the client met a state that should not occur'],
      [1024, 'the client begins to connect'],
      [1026, 'the client was disconnected, with a reason', 'The reason is a disconnect reason of mstsc in decimal.'],
      [1027, 'the client is connected to the domain'],
      [1102, 'the client begins a multi-transport connection'],
    ),
    ...events(
      'Schannel',
      [36870, 'the private key can not be read', '0x8009030D: permissions of MachineKeys, or the key is gone.'],
      [36871, 'TLS credentials could not be made', 'Internal state 10013: no TLS version is left by policy.'],
      [36872, 'no suitable server certificate'],
      [36874, 'no cipher suite in common with the client'],
      [36882, 'the certificate was issued by an untrusted authority'],
      [36887, 'a TLS alert was received', 'Its number is that of the alert: explain alert N.'],
      [36888, 'a TLS alert was sent', 'Its number is that of the alert: explain alert N.'],
    ),
    ...events(
      'Security',
      [4624, 'a logon succeeded', 'Type 10 or 7 through Remote Desktop, 3 for the NLA part.'],
      [4625, 'a logon failed', 'Status and sub status are NTSTATUS values: explain them.'],
      [4768, 'a ticket-granting ticket was asked for', 'The result code is a Kerberos error in hexadecimal.'],
      [4769, 'a service ticket was asked for', 'The result code is a Kerberos error in hexadecimal.'],
      [4771, 'Kerberos pre-authentication failed', '0x18 is a wrong password.'],
      [4776, 'the domain controller checked NTLM credentials', 'The error code is an NTSTATUS.'],
      [4825, 'access to Remote Desktop was denied', 'The user is not in Remote Desktop Users.'],
    ),
    ...events(
      'Network Policy Server (Security)',
      [6272, 'NPS granted access'],
      [6273, 'NPS denied access', 'Holds the policy and the reason code.'],
      [6274, 'NPS discarded the request'],
    ),
    ...events(
      'TerminalServices-SessionBroker',
      [1296, 'the connection broker could not be asked for the session', 'Also after its host name changed.'],
      [2056, 'the connection broker could not use its database', 'Also after its host name changed.'],
    ),
    ...events(
      'Service Control Manager (System)',
      [7031, 'a service ended unexpectedly and is restarted'],
      [7034, 'a service ended unexpectedly'],
    ),
  ],
)
