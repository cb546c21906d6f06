/**
 * Whether an attempt is somebody's who wants a session. Probes and scans end like failures, but nobody was refused
 * anything; one SYN that is refused or not answered is a person's as long as nothing else speaks against it.
 */
import type { Purpose } from './attempt.ts'
import { type Brief, briefOf } from './brief.ts'
import type { Clients } from './clients.ts'
import type { Crowds } from './crowds.ts'
import type { Examined } from './outcome.ts'
import { isRdpPort } from './relevance.ts'
import type { Series } from './series.ts'

const PROTOCOL_HYBRID = 0x02
const PROTOCOL_RDSTLS = 0x04
const PROTOCOL_HYBRID_EX = 0x08
/** The user that a scanner's library names (nmap's rdp scripts, and what was built on them). */
const SCANNER_COOKIE = 'nmap'

export function purposeOf(examined: readonly Examined[], clients: Clients, series: Series, crowds: Crowds): Purpose {
  if (examined.length === 0 || examined.some(one => one.outcome === 'established')) return 'connection'
  if (examined.some(isScanners)) return 'scan'
  if (examined.every(one => crowds.isGuessing(one.seen.conversation))) return 'scan'
  const briefs = examined.map(one => briefOf(one.seen.conversation))
  if (briefs.includes(null)) return 'connection'
  const conversations = examined.map(one => one.seen.conversation)
  if (conversations.some(one => clients.isScanned(one) || series.isListing(one))) return 'scan'
  const isOne = (one: Examined, at: number) => isProbe(one, briefs[at] ?? null, series)
  return examined.every(isOne) ? 'probe' : 'connection'
}

/** A client may offer TLS only to hear that it is refused what it wants: it leaves when the server picks less. */
function gotTheBest(offered: number, selected: number): boolean {
  if (selected === 0) return offered <= 0
  if ((offered & PROTOCOL_HYBRID) !== 0) return selected === PROTOCOL_HYBRID || selected === PROTOCOL_HYBRID_EX
  return selected > 0 && offered === selected
}

/** No client asks for these: RDSTLS or the early result without what they build on (MS-RDPBCGR 2.2.1.1.1). */
function isScanners({ seen }: Examined): boolean {
  const request = seen.request?.fact
  if (request === undefined) return false
  if (request.cookie.toLowerCase() === SCANNER_COOKIE) return true
  const { protocols, routingToken } = request
  if (protocols === PROTOCOL_RDSTLS) return routingToken === ''
  return protocols > 0 && (protocols & PROTOCOL_HYBRID_EX) !== 0 && (protocols & PROTOCOL_HYBRID) === 0
}

function isProbe({ seen }: Examined, brief: Brief | null, series: Series): boolean {
  const { conversation, request } = seen
  switch (brief) {
    case 'bare':
      return true
    case 'negotiation':
      return gotTheBest(request?.fact.protocols ?? 0, seen.confirm?.fact.selected ?? -1)
    case 'hello': {
      // A client of Remote Desktop asks for TLS first; without keys its refusal of a certificate looks the same.
      if (request !== null) return false
      const named = seen.outer?.clientHello?.fact.serverName !== ''
      return isRdpPort(conversation.server.port) || (!named && series.isRegular(conversation))
    }
    case 'dead':
      // A monitor that comes by the clock, and finds nobody this time. Others that do are kiosks, with a user before them.
      return series.isRegular(conversation)
    default:
      return false
  }
}
