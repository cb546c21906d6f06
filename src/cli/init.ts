/** `rdpscope init`: writes a configuration file, and on wish an example for CI. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CONFIG_NAME } from './config.ts'
import { makeFolder } from './folder.ts'
import type { Streams } from './output.ts'
import { EXIT_CLEAN, UsageError } from './status.ts'

export interface InitOptions {
  readonly ci?: CiSystem
  readonly ciFile?: string
  readonly force: boolean
}

export type CiSystem = 'github' | 'github-shards' | 'gitlab' | 'jenkins' | 'shell'

/** Where a system looks for its file, and the example in examples/ci. */
const CI_FILES: Record<CiSystem, { readonly place: string; readonly example: string }> = {
  github: { place: '.github/workflows/rdpscope.yml', example: 'github.yml' },
  'github-shards': { place: '.github/workflows/rdpscope.yml', example: 'github-shards.yml' },
  gitlab: { place: '.gitlab-ci.yml', example: 'gitlab.yml' },
  jenkins: { place: 'Jenkinsfile', example: 'Jenkinsfile' },
  shell: { place: 'rdpscope-ci.sh', example: 'rdpscope-ci.sh' },
}

interface NewFile {
  /** As it is told. */
  readonly path: string
  readonly text: string
  readonly executable: boolean
}

/**
 * @returns the exit status
 * @throws UsageError for what is there already, before anything is written
 */
export async function init({ ci, ciFile, force }: InitOptions, folder: string, streams: Streams): Promise<number> {
  if (ciFile !== undefined && ci === undefined)
    throw new UsageError(
      `--ci-file ${ciFile}: say with --ci which example is wanted: ${Object.keys(CI_FILES).join(', ')}`,
    )
  const files = [configuration(folder), ...(ci === undefined ? [] : [ciExample(ci, ciFile)])]
  // With an example wanted, a configuration that is there is no fault: it is kept.
  const isKept = ({ path }: NewFile) => ci !== undefined && path === CONFIG_NAME && !force
  const written = files.filter(file => !(isKept(file) && existsSync(resolve(folder, file.path))))
  for (const { path } of written) {
    if (!force && existsSync(resolve(folder, path)))
      throw new UsageError(`${path}: is there already; --force writes over it`)
  }
  for (const file of written) write(file, folder)
  const lines = files.map(file => `${file.path}: ${written.includes(file) ? 'written' : 'kept as it is'}\n`)
  await streams.results.write(lines.join(''))
  return EXIT_CLEAN
}

function write({ path, text, executable }: NewFile, folder: string): void {
  const place = resolve(folder, path)
  try {
    makeFolder(dirname(place))
    writeFileSync(place, text)
    if (executable) chmodSync(place, 0o755)
  } catch (error) {
    throw new UsageError(`${path}: can not be written: ${(error as Error).message}`)
  }
}

function configuration(folder: string): NewFile {
  const example = readFileSync(join(packageFolder(), 'examples', CONFIG_NAME), 'utf8')
  // The example stands beside the schemas; the new file may be anywhere.
  const text = example.replace(/"\$schema": "[^"]*"/, `"$schema": ${JSON.stringify(schemaFor(folder))}`)
  return { path: CONFIG_NAME, text, executable: false }
}

function ciExample(system: CiSystem, path: string | undefined): NewFile {
  const { place, example } = CI_FILES[system]
  const text = readFileSync(join(packageFolder(), 'examples', 'ci', example), 'utf8')
  return { path: path ?? place, text, executable: system === 'shell' }
}

/** Relative where the package is part of the project, so that the file can be shared. */
function schemaFor(folder: string): string {
  const schema = join('schemas', 'config.schema.json')
  const own = join(packageFolder(), schema)
  for (let here = resolve(folder); ; here = dirname(here)) {
    for (const place of [join(here, 'node_modules', 'rdpscope', schema), join(here, schema)]) {
      if (place === own || (place.includes('node_modules') && existsSync(place))) {
        const path = relative(folder, place).split(sep).join('/')
        return path.startsWith('.') ? path : `./${path}`
      }
    }
    if (dirname(here) === here) return pathToFileURL(own).href
  }
}

/** Of this program: where its package.json is. */
function packageFolder(): string {
  for (let here = import.meta.dirname; ; here = dirname(here)) {
    if (existsSync(join(here, 'package.json'))) return here
    if (dirname(here) === here)
      throw new UsageError('the examples that come with rdpscope are missing: install it again')
  }
}
