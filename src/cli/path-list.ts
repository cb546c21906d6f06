/** `--files-from`: a list of paths from a file or standard input. */
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { UsageError } from './status.ts'

/**
 * Separated by NUL where there is one (`find -print0`), otherwise a line each. Each names a file, a folder or an archive;
 * nothing in it is a wildcard.
 * @param from a file; `-` is standard input
 * @throws UsageError when it can not be read, or is empty
 */
export async function pathList(from: string): Promise<string[]> {
  const list = from === '-' ? await text(process.stdin) : contents(from)
  const paths = list.includes('\0') ? list.split('\0') : list.split(/\r?\n/)
  const named = paths.filter(path => path !== '')
  if (named.length === 0) {
    const where = from === '-' ? 'standard input' : from
    throw new UsageError(`--files-from: no path in ${where}: write one a line, or end each with NUL (find -print0)`)
  }
  return named
}

function contents(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`--files-from ${path}: can not be read: ${(error as Error).message}`)
  }
}
