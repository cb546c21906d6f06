/** Paths of captures as URI references (RFC 3986), for readers that look for them in a checkout. */

/** `C:\captures`. */
const WINDOWS_FOLDER = /^[A-Za-z]:\\/

/**
 * Relative to the folder where the capture lies in it, else as it was given.
 * @param folder absolute
 */
export function relativePath(path: string, folder: string): string {
  const windows = WINDOWS_FOLDER.test(folder)
  const [given, base] = windows ? [path.replaceAll('\\', '/'), folder.replaceAll('\\', '/')] : [path, folder]
  const inside = base.endsWith('/') ? base : `${base}/`
  return (given.startsWith(inside) ? given.slice(inside.length) : given).replace(/^(\.\/+)+/, '')
}

/** The same as a URI reference: percent-encoded, with a scheme only where it is absolute. */
export function captureUri(path: string, folder: string): string {
  const relative = relativePath(path, folder)
  const encoded = relative.split('/').map(encodedSegment).join('/')
  if (relative.startsWith('/')) return `file://${encoded}`
  return WINDOWS_FOLDER.test(folder) && /^[A-Za-z]:\//.test(relative) ? `file:///${encoded}` : encoded
}

/** Halves of surrogate pairs have no UTF-8. */
const LONE_SURROGATE = /\p{Cs}/gu

/** As encodeURIComponent, and what RFC 3986 reserves besides. */
function encodedSegment(segment: string): string {
  return encodeURIComponent(segment.replace(LONE_SURROGATE, '\ufffd')).replaceAll(
    /[!'()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
