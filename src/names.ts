/**
 * What the addresses of a capture are called, as the capture itself tells: the recorder's own name resolution, answers of DNS,
 * the name that a client asked a server for in TLS, what hosts call themselves (DHCP, NTLM with its NetBIOS names, RDP).
 */
import type { Conversation } from './flow/conversation.ts'
import type { Event, FactOf } from './flow/event.ts'
import { SERVER } from './wire/dissector.ts'
import { MAX_NAMES } from './wire/limits.ts'

/** The best first. */
const SOURCES = ['recorder', 'dns', 'sni', 'dhcp', 'ntlm', 'rdp'] as const
type NameSource = (typeof SOURCES)[number]

const TYPE_A = 1
const TYPE_AAAA = 28
const ANY_ADDRESS = '0.0.0.0'
/** RFC 1035 allows 253 characters; NetBIOS and DHCP less. */
const MOST_CHARACTERS = 253
const ADDRESS = /^[\d.]+$|:/

export class Names {
  readonly #named = new Map<string, { name: string; rank: number }>()
  #byAddress: ReadonlyMap<string, string> | null = null
  /** What the file said when it was last taken. */
  #recorded: ReadonlyMap<string, string> | null = null
  #recordedNames = 0

  /** What the file itself says: address -> name. Taken again only where it has grown: that is asked for at each picture. */
  recorded(names: ReadonlyMap<string, string>): void {
    if (names === this.#recorded && names.size === this.#recordedNames) return
    this.#recorded = names
    this.#recordedNames = names.size
    for (const [address, name] of names) this.#name(address, name, 'recorder')
  }

  conversation({ client, server, events }: Conversation): void {
    for (const event of events) {
      const { fact, direction, path } = event
      switch (fact.kind) {
        case 'dns-response':
          this.#answer(event as Event<FactOf<'dns-response'>>)
          break
        case 'dhcp': {
          const { host, requested } = fact.options
          this.#name(requested || fact.client, host, 'dhcp')
          break
        }
        // Inside another protocol it is not the host at this address that is asked for.
        case 'client-hello':
          if (isOutermost(path)) this.#name(server.address, fact.serverName, 'sni')
          break
        case 'ntlm-challenge':
          if (isOutermost(path) && direction === SERVER)
            this.#name(server.address, fact.dnsComputer || fact.computer, 'ntlm')
          break
        case 'rdp-client':
          if (isOutermost(path)) this.#name(client.address, fact.name, 'rdp')
          break
        default:
      }
    }
  }

  /** Address -> name. The same map until another name is known. */
  get byAddress(): ReadonlyMap<string, string> {
    this.#byAddress ??= new Map([...this.#named].map(([address, { name }]) => [address, name]))
    return this.#byAddress
  }

  /** The name that was asked for is the one that people know, whatever aliases lead from it to the address. */
  #answer({ fact: { name: asked, answers } }: Event<FactOf<'dns-response'>>): void {
    for (const { type, name, data } of answers) {
      if (type === TYPE_A || type === TYPE_AAAA) this.#name(data, asked || name, 'dns')
    }
  }

  /** The first name of the best source stays. */
  #name(address: string, name: string, source: NameSource): void {
    const rank = SOURCES.indexOf(source)
    const known = this.#named.get(address)
    if (known !== undefined && known.rank <= rank) return
    if (address === '' || address === ANY_ADDRESS || name === '' || name.length > MOST_CHARACTERS) return
    if (ADDRESS.test(name) || (known === undefined && this.#named.size >= MAX_NAMES)) return
    this.#named.set(address, { name: name.replace(/\.$/, ''), rank })
    this.#byAddress = null
  }
}

/** Neither behind a proxy nor inside a gateway's tunnel: TLS at most, as RDP begins it or by itself. */
function isOutermost(path: string): boolean {
  const layers = path.split('/')
  return !layers.some(layer => layer.startsWith('http')) && layers.filter(layer => layer === 'tls').length <= 1
}
