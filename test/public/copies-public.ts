/**
 * `npm run check:copies`: what is passed on of a capture must say what the capture says. For every capture below
 * ../shared/captures: a redacted copy gives the same outcomes and verdicts, and the packets that prove its findings give the
 * same findings when they are scanned by themselves.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { exit } from 'node:process'
import type { CaptureAnalysis } from '../../src/analysis.ts'
import { analyzeFile, CaptureError } from '../../src/analyze.ts'
import { proofOf } from '../../src/evidence/proof.ts'
import { readCapture } from '../../src/evidence/read.ts'
import { savePackets } from '../../src/evidence/saving.ts'
import { Keyed } from '../../src/redact/keyed.ts'
import { redactFile } from '../../src/redact/redact.ts'
import { checkVerdicts } from '../../src/redact/verdict-check.ts'

const FOLDER = join(import.meta.dirname, '../../../shared/captures')
const CAPTURE = /\.(pcap|pcapng|cap|dmp)$/
/** That so many were looked at: a check of nothing finds no violation. */
const LEAST_REDACTED = 1090
const LEAST_PROVEN = 120

if (!existsSync(FOLDER)) {
  console.log(`skipped: ${FOLDER} is not there`)
  exit(0)
}
const work = mkdtempSync(join(tmpdir(), 'rdpscope-copies-'))
const keyed = new Keyed(Buffer.from('the key of this check'))
const violations: string[] = []
let redacted = 0
let unreadable = 0
let proven = 0
const started = performance.now()

for (const name of captures()) {
  try {
    await checkRedacted(name)
    await checkProof(name)
  } catch (error) {
    if (error instanceof CaptureError) unreadable++
    else violations.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
rmSync(work, { recursive: true })
if (redacted < LEAST_REDACTED) violations.push(`only ${redacted} captures were redacted`)
if (proven < LEAST_PROVEN) violations.push(`the findings of only ${proven} captures were proven`)
for (const violation of violations) console.error(violation)
console.log(
  `${redacted} captures redacted, findings of ${proven} proven by some of their packets, ${unreadable} unreadable, in ` +
    `${Math.round((performance.now() - started) / 1000)} s; ${violations.length} violations`,
)
exit(violations.length === 0 ? 0 : 1)

function captures(): string[] {
  return readdirSync(FOLDER, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && CAPTURE.test(entry.name))
    .map(entry => relative(FOLDER, join(entry.parentPath, entry.name)))
    .sort()
}

async function checkRedacted(name: string): Promise<void> {
  const path = join(FOLDER, name)
  const copy = join(work, 'redacted.pcapng')
  const blocks: Uint8Array[] = []
  const { hadSecrets } = await redactFile(path, block => blocks.push(block), { keyed })
  writeFileSync(copy, Buffer.concat(blocks))
  const { changes } = await checkVerdicts(path, copy, hadSecrets)
  for (const { attempt, rule, before, after, cause } of changes) {
    if (cause === 'redaction')
      violations.push(`${name}: redacted: attempt ${attempt}: ${rule} '${before}' is '${after}'`)
  }
  redacted++
}

async function checkProof(name: string): Promise<void> {
  const { analysis, capture } = await readCapture(join(FOLDER, name), { keys: null })
  try {
    const proof = proofOf(capture, analysis, null)
    if (proof === null) return
    const saved = join(work, 'evidence.pcapng')
    await savePackets(capture, analysis.attempts, proof.rows, saved, { withKeys: true, replaces: true })
    if (findings(await analyzeFile(saved)) !== findings(analysis)) violations.push(`${name}: evidence: other findings`)
    proven++
  } finally {
    capture.close()
  }
}

/** All but the numbers of attempts: those that nothing was found of are not in the file. */
function findings({ diagnosis }: CaptureAnalysis): string {
  return JSON.stringify(diagnosis.map(({ attempts, ...claim }) => claim))
}
