/** The fields that tshark knows, with their types: `tshark -G fields`. */
import { spawnSync } from 'node:child_process'

export interface JudgeField {
  readonly name: string
  /** FT_UINT8, FT_STRING ... */
  readonly type: string
  /** Of the protocol that it belongs to. */
  readonly protocol: string
  readonly base: string
  /** Several fields have this name: tshark groups their values by field, not in the order of the packet. */
  readonly shared: boolean
}

const MAX_BYTES = 1 << 28

/** By name; of several fields of one name, the first. */
export function judgeFields(): ReadonlyMap<string, JudgeField> {
  const { stdout } = spawnSync('tshark', ['-G', 'fields'], { encoding: 'utf8', maxBuffer: MAX_BYTES })
  const fields = new Map<string, JudgeField>()
  for (const line of stdout.split('\n')) {
    const [what, , name, type, protocol, base] = line.split('\t')
    if (name === undefined) continue
    const known = fields.get(name)
    if (known !== undefined) fields.set(name, { ...known, shared: true })
    else if (what === 'P') {
      fields.set(name, { name, type: 'FT_PROTOCOL', protocol: name, base: '', shared: false })
    } else if (what === 'F' && type !== undefined && protocol !== undefined) {
      fields.set(name, { name, type, protocol, base: base ?? '', shared: false })
    }
  }
  return fields
}
