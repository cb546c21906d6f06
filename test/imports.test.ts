/** Holds the rooms apart: an import that the table of ARCHITECTURE.md does not allow fails here. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** What each room may import besides itself. The types that rules and reports are written against count too. */
const ALLOWED: Record<string, readonly string[]> = {
  wire: [],
  codes: [],
  dissectors: ['wire', 'codes'],
  capture: ['wire'],
  flow: ['wire', 'codes', 'dissectors', 'capture'],
  attempt: ['flow', 'codes', 'wire'],
  rules: ['attempt', 'codes'],
  analyze: ['rules', 'attempt', 'flow', 'capture', 'dissectors', 'codes', 'wire'],
  inspect: ['flow', 'capture', 'dissectors', 'codes', 'wire'],
  policy: ['analyze', 'rules'],
  report: ['analyze', 'policy', 'codes'],
  evidence: ['analyze', 'inspect', 'policy', 'report', 'capture', 'wire'],
  cli: ['analyze', 'inspect', 'evidence', 'policy', 'report', 'capture', 'codes', 'rules', 'tui'],
  tui: ['analyze', 'inspect', 'evidence', 'report', 'capture', 'codes', 'rules'],
}

/**
 * Beyond the table: the limits of a scan stand with all others; rules name sides by the constants of the wire, and look at what
 * an attempt is made of; how a value is written is said in one place.
 */
const ALSO_ALLOWED: Record<string, RegExp> = {
  cli: /^src\/wire\/limits\.ts$/,
  report: /^src\/(inspect\/(value-text|tree-search)|wire\/limits)\.ts$/,
  rules: /^src\/(wire\/(dissector|limits)|flow\/(conversation|event|headers))\.ts$/,
  tui: /^src\/wire\/dissector\.ts$/,
}
/** Of these only types: facts, attempts and verdicts as they are written down. */
const TYPES_ALLOWED: Record<string, RegExp> = {
  evidence: /^src\/rules\/rule\.ts$/,
  tui: /^src\/(attempt\/ladder|wire\/field)\.ts$/,
  attempt: /^dissectors\//,
  rules: /^dissectors\//,
  report:
    /^src\/(attempt\/(attempt|ladder)|rules\/(rule|recordings)|flow\/conversation|inspect\/(packet|glance|occurrences|segments|stream-bytes)|wire\/field)\.ts$/,
}

/** Rooms in which nothing comes from Node, and the modules that others may use. */
const PURE = new Set(['wire', 'codes', 'dissectors'])
const NODE_ALLOWED: Record<string, RegExp> = {
  capture: /^node:/,
  cli: /^node:/,
  tui: /^node:/,
}

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
}

const files = ['src', 'dissectors'].flatMap(folder =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(folder, name).split(sep).join('/')),
)
const imports = files.flatMap(importsOf)
const inner = imports.filter(({ to }) => !to.includes(':') && /^(src|dissectors)\//.test(to))

describe('the rooms', () => {
  it('are all named in the table', () => {
    expect(files.filter(file => !(roomOf(file) in ALLOWED))).toEqual([])
  })

  it('import along the arrows only', () => {
    const against = inner.filter(({ from, to, typeOnly }) => {
      const room = roomOf(from)
      if (room === roomOf(to) || ALLOWED[room]?.includes(roomOf(to))) return false
      return !ALSO_ALLOWED[room]?.test(to) && !(typeOnly && TYPES_ALLOWED[room]?.test(to))
    })
    expect(against.map(arrow)).toEqual([])
  })

  it('leave files and the network to capture, cli and tui', () => {
    const outside = imports.filter(({ from, to }) => {
      if (!to.startsWith('node:')) return false
      const room = roomOf(from)
      if (room === 'flow' && /^src\/flow\/tls/.test(from)) return to !== 'node:crypto'
      return PURE.has(room) || !NODE_ALLOWED[room]?.test(to)
    })
    expect(outside.map(arrow)).toEqual([])
  })

  it('import packages only where the commands and the capture files are', () => {
    const packages = imports.filter(({ to }) => !to.startsWith('node:') && !/^(src|dissectors)\//.test(to))
    expect(packages.filter(({ from }) => !/^src\/(cli|tui|capture)\//.test(from)).map(arrow)).toEqual([])
  })

  it('have no cycles of values; types may point back', () => {
    expect(cycles(inner.filter(({ typeOnly }) => !typeOnly))).toEqual([])
  })

  it('name each relative import with its .ts', () => {
    expect(inner.filter(({ to }) => !files.includes(to)).map(arrow)).toEqual([])
  })
})

function roomOf(file: string): string {
  const [top = '', room = ''] = file.split('/')
  if (top === 'dissectors') return 'dissectors'
  return room.endsWith('.ts') ? 'analyze' : room
}

function importsOf(from: string): Import[] {
  const text = readFileSync(join(root, from), 'utf8')
  const found: Import[] = []
  for (const match of text.matchAll(/^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'/gm)) {
    found.push({ from, to: target(from, match[2] as string), typeOnly: match[1] !== undefined })
  }
  for (const match of text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g)) {
    found.push({ from, to: target(from, match[1] as string), typeOnly: false })
  }
  return found
}

function target(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier
  return relative(root, resolve(root, dirname(from), specifier))
    .split(sep)
    .join('/')
}

function arrow({ from, to }: Import): string {
  return `${from} -> ${to}`
}

/** Files on a cycle, each cycle once as the path that closes it. */
function cycles(arrows: readonly Import[]): string[] {
  const targets = grouped(arrows)
  const done = new Set<string>()
  const found: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file)
    if (at >= 0) found.push([...path.slice(at), file].join(' -> '))
    if (at >= 0 || done.has(file)) return
    for (const { to } of targets.get(file) ?? []) visit(to, [...path, file])
    done.add(file)
  }
  for (const file of targets.keys()) visit(file, [])
  return found
}

function grouped(arrows: readonly Import[]): Map<string, Import[]> {
  const groups = new Map<string, Import[]>()
  for (const one of arrows) groups.set(one.from, [...(groups.get(one.from) ?? []), one])
  return groups
}
