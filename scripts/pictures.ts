/** Makes the pictures of the README from the terminal itself: `npm run pictures`. It takes tmux. A test tells when they are old. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { builtProgram, isTmuxInstalled, type Tmux } from '../test/support/tmux.ts'
import { drawn, STORIES } from './screen-stories.ts'

const FOLDER = resolve(import.meta.dirname, '../docs/pictures')
/** The picture is whole when it stays the same for so long. */
const STILL_MS = 1500

async function still(_: Tmux, svg: () => string): Promise<string> {
  for (let before = svg(); ; ) {
    await new Promise(done => setTimeout(done, STILL_MS))
    const now = svg()
    if (now === before) return now
    before = now
  }
}

if (!isTmuxInstalled()) {
  console.error('tmux is not installed: the pictures are made in it')
  process.exit(1)
}
mkdirSync(FOLDER, { recursive: true })
const program = await builtProgram()
try {
  for (const story of STORIES) {
    const svg = await drawn(program, story, still)
    writeFileSync(join(FOLDER, `${story.name}.svg`), svg)
    console.log(`docs/pictures/${story.name}.svg: ${svg.length} bytes`)
  }
} finally {
  program.remove()
}
