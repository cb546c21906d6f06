/** Who can act on a cause, and what is theirs: whom a report tells its reader to ask. */

export type Team =
  | 'network'
  | 'security'
  | 'server'
  | 'gateway'
  | 'proxy'
  | 'directory'
  | 'certificates'
  | 'names'
  | 'client'
  | 'cloud'

export interface TeamWords {
  /** `the network team`. */
  readonly name: string
  /** What they look after, as it goes on after the name. */
  readonly holds: string
}

export const teams: Readonly<Record<Team, TeamWords>> = {
  network: { name: 'the network team', holds: 'routers, switches, links, VPN' },
  security: {
    name: 'the firewall and security team',
    holds: 'firewalls, IPS, traffic inspection, cloud security groups',
  },
  server: {
    name: 'the administrators of the Remote Desktop host',
    holds: 'Windows or xrdp, its services and policies',
  },
  gateway: { name: 'the administrators of the RD Gateway', holds: 'its policies, NPS, IIS' },
  proxy: { name: 'whoever runs the proxy or load balancer', holds: 'forward and reverse proxies, WAF' },
  directory: { name: 'the directory team', holds: 'Active Directory, accounts, Kerberos, clocks' },
  certificates: { name: 'whoever issues the certificates', holds: 'the certificate authority, renewal' },
  names: { name: 'whoever runs DNS', holds: 'resolvers, zones, search suffixes' },
  client: { name: 'desktop support', holds: "the user's PC, its Remote Desktop client and security software" },
  cloud: { name: 'the administrators of Azure Virtual Desktop', holds: 'host pools, session hosts, agents' },
}
