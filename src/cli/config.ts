/**
 * The configuration file: `rdpscope.config.json` in the working directory or above it, otherwise `rdpscope/config.json` in the
 * user's own folder for such files. What reads it is loaded only where there is one.
 */
import { readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Config } from './config-schema.ts'
import { UsageError } from './status.ts'

export const CONFIG_NAME = 'rdpscope.config.json'

/** What the user says about it: a file, or `false` for none. */
export type ConfigChoice = string | false | undefined

/** What the configuration says; empty when there is none. */
export interface LoadedConfig {
  readonly config: Config
  /** null when there is none. */
  readonly path: string | null
  /** The line of a setting, from 1. */
  lineOf(setting: readonly PropertyKey[]): number
}

/** @throws UsageError for a file that can not be read, or that says what nobody understands: one line that names the line. */
export async function loadConfig(
  folder: string,
  env: NodeJS.ProcessEnv,
  choice: ConfigChoice = undefined,
): Promise<LoadedConfig> {
  const path = choice === undefined ? configPath(folder, env) : choice === false ? null : resolve(folder, choice)
  if (path === null) return { config: {}, path, lineOf: () => 1 }
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`${path}: the configuration can not be read: ${(error as Error).message}`)
  }
  const { readConfig } = await import('./config-reading.ts')
  const { config, lineOf } = readConfig(path, text)
  return { config, path, lineOf }
}

/** Where it is; null when there is none. */
export function configPath(folder: string, env: NodeJS.ProcessEnv): string | null {
  for (let here = resolve(folder); ; here = dirname(here)) {
    const path = join(here, CONFIG_NAME)
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
