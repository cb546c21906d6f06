/**
 * MCS: the reason of a Disconnect Provider Ultimatum, and the results of the channel connection.
 * ITU-T T.125 part 7, MS-RDPBCGR 3.1.5.1.1.
 */
import { codeTable } from './table.ts'

export const mcsDisconnectReasons = codeTable(
  {
    id: 'mcs-disconnect-reason',
    title: 'MCS Disconnect Provider Ultimatum',
    layer: 'MCS, in clear only with standard RDP security',
    source: 'ITU-T T.125; MS-RDPBCGR 3.1.5.1.1',
    tier: 'specification',
    hexDigits: 0,
  },
  [
    [0, 'rn-domain-disconnected', 'the domain was taken apart', 'Not allowed in RDP: the client ignores it.'],
    [1, 'rn-provider-initiated', 'the server or an administrator ended the session', 'Orderly.'],
    [2, 'rn-token-purged', 'a token was purged', 'Not allowed in RDP: the client ignores it.'],
    [3, 'rn-user-requested', 'the user ended the session', 'Orderly; either side may send it.'],
    [4, 'rn-channel-purged', 'a channel was purged', 'Not allowed in RDP: the client ignores it.'],
  ],
)

export const mcsResults = codeTable(
  {
    id: 'mcs-result',
    title: 'MCS result',
    layer: 'MCS, in clear only with standard RDP security',
    source: 'ITU-T T.125',
    tier: 'specification',
    hexDigits: 0,
  },
  [
    [0, 'rt-successful', 'success'],
    [1, 'rt-domain-merging', 'the domain is being merged'],
    [2, 'rt-domain-not-hierarchical', 'the domain is not hierarchical'],
    [3, 'rt-no-such-channel', 'no such channel'],
    [4, 'rt-no-such-domain', 'no such domain'],
    [5, 'rt-no-such-user', 'no such user'],
    [6, 'rt-not-admitted', 'not admitted'],
    [7, 'rt-other-user-id', 'another user ID'],
    [8, 'rt-parameters-unacceptable', 'the domain parameters are not acceptable'],
    [9, 'rt-token-not-available', 'the token is not available'],
    [10, 'rt-token-not-possessed', 'the token is not possessed'],
    [11, 'rt-too-many-channels', 'too many channels'],
    [12, 'rt-too-many-tokens', 'too many tokens'],
    [13, 'rt-too-many-users', 'too many users'],
    [14, 'rt-unspecified-failure', 'a failure without a reason'],
    [15, 'rt-user-rejected', 'the user is rejected'],
  ],
)

/** Domain PDUs by their choice: the upper six bits of their first byte. */
export const mcsDomainPdus = codeTable(
  {
    id: 'mcs-domain-pdu',
    title: 'MCS domain PDU',
    layer: 'MCS, in clear only with standard RDP security',
    source: 'ITU-T T.125',
    tier: 'specification',
    hexDigits: 0,
  },
  [
    [1, 'erectDomainRequest', 'the client opens the domain'],
    [8, 'disconnectProviderUltimatum', 'either side ends the connection in an orderly way', 'Holds a reason.'],
    [10, 'attachUserRequest', 'the client wants a user channel'],
    [11, 'attachUserConfirm', 'the server grants a user channel'],
    [14, 'channelJoinRequest', 'the client joins a channel'],
    [15, 'channelJoinConfirm', 'the server lets it join'],
    [25, 'sendDataRequest', 'data of the client'],
    [26, 'sendDataIndication', 'data of the server'],
  ],
)
