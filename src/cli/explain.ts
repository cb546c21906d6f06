/** `rdpscope explain`: what a code means, layer by layer, what it does not mean, and what to capture. */
import { type Reading, readDisconnect } from '../codes/disconnect-reading.ts'
import { type Entry, type Explanation, explain, questions } from '../codes/explain.ts'
import { hearsayOf } from '../codes/hearsay.ts'
import { written } from '../codes/table.ts'
import { clean } from '../report/clean.ts'
import { hanging, wrap } from '../report/layout.ts'
import type { TextStyle } from '../report/text.ts'
import { rules } from '../rules/index.ts'
import { beforeClick, onBothEnds, type Recording } from '../rules/recordings.ts'
import type { Streams } from './output.ts'
import { EXIT_CLEAN, EXIT_USAGE, UsageError } from './status.ts'
import { textStyle } from './terminal.ts'

/** Captures that the last section names: those of the likeliest rules. */
const NAMED_RECORDINGS = 3

/**
 * What is known is explained; what is not is told with how to look further, and makes the status that of wrong use.
 * @throws UsageError when no table knows any of them.
 */
export async function explainCodes(words: readonly string[], streams: Streams): Promise<number> {
  const explanations = questions(words).map(explain)
  const known = explanations.filter(isKnown)
  const unknown = explanations.filter(explanation => !isKnown(explanation)).map(lookFurther)
  if (known.length === 0)
    throw new UsageError(unknown.join('; ') || 'nothing was asked: give a number, a name or words')
  const style = textStyle({ verbose: false, columns: streams.columns })
  const reading = dialogReading(explanations)
  const lines = reading === null ? [] : readingLines(reading, style)
  for (const explanation of known) lines.push(...explanationLines(explanation, style))
  const decided = [...(reading?.rules ?? []), ...known.flatMap(rulesOf)]
  lines.push(...recordingLines(decided, reading === null ? [] : [beforeClick, onBothEnds], style))
  await streams.results.write(lines.map(line => `${line}\n`).join(''))
  for (const complaint of unknown) streams.complain(complaint)
  return unknown.length === 0 ? EXIT_CLEAN : EXIT_USAGE
}

function isKnown({ entries, allegations }: Explanation): boolean {
  return entries.length + allegations.length > 0
}

/** One line: where else such a number is listed. */
function lookFurther({ asked, value }: Explanation): string {
  const nobody = `no table knows ${clean(asked)}`
  if (value === null) return `${nobody}: give a number, a name, or fewer words`
  const hex = `0x${value.toString(16).toUpperCase()}`
  if (value >>> 28 === 0xc || value >>> 28 === 0xd)
    return `${nobody}, an NTSTATUS: "certutil -error ${hex}" on Windows names it`
  if (value >>> 16 === 0x8007)
    return `${nobody}, a wrapped Windows error: "net helpmsg ${value & 0xffff}" on Windows tells it`
  if (value > 0x7fff_ffff) return `${nobody}, an HRESULT: "certutil -error ${hex}" on Windows names it`
  if (value >>> 24 === 3)
    return `${nobody}, a number of the gateway client, of which Microsoft publishes no table: go by the text of the dialog`
  return `${nobody}: say where it stood ("alert 40", "event 1057", "http 502"), or look for it as ${value} and ${hex}`
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

function explanationLines(explanation: Explanation, { width, paint }: TextStyle): string[] {
  const { asked, value, readAsHex, entries, allegations } = explanation
  const forms =
    value === null ? [] : otherForms(value).filter(form => form.toLowerCase() !== asked.trim().toLowerCase())
  const hint = readAsHex ? ' (read as hexadecimal)' : ''
  const order = entries.length > 1 && value !== null ? ', the likeliest reading first' : ''
  const lines = [paint('strong', `${[clean(asked), ...forms].join(' = ')}${hint}${order}`)]
  for (const { table, code, rules: ids } of entries) {
    const field = (name: string, text: string) => {
      if (text !== '') lines.push(...hanging(`    ${name.padEnd(8)}`, text, width))
    }
    lines.push('', ...entryHead({ table, code, rules: ids }, width))
    field('layer', table.layer)
    field('source', `${table.source}${code.tier === 'community' ? ' (not confirmed by the vendor)' : ''}`)
    for (const { claim, truth } of hearsayOf(table.id, code.value)) field('hearsay', `"${claim}": ${truth}.`)
    field('rules', ruleIds(ids).join(', '))
  }
  if (allegations.length > 0) lines.push('', 'What is blamed in such words:')
  for (const { claim, truth, settle, decidedBy, hintedBy } of allegations) {
    lines.push(...hanging('  - ', `${claim}. ${truth} To settle: ${settle}`, width))
    const ids = ruleIds([...decidedBy, ...hintedBy])
    if (ids.length > 0) lines.push(...hanging('    rules   ', ids.join(', '), width))
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

/** The rules that the likeliest reading names, then those of the others. */
function rulesOf({ entries, allegations }: Explanation): string[] {
  return [
    ...entries.flatMap(entry => entry.rules),
    ...allegations.flatMap(({ decidedBy, hintedBy }) => [...decidedBy, ...hintedBy]),
  ]
}

/** Where to capture, so that these rules can decide. Of what a dialog shows the beginning is wanted, whatever the rule. */
function recordingLines(ids: readonly string[], first: readonly Recording[], { width, paint }: TextStyle): string[] {
  const wanted = [...new Set(ids)].flatMap(id => rules.find(rule => rule.id === id)?.settledBy ?? [])
  const named = [...new Set<Recording>([...first, ...wanted])].slice(0, NAMED_RECORDINGS)
  if (named.length === 0) return []
  const lines = [paint('strong', 'Where to capture')]
  for (const { title, commands } of named) {
    lines.push(...hanging('  - ', `${title}:`, width))
    // Not wrapped: it is there to be copied.
    const [command] = commands
    if (command !== undefined) lines.push(...command.lines.map(line => `      ${line}`))
  }
  const rule = ids.find(id => rules.some(rule => rule.id === id))
  if (rule !== undefined) lines.push(...hanging('  ', `Commands for other programs: rdpscope rules ${rule}`, width))
  return [...lines, '']
}

/** The rules that this version has. */
function ruleIds(ids: readonly string[]): string[] {
  return ids.filter(id => rules.some(rule => rule.id === id))
}

function ruleTitles(ids: readonly string[]): string[] {
  return rules.filter(rule => ids.includes(rule.id)).map(rule => `${rule.id}: ${rule.title}`)
}
