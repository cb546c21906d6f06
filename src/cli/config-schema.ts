/** What the configuration file may say. `npm run docs` writes it as a JSON Schema for editors. */
import { z } from 'zod'
import { ACTIONS, keyNamed } from '../tui/keys.ts'
import { THEME_NAMES } from '../tui/theme.ts'
import { TIME_MODES } from '../tui/view.ts'

const key = z
  .string()
  .refine(text => keyNamed(text) !== null, { error: 'is no key' })
  .meta({ examples: ['x', 'F9', 'Ctrl-G', 'Space', 'PgDn', 'Esc', 'Shift-Tab'] })

const view = z
  .strictObject({
    theme: z.enum(THEME_NAMES).describe('Colours.'),
    mouse: z.boolean().describe('Whether the mouse chooses and scrolls; otherwise it is left to the terminal.'),
    time: z.enum(TIME_MODES).describe('How times are shown at first.'),
    names: z.boolean().describe('Whether names from the capture stand in place of addresses at first.'),
    keys: z
      .partialRecord(z.enum(ACTIONS), z.array(key))
      .describe('Keys by action, in place of those that it has. An empty list leaves it without one.'),
  })
  .partial()

export const configSchema = z
  .strictObject({
    $schema: z.string().describe('For editors.'),
    view: view.describe('The terminal UI.'),
  })
  .partial()
  .meta({ title: 'Configuration of rdpscope', description: 'rdpscope.config.json, or ~/.config/rdpscope/config.json' })

export type Config = z.infer<typeof configSchema>
