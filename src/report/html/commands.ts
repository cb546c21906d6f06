/** The command that shows the packets of a claim in tshark, to be pasted into a shell. */

/** Nothing that a POSIX shell reads otherwise than as the text itself. */
const PLAIN = /^[\w@%+=:,./-]+$/

/** `tshark -r capture.pcapng -Y 'frame.number in {4,6}'`. */
export function tsharkCommand(path: string, filter: string): string {
  return `tshark -r ${quoted(readable(path))} -Y ${quoted(filter)}`
}

/** `rdpscope decode -T tree --packet 4,6 capture.pcapng`. */
export function decodeCommand(path: string, packets: readonly number[]): string {
  return `rdpscope decode -T tree --packet ${packets.join(',')} ${quoted(readable(path))}`
}

/** A name that begins with a dash is no option. */
function readable(path: string): string {
  return path.startsWith('-') && path !== '-' ? `./${path}` : path
}

function quoted(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
