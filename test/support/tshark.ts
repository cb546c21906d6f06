/** tshark as a judge: fields of each packet of a capture, one row a packet. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

/**
 * Numbers of the packets that each display filter gives, in one run of tshark. A filter that tshark does not accept gives null.
 * @param options of tshark, as on its command line
 */
export function tsharkMatches(
  path: string,
  filters: readonly string[],
  options: readonly string[] = [],
): Map<string, number[] | null> {
  const folder = mkdtempSync(join(tmpdir(), 'rdpscope-filters-'))
  try {
    const script = join(folder, 'filters.lua')
    writeFileSync(script, LISTENERS.replace('FILTERS', filters.map(luaText).join(', ')))
    const args = ['-q', '-n', '-r', path, ...options, '-X', `lua_script:${script}`]
    const { stdout } = spawnSync('tshark', args, { encoding: 'utf8', maxBuffer: 1 << 28 })
    const answers = new Map<string, number[] | null>()
    for (const [, index, numbers] of stdout.matchAll(/^filter (\d+):(.*)$/gm)) {
      const list = numbers === ' invalid' ? null : (numbers ?? '').trim().split(' ').filter(Boolean).map(Number)
      answers.set(filters[Number(index) - 1] as string, list)
    }
    return answers
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** One listener a filter. */
const LISTENERS = `
for index, filter in ipairs({ FILTERS }) do
  local numbers = {}
  local ok, listener = pcall(Listener.new, "frame", filter)
  if ok then
    function listener.packet(pinfo) numbers[#numbers + 1] = pinfo.number end
    function listener.draw() print("filter " .. index .. ": " .. table.concat(numbers, " ")) end
    function listener.reset() end
  else
    print("filter " .. index .. ": invalid")
  end
end
`

function luaText(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}
