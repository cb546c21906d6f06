/** `rdpscope redact`: a capture that can be given away, and what was taken out of it. */
import { readFileSync, realpathSync, type Stats, statSync } from 'node:fs'
import { CaptureError } from '../analyze.ts'
import { BlockFile } from '../capture/block-file.ts'
import { Keyed } from '../redact/keyed.ts'
import { type RedactionSummary, redactFile } from '../redact/redact.ts'
import { checkVerdicts, type VerdictChange, type VerdictCheck } from '../redact/verdict-check.ts'
import type { Streams } from './output.ts'
import { Progress } from './progress.ts'
import { EXIT_CLEAN, EXIT_FINDINGS, EXIT_UNREADABLE, UsageError } from './status.ts'

export interface RedactOptions {
  readonly keyFile?: string
  readonly check: boolean
  readonly format: 'text' | 'json'
}

/** A shorter secret could be guessed. */
const LEAST_KEY_BYTES = 16
/** Changed verdicts that are told one by one in text. */
const MOST_CHANGES_SHOWN = 20

/** @returns the exit status. @throws UsageError */
export async function redact(path: string, target: string, options: RedactOptions, streams: Streams): Promise<number> {
  checkPaths(path, target)
  const keyed = options.keyFile === undefined ? Keyed.random() : new Keyed(keyOf(options.keyFile))
  const progress = progressOf(path, streams)
  const file = new Target(target)
  try {
    const summary = await redactFile(path, block => file.put(block), {
      keyed,
      onProgress: read => progress.reading(0, read),
    })
    file.close()
    progress.end()
    const check = options.check ? await checkVerdicts(path, target, summary.hadSecrets) : null
    file.keep()
    await tell({ path, target, summary, check, options }, streams)
    return statusOf(summary, check)
  } catch (error) {
    file.remove()
    if (!(error instanceof CaptureError)) throw error
    streams.complain(`${error.message}; ${error.remedy}`)
    return EXIT_UNREADABLE
  } finally {
    progress.end()
  }
}

/** It is read twice. */
function progressOf(path: string, streams: Streams): Progress {
  const bytes = 2 * (statsOf(path)?.size ?? 0)
  const say = (line: string): void => streams.complain(line)
  return new Progress([{ path, bytes, archive: null, error: null }], { wanted: undefined, sharesTerminal: false, say })
}

/** The capture itself is never written to, by whatever name. */
function checkPaths(path: string, target: string): void {
  if (path === '-') throw new UsageError('standard input can not be redacted: a capture is read twice, so give a file')
  if (target === '-') throw new UsageError('the redacted capture goes to a file: give its name')
  if (statsOf(path)?.isDirectory() === true) throw new UsageError(`${path}: is a folder: give one capture`)
  const there = statsOf(target)
  if (there === undefined) return
  if (there.isDirectory()) throw new UsageError(`${target}: is a folder: name the file to write`)
  if (isSame(path, target)) throw new UsageError(`${target}: is the capture itself: give another name to write to`)
  throw new UsageError(`${target}: exists already: remove it first, or give another name`)
}

/** Whatever can not even be looked at is taken for a file: opening it says why. */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

function isSame(path: string, target: string): boolean {
  try {
    return realpathSync(path) === realpathSync(target)
  } catch {
    return false // the capture is not there: reading it says so
  }
}

function keyOf(path: string): Uint8Array {
  let key: Uint8Array
  try {
    key = readFileSync(path)
  } catch (error) {
    throw new UsageError(`--key-file ${path}: can not be read: ${(error as Error).message}`)
  }
  if (key.length < LEAST_KEY_BYTES) {
    throw new UsageError(
      `--key-file ${path}: ${key.length} bytes, but ${LEAST_KEY_BYTES} are the least (head -c 32 /dev/urandom makes a key)`,
    )
  }
  return key
}

/** The file that is written: gone again unless it became whole. */
class Target {
  readonly #path: string
  readonly #file: BlockFile
  #isWhole = false
  readonly #interrupted = (): void => this.remove()

  /** @throws UsageError when it can not be made, and when the disk is full, or whatever else stops a write. */
  constructor(path: string) {
    this.#path = path
    this.#file = this.#writing(() => new BlockFile(path, 'wx'))
    process.once('SIGINT', this.#interrupted)
  }

  put(block: Uint8Array): void {
    this.#writing(() => this.#file.put(block))
  }

  close(): void {
    this.#writing(() => this.#file.close())
  }

  keep(): void {
    this.#isWhole = true
    process.off('SIGINT', this.#interrupted)
  }

  remove(): void {
    process.off('SIGINT', this.#interrupted)
    if (!this.#isWhole) this.#file.remove()
  }

  #writing<T>(write: () => T): T {
    try {
      return write()
    } catch (error) {
      throw new UsageError(`${this.#path}: can not be written: ${(error as Error).message}`)
    }
  }
}

interface Done {
  readonly path: string
  readonly target: string
  readonly summary: RedactionSummary
  readonly check: VerdictCheck | null
  readonly options: RedactOptions
}

async function tell(done: Done, streams: Streams): Promise<void> {
  const { path, target, summary, check, options } = done
  if (summary.damage !== '') streams.complain(`${path}: ${summary.damage}; all before it is redacted`)
  if (options.format === 'json') await streams.results.write(`${JSON.stringify(jsonOf(done), null, 2)}\n`)
  else streams.complain(`${target}: ${counted(summary.packets, 'packet')} written`, textOf(summary, check, options))
}

function jsonOf({ path, target, summary, check, options }: Done) {
  const { packets, removed, names, emptiedBytes, damage } = summary
  return {
    schema: 'rdpscope/redaction@1',
    input: path,
    output: target,
    packets,
    key: options.keyFile === undefined ? 'random' : 'file',
    removed: Object.fromEntries([...removed].sort(([one], [other]) => (one < other ? -1 : 1))),
    names,
    emptiedBytes,
    damage: damage === '' ? null : damage,
    verdicts: check,
  }
}

function textOf(
  { removed, names, emptiedBytes }: RedactionSummary,
  check: VerdictCheck | null,
  options: RedactOptions,
) {
  const lines = [...removed].map(([kind, count]) => `removed   ${kind}: ${counted(count, 'place')}`)
  lines.push(`removed   payload: ${counted(emptiedBytes, 'byte')} emptied`)
  const key = options.keyFile === undefined ? 'a key that nobody has: another run gives other ones' : 'the key given'
  lines.push(`names     ${counted(names, 'word')} replaced, by ${key}`)
  return [...lines, ...verdictLines(check)]
}

function verdictLines(check: VerdictCheck | null): string[] {
  if (check === null) return ['verdicts  not compared']
  const { attempts, verdicts, changes } = check
  const compared = `${counted(verdicts, 'verdict')} of ${counted(attempts, 'attempt')}`
  if (changes.length === 0) return [`verdicts  the same as before: ${compared}`]
  const byKeys = changes.filter(({ cause }) => cause === 'keys')
  const faults = changes.filter(({ cause }) => cause === 'redaction')
  const lines: string[] = []
  if (byKeys.length > 0) {
    lines.push(`verdicts  ${byKeys.length} of ${compared} rest on the TLS keys of the capture, which are left out:`)
    lines.push(...changeLines(byKeys))
    if (faults.length === 0) lines.push('verdicts  all others are the same, as without the keys before')
  }
  if (faults.length > 0) {
    lines.push(`verdicts  ${faults.length} of ${compared} are others now; please report it:`, ...changeLines(faults))
  }
  return lines
}

function changeLines(changes: readonly VerdictChange[]): string[] {
  const lines = changes
    .slice(0, MOST_CHANGES_SHOWN)
    .map(
      ({ attempt, rule, before, after }) =>
        `          attempt ${attempt}, ${rule}: ${before || 'none'}, now ${after || 'none'}`,
    )
  if (changes.length > lines.length) lines.push(`          and ${changes.length - lines.length} more`)
  return lines
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function statusOf({ damage }: RedactionSummary, check: VerdictCheck | null): number {
  if (damage !== '') return EXIT_UNREADABLE
  return check?.changes.some(({ cause }) => cause === 'redaction') === true ? EXIT_FINDINGS : EXIT_CLEAN
}
