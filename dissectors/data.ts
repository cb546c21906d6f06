/** Bytes that no dissector reads. */
import { field } from '../src/wire/field.ts'
import type { Pdu } from '../src/wire/pdu.ts'

export const dataRoot = field('data', 'Data', 'group')
const data = field('data.data', 'Data', 'bytes')
const length = field('data.len', 'Length')

export function readData(pdu: Pdu): void {
  const bytes = pdu.left
  pdu.mark(data, bytes)
  pdu.derived(length, bytes)
}
