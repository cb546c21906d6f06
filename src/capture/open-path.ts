/** Opens whatever a path names: a file, a member of an archive, a named pipe. */
import { open } from 'node:fs/promises'
import { unreadable } from './error.ts'
import { type ByteSource, FileSource, StreamSource } from './source.ts'

/**
 * Opens a file, a member of an archive, or whatever else has a path (a named pipe can only be streamed).
 * @param follow what is still being written: its end is waited for more.
 */
export async function openPath(
  path: string,
  { follow = false }: { readonly follow?: boolean } = {},
): Promise<{ source: ByteSource; size: number | null }> {
  try {
    const handle = await open(path, 'r')
    try {
      const stat = await handle.stat()
      if (stat.isDirectory()) throw Object.assign(new Error('is a directory'), { code: 'EISDIR' })
      if (stat.isFile() && follow) {
        // Hardly ever wanted: loaded when it is.
        const { GrowingSource } = await import('./growing.ts')
        return { source: new GrowingSource(handle, path, stat.size), size: stat.size }
      }
      if (stat.isFile()) return { source: new FileSource(handle, path, stat.size), size: stat.size }
      const stream = handle.createReadStream() as AsyncIterable<Uint8Array>
      return { source: new StreamSource(stream, path), size: null }
    } catch (error) {
      await handle.close()
      throw error
    }
  } catch (error) {
    // A part of the path that is no folder may be an archive: hardly ever wanted, loaded when it is.
    const inArchive = isNowhere(error) ? await (await import('./archives.ts')).openMember(path) : null
    if (inArchive !== null) return inArchive
    throw unreadable(path, error)
  }
}

function isNowhere(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return code === 'ENOENT' || code === 'ENOTDIR'
}
