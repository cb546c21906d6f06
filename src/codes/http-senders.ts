/** Who wrote an HTTP answer, by what it calls itself in the Server header. RFC 9110 10.2.4. */

/** [as it begins or stands in the header, in lower case; what it is]. */
const SENDERS: readonly (readonly [mark: string, what: string])[] = [
  ['microsoft-httpapi', 'the HTTP service of a Windows server, as RD Gateway has it'],
  ['microsoft-iis', 'IIS: the gateway itself, or a Windows server in front of it'],
  ['microsoft-azure-application-gateway', 'Azure Application Gateway, a load balancer'],
  ['azure', 'a front of Azure'],
  ['cloudflare', 'Cloudflare, which passes no RDG_IN_DATA and RDG_OUT_DATA'],
  ['awselb', 'a load balancer of AWS'],
  ['akamai', 'Akamai, a content network'],
  ['bigip', 'F5 BIG-IP, a load balancer'],
  ['big-ip', 'F5 BIG-IP, a load balancer'],
  ['netscaler', 'Citrix NetScaler, a load balancer'],
  ['haproxy', 'HAProxy, a load balancer'],
  ['nginx', 'nginx, a web server that is mostly a proxy here'],
  ['openresty', 'nginx (OpenResty), mostly a proxy here'],
  ['apache', 'Apache, a web server that is mostly a proxy here'],
  ['envoy', 'Envoy, a proxy'],
  ['traefik', 'Traefik, a proxy'],
  ['caddy', 'Caddy, a web server that is mostly a proxy here'],
  ['varnish', 'Varnish, a cache'],
  ['squid', 'Squid, a proxy'],
  ['zscaler', 'Zscaler, a proxy'],
  ['blue coat', 'Blue Coat, a proxy'],
  ['bluecoat', 'Blue Coat, a proxy'],
  ['kemp', 'Kemp LoadMaster, a load balancer'],
]

/** '' for a name that is not known. */
export function httpSender(server: string): string {
  const text = server.toLowerCase()
  return SENDERS.find(([mark]) => text.includes(mark))?.[1] ?? ''
}

/** What stands in such names, in lower case. */
export const httpSenderMarks: readonly string[] = SENDERS.map(([mark]) => mark)
