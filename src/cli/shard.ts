/**
 * `--shard I/N`: one of N parts of a set of captures, the same everywhere, for machines that share the work. Parts are balanced
 * by size, and `merge` joins their reports. Whoever has the same files below a folder of its own has the same parts.
 */
import { createHash } from 'node:crypto'
import { dirname, resolve, sep } from 'node:path'
import { clean } from '../report/clean.ts'
import type { Shard } from '../report/format.ts'
import type { CaptureInput } from './inputs.ts'
import { UsageError } from './status.ts'

/** What opening a capture costs, in bytes that are read in that time. */
const OPENING_BYTES = 1 << 18

interface ShardWish {
  /** From 1. */
  readonly number: number
  readonly of: number
}

/** What is read here of the whole set. */
export interface Part {
  readonly inputs: readonly CaptureInput[]
  /** Of each input: its place in the whole set, from 0. */
  readonly positions: readonly number[]
  readonly shard: Shard
}

const MOST_PARTS = 1_000_000

/** `2/4`. @throws UsageError for anything else. */
export function shardWish(text: string): ShardWish {
  const [, number, of] = /^(\d{1,7})\/(\d{1,7})$/.exec(text)?.map(Number) ?? []
  if (number === undefined || of === undefined || number < 1 || number > of || of > MOST_PARTS)
    throw new UsageError(`--shard ${clean(text)}: must be a part and their number: 1/4 to 4/4`)
  return { number, of }
}

/** @throws UsageError where standard input is among them: it is not the same everywhere. */
export function partOf(inputs: readonly CaptureInput[], { number, of }: ShardWish): Part {
  if (inputs.some(({ path }) => path === '-')) throw new UsageError('--shard: standard input (-) can not be shared out')
  const owners = shared(inputs, of)
  const positions = [...inputs.keys()].filter(index => owners[index] === number - 1)
  return {
    inputs: positions.map(index => inputs[index] as CaptureInput),
    positions,
    shard: { number, of, set: setName(inputs), captures: inputs.length },
  }
}

/**
 * The largest first, each to the part that has least; ties go by the order of the list and of the parts. Members of an archive
 * that is read in order stay together.
 * @returns the part of each input, from 0
 */
function shared(inputs: readonly CaptureInput[], parts: number): number[] {
  const pieces: { readonly indices: number[]; cost: number; readonly walk: string | null }[] = []
  for (const [index, { bytes, archive }] of inputs.entries()) {
    const walk = archive?.inOrder === true ? archive.path : null
    const last = pieces.at(-1)
    if (walk === null || last?.walk !== walk) pieces.push({ indices: [index], cost: bytes + OPENING_BYTES, walk })
    else {
      last.indices.push(index)
      last.cost += bytes + OPENING_BYTES
    }
  }
  pieces.sort((a, b) => b.cost - a.cost || (a.indices[0] as number) - (b.indices[0] as number))
  const loads = new Array<number>(Math.min(parts, pieces.length)).fill(0)
  const owners = new Array<number>(inputs.length).fill(0)
  for (const { indices, cost } of pieces) {
    let least = 0
    for (let part = 1; part < loads.length; part++) if ((loads[part] as number) < (loads[least] as number)) least = part
    loads[least] = (loads[least] as number) + cost
    for (const index of indices) owners[index] = least
  }
  return owners
}

/** The same for the same files in the same places below their common folder: shards of different sets do not fit. */
function setName(inputs: readonly CaptureInput[]): string {
  const paths = inputs.map(({ path }) => resolve(path).split(sep))
  let common = dirname(resolve(inputs[0]?.path ?? '.')).split(sep)
  for (const path of paths) {
    const differs = common.findIndex((name, at) => name !== path[at])
    if (differs >= 0) common = common.slice(0, differs)
  }
  const hash = createHash('sha256')
  for (const [index, path] of paths.entries()) {
    hash.update(JSON.stringify([path.slice(common.length).join('/'), inputs[index]?.bytes]))
  }
  return hash.digest('hex').slice(0, 16)
}
