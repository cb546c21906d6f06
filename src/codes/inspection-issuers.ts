/**
 * Products that open TLS on its way and write certificates of their own: proxies, firewalls, virus scanners, debuggers. Told by
 * what they call their certification authority when nobody renames it.
 */

/** [as it stands in the issuer's name, in lower case; the product]. */
const ISSUERS: readonly (readonly [mark: string, product: string])[] = [
  ['zscaler', 'Zscaler'],
  ['netskope', 'Netskope'],
  ['fortigate', 'Fortinet FortiGate'],
  ['fortinet', 'Fortinet FortiGate'],
  ['palo alto networks', 'Palo Alto Networks'],
  ['blue coat', 'Blue Coat (Symantec) ProxySG'],
  ['proxysg', 'Blue Coat (Symantec) ProxySG'],
  ['forcepoint', 'Forcepoint'],
  ['websense', 'Forcepoint (Websense)'],
  ['mcafee web gateway', 'McAfee (Skyhigh) Web Gateway'],
  ['skyhigh', 'Skyhigh Web Gateway'],
  ['sophos', 'Sophos'],
  ['kaspersky', 'Kaspersky'],
  ['eset ssl filter', 'ESET'],
  ['avast! web', 'Avast'],
  ['avast web', 'Avast'],
  ['avg web', 'AVG'],
  ['norton web', 'Norton'],
  ['bitdefender', 'Bitdefender'],
  ['dr.web', 'Dr.Web'],
  ['trend micro', 'Trend Micro'],
  ['cisco umbrella', 'Cisco Umbrella'],
  ['cisco secure web', 'Cisco Secure Web Appliance'],
  ['check point', 'Check Point'],
  ['sonicwall', 'SonicWall'],
  ['watchguard', 'WatchGuard'],
  ['fireware https proxy', 'WatchGuard'],
  ['barracuda', 'Barracuda'],
  ['untangle', 'Untangle'],
  ['smoothwall', 'Smoothwall'],
  ['contentkeeper', 'ContentKeeper'],
  ['lightspeed', 'Lightspeed'],
  ['iboss', 'iboss'],
  ['securly', 'Securly'],
  ['cato networks', 'Cato Networks'],
  ['menlo security', 'Menlo Security'],
  ['gateway ca - cloudflare', 'Cloudflare Gateway'],
  ['mitmproxy', 'mitmproxy'],
  ['charles proxy', 'Charles'],
  ['do_not_trust_fiddler', 'Fiddler'],
  ['portswigger', 'Burp Suite'],
  ['forward trust', 'Palo Alto Networks'],
  // Names that administrators give.
  ['inspection', 'an inspecting proxy or firewall'],
  ['tls decrypt', 'an inspecting proxy or firewall'],
  ['ssl decrypt', 'an inspecting proxy or firewall'],
  ['ssl proxy', 'an inspecting proxy or firewall'],
  ['ssl forward proxy', 'an inspecting proxy or firewall'],
]

/** The product whose mark stands in a distinguished name; '' when none that is known. */
export function inspectionProduct(name: string): string {
  const text = name.toLowerCase()
  return ISSUERS.find(([mark]) => text.includes(mark))?.[1] ?? ''
}

/** What stands in the names of such authorities, in lower case. */
export const inspectionMarks: readonly string[] = ISSUERS.map(([mark]) => mark)
