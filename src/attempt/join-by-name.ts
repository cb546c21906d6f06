/**
 * A name with several addresses: the client tries one after the other, or both address families nearly at once (RFC 8305).
 * The addresses that did not answer belong to the attempt of the one that did, and nothing but the lookup shows that.
 */

import type { Group } from './open-groups.ts'
import { isDead } from './outcome.ts'

const NS_PER_SECOND = 1e9
/** The next address is tried within milliseconds, or when the system gives up on the first: 21 s in Windows. */
const NEXT_ADDRESS_SECONDS = 30

/** @returns the groups, with those that never got an answer joined to the one that reached the same name on the same port. */
export function joinByName(
  groups: readonly Group[],
  names: ReadonlyMap<string, ReadonlySet<string>>,
): readonly Group[] {
  if (names.size === 0 || groups.length < 2) return groups
  const byName = new Map<string, Group[]>()
  for (const group of groups) {
    for (const key of keysOf(group, names)) {
      const same = byName.get(key)
      if (same === undefined) byName.set(key, [group])
      else same.push(group)
    }
  }
  const joined = new Map<Group, Group>()
  for (const group of groups) {
    if (!group.conversations.every(isDead)) continue
    for (const key of keysOf(group, names)) {
      const other = (byName.get(key) ?? []).find(
        one => !joined.has(one) && isOtherAddress(group, one) && isNear(group, one),
      )
      if (other === undefined) continue
      other.conversations.push(...group.conversations)
      other.firstNs = Math.min(other.firstNs, group.firstNs)
      other.lastNs = Math.max(other.lastNs, group.lastNs)
      joined.set(group, other)
      break
    }
  }
  return groups.filter(group => !joined.has(group))
}

function keysOf(group: Group, names: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const server = group.conversations[0]?.server
  return server === undefined ? [] : [...(names.get(server.address) ?? [])].map(name => `${name} ${server.port}`)
}

/** Another address of the server, tried by the same client: by its own other address where the families differ. */
function isOtherAddress(dead: Group, other: Group): boolean {
  const from = dead.conversations[0]
  const to = other.conversations[0]
  if (from === undefined || to === undefined || from.server.address === to.server.address) return false
  return from.client.address === to.client.address || isIpv6(from.server.address) !== isIpv6(to.server.address)
}

function isIpv6(address: string): boolean {
  return address.includes(':')
}

function isNear(dead: Group, other: Group): boolean {
  const limitNs = NEXT_ADDRESS_SECONDS * NS_PER_SECOND
  return other.firstNs <= dead.lastNs + limitNs && dead.firstNs <= other.firstNs + limitNs
}
