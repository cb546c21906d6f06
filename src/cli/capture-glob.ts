/** Captures by glob, as .gitignore does: `lab/**`, `old-*.pcapng` in any folder. */
import { relative, resolve, sep } from 'node:path'

/**
 * @param folder that the glob is relative to; one without a slash is about the names of files
 * @returns whether the capture with this path is meant
 */
export async function capturesLike(glob: string, folder: string): Promise<(path: string) => boolean> {
  const { default: picomatch } = await import('picomatch')
  const pattern = posix(glob).replace(/^(\.\/+)+/, '')
  const matches = picomatch(pattern, { dot: true, nonegate: true, basename: !pattern.includes('/') })
  return path => {
    if (path === '-') return pattern === path
    const absolute = resolve(path)
    const names = [relative(folder, absolute), absolute].map(posix)
    return names.some(name => name === pattern || matches(name))
  }
}

function posix(path: string): string {
  return sep === '/' ? path : path.replaceAll(sep, '/')
}
