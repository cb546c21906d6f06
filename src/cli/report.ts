/** `rdpscope report`: documents for the network team, and the packets that prove what they say. */
import { accessSync, constants } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { CaptureAnalysis } from '../analysis.ts'
import { CaptureError, type GivenKeys, KeySource, unreadable } from '../analyze.ts'
import { exhibitsOf } from '../evidence/exhibits.ts'
import { type Proof, proofOf } from '../evidence/proof.ts'
import { type ReadCapture, readCapture } from '../evidence/read.ts'
import { savePackets } from '../evidence/saving.ts'
import { clean } from '../report/clean.ts'
import { NO_EXHIBITS } from '../report/exhibits.ts'
import { formats } from '../report/formats.ts'
import { counted } from '../report/layout.ts'
import { rules } from '../rules/index.ts'
import { MAX_DOCUMENT_PACKETS } from '../wire/limits.ts'
import { internalError } from './analyst.ts'
import { conclude } from './conclusion.ts'
import { type CaptureInput, captureInputs } from './inputs.ts'
import { givenKeys, type KeyOptions } from './keys.ts'
import type { Streams } from './output.ts'
import { type PolicyOptions, policyFor } from './policy.ts'
import { type CodeOptions, reportedCode } from './reported-code.ts'
import { destinations, isFolder, notWritten, Reports } from './reports.ts'
import { UsageError } from './status.ts'

export interface ReportOptions extends KeyOptions, PolicyOptions, CodeOptions {
  /** Files; the format of each by its suffix. */
  readonly output?: readonly string[]
  /** Where the packets that prove the findings go. */
  readonly evidence?: string
  /** TLS keys that the capture holds go along with them. */
  readonly keys: boolean
}

/** @returns the exit status. @throws UsageError */
export async function report(paths: readonly string[], options: ReportOptions, streams: Streams): Promise<number> {
  const { output = [], evidence } = options
  if (output.length === 0 && evidence === undefined)
    throw new UsageError('nothing to write: name a file with --output report.html or --evidence proof.pcapng')
  const inputs = await captureInputs(paths)
  const files = inputs.map(({ path }) => path)
  const places = output.length === 0 ? [] : destinations(output.map(asDestination), undefined, files)
  if (evidence !== undefined) checkEvidence(evidence, files, output)
  const policy = await policyFor(options, streams)
  const keys = givenKeys(options, streams)
  const wishes = { code: reportedCode(options), rules, folder: process.cwd(), verbose: true, shard: null }
  const reports = await Reports.begin(places, wishes, streams)
  const areShown = places.some(({ format }) => format.showsPackets === true)
  let room = MAX_DOCUMENT_PACKETS
  let exhibits = NO_EXHIBITS
  async function* analyses(): AsyncGenerator<CaptureAnalysis> {
    for (const input of inputs) {
      const { analysis, capture } = await readOne(input, keys)
      try {
        exhibits = capture === null || !areShown ? NO_EXHIBITS : await exhibitsOf(capture, analysis, room)
        room -= exhibits.packets.size
        yield analysis
        if (evidence !== undefined && capture !== null)
          await writeEvidence({ analysis, capture }, evidence, options.keys, keys, streams)
      } finally {
        capture?.close()
      }
    }
  }
  return conclude(analyses(), reports, policy, streams, () => exhibits)
}

/** `x.html` as `html=x.html`. */
function asDestination(path: string): string {
  const suffix = path.toLowerCase().replace(/^.*[./\\]/, '')
  const format = path.includes('.') ? formats.find(({ suffixes }) => suffixes.includes(suffix)) : undefined
  if (format === undefined) {
    const known = formats.flatMap(({ suffixes }) => suffixes.slice(0, 1)).map(one => `.${one}`)
    throw new UsageError(`--output ${path}: the suffix tells no format; use one of ${known.join(', ')}`)
  }
  return `${format.name}=${path}`
}

function checkEvidence(path: string, inputs: readonly string[], output: readonly string[]): void {
  if (inputs.length !== 1)
    throw new UsageError(`--evidence ${path}: takes the packets of one capture; ${inputs.length} were given`)
  const same = [...inputs, ...output].find(other => resolve(other) === resolve(path))
  if (same !== undefined) throw new UsageError(`--evidence ${path}: is one of the other files`)
  if (isFolder(path)) throw new UsageError(`--evidence ${path}: is a folder, not a file`)
  try {
    accessSync(dirname(resolve(path)), constants.W_OK | constants.X_OK)
  } catch (error) {
    throw notWritten(path, error as Error)
  }
}

/** What can not be read is an analysis that says so: the other captures are still read. */
async function readOne(
  { path, error }: CaptureInput,
  keys: GivenKeys,
): Promise<Pick<ReadCapture, 'analysis'> & { readonly capture: ReadCapture['capture'] | null }> {
  if (error !== null) return { analysis: unreadable(path, error), capture: null }
  try {
    return await readCapture(path, { keys })
  } catch (failure) {
    const { code, message, remedy } =
      failure instanceof CaptureError
        ? failure
        : internalError(path, failure instanceof Error ? failure.message : String(failure))
    return { analysis: unreadable(path, { code, message, remedy }), capture: null }
  }
}

async function writeEvidence(
  { analysis, capture }: ReadCapture,
  path: string,
  withKeys: boolean,
  given: GivenKeys,
  streams: Streams,
): Promise<void> {
  const hasKeys = capture.capture.info.secrets.length > 0
  const proof = proofOf(capture, analysis, withKeys || !hasKeys ? null : new KeySource(given, []))
  if (proof === null) {
    streams.complain(`${path}: not written: nothing was found in ${analysis.path}, so there is nothing to prove`)
    return
  }
  try {
    await savePackets(capture, analysis.attempts, proof.rows, path, { withKeys, replaces: true })
  } catch (error) {
    throw notWritten(path, error as Error)
  }
  streams.complain(said(path, proof, analysis, hasKeys, withKeys))
}

function said(
  path: string,
  { rows, isSame }: Proof,
  { packets }: CaptureAnalysis,
  hasKeys: boolean,
  withKeys: boolean,
): string {
  const amount = `${rows.length} of ${counted(packets, 'packet')}`
  const keys = hasKeys
    ? withKeys
      ? ', with the TLS keys of the capture (--no-keys leaves them out)'
      : ', without the TLS keys of the capture'
    : ''
  const why = hasKeys && !withKeys ? 'some are read with the keys' : 'the rest of the capture is part of them'
  const again = isSame
    ? 'scanned again it gives the same findings'
    : `scanned again it does not give all findings: ${why}`
  return `${clean(path)}: ${amount}${keys}; ${again}`
}
