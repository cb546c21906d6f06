/**
 * Text that comes from packets, file names and interface descriptions is written by strangers. It is made harmless here,
 * and only here, before it reaches a terminal: control bytes, escape sequences and direction marks become visible escapes.
 */

/**
 * C0, DEL and C1 controls; line and paragraph separators; marks that change the direction of text or show nothing; halves
 * of surrogate pairs.
 */
const UNSAFE =
  /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu
/** Most text is clean: one test is cheaper than a replacement. */
const PLAIN = /^[\x20-\x7e]*$/
/** What JSON.stringify does not escape of the above by itself. */
const UNSAFE_IN_JSON = /[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g

/** One line of text for a terminal. */
export function clean(text: string): string {
  if (PLAIN.test(text)) return text
  return text.replace(UNSAFE, escaped)
}

/** What JSON.stringify made, with such characters as escapes: the values stay the same. */
export function cleanJson(json: string): string {
  return json.replace(UNSAFE_IN_JSON, unit => `\\u${hex(unit, 4)}`)
}

function escaped(unit: string): string {
  return unit.charCodeAt(0) < 0x100 ? `\\x${hex(unit, 2)}` : `\\u${hex(unit, 4)}`
}

function hex(unit: string, digits: number): string {
  return unit.charCodeAt(0).toString(16).padStart(digits, '0')
}
