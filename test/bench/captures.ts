/** The generated captures on disk, in `bench-captures/` (not in git): made once for each kind and scale. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GENERATION, type Generated, generate, KEY_LOG_SUFFIX, type Kind } from './generate.ts'

const FOLDER = join(import.meta.dirname, '../../bench-captures')

export interface BenchCapture extends Generated {
  readonly kind: Kind
  readonly scale: number
  readonly path: string
}

/** The secrets of a capture of sealed sessions. */
export function keyLogBeside(path: string): string {
  return path.replace(/\.pcap$/, KEY_LOG_SUFFIX)
}

/** @param announce Told before a capture is generated, which may take half a minute. */
export function benchCapture(kind: Kind, scale: number, announce: (text: string) => void): BenchCapture {
  const name = join(FOLDER, `${kind}-${scale}-v${GENERATION}`)
  const path = `${name}.pcap`
  const facts = `${name}.json`
  if (!existsSync(path) || !existsSync(facts)) {
    announce(`generating ${kind} at scale ${scale}`)
    mkdirSync(FOLDER, { recursive: true })
    const generated = generate(kind, `${path}.part`, scale)
    renameSync(`${path}.part`, path)
    writeFileSync(facts, JSON.stringify(generated))
  }
  return { kind, scale, path, ...(JSON.parse(readFileSync(facts, 'utf8')) as Generated) }
}
