/** tshark as a judge: fields of each packet of a capture, one row a packet. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export function isTsharkInstalled(): boolean {
  return spawnSync('tshark', ['--version']).status === 0
}

export type Row<F extends string> = Readonly<Record<F, string>>

/** Of fields that occur more than once in a packet, the last: that is the innermost. Absent ones are ''. */
export async function tsharkFields<F extends string>(
  path: string,
  fields: readonly F[],
  preferences: readonly string[] = [],
): Promise<Row<F>[]> {
  const columns = fields.flatMap(field => ['-e', field])
  const settings = preferences.flatMap(preference => ['-o', preference])
  const format = ['-T', 'fields', '-E', 'separator=/t', '-E', 'occurrence=l']
  const child = spawn('tshark', ['-n', '-r', path, ...settings, ...format, ...columns], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const closed = once(child, 'close')
  const rows: Row<F>[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    const values = line.split('\t')
    rows.push(Object.fromEntries(fields.map((field, at) => [field, values[at] ?? ''])) as Row<F>)
  }
  await closed
  return rows
}
const PACKET_NUMBER = /<field name="num" .*? show="(\d+)"/
const FIELD = /<field name="([^"]+)".*? show="([^"]*)"/

/** Values of all fields of the tree, keyed by packet number and name, in their order. */
export function tsharkTree(path: string, options: readonly string[] = []): Map<string, string[]> {
  const run = spawnSync('tshark', ['-n', '-r', path, ...options, '-T', 'pdml'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const found = new Map<string, string[]>()
  let packet = ''
  for (const line of run.stdout.split('\n')) {
    packet = PACKET_NUMBER.exec(line)?.[1] ?? packet
    const [, name, value] = FIELD.exec(line) ?? []
    if (name === undefined || value === undefined) continue
    const key = `${packet} ${name}`
    found.set(key, [...(found.get(key) ?? []), value])
  }
  return found
}
