/**
 * Every bound of the tool in one place. A capture is written by strangers: each loop, buffer, queue, recursion and table
 * has a limit, and reaching one is reported as a quality note, never silent.
 */

/** Nested groups in one PDU. */
export const MAX_GROUP_DEPTH = 32
/** Nodes of one PDU's field tree. */
export const MAX_TREE_NODES = 20_000
/** Bytes gathered for one PDU of one direction. */
export const MAX_PDU_BYTES = 1 << 18
/** Bytes of an HTTP head. */
export const MAX_HEAD_BYTES = 1 << 16
/** Bytes of one direction that wait for the other one to decide. */
export const MAX_HELD_BYTES = 1 << 18
/** A slot's succession of layers, and the depth of slots. */
export const MAX_LAYERS = 16
/** Pipelined requests remembered for their responses. */
export const MAX_PIPELINED_REQUESTS = 64
/** Records kept a layer and direction: the fingerprint of NLA lies in the first ones, that of the end in the last. */
export const MAX_FIRST_RECORDS = 64
export const MAX_LAST_RECORDS = 8
/** RDP PDUs in clear that are facts, a direction. */
export const MAX_RDP_DATA_FACTS = 16
/** Cookie and routing token lines of one X.224 connection request. */
export const MAX_TOKEN_LINES = 4
/** Values of one list of a TLS hello (suites, groups, extensions ...) that become facts; a longer list is not `complete`. */
export const MAX_HELLO_VALUES = 512
/** Certificates of one chain that become facts; a longer chain is not `complete`. */
export const MAX_CHAIN_CERTIFICATES = 16
/** Characters of a name of a certificate, alternative names of it, and nested or repeated DER elements looked at. */
export const MAX_CERTIFICATE_NAME = 1024
export const MAX_ALTERNATIVE_NAMES = 128
export const MAX_DER_ELEMENTS = 512
/** Octets of an object identifier: those of certificate templates have 40. */
export const MAX_OBJECT_IDENTIFIER = 64
/** Summaries of certificates remembered: a server sends the same one to each client. */
export const MAX_CACHED_CERTIFICATES = 256
/** Elements of one BER structure that are read, and octets walked through to find the end of one of indefinite length. */
export const MAX_BER_ELEMENTS = 512
/** Realms, names and types of one Kerberos message that become facts. */
export const MAX_KERBEROS_VALUES = 32
/** Attributes of the target information of one NTLM message. */
export const MAX_NTLM_ATTRIBUTES = 32
/** Mechanisms of one SPNEGO offer. */
export const MAX_MECHANISMS = 32
/** Security tokens inside one another (SPNEGO in SPNEGO, GSS-API in it), and Kerberos messages inside one another. */
export const MAX_NESTED_TOKENS = 4
/** Characters of the base64 text of a token in an HTTP header, and tokens of one HTTP head that are read. */
export const MAX_AUTHORIZATION_CHARACTERS = 1 << 16
export const MAX_HEAD_TOKENS = 4
/** Bytes of the size line of an HTTP chunk with its extensions. */
export const MAX_CHUNK_LINE_BYTES = 4096
/** Questions and resource records of one DNS message that are read. */
export const MAX_DNS_RECORDS = 32
/** Labels and compression pointers of one DNS name; RFC 1035 allows 255 bytes. */
export const MAX_DNS_LABELS = 128
/** Protocol events kept for one conversation. */
export const MAX_EVENTS = 512
/** TCP marks kept for one conversation: the first half of them, and the last. */
export const MAX_MARKS = 128
/** Of them those of packets that were recorded twice, a side. */
export const MAX_COPY_MARKS = 8
/** Pauses of the payload kept for one connection: the last ones. Segments with a wrong checksum: the first ones. */
export const MAX_PAYLOAD_PAUSES = 4
export const MAX_DAMAGED_SEGMENTS = 16
/** Segments of one connection whose checksum is verified, and how many more behind each resend. */
export const MAX_VERIFIED_SEGMENTS = 48
export const VERIFIED_BEHIND_RESEND = 16
/** A damaged segment of more bytes is not kept aside: no wire carries it, so that offload made it. */
export const MAX_WITHHELD_BYTES = 1 << 11
/** ICMP messages kept for one conversation. */
export const MAX_ICMP_NOTES = 16

/** The window that a capture is read through; a larger packet makes it grow. */
export const READ_WINDOW_BYTES = 1 << 21
/** Compressed bytes handed to a decompressor at once; bounds what may come out of it unasked. */
export const MAX_COMPRESSED_PIECE_BYTES = 1 << 15
/** What blocks of zstd may yield before they are asked for more; a block of four bytes can yield 128 KiB. */
export const MAX_OUTPUT_AT_ONCE_BYTES = 1 << 20
/** Compressed bytes remembered so that damage among them can be closed in on. */
export const MAX_REMEMBERED_BYTES = 1 << 20
/** A zstd frame may ask for so much history (what `zstd -d` allows unasked). */
export const MAX_ZSTD_WINDOW_BYTES = 1 << 27
/** The same where Node has no zstd of its own: the stand-in moves all of it for each block. Level 19 asks for so much. */
export const MAX_SLOW_ZSTD_WINDOW_BYTES = 1 << 23
/** Compressed files inside compressed files. */
export const MAX_COMPRESSIONS = 2
/** Files of one archive that are looked at. */
export const MAX_ARCHIVE_MEMBERS = 1 << 16
/** What unpacks to more than so many times its size is a bomb, from so many unpacked bytes on. */
export const MAX_ARCHIVE_EXPANSION = 500
export const UNSUSPICIOUS_BYTES = 1 << 28
/** Analyses of a scan with several workers that wait for an earlier one, as JSON. Then only the earlier one is waited for. */
export const MAX_WAITING_RESULT_BYTES = 1 << 26
/** What a JSON report says of one capture, and beside its captures, when reports are merged. */
export const MAX_REPORT_CAPTURE_BYTES = 1 << 28
export const MAX_REPORT_HEAD_BYTES = 1 << 16
/** Entries of a NetMon frame table. */
export const MAX_FRAME_TABLE_ENTRIES = 1 << 24

/** Bytes of one packet, as read from a file. */
export const MAX_PACKET_BYTES = 1 << 24
/** Bytes of one block or of one metadata section of a capture file. */
export const MAX_BLOCK_BYTES = 1 << 26
/** Interfaces, names, comments and secrets of a capture file. */
export const MAX_INTERFACES = 4096
export const MAX_NAMES = 65_536
export const MAX_COMMENTS = 1024
/** What is kept of a comment or a description (an option holds up to 65,535 bytes), and of a resolved name. */
export const MAX_OPTION_TEXT_BYTES = 4096
export const MAX_NAME_BYTES = 256
export const MAX_SECRETS_BYTES = 1 << 24

/** Link layers, tunnels and IP headers inside one another. */
export const MAX_TUNNEL_DEPTH = 8
/** Headers of one packet, tunnels and all, and parts that one header chains (labels, extensions, options). */
export const MAX_PACKET_HEADERS = 64
export const MAX_CHAINED_PARTS = 16
/** Link types that the tool does not know, told apart in its report. */
export const MAX_UNKNOWN_LINK_TYPES = 16
/** IPv6 addresses interned. */
export const MAX_IPV6_ADDRESSES = 1 << 20
/** Datagrams being put together from fragments, and the bytes that they hold. */
export const MAX_FRAGMENTED_DATAGRAMS = 1024
export const MAX_FRAGMENT_BYTES = 1 << 24
/** How long a datagram waits for its fragments (RFC 8200 section 4.5). */
export const FRAGMENT_TIMEOUT_MS = 60_000
/** Holes in one datagram between its fragments. */
export const MAX_FRAGMENT_HOLES = 256
/** A mirror port's copy of a fragment comes so soon after the datagram is complete; later the identification is used anew. */
export const FRAGMENT_COPY_LINGER_MS = 100

/** Questions of ARP and neighbour discovery kept, and hardware addresses for one address. */
export const MAX_NEIGHBOURS = 4096
export const MAX_NEIGHBOUR_ANSWERS = 8
/** Pairs of ends between which a VPN's outer packets are counted; of the whole capture. */
export const MAX_TUNNELS = 64

/** Live flows in the table; of a few, the one idle for longest makes room. */
export const MAX_FLOWS = 1 << 16
/** Flows whose layers are being read; the oldest gives them up. */
export const MAX_STACKS = 1 << 13
/** Bytes of segments that arrived ahead of a hole, over all flows. */
export const MAX_AHEAD_BYTES = 1 << 24
/** Segments that one direction of a flow may hold ahead of a hole. */
export const MAX_AHEAD_SEGMENTS = 256
/**
 * A flow closed by FIN, or by a reset, is handed on when it was quiet for so long. Behind both FINs nothing is a cause any
 * more; behind a reset the sender that it was forged for may go on.
 */
export const FIN_LINGER_MS = 100
export const RESET_LINGER_MS = 5_000
/** A flow handed on swallows its echoes until it was quiet for so long. */
export const FORGET_CLOSED_MS = 10_000
/**
 * A flow without a packet for so long is given up: a TCP connection (firewalls forget one after an hour, and what comes then
 * belongs to it), or an exchange of datagrams.
 */
export const IDLE_TCP_MS = 7_200_000
export const IDLE_UDP_MS = 60_000

/** Attempts open at one time, and their connections, about 7 kB each; the one quiet for longest is judged first. */
export const MAX_OPEN_ATTEMPTS = 1024
export const MAX_OPEN_CONNECTIONS = 4096
/** Attempts that a report shows one by one; beyond them their verdicts are only counted. */
export const MAX_REPORTED_ATTEMPTS = 1_000
/** Attempts listed by number in one line of the diagnosis; beyond them only their count grows. */
export const MAX_DIAGNOSED_ATTEMPTS = 1000
/** Attempts whose verdicts are all kept; beyond them only what was claimed, not what was ruled out or not visible. */
export const MAX_FULL_ATTEMPTS = 250
/** Attempts that are quiet and wait for a retry that is still running; beyond them the oldest are judged. */
export const MAX_QUIET_ATTEMPTS = 512
/** Connections of one attempt; the next one begins another attempt. */
export const MAX_ATTEMPT_CONVERSATIONS = 64
/** Open attempts of one client that a new connection may belong to: the latest ones. */
export const MAX_GROUPS_SEARCHED = 64
/** Connections of which only the end of the capture tells whether they belong to Remote Desktop. */
export const MAX_DOUBTFUL_CONVERSATIONS = 512
/** UDP conversations, lookups and clients remembered beside the attempts. */
export const MAX_UDP_BESIDE = 1024
export const MAX_KERBEROS_BESIDE = 1024
export const MAX_LOOKUPS = 4096
export const MAX_LOOKUPS_OF_CLIENT = 256
/** Names asked of neighbours that wait for their other half, and questions and answers of each: the latest. */
export const MAX_NEIGHBOUR_NAMES = 512
export const MAX_NEIGHBOUR_NAMES_ALIKE = 8
export const MAX_CLIENTS = 16_384
/**
 * Clients whose other connections are remembered, and servers that were tried: of each the silent connections, the servers
 * that were heard last, and the times of the SYNs.
 */
/** Hosts and ports that one client is remembered to scan; beyond them it scans everything. */
export const MAX_SCANNED = 64
/** Clients of one port whose brief connections are compared, and of each the starts and the offers that are told apart. */
export const MAX_SERIES = 4096
export const MAX_SERIES_STARTS = 32
export const MAX_SERIES_OFFERS = 8
/** Clients of which silent connections are remembered, connections of each, servers heard last, and times that one was tried. */
export const MAX_COMPANIONS = 1024
export const MAX_COMPANIONS_OF_CLIENT = 16
export const MAX_HEARD_OF_CLIENT = 3
export const MAX_STARTS_OF_SERVER = 16
/** Servers whose history is kept, and versions and suites of each. */
export const MAX_SERVER_HISTORIES = 4096
export const MAX_HISTORY_VALUES = 16
/** Clients of all servers that are followed, names of each, and places of one kind that are kept of one server. */
export const MAX_CROWD_SOURCES = 16_384
export const MAX_CROWD_NAMES = 32
export const MAX_CROWD_PLACES = 64
/** Minutes in which what happens at a server, or of one client of it, is counted: the fullest. */
export const MAX_CROWD_MINUTES = 64
/** Times to live of one server that are told apart. */
export const MAX_CROWD_TTLS = 4

/** Packets that an inspection holds back, because a PDU that they completed may be read later. */
export const MAX_PACKETS_IN_HAND = 1024

/** Conversations of datagrams that have layers at one time. */
export const MAX_EXCHANGES = 1 << 12
/** Pieces of one stream over datagrams that wait behind a hole, and their bytes. */
export const MAX_PIECES_AHEAD = 64
export const MAX_PIECES_AHEAD_BYTES = 1 << 17
/** Handshake messages of DTLS, a direction, of which fragments are missing. */
export const MAX_DTLS_MESSAGES = 8
/** Attributes of one STUN message, and packets of one QUIC datagram, that are read. */
export const MAX_STUN_ATTRIBUTES = 128
export const MAX_QUIC_PACKETS = 16
/** Connections and exchanges that an inspection tells apart; the oldest makes room. */
export const MAX_INSPECTED_CONVERSATIONS = 1 << 17
/** Segments of one direction that wait for their acknowledgement: Wireshark's limit, so that both say the same. */
export const MAX_UNACKNOWLEDGED_SEGMENTS = 10_000

/** Static virtual channels of one RDP connection (MS-RDPBCGR 2.2.1.3.4), and blocks of its GCC data that are read. */
export const MAX_STATIC_CHANNELS = 31
export const MAX_GCC_BLOCKS = 32
/** Monitors, capability sets, share PDUs in one MCS PDU, addresses of one redirection, and events of one input PDU. */
export const MAX_MONITORS = 64
export const MAX_CAPABILITY_SETS = 64
export const MAX_SHARE_PDUS = 64
export const MAX_REDIRECTION_ADDRESSES = 64
export const MAX_INPUT_EVENTS = 256
/** Facts of one RDP session that come again and again (reactivation, measured round trips, channels that fail). */
export const MAX_RDP_REPEATED_FACTS = 64
/** Characters of a name in a fact of the RDP session, and of one string in its PDUs. */
export const MAX_RDP_NAME = 512
/** Dynamic virtual channels of a connection that wait for the client's answer, or that one PDU lists. */
export const MAX_DYNAMIC_CHANNELS = 256
/** Slots that two connections feed (RD Gateway channels) remembered for the second one. */
export const MAX_JUNCTIONS = 1024
/** Payload of a WebSocket frame that is gathered. */
export const MAX_WEBSOCKET_FRAME_BYTES = 1 << 17
/** Random bytes before the first RD Gateway packet, and names of one CHANNEL_CREATE (a byte counts each kind). */
export const MAX_RDG_SEED_BYTES = 4096
export const MAX_RDG_NAMES = 510
/** Chunks, and lines behind the last one, of an HTTP body that is shown whole. */
export const MAX_CHUNKS_SHOWN = 4096
/** Secrets of key logs that are kept. */
export const MAX_KEY_LOG_SECRETS = 1 << 18
/** A SOCKS 4 request with its texts, and parts behind the addresses of a PROXY head. */
export const MAX_SOCKS_TEXT_BYTES = 1024
export const MAX_PROXY_PARTS = 64
/** Commands of one RTS PDU, contexts of one RPC bind, RPC calls that wait for an answer, and calls that are facts. */
export const MAX_RTS_COMMANDS = 32
export const MAX_RPC_CONTEXTS = 32
export const MAX_RPC_CALLS = 32
export const MAX_RPC_CALL_FACTS = 64
/** Handshake messages kept for a premaster secret, a connection. */
export const MAX_TRANSCRIPT_BYTES = 1 << 18
/** Sessions of TLS that may be resumed and whose master secret was worked out. */
export const MAX_REMEMBERED_SESSIONS = 4096
/** Behind lost bytes: sequence numbers tried for one record, and bytes decrypted for that. */
export const MAX_SEQUENCES_TRIED = 512
export const MAX_BYTES_TRIED = 1 << 21
/** Searches that found nothing, a connection; then a record that does not open is only counted. */
export const MAX_FRUITLESS_SEARCHES = 32
/** Records in a row that do not authenticate before a direction is given up. */
export const MAX_FAILED_RECORDS = 8
/** Characters of a display filter, and brackets and signs inside one another. */
export const MAX_FILTER_CHARACTERS = 1 << 16
export const MAX_FILTER_DEPTH = 200
/** Of a running session: a record of more bytes, header and all, tells no end; smaller ones are kept for a while. */
export const MAX_KEPT_RECORD_BYTES = 512
/** Connections remembered for which there were no secrets; a capture may bring them behind its packets. */
export const MAX_MISSED_SECRETS = 4096
/** Header fields of one HTTP/2 block, bytes of one of its texts, and of the table that both sides keep. */
export const MAX_HPACK_FIELDS = 256
export const MAX_HPACK_TEXT_BYTES = 16_384
export const MAX_HPACK_TABLE_BYTES = 65_536
/** Bytes of a header block in several HTTP/2 frames, and requests to a KDC proxy on one HTTP/2 connection that are read. */
export const MAX_HEADER_BLOCK_BYTES = 65_536
export const MAX_KDC_STREAMS = 16
/** Heads of one HTTP/2 connection that are facts, and settings of one frame that are read. */
export const MAX_HTTP2_FACTS = 128
export const MAX_HTTP2_SETTINGS = 64
/** Options of one DHCP message. */
export const MAX_DHCP_OPTIONS = 256

/** A capture of so many packets is read whole when one of its packets is opened. */
export const MAX_WHOLE_REPLAY_PACKETS = 2000
/** Packets of one conversation that are read again for one of them; those behind come with their headers alone. */
export const MAX_REPLAYED_PACKETS = 20_000

/** Steps of an attempt's ladder; of longer ones the first and the last are kept. */
export const MAX_LADDER_STEPS = 2000

/** Permutations that the redaction remembers; they are made again when they are needed again. */
export const MAX_KEYED_ORDERS = 1 << 16
/** Addresses and names whose replacements are remembered likewise. */
export const MAX_REMEMBERED_REPLACEMENTS = 1 << 16
/** Nesting of DER values that are redacted; what is deeper is emptied. */
export const MAX_DER_DEPTH = 24
/** Tokens in base64, and messages in pieces, of which redacted parts may still come. */
export const MAX_REDACTED_TOKENS = 4096
/** Datagrams in fragments of one capture that are redacted; those beyond are emptied. */
export const MAX_REDACTED_FRAGMENTED = 1 << 14
/** What an HTML report shows: packets of a capture and of all of them, fields and bytes of a packet. */
export const MAX_EXHIBITED_PACKETS = 40
export const MAX_DOCUMENT_PACKETS = 400
export const MAX_DOCUMENT_FIELDS = 600
export const MAX_DOCUMENT_PACKET_BYTES = 2048
/** Segments of a connection that are drawn over time, and connections of a capture that are. */
export const MAX_GRAPH_SEGMENTS = 5000
export const MAX_GRAPHS = 4
/** Attempts of a capture that are told in full, messages of a ladder, and lines of one table. */
export const MAX_DOCUMENT_ATTEMPTS = 20
export const MAX_DOCUMENT_MESSAGES = 160
export const MAX_DOCUMENT_LINES = 2000
/** Characters of an HTML report; captures beyond them are told by their verdicts alone. */
export const MAX_DOCUMENT_CHARACTERS = 1 << 25
/** Packets of a file of evidence. */
export const MAX_PROOF_PACKETS = 500_000
/** Of the copy on disk that the terminal UI makes of packets that come only once: from a pipe, or out of a compressed file. */
export const MAX_SPOOL_BYTES = 2 ** 34
