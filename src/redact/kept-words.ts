/**
 * What may stay in a name or a line of text: words of protocols, products and services that many sites share and that
 * verdicts rest on. All else is replaced.
 */
import { httpSenderMarks } from '../codes/http-senders.ts'
import { inspectionMarks } from '../codes/inspection-issuers.ts'

/** Whole words, in lower case. */
const WORDS = new Set(
  [
    // Ends of names that say where a name belongs, and names that each host has.
    'com net org edu gov local localdomain localhost arpa in-addr ip6 wpad isatap',
    // Services in front of names: DNS (RFC 2782) and Kerberos.
    '_tcp _udp _tls _ldap _kerberos _kpasswd _gc _msdcs _sites _dns-sd _services _rdlink',
    'krbtgt kadmin changepw termsrv host http https cifs ldap rpcss',
    // The cookies of Remote Desktop, and a scanner.
    'cookie mstshash msts tsv vmresource terminal services plugin nmap',
    // Azure Virtual Desktop and what belongs to it.
    'wvd microsoft windows azure us cn rdgateway rdbroker rdweb rdweb-r0',
    // Paths.
    'remotedesktopgateway rpc rpcwithcert rpcproxy dll kdcproxy rpcproxydll',
    // HTTP: products, schemes, coding names.
    'mozilla ms-rdgateway microsoft-httpapi microsoft-iis rpcrt4 freerdp asp negotiate ntlm basic digest bearer paa nego',
    'sspi_ntlm smartcard none kerberos websocket keep-alive close upgrade proxy-connection chunked gzip deflate identity',
    'no-cache no-store private public max-age must-revalidate 100-continue text html plain application octet-stream json',
    'charset utf-8 en en-us cache miss hit from',
    'realm nonce qop auth algorithm opaque stale true false md5 sha-256 conid corid clgen clbld authms clmtype',
    // Virtual channels of Remote Desktop.
    'rdpdr rdpsnd cliprdr drdynvc rail encomsp rdpgfx rdpei rdpinpt snddbg xrdpvr mstsc duca mcdn',
    // Protocols over TLS (ALPN).
    'h2 h2c h3 spdy http1 nt1 rdp ms-rdp',
    // Services that squat on the port.
    'ftp smtp esmtp mail postfix exim sendmail sip rtsp',
    // Who speaks PROXY (the header of load balancers).
    'proxy tcp4 tcp6 unknown',
  ].flatMap(line => line.split(' ')),
)

/** Marks of products: wherever they stand in a text. The gateways of Azure are told by their name. */
const MARKS = [...new Set([...inspectionMarks, ...httpSenderMarks, 'gateway'])].sort((a, b) => b.length - a.length)

/** Names of Remote Desktop hosts begin so: they are told from other names by it. */
const DESKTOP = /^(rdsgw|rdgw|rdsh|rdcb|rdweb|rdp|rds|rdg|rd|tsgw|ts|vdi|avd|wvd)(?=\d*(?:-|$))/i
const DESKTOP_STEM = /^(remote|terminal)(?=[a-z]*\d*(?:-|$))/i

export function isKeptWord(word: string): boolean {
  return WORDS.has(word.toLowerCase())
}

/** How many characters at the beginning of a word stay. */
export function keptStart(word: string): number {
  return (DESKTOP.exec(word) ?? DESKTOP_STEM.exec(word))?.[0].length ?? 0
}

/** Places [start, end) of marks in a text, in order. */
export function marksIn(text: string): [start: number, end: number][] {
  const lower = text.toLowerCase()
  if (lower.length !== text.length) return []
  const places: [number, number][] = []
  for (const mark of MARKS) {
    for (let at = lower.indexOf(mark); at >= 0; at = lower.indexOf(mark, at + mark.length)) {
      const end = at + mark.length
      if (!places.some(([start, stop]) => at < stop && end > start)) places.push([at, end])
    }
  }
  return places.sort(([a], [b]) => a - b)
}
