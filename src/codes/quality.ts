/**
 * What limits a capture, by the id of the note that tells of it: what it means for verdicts, and how to record again. Data
 * only: which verdicts a note weakens is said where they are judged.
 */

export interface QualityMeaning {
  /** For verdicts, in a whole sentence. */
  readonly means: string
  /** '' where nothing is to be done. */
  readonly remedy: string
}

const WHOLE_PACKETS =
  'Record whole packets: tcpdump -s 0, dumpcap -s 262144, pktmon start --capture --pkt-size 0, netsh trace start capture=yes packettruncatebytes=0.'
const NO_DROPS =
  'Record to a local disk with a larger buffer (dumpcap -B 256, tcpdump -B 262144) and a capture filter for the two hosts, so that the recorder keeps up.'
const FROM_THE_CLICK = 'Start the recorder before the click on Connect.'
const ONE_POINT = 'Record on one interface: tcpdump -i eth0 instead of -i any, or one mirrored port instead of several.'
const ONE_CLOCK =
  'Record with one recorder and one clock; put files together with mergecap, which sorts by time, not with cat or editcap -a.'
const TOOL_LIMIT =
  'Cut the capture to the two hosts and the minutes in question (tshark -Y, editcap -A -B) and look again.'
const LIMIT_MEANS = 'A limit of this tool was reached: what was left out can not be evidence.'

const limit: QualityMeaning = { means: LIMIT_MEANS, remedy: TOOL_LIMIT }

export const qualities: ReadonlyMap<string, QualityMeaning> = new Map<string, QualityMeaning>([
  [
    'no-syn',
    {
      means:
        'What was said before is not known: an absence proves nothing, and round trip, segment size and window scale are not known.',
      remedy: FROM_THE_CLICK,
    },
  ],
  [
    'one-sided',
    {
      means: 'Whether that side answered is not to be seen: nothing is concluded from its silence.',
      remedy:
        'Mirror both directions of the link (a SPAN session set to rx or tx alone shows one), look for asymmetric routes, or record on the host itself.',
    },
  ],
  [
    'one-port',
    {
      means:
        'Routers, firewalls and neighbours report without ports: that no such report is here proves nothing where nobody answered.',
      remedy:
        'Record without a filter by port: tcpdump host <server> or icmp or arp, dumpcap -f "host <server> or icmp or arp", netsh trace start capture=yes.',
    },
  ],
  [
    'snap-length',
    {
      means: 'Names, certificates, alerts and codes may lie in what was cut: that they are absent proves nothing.',
      remedy: WHOLE_PACKETS,
    },
  ],
  [
    'drops',
    {
      means: "A gap or a missing answer may be the recorder's own: neither proves loss or silence.",
      remedy: NO_DROPS,
    },
  ],
  [
    'recorder-drops',
    {
      means: "A gap or a missing answer may be the recorder's own: neither proves loss or silence.",
      remedy: NO_DROPS,
    },
  ],
  [
    'duplicates',
    {
      means:
        'Copies are told from resends by time and IP identification; one that came later may be counted as a resend.',
      remedy: ONE_POINT,
    },
  ],
  [
    'several-points',
    {
      means:
        'Packets of one sender have more than one time to live, as before and behind a router: that tells nothing about who sent a packet.',
      remedy: ONE_POINT,
    },
  ],
  [
    'offload',
    {
      means:
        'The network card or its driver cuts and joins segments: their sizes here, and checksums of this host, are not those on the wire.',
      remedy:
        'Record at a switch port or on a router to see the packets of the wire, or switch offload off for the test: Disable-NetAdapterLso, ethtool -K eth0 tso off gso off gro off lro off.',
    },
  ],
  [
    'clock-back',
    {
      means: 'Times can not be compared: waits and round trips may be wrong, and so may the order of packets.',
      remedy: ONE_CLOCK,
    },
  ],
  [
    'clock-leap',
    {
      means: 'Files were put together, the clock was set, or the host slept: this pause is no evidence of a timer.',
      remedy: ONE_CLOCK,
    },
  ],
  [
    'spliced',
    {
      means: 'Parts of different recordings stand in one file: what happened in between is not known.',
      remedy: 'Look at the parts one by one: editcap -i 86400 cuts a file into days.',
    },
  ],
  [
    'ends-open',
    {
      means: 'What came later is not known: the connection may have recovered, or have been closed in order.',
      remedy: 'Let the recorder run until the client shows its error, and half a minute longer.',
    },
  ],
  [
    'evicted',
    {
      means: 'It was judged before its end: what came later is not known.',
      remedy: TOOL_LIMIT,
    },
  ],
  ['events-lost', { means: 'What happened in its middle can not be evidence.', remedy: TOOL_LIMIT }],
  [
    'not-decrypted',
    {
      means: 'What is inside is judged by sizes, directions and times alone.',
      remedy:
        'Record the keys while the session runs (SSLKEYLOGFILE, /tls:secrets-file of FreeRDP) and give them with --keylog.',
    },
  ],
  ['no-time', { means: 'Waits before and behind them are not known.', remedy: 'Record anew with dumpcap or tcpdump.' }],
  ['headers-cut', { means: 'Whose packets they were is not known: an absence proves nothing.', remedy: WHOLE_PACKETS }],
  [
    'unknown-link-type',
    { means: 'What these packets say is not known.', remedy: 'Record on an Ethernet or IP interface.' },
  ],
  ['flow-table-full', limit],
  ['layers-given-up', limit],
  ['datagrams-left-out', limit],
  ['gateway-channels-unpaired', limit],
  ['icmp-left-out', limit],
  ['reassembly-limit', limit],
  ['fragments-dropped', limit],
  ['ipv6-addresses-full', limit],
  ['neighbours-full', limit],
  ['attempts-early', limit],
  ['doubtful-lost', limit],
  ['udp-lost', limit],
  ['lookups-lost', limit],
  ['clients-lost', limit],
  ['histories-lost', limit],
])

/** '' and '' for a note that weakens nothing. */
export function qualityMeaning(id: string): QualityMeaning {
  return qualities.get(id) ?? NOTHING
}

const NOTHING: QualityMeaning = { means: '', remedy: '' }
