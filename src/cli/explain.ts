/** `rdpscope explain`: what a code means, layer by layer, what it does not mean, and what to capture. */
import { type Reading, readDisconnect } from '../codes/disconnect-reading.ts'
import { type Entry, type Explanation, explain } from '../codes/explain.ts'
import { written } from '../codes/table.ts'
import { clean } from '../report/clean.ts'
import { hanging, wrap } from '../report/layout.ts'
import type { TextStyle } from '../report/text.ts'
import { rules } from '../rules/index.ts'
import type { Streams } from './output.ts'
import { EXIT_CLEAN, UsageError } from './status.ts'
import { textStyle } from './terminal.ts'

/** @throws UsageError when no table knows one of them. */
export async function explainCodes(codes: readonly string[], streams: Streams): Promise<number> {
  const explanations = codes.map(explain)
  const unknown = explanations.find(({ entries }) => entries.length === 0)
  if (unknown !== undefined)
    throw new UsageError(`no table knows ${clean(unknown.asked)}: give a number, a name or a word`)
  const style = textStyle({ verbose: false, columns: streams.columns })
  const reading = dialogReading(explanations)
  const lines = reading === null ? [] : readingLines(reading, style)
  for (const explanation of explanations) lines.push(...explanationLines(explanation, style))
  await streams.results.write(lines.map(line => `${line}\n`).join(''))
  return EXIT_CLEAN
}

/** One or two numbers are read as mstsc's dialog shows them: error code, extended error code. */
function dialogReading(explanations: readonly Explanation[]): Reading | null {
  if (explanations.length > 2 || explanations.some(({ value }) => value === null)) return null
  return readDisconnect(explanations[0]?.value as number, explanations[1]?.value ?? null)
}

function readingLines(reading: Reading, { width, paint }: TextStyle): string[] {
  const lines = [paint('strong', `What ${reading.codes} tells`)]
  const section = (title: string, items: readonly string[]) => {
    if (items.length === 0) return
    lines.push('', `${title}:`)
    for (const item of items) lines.push(...hanging('  - ', item, width))
  }
  section('What it is', reading.is)
  section('What it is not', reading.isNot)
  section(
    'What the web says, and what the tables say',
    reading.claims.map(({ claim, truth }) => `${claim}: ${truth}.`),
  )
  section('What a capture shows when the code is right', reading.wire)
  section('What to capture', reading.capture)
  section('Rules that decide it', ruleTitles(reading.rules))
  return [...lines, '']
}

function explanationLines({ asked, value, readAsHex, entries }: Explanation, { width, paint }: TextStyle): string[] {
  const forms =
    value === null ? [] : otherForms(value).filter(form => form.toLowerCase() !== asked.trim().toLowerCase())
  const hint = readAsHex ? ' (read as hexadecimal)' : ''
  const lines = [paint('strong', `${[clean(asked), ...forms].join(' = ')}${hint}, layer by layer`)]
  for (const entry of entries) {
    lines.push('', ...entryHead(entry, width))
    const source = `${entry.table.source}${entry.code.tier === 'community' ? ' (not confirmed by the vendor)' : ''}`
    lines.push(...hanging('    source  ', source, width))
    lines.push(...hanging('    layer   ', entry.table.layer, width))
    const decided = ruleIds(entry.rules)
    if (decided.length > 0) lines.push(...hanging('    rules   ', decided.join(', '), width))
  }
  return [...lines, '']
}

function entryHead({ table, code }: Entry, width: number): string[] {
  const symbol = code.symbol === '' ? '' : ` ${code.symbol}`
  const note = code.note === '' ? '' : ` ${code.note}`
  return wrap(`${table.title}: ${written(table, code.value)}${symbol}: ${code.meaning}.${note}`, width)
}

/** NTSTATUS and HRESULT values are often printed as negative numbers. */
function otherForms(value: number): string[] {
  const forms = [String(value), `0x${value.toString(16).toUpperCase()}`]
  return value > 0x7fff_ffff ? [...forms, String(value | 0)] : forms
}

/** The rules that this version has. */
function ruleIds(ids: readonly string[]): string[] {
  return ids.filter(id => rules.some(rule => rule.id === id))
}

function ruleTitles(ids: readonly string[]): string[] {
  return rules.filter(rule => ids.includes(rule.id)).map(rule => `${rule.id}: ${rule.title}`)
}
