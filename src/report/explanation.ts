/** What a code means, layer by layer, what it does not mean, and what to capture: as text, for the command and the terminal UI. */
import { clientDisconnectReasons } from '../codes/client-disconnect-reasons.ts'
import { type Reading, readDisconnect } from '../codes/disconnect-reading.ts'
import type { Entry, Explanation } from '../codes/explain.ts'
import { extendedDisconnectReasons } from '../codes/extended-disconnect-reasons.ts'
import { gatewayClientReasons } from '../codes/gateway-client.ts'
import { hearsayOf } from '../codes/hearsay.ts'
import { type CodeTable, written } from '../codes/table.ts'
import type { Recording } from '../rules/recordings.ts'
import type { Rule } from '../rules/rule.ts'
import { clean } from './clean.ts'
import { hanging, wrap } from './layout.ts'
import type { TextStyle } from './text-style.ts'

/** What the text refers to. */
export interface Referred {
  readonly rules: readonly Rule[]
  /** Captures that show what lies behind a number of mstsc's dialog, whatever the rule. */
  readonly behindDialog: readonly Recording[]
}

type Style = Pick<TextStyle, 'width' | 'paint'>

/** `alert 40` is no number of a dialog. */
const DIALOG_TABLES: ReadonlySet<CodeTable> = new Set([
  clientDisconnectReasons,
  extendedDisconnectReasons,
  gatewayClientReasons,
])
/** Captures that the last section names: those of the likeliest rules. */
const NAMED_RECORDINGS = 3

/** Of those explanations that some table answers to. Without line ends. */
export function explanationText(
  explanations: readonly Explanation[],
  { rules, behindDialog }: Referred,
  style: Style,
): string[] {
  const told = explanations.filter(isKnown)
  const reading = dialogReading(explanations)
  const lines = reading === null ? [] : readingLines(reading, rules, style)
  for (const explanation of told) lines.push(...explanationLines(explanation, rules, style))
  const decided = [...(reading?.rules ?? []), ...told.flatMap(rulesOf)]
  lines.push(...recordingLines(decided, rules, reading === null ? [] : behindDialog, style))
  return lines
}

/** Some table answers, or people blame something in such words. */
export function isKnown({ entries, allegations }: Explanation): boolean {
  return entries.length + allegations.length > 0
}

/** Of what no table knows, in one line: where else such a number is listed. */
export function lookFurther({ asked, value }: Explanation): string {
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
  const isOfDialog = ({ value, table }: Explanation) => value !== null && (table === null || DIALOG_TABLES.has(table))
  if (explanations.length > 2 || !explanations.every(isOfDialog)) return null
  return readDisconnect(explanations[0]?.value as number, explanations[1]?.value ?? null)
}

function readingLines(reading: Reading, rules: readonly Rule[], { width, paint }: Style): string[] {
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
  section('Rules that decide it', ruleTitles(reading.rules, rules))
  return [...lines, '']
}

function explanationLines(explanation: Explanation, rules: readonly Rule[], { width, paint }: Style): string[] {
  const { asked, value, readAsHex, entries, allegations } = explanation
  // `alert 40` holds its number already.
  const typed = asked.trim().toLowerCase().split(/\s+/).at(-1)
  const forms = value === null ? [] : otherForms(value).filter(form => form.toLowerCase() !== typed)
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
    field('rules', known(ids, rules).join(', '))
  }
  if (allegations.length > 0) lines.push('', 'What is blamed in such words:')
  for (const { claim, truth, settle, decidedBy, hintedBy } of allegations) {
    lines.push(...hanging('  - ', `${claim}. ${truth} To settle: ${settle}`, width))
    const ids = known([...decidedBy, ...hintedBy], rules)
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
function recordingLines(
  ids: readonly string[],
  rules: readonly Rule[],
  first: readonly Recording[],
  { width, paint }: Style,
): string[] {
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
function known(ids: readonly string[], rules: readonly Rule[]): string[] {
  return ids.filter(id => rules.some(rule => rule.id === id))
}

function ruleTitles(ids: readonly string[], rules: readonly Rule[]): string[] {
  return rules.filter(rule => ids.includes(rule.id)).map(rule => `${rule.id}: ${rule.title}`)
}
