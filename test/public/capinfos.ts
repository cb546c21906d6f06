/** How many packets Wireshark's capinfos reads from a capture: the judge of ours. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** What one program read from a file: `10` all of it, `6!` so many and then an error, `-` nothing at all. */
export type Reading = string

export const UNREADABLE: Reading = '-'

export function reading(packets: number, hasError: boolean): Reading {
  return hasError ? `${packets}!` : `${packets}`
}

export function isCapinfosInstalled(): boolean {
  return spawnSync('capinfos', ['--version']).status === 0
}

export async function capinfosReading(path: string): Promise<Reading> {
  // -T table, -M exact numbers, -r no header line, -c the number of packets
  const child = spawn('capinfos', ['-T', '-M', '-r', '-c', path], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  // In a damaged file it counts up to the damage, but prints the count in its error message alone.
  const beforeDamage = /after reading (\d+) packets/.exec(stderr)?.[1]
  if (beforeDamage !== undefined) return reading(Number(beforeDamage), true)
  const packets = /\t(\d+)\s*$/.exec(stdout)?.[1]
  return packets === undefined ? UNREADABLE : reading(Number(packets), false)
}
