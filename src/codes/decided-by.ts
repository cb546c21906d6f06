/** Which rules decide, from a capture, whether what a code says is true. Ids are those of the rules; a test holds them. */

const NO_RULES: readonly string[] = []

const LOOKUP = ['dns-lookup-failed']
const CONNECT = ['tcp-connect-unanswered', 'tcp-connect-refused', 'host-unreachable', 'connect-prohibited']
const LOGON = ['nla-logon-failed', 'nla-ntlm-refused']
const CERTIFICATE = [
  'tls-certificate-expired',
  'tls-certificate-not-yet-valid',
  'tls-certificate-untrusted',
  'tls-certificate-name-mismatch',
  'tls-certificate-rejected',
]
const LICENCE = ['license-refused']
const NEGOTIATION = ['security-negotiation-failed']
const DENIED = ['server-denied', 'server-ended-session']
const GATEWAY = [
  'gateway-http-error',
  'gateway-auth-failed',
  'gateway-policy-denied',
  'gateway-target-unreachable',
  'gateway-closed',
]
const GATEWAY_POLICY = ['gateway-policy-denied']
/** A connection that was made and then ended: what 0x904 says, and all that it says. */
const CUT = [
  'x224-no-confirm',
  'tls-handshake-refused',
  'tls-handshake-unanswered',
  'middlebox-reset',
  'path-mtu-black-hole',
  'connection-state-lost',
  'session-aborted-by-server',
  'server-certificate-unusable',
  'foreign-service',
]

/** One table's rules: for single values, and for all others. */
interface Decision {
  readonly values?: ReadonlyMap<number, readonly string[]>
  readonly others: readonly string[]
}

function forValues(...groups: readonly (readonly [values: readonly number[], rules: readonly string[]])[]) {
  return new Map(groups.flatMap(([values, rules]) => values.map(value => [value, rules] as const)))
}

const decisions: ReadonlyMap<string, Decision> = new Map<string, Decision>([
  [
    'client-disconnect-reason',
    {
      values: forValues(
        [[0x104, 0x208, 0x508, 0x604], LOOKUP],
        [[0x108, 0x204, 0x308, 0x804, 0xb04], CONNECT],
        [[0x304, 0x404, 0x704, 0x904], CUT],
        [[0x706, 0x907, 0x1b07], CERTIFICATE],
        [[0x808, 0x908], LICENCE],
        [[0xb09], ['nla-required']],
        [[0xe06], NEGOTIATION],
        [[0x1d07], ['clock-skew']],
        [
          [
            0x807, 0xa07, 0xb07, 0xc07, 0xd07, 0xe07, 0xf07, 0x1007, 0x1107, 0x1207, 0x1307, 0x1407, 0x1607, 0x1707,
            0x1807, 0x1c07, 0x2107, 0x2207,
          ],
          LOGON,
        ],
      ),
      others: NO_RULES,
    },
  ],
  [
    'extended-disconnect-reason',
    {
      values: forValues(
        [[0], NO_RULES],
        [[0x100, 0x101, 0x102, 0x103, 0x104, 0x105, 0x106, 0x107, 0x108, 0x109, 0x10a, 0x10b], LICENCE],
        [[0x300], LOGON],
      ),
      others: DENIED,
    },
  ],
  ['errinfo', { others: DENIED }],
  ['license-error', { values: forValues([[7], NO_RULES]), others: LICENCE }],
  ['ntstatus', { others: LOGON }],
  ['sspi', { others: LOGON }],
  ['early-authorization', { values: forValues([[0], NO_RULES]), others: ['server-denied'] }],
  [
    'rdg-result',
    { values: forValues([[0], NO_RULES], [[0x59dd], ['gateway-target-unreachable']]), others: GATEWAY_POLICY },
  ],
  ['gateway-client-reason', { others: GATEWAY }],
  [
    'http-status',
    {
      values: forValues(
        [[101, 200], NO_RULES],
        [[401], ['gateway-auth-failed', 'gateway-auth-loop']],
        [[407], ['proxy-connect-refused']],
      ),
      others: ['gateway-http-error', 'proxy-connect-refused'],
    },
  ],
  [
    'negotiation-failure',
    {
      values: forValues([[3], ['server-certificate-unusable']], [[5], ['nla-required']]),
      others: NEGOTIATION,
    },
  ],
  [
    'tls-alert',
    {
      values: forValues(
        [[0], NO_RULES],
        [[42, 43, 44, 45, 46, 48], CERTIFICATE],
        [[70], ['tls-version-mismatch']],
        [
          [40, 47, 71],
          ['tls-cipher-mismatch', 'tls-version-mismatch'],
        ],
      ),
      others: ['tls-handshake-refused'],
    },
  ],
  [
    'kerberos-error',
    {
      values: forValues([[0, 25, 52, 90, 91], NO_RULES], [[37], ['clock-skew']], [[7], ['nla-ntlm-refused']]),
      others: LOGON,
    },
  ],
  ['rdstls-result', { values: forValues([[0], NO_RULES]), others: LOGON }],
  ['rdsaad-result', { values: forValues([[0], NO_RULES]), others: LOGON }],
  [
    'websocket-close',
    {
      values: forValues([[1000], NO_RULES], [[1002, 1003, 1007, 1010, 1014], ['gateway-websocket-refused']]),
      others: ['gateway-closed', 'gateway-websocket-refused'],
    },
  ],
  ['status-info', { others: ['session-redirected'] }],
  ['redirection-flag', { others: ['session-redirected'] }],
  [
    'freerdp-error',
    {
      values: forValues(
        [[0x20004, 0x20005], LOOKUP],
        [[0x20006], CONNECT],
        [[0x20008], ['tls-handshake-refused', 'tls-version-mismatch', 'tls-cipher-mismatch', ...CERTIFICATE]],
        [[0x2000b], ['client-aborted', ...CERTIFICATE]],
        [[0x2000c], ['security-negotiation-failed', 'nla-required', ...CONNECT]],
        [[0x20007, 0x2000d], CUT],
        [
          [
            0x20009, 0x2000a, 0x2000e, 0x2000f, 0x20010, 0x20011, 0x20012, 0x20013, 0x20014, 0x20015, 0x20016, 0x20017,
            0x20018, 0x20019, 0x2001a, 0x2001b,
          ],
          LOGON,
        ],
      ),
      others: NO_RULES,
    },
  ],
  [
    'windows-event',
    {
      values: forValues(
        [
          [1057, 1058, 36870, 36872],
          ['server-certificate-unusable', 'tls-handshake-refused'],
        ],
        [[36871], ['tls-version-mismatch', 'tls-handshake-refused']],
        [[36874], ['tls-cipher-mismatch', 'tls-handshake-refused']],
        [
          [36882, 36887, 36888],
          ['tls-handshake-refused', ...CERTIFICATE],
        ],
        [[1006], ['server-connection-limit', 'x224-no-confirm']],
        [[1128, 1130], LICENCE],
        [[200, 201, 300, 301, 6272, 6273, 6274], GATEWAY_POLICY],
        [[304], ['gateway-target-unreachable']],
        [[303, 312, 313], ['gateway-closed']],
        [[4625, 4771, 4776], LOGON],
        [[4825], ['server-denied']],
        [[1296, 2056], ['session-redirected']],
        [
          [7031, 7034],
          ['session-aborted-by-server', 'x224-no-confirm'],
        ],
        [[23, 24, 39, 40], ['server-ended-session']],
        [[1026], ['client-aborted']],
      ),
      others: NO_RULES,
    },
  ],
  ['dns-rcode', { values: forValues([[0], NO_RULES]), others: LOOKUP }],
  ['mcs-disconnect-reason', { others: ['server-ended-session'] }],
])

/** Ids of the rules that decide it, the likeliest first; empty when no capture can. */
export function decidedBy(table: string, value: number): readonly string[] {
  const decision = decisions.get(table)
  return decision?.values?.get(value) ?? decision?.others ?? NO_RULES
}
