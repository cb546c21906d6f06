/**
 * The configuration file: `rdpscope.config.json` in the working directory or above it, otherwise `rdpscope/config.json` in the
 * user's own folder for such files. What reads it is loaded only where there is one.
 */
import { readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Config } from './config-schema.ts'
import { UsageError } from './status.ts'

const NAME = 'rdpscope.config.json'

/** @throws UsageError for a file that can not be read, or that says what nobody understands: one line that names the line. */
export async function loadConfig(folder: string, env: NodeJS.ProcessEnv): Promise<Config> {
  const path = configPath(folder, env)
  if (path === null) return {}
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`${path}: can not be read: ${(error as Error).message}`)
  }
  const { readConfig } = await import('./config-reading.ts')
  return readConfig(path, text)
}

/** Where it is; null when there is none. */
export function configPath(folder: string, env: NodeJS.ProcessEnv): string | null {
  for (let here = resolve(folder); ; here = dirname(here)) {
    const path = join(here, NAME)
    if (isFile(path)) return path
    if (dirname(here) === here) break
  }
  const own = join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'rdpscope', 'config.json')
  return isFile(own) ? own : null
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}
