import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { rowsOfAttempt, rowsOfEvidence } from '../../src/evidence/rows.ts'
import { Document } from '../../src/tui/document.ts'
import { savePackets, saveReport } from '../../src/tui/saving.ts'

const folder = mkdtempSync(join(tmpdir(), 'rdpscope-saving-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function loaded(name: string): Promise<Document> {
  const document = await Document.open(name.includes('/') ? name : `captures/${name}.pcapng`, {
    onChange: () => {},
    onError: () => {},
  })
  await document.load()
  return document
}

const all = (document: Document) => Array.from({ length: document.index.count }, (_, row) => row)
const isWithout = (tool: string) => spawnSync(tool, ['--version']).status !== 0

describe('savePackets', () => {
  it.each(['net-dpi-rst-clienthello', 'net-pmtud-blackhole', 'direct-cert-expired'])(
    '%s: the whole capture, saved, is judged as before, packet for packet',
    async name => {
      const document = await loaded(name)
      const path = join(folder, `${name}.pcapng`)
      expect(await savePackets(document, all(document), path, true)).toBe(document.index.count)
      const saved = await loaded(path)
      const [before, after] = [document.analysis, saved.analysis]
      saved.close()
      expect(after?.error).toBeNull()
      expect(after?.diagnosis).toEqual(before?.diagnosis)
      expect(after?.attempts).toEqual(before?.attempts)
      document.close()
    },
  )

  it('takes the keys along only where that is wanted', async () => {
    const document = await loaded('gw-websocket-ntlm-ok')
    const [withKeys, without] = [join(folder, 'with.pcapng'), join(folder, 'without.pcapng')]
    await savePackets(document, all(document), withKeys, true)
    await savePackets(document, all(document), without, false)
    document.close()
    expect(readFileSync(withKeys, 'latin1')).toContain('CLIENT_TRAFFIC_SECRET_0')
    expect(readFileSync(without, 'latin1')).not.toContain('SECRET')
    const protocols = async (path: string) => {
      const saved = await loaded(path)
      const packets = await saved.packets(all(saved))
      saved.close()
      return packets.flatMap(({ layers }) => layers.map(({ tree }) => tree.field.name))
    }
    expect(await protocols(withKeys)).toContain('rdg')
    expect(await protocols(without)).not.toContain('rdg')
  })

  it('never writes over a file', async () => {
    const document = await loaded('net-syn-blackhole')
    const path = join(folder, 'there.pcapng')
    writeFileSync(path, 'precious')
    await expect(savePackets(document, [0], path, false)).rejects.toThrow(/EEXIST/)
    await expect(savePackets(document, [0], join(folder, 'no', 'folder.pcapng'), false)).rejects.toThrow(/ENOENT/)
    document.close()
    expect(readFileSync(path, 'utf8')).toBe('precious')
  })

  it('leaves no part of a file where the capture is closed before it is whole', async () => {
    const document = await loaded('net-dpi-rst-clienthello')
    const path = join(folder, 'unfinished.pcapng')
    let isSaved = false
    // Each packet may wait for its turn: the first one does.
    void savePackets(document, all(document), path, false).then(() => {
      isSaved = true
    })
    expect(existsSync(path)).toBe(true)
    document.close()
    expect(existsSync(path)).toBe(false)
    await new Promise(resolve => setTimeout(resolve, 20))
    expect([isSaved, existsSync(path)]).toEqual([false, false])
  })

  it('leaves no part of a file where something fails, and every file that is whole', async () => {
    const document = await loaded('net-dpi-rst-clienthello')
    const [broken, whole] = [join(folder, 'broken.pcapng'), join(folder, 'whole.pcapng')]
    await expect(savePackets(document, [0, 1, -5], broken, false)).rejects.toThrow()
    expect(existsSync(broken)).toBe(false)
    await savePackets(document, [0, 1], whole, false)
    document.close()
    expect(existsSync(whole)).toBe(true)
  })

  it.skipIf(isWithout('tshark'))('gives packets that tshark reads, with what findings say of them', async () => {
    const document = await loaded('net-dpi-rst-clienthello')
    const path = join(folder, 'evidence.pcapng')
    const rows = rowsOfEvidence(document.index, document.attempts)
    expect(rows.map(row => document.index.number(row))).toEqual([10, 11])
    await savePackets(document, rows, path, false)
    document.close()
    const fields = ['-T', 'fields', '-e', 'frame.time_epoch', '-e', 'frame.cap_len', '-e', 'frame.comment']
    const said = spawnSync('tshark', ['-n', '-r', path, ...fields], { encoding: 'utf8' })
      .stdout.trim()
      .split('\n')
    const original = spawnSync(
      'tshark',
      ['-n', '-r', 'captures/net-dpi-rst-clienthello.pcapng', ...fields.slice(0, -2)],
      { encoding: 'utf8' },
    )
    const expected = original.stdout.trim().split('\n').slice(9, 11)
    expect(said.map(line => line.split('\t').slice(0, 2).join('\t'))).toEqual(expected)
    expect(said[1]?.split('\t')[2]).toMatch(/^middlebox-reset \(likely\): A reset in the name of the server/)
  })

  it.skipIf(isWithout('capinfos'))('gives a file that capinfos finds nothing wrong with', async () => {
    const document = await loaded('direct-tls13-login-ok')
    const path = join(folder, 'info.pcapng')
    await savePackets(document, all(document), path, true)
    document.close()
    const { status, stdout, stderr } = spawnSync('capinfos', ['-M', path], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/Number of packets: *\d+/)
    expect(stdout).toMatch(/Number of decryption secrets in file: 1/)
    expect(stdout).toMatch(/File timestamp precision: *nanoseconds/)
  })
})

describe('what is saved', () => {
  it('of an attempt are its conversations, and the packets beside them that its findings name', async () => {
    const document = await loaded('net-server-host-down')
    const [attempt] = document.attempts
    const numbers =
      attempt === undefined ? [] : rowsOfAttempt(document.index, attempt).map(row => document.index.number(row))
    document.close()
    // The SYNs, and the router's messages about them.
    expect(numbers).toEqual(expect.arrayContaining([3, 7, 8, 9]))
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
  })

  it('of the report are the text and the JSON that scan prints', async () => {
    const document = await loaded('net-syn-blackhole')
    const { analysis } = document
    if (analysis === null) throw new Error('not read')
    const [text, json] = [join(folder, 'report.txt'), join(folder, 'report.json')]
    saveReport(analysis, text, 'text')
    saveReport(analysis, json, 'json')
    document.close()
    expect(readFileSync(text, 'utf8')).toContain('CONFIRMED error: tcp-connect-unanswered')
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({
      schema: 'rdpscope/report@1',
      captures: [{ packets: 6 }],
    })
    expect(() => saveReport(analysis, text, 'text')).toThrow(/EEXIST/)
  })
})
