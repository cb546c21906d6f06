/** Files that are followed while a recorder writes them. */
import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { Capture } from '../../src/capture/cursor.ts'
import { openCapture, openStream } from '../../src/capture/open.ts'
import { pcap, text } from './build.ts'

const folder = mkdtempSync(join(tmpdir(), 'rdpscope-growing-'))
afterAll(() => rmSync(folder, { recursive: true }))

const FILE_HEADER_BYTES = 24
const packets = ['one', 'two', 'three', 'four'].map(word => ({ data: text(word) }))
const whole = pcap(packets)
/** Behind the second packet. */
const half = pcap(packets.slice(0, 2)).length

/** Reads on until so many packets have come. */
async function readTo(capture: Capture, count: number): Promise<string[]> {
  const words: string[] = []
  for (;;) {
    while (words.length < count && capture.next()) {
      words.push(new TextDecoder().decode(capture.bytes.subarray(capture.start, capture.end)))
    }
    if (words.length >= count || !(await capture.fill())) return words
  }
}

describe('a file that is followed', () => {
  let path = ''
  let nth = 0
  beforeEach(() => {
    path = join(folder, `file${nth++}.pcap`)
  })

  it('goes on with what is written to it, also in the middle of a packet', async () => {
    writeFileSync(path, whole.subarray(0, half))
    const capture = await openCapture(path, { follow: true })
    expect(await readTo(capture, 2)).toEqual(['one', 'two'])
    const rest = readTo(capture, 2)
    appendFileSync(path, whole.subarray(half, half + 18))
    await new Promise(resolve => setTimeout(resolve, 20))
    appendFileSync(path, whole.subarray(half + 18))
    expect(await rest).toEqual(['three', 'four'])
    expect(capture.seekable).toBe(true)
    await capture.close()
  })

  it('ends when it is closed, whoever waits', async () => {
    writeFileSync(path, whole)
    const capture = await openCapture(path, { follow: true })
    expect(await readTo(capture, 4)).toHaveLength(4)
    const more = capture.fill()
    await capture.close()
    expect(await more).toBe(false)
    expect(capture.error).toBeNull()
  })

  it('may be empty at first', async () => {
    writeFileSync(path, '')
    const opened = openCapture(path, { follow: true })
    appendFileSync(path, whole)
    const capture = await opened
    expect(await readTo(capture, 4)).toEqual(['one', 'two', 'three', 'four'])
    await capture.close()
  })

  it('says when it became shorter', async () => {
    writeFileSync(path, whole)
    const capture = await openCapture(path, { follow: true })
    expect(await readTo(capture, 4)).toHaveLength(4)
    truncateSync(path, FILE_HEADER_BYTES)
    expect(await capture.fill()).toBe(false)
    expect(capture.error).toMatchObject({ code: 'damaged' })
    expect(capture.error?.message).toContain('became shorter')
    await capture.close()
  })

  it('ends at its end where it is not followed', async () => {
    writeFileSync(path, whole)
    const capture = await openCapture(path)
    expect(await readTo(capture, 9)).toHaveLength(4)
    expect(capture.error).toBeNull()
    await capture.close()
  })
})

describe('a ring of files', () => {
  const name = (number: number, second: number, suffix = '.pcap') =>
    join(folder, `ring_${String(number).padStart(5, '0')}_2026112010000${second}${suffix}`)

  it('comes as one capture: the header of pcap once', async () => {
    writeFileSync(name(1, 1), pcap(packets.slice(0, 1)))
    const capture = await openCapture(name(1, 1), { follow: true })
    expect(await readTo(capture, 1)).toEqual(['one'])
    // Of another ring, and one that was written before.
    writeFileSync(join(folder, 'other_00002_20261120100002.pcap'), pcap([{ data: text('wrong') }]))
    writeFileSync(name(0, 0), pcap([{ data: text('older') }]))
    const rest = readTo(capture, 3)
    appendFileSync(name(1, 1), pcap(packets.slice(1, 2)).subarray(FILE_HEADER_BYTES))
    writeFileSync(name(2, 2), pcap(packets.slice(2, 3)))
    writeFileSync(name(3, 3), pcap(packets.slice(3, 4)))
    expect(await rest).toEqual(['two', 'three', 'four'])
    expect(capture.seekable).toBe(false)
    await capture.close()
  })

  it('goes on though files behind the one at hand are gone already', async () => {
    writeFileSync(name(5, 5, '.cap'), pcap(packets.slice(0, 1)))
    const capture = await openCapture(name(5, 5, '.cap'), { follow: true })
    expect(await readTo(capture, 1)).toEqual(['one'])
    writeFileSync(name(8, 8, '.cap'), pcap(packets.slice(3)))
    expect(await readTo(capture, 1)).toEqual(['four'])
    await capture.close()
  })
})

describe('a stream', () => {
  it('is let go of while somebody waits for more', async () => {
    let isDestroyed = false
    let give: (step: IteratorResult<Uint8Array>) => void = () => {}
    const steps = [whole]
    const stream = {
      destroy: () => {
        isDestroyed = true
        give({ done: true, value: undefined })
      },
      [Symbol.asyncIterator]: () => ({
        next: () => {
          const step = steps.shift()
          if (step !== undefined) return Promise.resolve({ done: false, value: step })
          return new Promise<IteratorResult<Uint8Array>>(resolve => {
            give = resolve
          })
        },
      }),
    }
    const capture = await openStream(stream as AsyncIterable<Uint8Array>, 'a stream')
    expect(await readTo(capture, 4)).toHaveLength(4)
    const more = capture.fill()
    await capture.close()
    expect(isDestroyed).toBe(true)
    expect(await more).toBe(false)
  })
})
