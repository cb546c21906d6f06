/** What a terminal can show, by what its environment says of it. */

/** no-color.org: set and not empty. */
export function coloursWanted(env: NodeJS.ProcessEnv): boolean {
  return !env.NO_COLOR && env.TERM !== 'dumb'
}

/** 0, 8, 16 or 256. */
export function coloursOf(env: NodeJS.ProcessEnv): number {
  const term = env.TERM ?? ''
  if (!coloursWanted(env) || /^vt\d|-m$|mono/.test(term)) return 0
  if (env.COLORTERM === 'truecolor' || env.COLORTERM === '24bit') return 256
  if (/256|direct|kitty|alacritty|ghostty|foot|wezterm/.test(term)) return 256
  return /^(linux|screen|ansi|cygwin)$/.test(term) ? 8 : 16
}

export function showsUnicode(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): boolean {
  if (platform === 'win32') return env.WT_SESSION !== undefined || env.TERM_PROGRAM !== undefined
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  return /utf-?8/i.test(locale) && env.TERM !== 'linux'
}
