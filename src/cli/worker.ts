/** A worker of a scan: a process that analyses captures for the command, and ends with it. */
import { Analyst, type AnalystSettings } from './analyst.ts'
import type { CaptureInput } from './inputs.ts'

/** The first message; then come tasks. */
export interface WorkerTask {
  readonly settings?: AnalystSettings
  /** In this order. */
  readonly inputs: readonly CaptureInput[]
}

/** Of the input that is read, or that was: inputs are answered in their order. The first answer comes before the first task. */
export interface WorkerAnswer {
  readonly readBytes: number
  /** The analysis as JSON; null while it is not finished. */
  readonly analysis: Uint8Array | null
}

/** How often it is told how far the reading is. */
const TELL_EVERY_MS = 200

let analyst: Analyst | null = null

process.on('message', async ({ settings, inputs }: WorkerTask) => {
  if (settings !== undefined) analyst = new Analyst(settings)
  for (const input of inputs) await answer(analyst as Analyst, input)
})
process.on('disconnect', () => process.exit())
// They are sent to all processes of a terminal or a service: the command decides what comes of them.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {})
// From here on, what goes wrong is a capture's fault.
await told({ readBytes: 0, analysis: null })

async function answer(analyst: Analyst, input: CaptureInput): Promise<void> {
  let lastMs = performance.now()
  const analysis = await analyst.analyze(input, readBytes => {
    const nowMs = performance.now()
    if (nowMs - lastMs < TELL_EVERY_MS) return
    lastMs = nowMs
    void told({ readBytes, analysis: null })
  })
  await told({ readBytes: input.bytes, analysis: new TextEncoder().encode(JSON.stringify(analysis)) })
}

/** Resolves when it is on its way: whatever becomes of the next capture does not touch this one. */
async function told(answer: WorkerAnswer): Promise<void> {
  await new Promise<void>(resolve => process.send?.(answer, () => resolve()))
}
