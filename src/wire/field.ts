/** Fields are constants: Wireshark's name, a label, how to show the value, what its numbers mean. */

export type Codes = ReadonlyMap<number, string>
/**
 * How a value is shown, and what a node of the field holds as its value:
 * - `dec`, `hex`: a number, or a bigint beyond 2^53
 * - `flag`: 0 or 1
 * - `text`: a string
 * - `ipv4`: the address as an unsigned number
 * - `time`: nanoseconds since 1970, `duration`: nanoseconds; a number or a bigint
 * - `bytes`, `ipv6`, `ether`, `guid`: '' (the value is the node's bytes; a GUID has its first three parts little-endian)
 * - `group`: '', or a line that sums the group up
 */
export type Format =
  | 'dec'
  | 'hex'
  | 'flag'
  | 'text'
  | 'ipv4'
  | 'time'
  | 'duration'
  | 'bytes'
  | 'ipv6'
  | 'ether'
  | 'guid'
  | 'group'
export type Value = number | bigint | string
export type Severity = 'info' | 'warning' | 'error'

/** Made once at module load by {@link field}, {@link flag}, {@link bits} and {@link alias}. All have one shape. */
export class Field {
  readonly name: string
  readonly label: string
  readonly format: Format
  readonly codes: Codes | null
  /** Of a part of the number read before it: which bits; 0 for a field that has bytes of its own. */
  readonly mask: number
  /** A second name, which several fields share: `ip.addr` of `ip.src` and of `ip.dst`. Filters know it; '' = none. */
  readonly also: string

  constructor(name: string, label: string, format: Format, codes: Codes | null, mask: number, also = '') {
    this.name = name
    this.label = label
    this.format = format
    this.codes = codes
    this.mask = mask
    this.also = also
  }
}

const made = new Map<string, Field[]>()

/** All fields of the modules loaded so far by name, second names too: what a filter may ask for. */
export function fieldsByName(): ReadonlyMap<string, readonly Field[]> {
  return made
}

function make(name: string, label: string, format: Format, codes: Codes | null, mask: number): Field {
  return known(name, new Field(name, label, format, codes, mask))
}

function known(name: string, one: Field): Field {
  const others = made.get(name)
  if (others === undefined) made.set(name, [one])
  else others.push(one)
  return one
}

/** The same field with a second name: see {@link Field.also}. */
export function alias(also: string, { name, label, format, codes, mask }: Field): Field {
  const one = new Field(name, label, format, codes, mask, also)
  // It takes the place of the one that was made a moment ago.
  made.get(name)?.pop()
  known(also, one)
  return known(name, one)
}

/** @param name Wireshark's name wherever it has one: users know it, and tshark becomes the judge. */
export function field(name: string, label: string, format: Format = 'dec', codes: Codes | null = null): Field {
  return make(name, label, format, codes, 0)
}

/** One bit of a number: see {@link Pdu.bits}. */
export function flag(name: string, label: string, mask: number): Field {
  return make(name, label, 'flag', null, mask)
}

/** Some bits of a number that are a number of their own: see {@link Pdu.bits}. */
export function bits(
  name: string,
  label: string,
  mask: number,
  format: Format = 'dec',
  codes: Codes | null = null,
): Field {
  return make(name, label, format, codes, mask)
}

/** One entry of a field tree; `start` and `end` are positions in the bytes that the PDU was read from. */
export class Node {
  field: Field
  start: number
  end: number
  value: Value
  children: Node[] | null = null
  severity: Severity | null = null
  remark = ''

  constructor(field: Field, start: number, end: number, value: Value) {
    this.field = field
    this.start = start
    this.end = end
    this.value = value
  }
}
