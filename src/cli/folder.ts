/** Makes folders one by one: the recursive way of Node never returns where a file system takes no new names, as /proc. */
import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Makes the folder and those above it that are missing. @throws Error of the file system */
export function makeFolder(path: string): void {
  if (isFolder(path)) return
  if (dirname(path) !== path) makeFolder(dirname(path))
  try {
    mkdirSync(path)
  } catch (error) {
    // Another command may have made it meanwhile.
    if (!isFolder(path)) throw error
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
