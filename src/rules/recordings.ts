/**
 * Which capture settles what another could not show: where it is taken, when it helps, and the commands. Commands keep whole
 * packets, write rings of files (the failure may come after hours), and let everything through that an attempt is made of:
 * the connection itself, the gateway with its UDP port, DNS, Kerberos, ICMP, ARP, and fragments, which carry no ports.
 */

/** What one program is told, line by line. */
export interface RecordingCommands {
  readonly program: string
  readonly lines: readonly string[]
}

export interface Recording {
  /** Short and stable: a heading in documents. */
  readonly id: string
  /** Where or how it is taken, as it goes on after `a capture`. */
  readonly title: string
  /** What it shows that other captures do not. */
  readonly when: string
  /** What is done besides the commands, in order. */
  readonly steps: readonly string[]
  readonly commands: readonly RecordingCommands[]
}

const CONNECTION = 'port 3389 or port 443 or port 3391'
/** ICMP names the device that refuses or the MTU that does not fit; fragments behind the first have no ports to filter by. */
const BESIDE = 'icmp or icmp6 or arp or (ip[6:2] & 0x3fff != 0) or ip6 proto 44'
const NAMES_AND_TICKETS = 'port 53 or port 88'
const ATTEMPT = `${CONNECTION} or ${NAMES_AND_TICKETS} or ${BESIDE}`
/** A file of 100 MB each: the newest gigabyte is kept. */
const DUMPCAP_RING = '-s 0 -B 64 -b filesize:100000 -b files:10'
const TCPDUMP_RING = '-n -s 0 -B 65536 -U -Z root -C 100 -W 10'

function dumpcap(file: string, filter: string, from = '-i 1'): RecordingCommands {
  return {
    program: 'dumpcap (Wireshark; dumpcap -D lists the interfaces)',
    lines: [`dumpcap ${from} ${DUMPCAP_RING} -w ${file}.pcapng -f "${filter}"`],
  }
}

function tcpdump(file: string, filter: string, from = '-i eth0'): RecordingCommands {
  return {
    program: 'tcpdump (Linux, macOS, most firewalls; -D lists the interfaces)',
    lines: [`tcpdump ${from} ${TCPDUMP_RING} -w ${file}.pcap '${filter}'`],
  }
}

/** @param options further words for `start`: `persistent=yes` goes on after a restart. */
function netsh(file: string, options = ''): RecordingCommands {
  return {
    program: 'netsh trace (every Windows, nothing to install; it filters by address, not by port)',
    lines: [
      `netsh trace start capture=yes report=disabled correlation=disabled overwrite=yes fileMode=circular maxSize=1024 traceFile=C:\\${file}.etl${options}`,
      'netsh trace stop',
      `etl2pcapng.exe C:\\${file}.etl ${file}.pcapng`,
    ],
  }
}

/** Eight filters are the most that pktmon takes. It matches no fragment behind the first by its port. */
function pktmon(file: string, ports: readonly number[]): RecordingCommands {
  return {
    program: 'pktmon (Windows 11, Server 2022 and later; before them the words differ, see pktmon help)',
    lines: [
      'pktmon filter remove',
      ...ports.map(port => `pktmon filter add -p ${port}`),
      'pktmon filter add -t ICMP',
      'pktmon filter add -t ICMPv6',
      'pktmon filter add -d ARP',
      `pktmon start --capture --comp nics --pkt-size 0 --file-name C:\\${file}.etl --file-size 1024 --log-mode circular`,
      'pktmon stop',
      `pktmon etl2pcap C:\\${file}.etl --out ${file}.pcapng`,
    ],
  }
}

function everyProgram(file: string, filter: string, ports: readonly number[]): readonly RecordingCommands[] {
  return [dumpcap(file, filter), tcpdump(file, filter), netsh(file), pktmon(file, ports)]
}

const ATTEMPT_PORTS = [3389, 443, 3391, 53, 88]
const STOP = 'Let it fail, wait two minutes (late resets and time-outs belong to it), then stop the recording.'

export const onClient: Recording = {
  id: 'on-client',
  title: 'on the client',
  when: 'It shows what the client sends, what comes back to it, and who ends the connection first as the client sees it.',
  steps: [
    'Record on the interface that carries the connection; with a VPN both the adapter of the VPN and the one below it.',
    STOP,
  ],
  commands: everyProgram('rdp-client', ATTEMPT, ATTEMPT_PORTS),
}

export const beforeClick: Recording = {
  id: 'before-click',
  title: 'on the client that begins before the click on Connect',
  when: 'The start of the attempt tells most: name lookups, the SYN with its MSS, the negotiation and the hellos in clear. A capture that begins later hides them.',
  steps: [
    'Close every window of the client program, then empty what would be answered from memory: ipconfig /flushdns and klist purge.',
    'Start the recording, count to five, click on Connect.',
    STOP,
  ],
  commands: everyProgram('rdp-client', ATTEMPT, ATTEMPT_PORTS),
}

export const onServer: Recording = {
  id: 'on-server',
  title: 'on the server',
  when: 'It shows whether the packets of the client arrive at all, and whether the server itself wrote the answer, the reset or the silence.',
  steps: [
    'Record on the Remote Desktop host, on the interface that the clients reach. Where the session runs over the same port, the ring keeps the newest gigabyte only: stop soon.',
    STOP,
  ],
  commands: everyProgram('rdp-server', ATTEMPT, ATTEMPT_PORTS),
}

export const onBothEnds: Recording = {
  id: 'on-both-ends',
  title: 'on client and server at the same time',
  when: 'Only the two together tell a packet that was lost on the way from one that was never sent, and a reset that a device forged from one that the peer wrote.',
  steps: [
    'Set the clocks first: w32tm /resync on Windows, chronyc makestep elsewhere.',
    'Start both recordings, let one attempt fail, stop both. Compare the packet that one side sent with what the other side got: sequence number, time to live, IP-ID.',
  ],
  commands: [
    ...everyProgram('rdp-client', ATTEMPT, ATTEMPT_PORTS),
    { program: 'On the server', lines: ['The same commands there, with rdp-server as the name of the file.'] },
  ],
}

export const untilItHappens: Recording = {
  id: 'until-it-happens',
  title: 'that runs in a ring until the failure comes, better on both ends',
  when: 'Time-outs, dropped sessions and lost state come after minutes or hours of silence. The capture must hold the last payload before the silence and the first packet behind it.',
  steps: [
    'Filter by the address of the server, so that the ring reaches back far enough. Note the time of the failure to the second.',
    'Stop right after the failure, and join the files of the ring: mergecap -w session.pcapng rdp-session_*.pcapng',
  ],
  commands: [
    dumpcap('rdp-session', `host SERVER and (${CONNECTION} or ${BESIDE})`),
    tcpdump('rdp-session', `host SERVER and (${CONNECTION} or ${BESIDE})`),
    netsh('rdp-session', ' persistent=yes IPv4.Address=SERVER'),
  ],
}

export const atMirrorPort: Recording = {
  id: 'in-the-middle',
  title: 'at a mirror port or tap on both sides of the device in question',
  when: 'It shows what a firewall, VPN, load balancer or IPS does with a packet: passed, dropped, changed, or answered in the name of the other side. It also shows true checksums and packet sizes, which offload hides on the hosts.',
  steps: [
    'Mirror the port before and the port behind the device; mirrored packets may carry a VLAN tag, which the second half of the filter lets through.',
    'Many firewalls record by themselves: tcpdump -i any (Linux, Palo Alto tcpdump filter, FortiGate diagnose sniffer packet any "port 3389" 6 0 l, Cisco ASA capture NAME interface inside match tcp any any eq 3389).',
    STOP,
  ],
  commands: [
    dumpcap('rdp-middle', `(${ATTEMPT}) or (vlan and (${ATTEMPT}))`),
    tcpdump('rdp-middle', `(${ATTEMPT}) or (vlan and (${ATTEMPT}))`),
  ],
}

const BEHIND_GATEWAY = `${ATTEMPT} or port 389 or port 1812`

export const onGateway: Recording = {
  id: 'on-gateway',
  title: 'on the gateway, both its sides in one file',
  when: 'One file holds the request of the client on 443 (and 3391) and what the gateway does with it: the name lookup, Kerberos, the connection to the host. It shows which of them fails.',
  steps: [
    'Record all interfaces of the gateway at once; the side towards the host is as important as the side towards the client.',
    'Note the events of Microsoft-Windows-TerminalServices-Gateway/Operational at that second (200 to 313).',
    STOP,
  ],
  commands: everyProgram('rd-gateway', BEHIND_GATEWAY, ATTEMPT_PORTS),
}

export const behindReverseProxy: Recording = {
  id: 'behind-reverse-proxy',
  title: 'on the other leg of the reverse proxy (nginx, HAProxy, a load balancer) in front of the gateway',
  when: 'The leg between proxy and gateway shows the requests and answers as the gateway sees them, in clear where the proxy speaks plain HTTP to it. Held against the other leg it shows what the proxy changed, buffered or never passed on.',
  steps: [
    'Put the port that the proxy uses towards the gateway in place of 8080.',
    'Where both legs are encrypted: HAProxy writes keys with tune.ssl.keylog on and a log-format of ssl_fc_client_random and the secrets; or let the proxy speak plain HTTP to the gateway of a test. rdpscope scan --keylog keys.log reads them.',
    STOP,
  ],
  commands: [
    tcpdump('rdg-legs', `port 443 or port 8080 or port 3391 or ${BESIDE}`, '-i any'),
    dumpcap('rdg-legs', `port 443 or port 8080 or port 3391 or ${BESIDE}`, '-i any'),
  ],
}

export const onForwardProxy: Recording = {
  id: 'on-forward-proxy',
  title: 'on the HTTP proxy that the client goes through, both its sides',
  when: 'It shows the CONNECT and its answer, and whether the proxy could resolve and reach the gateway behind it.',
  steps: ['Put the port of the proxy in place of 3128; the access log of the proxy names the rule that refused.', STOP],
  commands: [
    tcpdump('proxy-legs', `port 3128 or port 443 or port 53 or ${BESIDE}`, '-i any'),
    dumpcap('proxy-legs', `port 3128 or port 443 or port 53 or ${BESIDE}`, '-i any'),
    netsh('proxy-legs'),
  ],
}

const DOMAIN = 'port 88 or port 464 or port 53 or port 389 or port 636 or port 445 or port 135'

export const onDomainController: Recording = {
  id: 'on-domain-controller',
  title: 'on the domain controller',
  when: 'Kerberos answers in clear why a logon fails (unknown user, wrong password, locked, expired, no such service name, clocks apart), and shows the questions that the server or gateway asks behind the back of the client.',
  steps: [
    'klist purge on the client, then let the logon fail.',
    'Beside it the security log of the controller at that second: 4768, 4769, 4771, 4776.',
    STOP,
  ],
  commands: everyProgram('domain-controller', `${DOMAIN} or ${BESIDE}`, [88, 464, 53, 389]),
}

const READ_KEYS = 'rdpscope scan --keylog keys.log capture.pcapng'
const INJECT_KEYS = 'editcap --inject-secrets tls,keys.log capture.pcapng capture-keys.pcapng'

export const withFreerdpKeys: Recording = {
  id: 'with-freerdp-keys',
  title: 'with TLS keys, the same connection made with FreeRDP 3 or IronRDP',
  when: 'With keys the tool reads CredSSP, licensing, error info and the packets of the gateway instead of guessing from sizes. These clients write their keys to a file; mstsc does not.',
  steps: [
    'Start a capture on the client, connect with the same user, server and gateway, let it fail.',
    'FreeRDP 2 can not write keys. Its log tells a part: xfreerdp /log-level:DEBUG.',
    'Keys open the passwords that were typed: use an account for tests, and delete the file afterwards.',
  ],
  commands: [
    {
      program: 'FreeRDP 3',
      lines: [
        'xfreerdp3 /v:SERVER /u:USER /tls:secrets-file:keys.log',
        'xfreerdp3 /v:SERVER /u:USER /gateway:g:GATEWAY,u:USER /tls:secrets-file:keys.log',
      ],
    },
    { program: 'IronRDP', lines: ['SSLKEYLOGFILE=keys.log ironrdp-client SERVER'] },
    dumpcap('capture', ATTEMPT),
    { program: 'Reading it', lines: [READ_KEYS, INJECT_KEYS] },
  ],
}

export const withServerKey: Recording = {
  id: 'with-server-key',
  title: "with TLS keys of an mstsc connection: RSA key exchange and the server's private key",
  when: 'Schannel, the TLS of Windows, writes no key log. What opens a connection of mstsc is the private key of the server, provided that the key exchange is RSA: TLS 1.2 without (EC)DHE suites.',
  steps: [
    'For a test only: bind a certificate with an exportable key to RDP-Tcp (the self-signed one of Windows can not be exported), or to the gateway.',
    'Leave RSA suites alone on that server, and TLS 1.2 at most: Disable-TlsCipherSuite for each suite that begins with TLS_ECDHE_ or TLS_DHE_ and for the TLS 1.3 suites; Get-TlsCipherSuite | ft Name shows what is left. Restart it.',
    'Take the key out: openssl pkcs12 -in server.pfx -nocerts -nodes -out server.key',
    'Undo it afterwards: Enable-TlsCipherSuite, and a new certificate, for the key was in a file.',
    'On a test machine without LSA protection the keys can also be taken from the memory of lsass.exe while the connection is made; the guide awakecoding/wireshark-rdp tells how.',
  ],
  commands: [
    dumpcap('capture', ATTEMPT),
    netsh('capture'),
    { program: 'Reading it', lines: ['rdpscope scan --rsa-key server.key capture.pcapng'] },
  ],
}

export const withXrdpKeys: Recording = {
  id: 'with-xrdp-keys',
  title: 'with TLS keys that xrdp writes',
  when: 'An xrdp server of 2025 or later logs the keys of every client, mstsc too.',
  steps: [
    'In the [Globals] section of /etc/xrdp/xrdp.ini: tls_pms_log_file=/var/lib/xrdp/keys.log, in a folder that the user of xrdp may write to and nobody else may read. Restart xrdp.',
    'Take the line out again afterwards: the file opens every session that was recorded.',
  ],
  commands: [tcpdump('capture', ATTEMPT), { program: 'Reading it', lines: [READ_KEYS, INJECT_KEYS] }],
}

export const recordings: readonly Recording[] = [
  beforeClick,
  onClient,
  onServer,
  onBothEnds,
  untilItHappens,
  atMirrorPort,
  onGateway,
  behindReverseProxy,
  onForwardProxy,
  onDomainController,
  withFreerdpKeys,
  withServerKey,
  withXrdpKeys,
]

/** What shows what lies behind a number of mstsc's dialog, whatever the rule: of that the beginning is wanted. */
export const behindDialog: readonly Recording[] = [beforeClick, onBothEnds]
