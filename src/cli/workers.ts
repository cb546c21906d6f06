/**
 * Captures analysed by several processes at once, and handed on in the order of the inputs. Processes rather than threads: one
 * that dies, of whatever, takes nothing with it but the capture that it was at.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { statSync } from 'node:fs'
import type { CaptureAnalysis } from '../analysis.ts'
import { unreadable } from '../analyze.ts'
import { MAX_WAITING_RESULT_BYTES } from '../wire/limits.ts'
import { Analyst, type AnalystSettings, internalError } from './analyst.ts'
import type { CaptureInput } from './inputs.ts'
import type { WorkerAnswer, WorkerTask } from './worker.ts'

/** Small captures are given out together: so many bytes, so many captures. */
const TASK_BYTES = 1 << 20
const TASK_CAPTURES = 16
/** Workers that died in a row before they said anything: then it is not the capture's fault. */
const MOST_STILLBORN = 3

/** Told while captures are read: `lane` is who reads. */
export interface ReadingProgress {
  reading(lane: number, bytes: number): void
  done(lane: number, bytes: number): void
}

/** What one worker does, in this order. */
interface Task {
  readonly first: number
  readonly bytes: number
  /** Indices of inputs that are still to be answered. */
  readonly left: number[]
  /** Only this process can read them: standard input, pipes. */
  readonly here: boolean
}

interface Worker {
  readonly lane: number
  readonly process: ChildProcess
  task: Task | null
  hasSpoken: boolean
}

/** The lane of this process itself. */
const HERE = -1

export class Workers {
  readonly #settings: AnalystSettings
  readonly #jobs: number
  readonly #file: URL
  readonly #mostWaitingBytes: number
  readonly #workers: Worker[] = []
  #run: Run | null = null
  #lanes = 0
  #stillborn = 0

  /**
   * @param file of the worker's program
   * @param mostWaitingBytes of analyses that wait for an earlier one, as JSON
   */
  constructor(
    settings: AnalystSettings,
    jobs: number,
    file: URL = workerFile(),
    mostWaitingBytes: number = MAX_WAITING_RESULT_BYTES,
  ) {
    this.#mostWaitingBytes = mostWaitingBytes
    this.#settings = settings
    this.#jobs = jobs
    this.#file = file
  }

  /** In the order of the inputs. One set of inputs at a time. */
  async *analyses(inputs: readonly CaptureInput[], progress: ReadingProgress): AsyncGenerator<CaptureAnalysis> {
    const run = new Run(inputs, progress, this.#mostWaitingBytes)
    this.#run = run
    try {
      while (run.next < inputs.length) {
        this.#fill(run)
        const analysis = run.take()
        if (analysis !== null) yield analysis
        else await run.change()
      }
    } finally {
      this.#run = null
    }
  }

  close(): void {
    for (const worker of this.#workers.splice(0)) worker.process.kill('SIGKILL')
  }

  /** Gives work to whoever has none. */
  #fill(run: Run): void {
    if (!run.readsHere) {
      const task = run.claim(true)
      if (task !== null) void this.#readHere(run, task)
    }
    for (;;) {
      const idle = this.#workers.find(({ task }) => task === null)
      if (idle === undefined && this.#workers.length >= this.#jobs) return
      const task = run.claim(false)
      if (task === null) return
      this.#give(idle ?? this.#begin(), run, task)
    }
  }

  #give(worker: Worker, run: Run, task: Task): void {
    worker.task = task
    const inputs = task.left.map(index => run.inputs[index] as CaptureInput)
    this.#send(worker, { inputs })
  }

  #send(worker: Worker, task: WorkerTask): void {
    // One that is gone is told of by its exit.
    worker.process.send(task, () => {})
  }

  #begin(): Worker {
    const child = fork(this.#file, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
    const worker: Worker = { lane: this.#lanes++, process: child, task: null, hasSpoken: false }
    this.#workers.push(worker)
    child.on('message', (answer: WorkerAnswer) => this.#answered(worker, answer))
    child.on('error', error => this.#died(worker, error.message))
    // Behind its last answer, which an exit is not.
    child.on('close', (code, signal) => this.#died(worker, signal ?? `exit status ${code}`))
    this.#send(worker, { settings: this.#settings, inputs: [] })
    return worker
  }

  #answered(worker: Worker, { readBytes, analysis }: WorkerAnswer): void {
    worker.hasSpoken = true
    this.#stillborn = 0
    const { task } = worker
    if (task === null || this.#run === null) return
    if (analysis === null) {
      this.#run.progress.reading(worker.lane, readBytes)
      return
    }
    const index = task.left.shift() as number
    if (task.left.length === 0) worker.task = null
    this.#run.finished(worker.lane, index, analysis)
  }

  #died(worker: Worker, how: string): void {
    const at = this.#workers.indexOf(worker)
    if (at < 0) return
    this.#workers.splice(at, 1)
    const { task } = worker
    const run = this.#run
    if (run === null || task === null) return
    if (!worker.hasSpoken) {
      if (++this.#stillborn < MOST_STILLBORN) run.giveBack(task)
      else run.fail(new Error(`workers can not be started (${how}); scan without --jobs`))
      return
    }
    const index = task.left.shift() as number
    const { path } = run.inputs[index] as CaptureInput
    run.finished(worker.lane, index, unreadable(path, internalError(path, `the worker that read it died (${how})`)))
    if (task.left.length > 0) run.giveBack(task)
  }

  async #readHere(run: Run, task: Task): Promise<void> {
    run.readsHere = true
    const analyst = new Analyst(this.#settings)
    for (const index of task.left) {
      const input = run.inputs[index] as CaptureInput
      run.finished(HERE, index, await analyst.analyze(input, bytes => run.progress.reading(HERE, bytes)))
    }
    run.readsHere = false
  }
}

/** One set of inputs on its way. */
class Run {
  readonly inputs: readonly CaptureInput[]
  readonly progress: ReadingProgress
  /** Whose analysis is handed on next. */
  next = 0
  readsHere = false
  /** The largest last; those that were begun are left out below. */
  readonly #tasks: Task[]
  readonly #open: Set<Task>
  /** By the index of an input. */
  readonly #owners: readonly Task[]
  /** Finished before their turn: as JSON where they come from a worker. */
  readonly #waiting = new Map<number, Uint8Array | CaptureAnalysis>()
  #waitingBytes = 0
  readonly #mostWaitingBytes: number
  #failure: Error | null = null
  #wake: (() => void) | null = null

  constructor(inputs: readonly CaptureInput[], progress: ReadingProgress, mostWaitingBytes: number) {
    this.#mostWaitingBytes = mostWaitingBytes
    this.inputs = inputs
    this.progress = progress
    this.#tasks = tasksOf(inputs)
    this.#open = new Set(this.#tasks)
    this.#owners = this.#tasks.flatMap(task => task.left.map(() => task))
    this.#tasks.sort((a, b) => a.bytes - b.bytes || b.first - a.first)
  }

  /** The analysis whose turn it is; null while it is not finished. @throws Error when there are no workers to be had */
  take(): CaptureAnalysis | null {
    if (this.#failure !== null) throw this.#failure
    const result = this.#waiting.get(this.next)
    if (result === undefined) return null
    this.#waiting.delete(this.next++)
    if (!(result instanceof Uint8Array)) return result
    this.#waitingBytes -= result.length
    return JSON.parse(new TextDecoder().decode(result)) as CaptureAnalysis
  }

  /** What everybody waits for, if nobody does it; else the largest, as long as there is room for results that must wait. */
  claim(here: boolean): Task | null {
    const awaited = this.#owners[this.next]
    if (awaited?.here === here && this.#open.delete(awaited)) return awaited
    if (this.#waitingBytes >= this.#mostWaitingBytes) return null
    while (this.#tasks.length > 0 && !this.#open.has(this.#tasks.at(-1) as Task)) this.#tasks.pop()
    const largest = this.#tasks.findLast(task => task.here === here && this.#open.has(task))
    if (largest !== undefined) this.#open.delete(largest)
    return largest ?? null
  }

  /** Its worker died: another one does the rest. */
  giveBack(task: Task): void {
    this.#tasks.push(task)
    this.#open.add(task)
    this.#wake?.()
  }

  finished(lane: number, index: number, result: Uint8Array | CaptureAnalysis): void {
    this.#waiting.set(index, result)
    if (result instanceof Uint8Array) this.#waitingBytes += result.length
    this.progress.done(lane, this.inputs[index]?.bytes ?? 0)
    this.#wake?.()
  }

  fail(error: Error): void {
    this.#failure = error
    this.#wake?.()
  }

  /** Resolves when something was finished. */
  async change(): Promise<void> {
    await new Promise<void>(resolve => {
      this.#wake = resolve
    })
    this.#wake = null
  }
}

/** Members of an archive that is read in order are one task; small captures that follow one another are, too. */
function tasksOf(inputs: readonly CaptureInput[]): Task[] {
  const tasks: { first: number; bytes: number; left: number[]; here: boolean; walk: string | null }[] = []
  for (const [index, input] of inputs.entries()) {
    const { bytes, archive } = input
    const walk = archive?.inOrder === true ? archive.path : null
    const here = isOnlyHere(input)
    const last = tasks.at(-1)
    const fits =
      walk !== null
        ? last?.walk === walk
        : last !== undefined && last.bytes + bytes <= TASK_BYTES && last.left.length < TASK_CAPTURES
    if (last !== undefined && fits && last.walk === walk && last.here === here) {
      last.left.push(index)
      last.bytes += bytes
    } else {
      tasks.push({ first: index, bytes, left: [index], here, walk })
    }
  }
  return tasks
}

/** Standard input, and what else has no size: other processes do not have it, or it can be opened only once. */
function isOnlyHere({ path, archive, bytes }: CaptureInput): boolean {
  if (path === '-') return true
  if (archive !== null || bytes > 0) return false
  return statSync(path, { throwIfNoEntry: false })?.isFile() === false
}

/** Beside this file, in the sources as in what is built from them. */
function workerFile(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)
}
