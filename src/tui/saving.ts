/** Writing packets of the open capture to a file of their own, with what the rules say of them as comments. */
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs'
import type { AttemptAnalysis, CaptureAnalysis } from '../analysis.ts'
import { absoluteNs, PcapngWriter } from '../capture/pcapng-writer.ts'
import { jsonReport } from '../report/json.ts'
import { textReport } from '../report/text.ts'
import { VERSION } from '../version.ts'
import type { Document } from './document.ts'

export const SAVED = ['attempt', 'evidence', 'shown', 'marked', 'all', 'report-text', 'report-json'] as const
/** What is saved. */
export type Saved = (typeof SAVED)[number]

const SYNTHETIC_SNAP_LENGTH = 0x40000
const REPORT_COLUMNS = 100
/** Blocks are gathered to writes of this size. */
const WRITE_BYTES = 1 << 20

/**
 * A file is whole or is not there: what was written goes when something fails, and when the capture is closed meanwhile.
 * @param rows of the index, in order.
 * @returns how many packets were written.
 * @throws NodeJS.ErrnoException when the file can not be written; it must not be there before.
 */
export async function savePackets(
  document: Document,
  rows: readonly number[],
  path: string,
  withKeys: boolean,
): Promise<number> {
  const comments = commentsOf(document.attempts)
  const file = openSync(path, 'wx')
  const undo = (): void => {
    closeSync(file)
    rmSync(path, { force: true })
  }
  const isDone = document.untilClosed(undo)
  try {
    const pending: Uint8Array[] = []
    let pendingBytes = 0
    const flush = (): void => {
      for (const block of pending) writeFileSync(file, block)
      pending.length = 0
      pendingBytes = 0
    }
    const writer = new PcapngWriter(block => {
      pending.push(block)
      pendingBytes += block.length
      if (pendingBytes >= WRITE_BYTES) flush()
    })
    writer.section(`rdpscope ${VERSION}`, `${rows.length} packets of ${document.path}`)
    const interfaces = new Map<string, number>()
    for (const row of rows) {
      const { linkType, interfaceId } = document.index.at(row)
      const key = `${interfaceId} ${linkType}`
      if (interfaces.has(key)) continue
      const known = document.info.interfaces.find(({ id }) => id === interfaceId)
      writer.interface({ linkType, snapLength: known?.snapLength ?? SYNTHETIC_SNAP_LENGTH, name: known?.name ?? '' })
      interfaces.set(key, interfaces.size)
    }
    if (withKeys) for (const { type, bytes } of document.info.secrets) writer.secrets(type, bytes)
    const pause = document.pauses()
    for (const row of rows) {
      const waits = pause()
      if (waits !== null) await waits
      const { number, linkType, interfaceId, originalLength, timeNs } = document.index.at(row)
      const { bytes } = document.recorded(row)
      writer.packet({
        interfaceIndex: interfaces.get(`${interfaceId} ${linkType}`) ?? 0,
        bytes,
        originalLength,
        timeNs: absoluteNs(document.start.seconds, document.start.nanoseconds, timeNs),
        comments: comments.get(number) ?? [],
      })
    }
    flush()
    isDone()
    closeSync(file)
    return rows.length
  } catch (error) {
    isDone()
    undo()
    throw error
  }
}

/** @throws NodeJS.ErrnoException when the file can not be written; it must not be there before. */
export function saveReport(analysis: CaptureAnalysis, path: string, format: 'text' | 'json'): void {
  const text =
    format === 'json'
      ? jsonReport([analysis])
      : textReport(analysis, { width: REPORT_COLUMNS, unicode: true, verbose: true, paint: (_, piece) => piece })
  writeFileSync(path, text, { flag: 'wx' })
}

/** All packets of an attempt's conversations, and those that its findings name. */
export function rowsOfAttempt(document: Document, { members, verdicts, ladder }: AttemptAnalysis): number[] {
  const rows = new Set<number>()
  const { index } = document
  for (const { transport, stream } of members) {
    const last = index.last(stream * 2 + (transport === 'udp' ? 1 : 0))
    for (let row = last; row >= 0; row = index.before(row)) rows.add(row)
  }
  for (const { evidence } of verdicts) for (const { packet } of evidence) rows.add(document.index.rowOf(packet))
  for (const { packet } of ladder?.steps ?? []) rows.add(document.index.rowOf(packet))
  return [...rows].filter(row => row >= 0).sort((a, b) => a - b)
}

/** Packets that prove the findings. */
export function rowsOfEvidence(document: Document): number[] {
  const rows = new Set<number>()
  for (const { verdicts } of document.attempts) {
    for (const { verdict, evidence } of verdicts) {
      if (verdict !== 'confirmed' && verdict !== 'likely') continue
      for (const { packet } of evidence) rows.add(document.index.rowOf(packet))
    }
  }
  return [...rows].filter(row => row >= 0).sort((a, b) => a - b)
}

/** What findings say of packets, by their numbers. */
function commentsOf(attempts: readonly AttemptAnalysis[]): Map<number, string[]> {
  const comments = new Map<number, string[]>()
  for (const { verdicts } of attempts) {
    for (const { rule, verdict, evidence } of verdicts) {
      if (verdict !== 'confirmed' && verdict !== 'likely') continue
      for (const { packet, says } of evidence) {
        const texts = comments.get(packet) ?? []
        texts.push(`${rule} (${verdict}): ${says}`)
        comments.set(packet, texts)
      }
    }
  }
  return comments
}
