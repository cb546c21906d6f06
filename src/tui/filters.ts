/** Display filters that views make, and commands that show what they let through. */
import { compileFilter, FilterError } from '../inspect/filter/filter.ts'
import { type NodeBytes, plainText } from '../inspect/value-text.ts'
import type { Format, Node } from '../wire/field.ts'
import type { PromptFault } from './prompt.ts'

/** @param stream twice its number, and one more where it is UDP. */
export function streamFilter(stream: number): string {
  return `${stream % 2 === 0 ? 'tcp' : 'udp'}.stream == ${stream >> 1}`
}

export function addressFilter(address: string): string {
  return address.includes(':') ? `ipv6.addr == ${address}` : `ip.addr == ${address}`
}

const NUMBERS: ReadonlySet<Format> = new Set(['dec', 'hex', 'flag', 'ipv4', 'ipv6', 'ether'])
/** Longer bytes help nobody in a filter. */
const MOST_BYTES = 64
/** What a pasted line must not hold: it would end there, or do something. */
const UNFIT = /[\p{C}\p{Zl}\p{Zp}]/u

/** What lets through packets with this value in this field; with the field at all where its value can not be written. */
export function fieldFilter(node: Node, where: NodeBytes): string {
  const { name, format } = node.field
  const text = plainText(node, where)
  if (NUMBERS.has(format) || (format === 'bytes' && text !== '' && text.length <= MOST_BYTES * 2)) {
    const value = format === 'bytes' ? text.replace(/..(?=.)/g, '$&:') : text
    return accepted(`${name} == ${value}`) ?? name
  }
  if (format !== 'text' || text === '' || UNFIT.test(text)) return name
  return accepted(`${name} == "${text.replace(/[\\"]/g, '\\$&')}"`) ?? name
}

function accepted(filter: string): string | null {
  return filterFault(filter) === null ? filter : null
}

/** Why a filter can not be used, and where it goes wrong; null when it can, or when it is blank: that is none. */
export function filterFault(text: string): PromptFault | null {
  return text.trim() === '' ? null : compileFault(text)
}

/** The same where a filter must stand: a blank one can not be used either. */
export function compileFault(text: string): PromptFault | null {
  try {
    compileFilter(text)
    return null
  } catch (error) {
    if (error instanceof FilterError) return { says: error.message, at: error.range.start }
    throw error
  }
}

/** For a POSIX shell. TLS is looked for on the port of RDP, where tshark expects it alone. */
export function tsharkCommand(path: string, filter: string): string {
  return `tshark -r ${quoted(path)} -d tcp.port==3389,tls -Y ${quoted(filter)} -V`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
